"""The public half of a key, as OpenSSH writes it beside the private one."""

from __future__ import annotations

import base64
from pathlib import Path

from console.sshsig import fingerprint


class Unreadable(Exception):
    """There is no public key there; the text names the file and says why."""


def public_of(key: Path) -> Path:
    """The file with the public half of ``key``, which may be that file itself."""
    return key if key.suffix == ".pub" else key.with_name(key.name + ".pub")


def fingerprint_of(key: Path) -> str:
    """As ``ssh-keygen -l`` shows it. Raises :class:`Unreadable`."""
    public = public_of(key)
    try:
        line = public.read_text(encoding="utf-8").split()
        return fingerprint(base64.b64decode(line[1], validate=True))
    except OSError as error:
        raise Unreadable(f"{public}: it cannot be read: {error.strerror}.") from None
    except (IndexError, ValueError):
        raise Unreadable(f"{public}: it is not a public SSH key.") from None
