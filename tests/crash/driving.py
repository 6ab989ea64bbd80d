"""Drivers of playbooks, as programs of their own.

``python -m tests.crash.driving FOLDER PROMETHEUS LIBRARY``: for each line ``RUN SESSION POINT`` it forks a
driver that drives the run and dies at the ``POINT``-th boundary it crosses: before or after an append to the
ledger, before a command or a request begins, after it has ended. At point 0 it lives. It answers with a line:
the state of the run, or ``killed``. Each line may also be ``RUN SESSION -MILLISECONDS``: killed from outside
once so much time has passed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from console.envelope import NewEvent, Recorded
from console.runs.pinned import Pinned, pinned
from data.http.transport import Transport
from data.prometheus.client import PrometheusClient
from data.prometheus.source import PrometheusSource
from tests.console.runs.scene import Stage, who
from tests.crash.acting import die, say


class Boundaries:
    """Counts what a driver crosses, and ends it at one of them."""

    def __init__(self, fatal: int) -> None:
        self._crossed, self._fatal = 0, fatal

    def cross(self) -> None:
        self._crossed += 1
        if self._crossed == self._fatal:
            die()

    def around(self, stage: Stage) -> None:
        append = stage.ledger.append

        def appending(stream: str, version: int, events: Sequence[NewEvent]) -> list[Recorded]:
            self.cross()
            done = append(stream, version, events)
            self.cross()
            return done

        setattr(stage.ledger, "append", appending)  # noqa: B010 (a method of this one object only)
        commands: Any = stage.commands
        commands.run = self._doing(commands.run)
        web: Any = stage.web
        web.ask = self._doing(web.ask)

    def _doing(self, call: Any) -> Any:
        async def wrapped(*arguments: Any) -> Any:
            self.cross()
            answer = await call(*arguments)
            self.cross()
            return answer

        return wrapped


def library_of(folder: Path) -> dict[str, Pinned]:
    found = {path.stem: pinned(path.read_bytes()) for path in folder.glob("*.md")}
    return {name: one for name, one in found.items() if one is not None}


async def drive(folder: Path, prometheus: str, library: Path, run_id: str, session: str, point: int) -> str:
    stage = Stage.at(folder, library_of(library))
    transport = Transport(stage.runs.clock)
    stage.source = PrometheusSource(PrometheusClient(transport, prometheus))
    Boundaries(point).around(stage)
    try:
        driver = stage.driver(who("ana", session), stays=False)
        wrong = await driver.take(run_id)
        if wrong is not None:
            return f"refused {wrong.says}"
        return (await driver.drive(run_id)).run.state.value
    finally:
        await transport.aclose()
        stage.close()


def forked(folder: Path, prometheus: str, library: Path, run_id: str, session: str, point: int) -> str:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        told = asyncio.run(drive(folder, prometheus, library, run_id, session, max(0, point)))
        os.write(writing, told.encode())
        os._exit(0)
    os.close(writing)
    if point < 0:
        time.sleep(-point / 1000)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reading, "rb") as answer:
        told = answer.read().decode()
    _, status = os.waitpid(child, 0)
    return told if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0 else "killed"


def main() -> None:
    folder, prometheus, library = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    say("ready")
    for line in sys.stdin:
        run_id, session, point = line.split()
        say(forked(folder, prometheus, library, run_id, session, int(point)))


if __name__ == "__main__":
    main()
