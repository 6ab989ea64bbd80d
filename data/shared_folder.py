"""The rights of new files: of their owner alone, or of the group with which their folder is shared."""

from __future__ import annotations

import os
import stat
from pathlib import Path

OWN, SHARED = 0o600, 0o660


def create(path: Path) -> int:
    """A new, empty file, open for writing; its descriptor. Raises ``OSError``, also where there is one.

    In a folder that its group may write to the group may write to the file as well, whatever the umask:
    that is how people share a ledger. Never others.
    """
    shared = bool(path.parent.stat().st_mode & stat.S_IWGRP)
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWN)
    if shared:
        os.fchmod(handle, SHARED)
    return handle
