"""What was copied last, in a file: for terminals that do not pass a copy on to the system."""

from __future__ import annotations

from pathlib import Path

from data.atomic import replacing

FILE_NAME = "copied.txt"


def keep(folder: Path, text: str) -> Path | None:
    """Write ``text`` into ``folder`` (readable by this user alone) in place of the last copy.

    The file, or ``None`` if it could not be written.
    """
    path = folder / FILE_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with replacing(path) as file:
            file.write(text if text.endswith("\n") else f"{text}\n")
    except OSError:
        return None
    return path
