"""A console that silences alerts, as a program of its own, with places where it dies.

``python -m tests.crash.silencing STEP``: settings come from the environment. It prints ``ready`` before the
act and waits for a line on its input. ``STEP`` is one of :data:`tests.crash.acting.STEPS`, or ``none``.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any

from console.alerts.model import Matcher
from console.envelope import NewEvent, Recorded
from console.target import load_settings, target
from console.wiring import Stores, build_session, open_stores
from tests.crash.acting import die, say, sending

MATCHERS = (Matcher("alertname", "HighErrorRate"),)


def dying_at(step: str, client: Any, stores: Stores) -> None:
    """Wrap the ledger and the Alertmanager's client, so that the process dies at ``step``."""
    append = stores.ledger.append

    def appending(stream: str, version: int, events: Sequence[NewEvent]) -> list[Recorded]:
        name = {"silence.intended": "intent", "silence.ended": "outcome"}.get(events[0].kind, "")
        if step == f"before-{name}":
            die()
        done = append(stream, version, events)
        if step == f"after-{name}":
            die()
        return done

    setattr(stores.ledger, "append", appending)  # noqa: B010 (a method of this one object only)
    client.silence = sending(client.silence, step)


async def act(step: str) -> None:
    aim = target(load_settings())
    stores = open_stores(aim.ledger_path, aim.clock)
    session = build_session(aim, stores, via="command")
    await session.identify()
    await session.arm("on call", 60)
    desk = session.desks.alerts()
    dying_at(step, desk.alertmanager, stores)
    offer = await desk.gate.offer(MATCHERS, 30 * 60_000)
    say("ready")
    await asyncio.to_thread(sys.stdin.readline)
    made = await desk.perform(offer, "it is known")
    say(json.dumps({"end": made.end.value, "says": made.says}))
    await asyncio.to_thread(sys.stdin.readline)
    await session.close()


if __name__ == "__main__":
    asyncio.run(act(sys.argv[1]))
