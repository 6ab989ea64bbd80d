"""A console that turns a flag off, as a program of its own, with places where it dies.

``python -m tests.crash.flagging STEP``: settings come from the environment. It prints ``ready`` before the
act and waits for a line on its input. ``STEP`` is one of :data:`tests.crash.acting.STEPS`, or ``none``.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from console.envelope import NewEvent, Recorded
from console.flags.gate import Order
from console.target import load_settings, target
from console.wiring import Stores, build_session, open_stores
from tests.crash.acting import die, say, sending

FLAG, WHERE = "new-cart", "production"


def dying_at(step: str, provider: Any, stores: Stores) -> None:
    """Wrap the ledger and the client of the flags, so that the process dies at ``step``."""
    append = stores.ledger.append

    def appending(stream: str, version: int, events: Sequence[NewEvent]) -> list[Recorded]:
        name = {"flag.intended": "intent", "flag.ended": "outcome"}.get(events[0].kind, "")
        if step == f"before-{name}":
            die()
        done = append(stream, version, events)
        if step == f"after-{name}":
            die()
        return done

    setattr(stores.ledger, "append", appending)  # noqa: B010 (a method of this one object only)
    client = provider._client
    client.change = sending(client.change, step)


async def act(step: str) -> None:
    aim = target(load_settings())
    stores = open_stores(aim.ledger_path, aim.clock)
    session = build_session(aim, stores, via="command")
    await session.identify()
    await session.arm("on call", 60)
    desk = session.flags()
    dying_at(step, desk.provider, stores)
    offer = await desk.gate.offer(desk.kill(FLAG, WHERE))
    say("ready")
    await asyncio.to_thread(sys.stdin.readline)
    [made] = await desk.perform(Order((offer,), f"by {os.getpid()}"))
    say(json.dumps({"pid": os.getpid(), "end": made.outcome.end.value, "says": made.outcome.says}))
    await asyncio.to_thread(sys.stdin.readline)
    await session.close()


if __name__ == "__main__":
    asyncio.run(act(sys.argv[1]))
