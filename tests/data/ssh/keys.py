"""SSH keys for tests: real ones, a real agent, and a security key that an agent's plain key plays."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from console.sshsig import MAGIC, SshSignature, parse

SK = "sk-ssh-ed25519@openssh.com"


@dataclass(frozen=True)
class Key:
    """A key pair; ``line`` is type and key as they stand in allowed_signers."""

    private: Path
    line: str

    @property
    def public(self) -> Path:
        return self.private.with_name(self.private.name + ".pub")

    @property
    def blob(self) -> bytes:
        return base64.b64decode(self.line.split()[1])


def new_key(folder: Path, name: str, *, kind: str = "ed25519", passphrase: str = "") -> Key:
    """A fresh pair made by ssh-keygen."""
    path = folder / name
    words = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "", "-f", str(path)]
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL, timeout=30)
    return Key(path, " ".join(path.with_name(name + ".pub").read_text().split()[:2]))


@contextmanager
def agent(folder: Path) -> Iterator[str]:
    """A real ssh-agent; yields its socket."""
    place = str(folder / "agent")
    with subprocess.Popen(["ssh-agent", "-D", "-a", place], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it says where it listens once it does
        try:
            yield place
        finally:
            process.terminate()


def add(place: str, key: Key, *words: str) -> None:
    """Give the agent a key."""
    env = {**os.environ, "SSH_AUTH_SOCK": place}
    subprocess.run(["ssh-add", "-q", *words, str(key.private)], check=True, env=env, timeout=30)


def text(data: bytes) -> bytes:
    """A length and the bytes: ``string`` of RFC 4251."""
    return len(data).to_bytes(4, "big") + data


def _take(data: bytes) -> tuple[bytes, bytes]:
    size = int.from_bytes(data[:4], "big")
    return data[4 : 4 + size], data[4 + size :]


def agent_signs(place: str, key: Key, data: bytes) -> bytes:
    """The raw Ed25519 signature of any bytes (PROTOCOL.agent, 3.6)."""
    request = b"\x0d" + text(key.blob) + text(data) + (0).to_bytes(4, "big")
    with socket.socket(socket.AF_UNIX) as line, line.makefile("rwb") as file:
        line.connect(place)
        file.write(text(request))
        file.flush()
        answer = file.read(int.from_bytes(file.read(4), "big"))
    assert answer[0] == 14
    signature, _ = _take(answer[1:])
    _, rest = _take(signature)
    return _take(rest)[0]


def as_security_key(key: Key, application: bytes = b"ssh:") -> Key:
    """The same key as the public half of a security key."""
    _, rest = _take(key.blob)
    point, _ = _take(rest)
    blob = text(SK.encode()) + text(point) + text(application)
    return Key(key.private, f"{SK} {base64.b64encode(blob).decode()}")


def security_key_signs(
    place: str, key: Key, namespace: str, content: bytes, flags: int, counter: int = 7
) -> str:
    """What a security key with the private half of ``key`` would give (PROTOCOL.u2f)."""
    shown = as_security_key(key)
    names = text(namespace.encode()) + text(b"") + text(b"sha512")
    signed = MAGIC + names + text(hashlib.sha512(content).digest())
    tail = bytes([flags]) + counter.to_bytes(4, "big")
    device = hashlib.sha256(b"ssh:").digest() + tail + hashlib.sha256(signed).digest()
    inner = text(SK.encode()) + text(agent_signs(place, key, device)) + tail
    blob = MAGIC + (1).to_bytes(4, "big") + text(shown.blob) + names + text(inner)
    made = SshSignature(blob, shown.blob, SK, namespace, flags, counter)
    assert parse(made.armoured()) == made
    return made.armoured()
