"""Configured commands as children: no shell, no stdin, their own group, bounded in time and output."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from console.places import ALIASES, PREFIX, SECRET_WORDS
from console.rollback.command_running import Ran
from data.http.secret import HIDDEN, scrub

KEPT = 64 * 1024
"""Bytes of the output that are kept, its end."""
GRACE_S = 5.0
"""How long a command that is to end may take to take back what it has begun, before it is killed."""
LAST_WORDS_S = 1.0
"""How long the output of a command that has ended is waited for: what it has started may hold it open."""
_LOGIN = re.compile(r"://([^\s/:@]*):([^\s/@]+)@")
_BEARING = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}")
_NAMED = re.compile(
    r"(?i)\b([\w-]*(?:password|passwd|secret|token|api_?key))(\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|\S+)"
)
_SHORTEST = 6


class ProcessRunner:
    """Implements :class:`console.rollback.command_running.Runner`. ``secrets``: ours, to hide."""

    def __init__(
        self, secrets: Callable[[], Iterable[str]], environ: Mapping[str, str] | None = None
    ) -> None:
        self._secrets = secrets
        self._environ = os.environ if environ is None else environ

    async def run(self, argv: Sequence[str], folder: Path, timeout_s: float) -> Ran:
        reading, writing = os.pipe()
        out = _Tail()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: out, os.fdopen(reading, "rb")
        )
        try:
            try:
                child = await asyncio.create_subprocess_exec(
                    *argv,
                    cwd=folder,
                    env=passed(self._environ),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=writing,
                    stderr=writing,
                    start_new_session=True,
                )
            except (OSError, ValueError) as error:
                return Ran("not_started", why=why_not_started(error, argv, folder))
            finally:
                os.close(writing)
            in_time = await ended_in_time(child, timeout_s)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(out.over.wait(), LAST_WORDS_S)
            kill_group(child.pid, signal.SIGKILL)  # what it has started and left behind
        finally:
            transport.close()
        output = self._hidden(bytes(out.kept).decode("utf-8", "replace"))
        return Ran("exited" if in_time else "timed_out", child.returncode, output)

    def _hidden(self, output: str) -> str:
        found = [*self._secrets(), *secret_values(self._environ)]
        text = scrub(output, [one for one in found if len(one) >= _SHORTEST])
        text = _LOGIN.sub(rf"://\1:{HIDDEN}@", text)
        text = _BEARING.sub(lambda one: f"{one[1]} {HIDDEN}", text)
        return _NAMED.sub(lambda one: f"{one[1]}{one[2]}{HIDDEN}", text)


class _Tail(asyncio.Protocol):
    """The end of what is printed."""

    def __init__(self) -> None:
        self.kept = bytearray()
        self.over = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.kept += data
        if len(self.kept) > KEPT:
            del self.kept[: len(self.kept) - KEPT]

    def connection_lost(self, exc: Exception | None) -> None:
        self.over.set()


async def ended_in_time(child: asyncio.subprocess.Process, timeout_s: float) -> bool:
    """Whether it ended by itself in time; else, and when this is cancelled, it is stopped."""
    try:
        await asyncio.wait_for(child.wait(), timeout_s)
    except TimeoutError:
        kill_group(child.pid, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.wait(), GRACE_S)
        kill_group(child.pid, signal.SIGKILL)
        await child.wait()
        return False
    except asyncio.CancelledError:
        kill_group(child.pid, signal.SIGTERM)
        raise
    return True


def kill_group(group: int, by: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, by)


def passed(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a command: ours without what is Coalmine's own, its tokens among that."""
    return {
        name: value for name, value in environ.items() if not name.startswith(PREFIX) and name not in ALIASES
    }


def secret_values(environ: Mapping[str, str]) -> list[str]:
    """What in the environment looks like a secret by its name, and the passwords in addresses."""
    found = [value for name, value in environ.items() if any(word in name.upper() for word in SECRET_WORDS)]
    found += [one[2] for value in environ.values() for one in _LOGIN.finditer(value)]
    return [one for one in found if not Path(one).is_absolute()]


def why_not_started(error: OSError | ValueError, argv: Sequence[str], folder: Path) -> str:
    if not folder.is_dir():
        return f"there is no directory {folder}"
    words = error.strerror if isinstance(error, OSError) and error.strerror else "its words are none"
    return f"{argv[0]}: {words}"
