"""Commands of playbooks as children: no shell, no stdin, an almost empty environment, their own group."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import signal
from collections.abc import Iterable, Mapping
from pathlib import Path

from console.runs.hand_command import Job, Output, Ran
from data.commands import GRACE_S, LAST_WORDS_S, ended_in_time, kill_group, why_not_started
from data.http.secret import scrub, spellings

KEPT = 64 * 1024
"""Bytes that are kept of the beginning of a stream, and of its end."""
PASSED = ("PATH", "HOME", "LANG")
"""What of our environment a command gets."""
_NOTHING = Output("", "", 0, hashlib.sha256().hexdigest())


class PlaybookCommands:
    """Implements :class:`console.runs.hand_command.Commands`."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ

    async def run(self, job: Job) -> Ran:
        folder = Path(job.folder) if job.folder else Path.cwd()
        out, err = _Ends(), _Ends()
        async with contextlib.AsyncExitStack() as held:
            writing = [await _pipe(one, held) for one in (out, err)]
            try:
                child = await asyncio.create_subprocess_exec(
                    *job.argv,
                    cwd=folder,
                    env=self._environment(job),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=writing[0],
                    stderr=writing[1],
                    start_new_session=True,
                )
            except (OSError, ValueError) as error:
                why = why_not_started(error, job.argv, folder)
                return Ran("not_started", None, _NOTHING, _NOTHING, why)
            finally:
                for one in writing:
                    os.close(one)
            try:
                in_time = await ended_in_time(child, job.timeout_ms / 1000)
            except asyncio.CancelledError:
                await asyncio.shield(_stopped(child))
                raise
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.gather(out.over.wait(), err.over.wait()), LAST_WORDS_S)
            kill_group(child.pid, signal.SIGKILL)  # what it has started and left behind
        secrets = [value for value in job.secrets.values() if value]
        return Ran(
            "exited" if in_time else "timed_out", child.returncode, out.output(secrets), err.output(secrets)
        )

    def _environment(self, job: Job) -> dict[str, str]:
        ours = {name: self._environ[name] for name in PASSED if name in self._environ}
        return {**ours, **job.env, **job.secrets}


async def _stopped(child: asyncio.subprocess.Process) -> None:
    """It was told to end already: it gets its time, then it is killed."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(child.wait(), GRACE_S)
    kill_group(child.pid, signal.SIGKILL)
    await child.wait()


async def _pipe(reader: _Ends, held: contextlib.AsyncExitStack) -> int:
    """The end that a child writes to."""
    reading, writing = os.pipe()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: reader, os.fdopen(reading, "rb")
    )
    held.callback(transport.close)
    return writing


class _Ends(asyncio.Protocol):
    """The beginning and the end of what is written, its length and its digest."""

    def __init__(self) -> None:
        self._head, self._tail = bytearray(), bytearray()
        self._length, self._digest = 0, hashlib.sha256()
        self.over = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self._length += len(data)
        self._digest.update(data)
        room = KEPT - len(self._head)
        self._head += data[:room]
        self._tail += data[max(0, room) :]
        if len(self._tail) > KEPT:
            del self._tail[: len(self._tail) - KEPT]

    def connection_lost(self, exc: Exception | None) -> None:
        self.over.set()

    def output(self, secrets: Iterable[str]) -> Output:
        """With secrets hidden, also those that the gap in the middle would cut in two."""
        secrets = list(secrets)
        sha256 = self._digest.hexdigest()
        whole = self._length == len(self._head) + len(self._tail)
        if whole:
            text = bytes(self._head + self._tail).decode("utf-8", "replace")
            return Output(scrub(text, secrets), "", self._length, sha256)
        most = max((len(form) for one in secrets for form in spellings(one)), default=0)
        head = scrub(bytes(self._head).decode("utf-8", "replace"), secrets)
        tail = scrub(bytes(self._tail).decode("utf-8", "replace"), secrets)
        return Output(head[: len(head) - most], tail[most:], self._length, sha256)
