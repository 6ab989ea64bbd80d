"""Drivers of steps, as programs of their own.

``python -m tests.crash.stepping``: for each line of JSON it forks a driver that does one step and dies at the
``point``-th boundary it crosses: before or after an append to the ledger, before the host is asked to act,
after it has answered. It answers with a line: the signal that ended the driver, or how the step ended.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

from console.runs.hands_of_session import hands_of
from tests.console.runs.stepping import task
from tests.crash.acting import say
from tests.crash.executing import Boundaries, session_here


async def step(asked: dict[str, Any]) -> dict[str, Any]:
    async with session_here(asked["now"]) as (session, stores):
        await session.look_once()
        await session.arm("on call", 60)
        boundaries = Boundaries(asked["point"])
        boundaries.around(stores, session)
        hands = hands_of(session, session._clock, agreed_beforehand=True)
        one = task(asked["kind"], asked["fields"], run=asked["run"])
        hand = hands.by_kind[asked["kind"]]
        done = await (hand.resume if asked["resume"] else hand.do)(one, lambda _: None)
        return {"ended": done.ended, "says": done.says, "crossed": boundaries.crossed}


def main() -> None:
    say("ready")
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            told = asyncio.run(step(json.loads(line)))
            os.write(writing, json.dumps(told).encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as answer:
            text = answer.read()
        _, status = os.waitpid(child, 0)
        signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        say(json.dumps({"signal": signal, "code": status, **json.loads(text or b"{}")}))


if __name__ == "__main__":
    main()
