"""Executors of requests, as programs of their own.

``python -m tests.crash.executing dying``: for each line ``REQUEST POINT NOW`` it forks a console that carries
the request out and dies at the ``POINT``-th boundary it crosses: before or after an append to the ledger,
before the host is asked to act, after it has answered. It answers with a line: the signal that ended the
console, or its outcome, and how many boundaries it had crossed. ``python -m tests.crash.executing racing
COUNT``: for each line ``REQUEST`` so many consoles try at once; it answers with their outcomes.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

from console.envelope import NewEvent, Recorded
from console.session import Session
from console.target import load_settings, target
from console.wiring import Stores, build_session, open_stores
from data.clock import ScaledClock, SystemClock
from data.vercel.edge_config.stores import EdgeConfigStores
from tests.crash.acting import die, say

EFFECTS = ("rollback", "abort", "promote", "advance", "complete")
STREAMS = ("request:", "production:", "release:", "flag:", "store:", "freeze:")


class Boundaries:
    """Counts what a console crosses, and ends it at one of them."""

    def __init__(self, fatal: int) -> None:
        self.crossed, self._fatal = 0, fatal

    def cross(self) -> None:
        self.crossed += 1
        if self.crossed == self._fatal:
            die()

    def around(self, stores: Stores, session: Session) -> None:
        """Wrap the ledger, the host's client and those of the flags and the stores."""
        append = stores.ledger.append

        def appending(stream: str, version: int, events: Sequence[NewEvent]) -> list[Recorded]:
            if not stream.startswith(STREAMS):
                return append(stream, version, events)
            self.cross()
            done = append(stream, version, events)
            self.cross()
            return done

        setattr(stores.ledger, "append", appending)  # noqa: B010 (a method of this one object only)
        router: Any = session._parts.router
        for call in EFFECTS:
            setattr(router, call, self._sending(getattr(router, call)))
        client: Any = session.flags().provider
        client._client.change = self._sending(client._client.change)
        restore: Any = self._sending(EdgeConfigStores.restore)
        setattr(EdgeConfigStores, "restore", restore)  # noqa: B010 (of this process only, which is a fork)

    def _sending(self, call: Any) -> Any:
        async def wrapped(*arguments: Any) -> Any:
            self.cross()
            answer = await call(*arguments)
            self.cross()
            return answer

        return wrapped


@asynccontextmanager
async def session_here(now: int) -> Any:
    """A command's session, at the time that the one who asks has."""
    aim = replace(target(load_settings()), clock=ScaledClock(now, 1.0))
    stores = open_stores(aim.ledger_path, aim.clock)
    session = build_session(aim, stores, via="command")
    try:
        yield session, stores
    finally:
        await session.close()


async def carry_out(request_id: str, fatal: int, now: int) -> dict[str, Any]:
    async with session_here(now) as (session, stores):
        await session.identify()
        boundaries = Boundaries(fatal)
        boundaries.around(stores, session)
        outcome = await session.requests().execute(request_id)
        return {"end": outcome.end.value, "says": outcome.says, "crossed": boundaries.crossed}


def dying() -> None:
    say("ready")
    for line in sys.stdin:
        request_id, fatal, now = line.split()
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            told = asyncio.run(carry_out(request_id, int(fatal), int(now)))
            os.write(writing, json.dumps(told).encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as answer:
            text = answer.read()
        _, status = os.waitpid(child, 0)
        signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        say(json.dumps({"signal": signal, "code": status, **json.loads(text or b"{}")}))


async def racing(count: int) -> None:
    async with AsyncExitStack() as stack:
        sessions = []
        for _ in range(count):
            session, _ = await stack.enter_async_context(session_here(SystemClock().now()))
            await session.identify()
            sessions.append(session)
        say("ready")
        while line := await asyncio.to_thread(sys.stdin.readline):
            name = line.strip()
            outcomes = await asyncio.gather(*(one.requests().execute(name) for one in sessions))
            say(json.dumps([{"end": one.end.value, "says": one.says} for one in outcomes]))


if __name__ == "__main__":
    if sys.argv[1] == "dying":
        dying()
    else:
        asyncio.run(racing(int(sys.argv[2])))
