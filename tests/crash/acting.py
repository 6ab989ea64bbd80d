"""A console that acts, as a program of its own, with places where it dies. Run with ``python -m``.

``python -m tests.crash.acting ACTION STEP [ROUNDS]``: settings come from the environment. It prints one
line before each act and waits for one on its input; then it acts, and prints the outcome as JSON. ``STEP``
is one of :data:`STEPS`, or ``none``.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from console.actions import Impossible
from console.envelope import NewEvent, Recorded
from console.session import Session
from console.target import load_settings, target
from console.wiring import Stores, build_session, open_stores

STEPS = ("before-intent", "after-intent", "before-send", "after-answer", "before-outcome", "after-outcome")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def die() -> None:
    """End as a pulled plug would."""
    os.kill(os.getpid(), signal.SIGKILL)


def dying_at(step: str, session: Session, stores: Stores) -> None:
    """Wrap the ledger and the host's client, so that the process dies at ``step``."""
    append = stores.ledger.append

    def appending(stream: str, version: int, events: Sequence[NewEvent]) -> list[Recorded]:
        name = {"action.intended": "intent", "action.ended": "outcome"}.get(events[0].kind, "")
        if step == f"before-{name}":
            die()
        done = append(stream, version, events)
        if step == f"after-{name}":
            die()
        return done

    setattr(stores.ledger, "append", appending)  # noqa: B010 (a method of this one object only)
    router = session._parts.router
    for call in ("advance", "complete", "abort"):
        setattr(router, call, sending(getattr(router, call), step))


def sending(call: Any, step: str) -> Any:
    async def wrapped(*arguments: Any) -> Any:
        if step == "before-send":
            die()
        answer = await call(*arguments)
        if step == "after-answer":
            die()
        return answer

    return wrapped


async def act(action: str, step: str, rounds: int) -> None:
    aim = target(load_settings())
    stores = open_stores(aim.ledger_path, aim.clock)
    session = build_session(aim, stores, via="command")
    dying_at(step, session, stores)
    await session.identify()
    await session.arm("on call", 60)
    for _ in range(rounds):
        try:
            preview = await session.preview(action)
        except Impossible as error:
            say(json.dumps({"end": "impossible", "says": str(error)}))
            break
        say("ready")
        await asyncio.to_thread(sys.stdin.readline)
        outcome = await session.perform(preview, f"by {os.getpid()}", preview.typed_word or "")
        say(json.dumps({"pid": os.getpid(), "end": outcome.end.value, "says": outcome.says}))
        await asyncio.to_thread(sys.stdin.readline)
    await session.close()


if __name__ == "__main__":
    asyncio.run(act(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 1))
