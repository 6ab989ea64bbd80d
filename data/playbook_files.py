"""Playbooks on disk: those that come with the program, and those of a folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

import playbooks
from console.playbooks.document import LARGEST


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
