"""OpenSSH's signatures and public keys, taken apart. Pure; what verifies them is ssh-keygen.

The forms: PROTOCOL.sshsig, PROTOCOL.u2f and RFC 4253 (6.6) as OpenSSH has them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

BEGIN, END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
MAGIC = b"SSHSIG"
LARGEST = 64_000
"""Characters; that of an RSA key of 16384 bits is less than a tenth of it."""

KEY_TYPES = frozenset(
    {
        "ssh-ed25519",
        "ssh-rsa",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    }
)
"""Without certificates: who may sign is listed key by key."""

USER_PRESENT, USER_VERIFIED = 0x01, 0x04


class NotASignature(ValueError):
    """The text is no SSH signature, or of a form that is not accepted; says which."""


@dataclass(frozen=True, slots=True)
class SshSignature:
    """What stands in an armoured signature."""

    blob: bytes
    key: bytes
    key_type: str
    namespace: str
    flags: int | None
    """Of a security key (``sk-``): what it did before it signed."""
    counter: int | None

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.key)

    @property
    def touched(self) -> bool:
        return bool((self.flags or 0) & USER_PRESENT)

    @property
    def pin(self) -> bool:
        return bool((self.flags or 0) & USER_VERIFIED)

    def armoured(self) -> str:
        """The one form of it: what is parsed here and what ssh-keygen is given are the same bytes."""
        text = base64.b64encode(self.blob).decode()
        lines = [text[at : at + 70] for at in range(0, len(text), 70)]
        return "\n".join([BEGIN, *lines, END, ""])


def fingerprint(key: bytes) -> str:
    """Of a public key's blob, as ``ssh-keygen -l`` shows it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def parse(armoured: str) -> SshSignature:
    """Take an armoured signature apart. Raises :class:`NotASignature`."""
    lines = armoured.strip().splitlines()
    if len(armoured) > LARGEST or len(lines) < 3 or (lines[0], lines[-1]) != (BEGIN, END):
        raise NotASignature("It does not have the form of an SSH signature.")
    try:
        blob = base64.b64decode("".join(lines[1:-1]), validate=True)
    except (binascii.Error, ValueError):
        raise NotASignature("It holds what is not base64.") from None
    outer = _Bytes(blob)
    if outer.take(len(MAGIC)) != MAGIC or outer.number() != 1:
        raise NotASignature("It is not an SSH signature of version 1.")
    key, namespace, _reserved, _hash, signature = (outer.string() for _ in range(5))
    outer.end()
    kind = key_type(key)
    inner = _Bytes(signature)
    made_as = _ascii(inner.string())
    inner.string()
    flags = counter = None
    if kind.startswith("sk-"):
        if made_as != kind:
            raise NotASignature(f"A signature of the form {made_as} is not accepted of a security key.")
        flags, counter = inner.take(1)[0], inner.number()
    inner.end()
    return SshSignature(blob, key, kind, _ascii(namespace), flags, counter)


def key_type(key: bytes) -> str:
    """The type that stands in a public key's blob. Raises :class:`NotASignature` for an unknown one."""
    kind = _ascii(_Bytes(key).string())
    if kind not in KEY_TYPES:
        raise NotASignature(f"Keys of the type {kind} are not accepted.")
    return kind


def _ascii(data: bytes) -> str:
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        text = ""
    if not text.isprintable() or not text:
        raise NotASignature("One of its names is not plain text.")
    return text


class _Bytes:
    """Reads a blob from its start; whatever is missing or left over makes it none."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int) -> bytes:
        if len(self._data) - self._at < count:
            raise NotASignature("It ends too early.")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def string(self) -> bytes:
        return self.take(self.number())

    def end(self) -> None:
        if self._at != len(self._data):
            raise NotASignature("Something stands behind its end.")
