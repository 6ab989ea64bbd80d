"""What the last console knew, in the user's cache directory; losing it costs nothing but a first glance."""

from __future__ import annotations

from binascii import crc32
from contextlib import suppress
from pathlib import Path

FOLDER = "last-known"
KEPT = 8
"""Keepsakes of this many different settings are kept."""
LARGEST = 5_000_000
"""Bytes; nothing of ours is larger."""


class Keepsake:
    """One text that belongs to ``mark``. What cannot be read or written is as good as absent."""

    def __init__(self, cache: Path, mark: str) -> None:
        self._mark = ascii(mark)
        self._path = cache / FOLDER / f"{crc32(self._mark.encode()):08x}.txt"

    def read(self) -> str | None:
        """The text kept last, if there is one."""
        try:
            if self._path.stat().st_size > LARGEST:
                return None
            mark, _, text = self._path.read_text(encoding="utf-8").partition("\n")
        except (OSError, UnicodeDecodeError):
            return None
        return text if mark == self._mark else None

    def write(self, text: str) -> None:
        """Keep ``text`` (readable by this user alone) instead of what was kept before."""
        from data.atomic import replacing

        folder = self._path.parent
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with replacing(self._path) as file:
                file.write(f"{self._mark}\n{text}")
            for old in sorted(folder.glob("*.txt"), key=lambda path: path.stat().st_mtime_ns)[:-KEPT]:
                old.unlink()
