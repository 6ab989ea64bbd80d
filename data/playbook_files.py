"""Playbooks on disk: those that come with the program, and those of a folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

import playbooks
from console.playbooks.document import LARGEST
from console.playbooks.library import OWN, SHIPPED, File


def read(path: Path) -> bytes:
    """The bytes of a playbook, at most one more than a playbook may have. Raises ``OSError``.

    Only a regular file is opened: a pipe could keep the program waiting for good.
    """
    if path.is_dir():
        raise IsADirectoryError(None, "this is a folder without any `*.md`", str(path))
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(None, "this is no regular file", str(path))
        return file.read(LARGEST + 1)


def shipped() -> Sequence[Path]:
    """The playbooks that come with the program."""
    return within(Path(playbooks.__file__).parent)


def within(folder: Path) -> Sequence[Path]:
    """The playbooks of a folder by name, without its readme. Raises ``OSError``."""
    return sorted(path for path in folder.iterdir() if path.suffix == ".md" and path.stem.lower() != "readme")


def file_of(path: Path, origin: str) -> File:
    """A playbook's file as the library reads it."""
    try:
        return File(str(path), path.stem, origin, read(path))
    except (OSError, ValueError) as error:
        return File(str(path), path.stem, origin, None, str(getattr(error, "strerror", None) or error))


class Folders:
    """Implements :class:`console.playbooks.library.Shelf`: the folder of one's own, then what is shipped."""

    def __init__(self, own: Path) -> None:
        self._own = own

    def files(self) -> Sequence[File]:
        """Every file, read anew. A folder that cannot be looked into counts as a file that cannot be read."""
        try:
            mine = within(self._own) if self._own.is_dir() else ()
        except OSError:
            mine = (self._own,)
        return [*(file_of(one, OWN) for one in mine), *(file_of(one, SHIPPED) for one in shipped())]
