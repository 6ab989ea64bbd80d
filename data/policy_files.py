"""policy.yaml, people.yaml and allowed_signers: read from the folder of the ledger, and nowhere else."""

from __future__ import annotations

import itertools
import os
import stat
from pathlib import Path

from console.allowed_signers import FILE_NAME
from console.policy import PolicyFault, Rulebook, load_rulebook
from data.shared_folder import create

POLICY, PEOPLE, SIGNERS = "policy.yaml", "people.yaml", FILE_NAME
LARGEST = 1_000_000
"""Bytes; a larger policy file is a mistake or an attack."""


class PolicyFiles:
    """Reads the files; what was parsed is kept while none of them has changed on disk.

    allowed_signers may be absent: then no signature counts.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kept: tuple[tuple[object, ...], Rulebook] | None = None

    def __call__(self) -> Rulebook:
        """The files as a rulebook. Raises :class:`PolicyFault` naming every fault."""
        mark = (self._mark(POLICY), self._mark(PEOPLE), self._mark(SIGNERS))
        if self._kept is not None and self._kept[0] == mark:
            return self._kept[1]
        book = load_rulebook(
            self._text(POLICY),
            str(self.folder / POLICY),
            self._text(PEOPLE),
            str(self.folder / PEOPLE),
            None if mark[2] is None else self._text(SIGNERS),
            str(self.folder / SIGNERS),
        )
        self._kept = (mark, book)
        return book

    def _mark(self, name: str) -> object:
        try:
            found = os.stat(self.folder / name)
        except OSError:
            return None
        return (found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode, found.st_uid)

    def _text(self, name: str) -> str:
        path = self.folder / name
        try:
            found = path.stat()
            if not stat.S_ISREG(found.st_mode):
                raise PolicyFault([f"{path}: it is not a file."])
            if found.st_mode & stat.S_IWOTH:
                raise PolicyFault(
                    [f"{path}: everybody on this machine may write to it; run `chmod o-w {path}`."]
                )
            if found.st_size > LARGEST:
                raise PolicyFault([f"{path}: {found.st_size:,} bytes is too large for such a file."])
            return path.read_bytes().decode("utf-8")
        except FileNotFoundError:
            raise PolicyFault([f"{path}: there is no such file; `coalmine config init` writes it."]) from None
        except UnicodeDecodeError:
            raise PolicyFault([f"{path}: it is not UTF-8 text."]) from None
        except OSError as error:
            raise PolicyFault([f"{path}: it cannot be read: {error.strerror}."]) from None

    def write(self, policy: str, people: str) -> None:
        """Write both or none, never over existing ones, and only what can be read again.

        Raises :class:`PolicyFault`.
        """
        load_rulebook(policy, str(self.folder / POLICY), people, str(self.folder / PEOPLE))
        written: list[Path] = []
        name = POLICY
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for name, text in ((POLICY, policy), (PEOPLE, people)):
                path = self.folder / name
                handle = create(path)
                written.append(path)
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as error:
            for path in written:
                path.unlink(missing_ok=True)
            what = error.strerror or str(error)
            raise PolicyFault([f"{self.folder / name}: it cannot be written: {what}."]) from None

    def replace(self, book: Rulebook, *, keep: bool = False) -> list[Path]:
        """Have the files say what ``book`` says, each at one stroke; those that do already are left alone.

        ``keep``: what stood there stays beside it, under the names returned. Raises :class:`PolicyFault`.
        """
        kept = list[Path]()
        texts = ((POLICY, book.policy_text), (PEOPLE, book.people_text), (SIGNERS, book.signers_text))
        name = POLICY
        try:
            for name, text in texts:
                path = self.folder / name
                if self._says(path) == text:
                    continue
                if keep and path.exists():
                    kept.append(_beside(path, "kept"))
                    os.link(path, kept[-1])
                if text is None:
                    path.unlink(missing_ok=True)
                    continue
                new = _beside(path, "new")
                with os.fdopen(create(new), "w", encoding="utf-8") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(new, path)
        except OSError as error:
            what = error.strerror or str(error)
            raise PolicyFault([f"{self.folder / name}: it cannot be written: {what}."]) from None
        return kept

    def _says(self, path: Path) -> str | None:
        try:
            return path.read_bytes().decode("utf-8", "replace")
        except FileNotFoundError:
            return None


def _beside(path: Path, what: str) -> Path:
    """A name beside ``path`` that nothing has yet."""
    names = (path.with_name(f"{path.name}.{what}{number or ''}") for number in itertools.count())
    return next(name for name in names if not name.exists())
