"""A driver that tells people a step's message, as a program of its own, with places where it dies.

``python -m tests.crash.telling FOLDER URL RUN STEP do|resume``: it prints how the step ended.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import SecretStr

from console.envelope import Actor, NewEvent, Recorded
from console.incidents.desk import Incidents
from console.messages.outbox import Outbox
from console.messages.sender import Channel
from console.messages.template import validate
from console.playbooks.model import Plain, Step
from console.policy import SHIPPED_POLICY, load_rulebook
from console.runs.doing import Task
from console.runs.hand_message import MessageHand
from data.clock import SystemClock
from data.notify import AppriseSender
from data.sqlite.ledger import SqliteLedger
from tests.console.incidents.scene import PEOPLE, at_once
from tests.crash.acting import die, say

WHERE = {"message.drafted": "draft", "message.intended": "intent", "message.sent": "outcome"}
STEPS = tuple(f"{when}-{what}" for what in ("draft", "intent", "outcome") for when in ("before", "after"))
TEMPLATE = """\
---
template: tell
version: 1
title: Tell them
audience: internal
phase: investigating
subject: "{{ run }}"
fields:
  run: {type: line, required: true}
---
It goes on.
"""


def dying_at(step: str, ledger: SqliteLedger) -> None:
    append = ledger.append

    def appending(stream: str, version: int, events: Sequence[NewEvent]) -> list[Recorded]:
        name = WHERE.get(events[0].kind, "")
        if step == f"before-{name}":
            die()
        done = append(stream, version, events)
        if step == f"after-{name}":
            die()
        return done

    setattr(ledger, "append", appending)  # noqa: B010 (a method of this one object only)


def hand_on(ledger: SqliteLedger, url: str) -> MessageHand:
    clock, book = SystemClock(), load_rulebook(SHIPPED_POLICY, "policy.yaml", PEOPLE, "people.yaml")
    template = validate(TEMPLATE.encode()).template
    assert template is not None
    channels = {"room": Channel("room", "internal", (SecretStr(url),))}
    incidents = Incidents(ledger, clock, lambda: book, at_once)
    outbox = Outbox(ledger, clock, lambda: book, at_once, incidents, channels, AppriseSender())
    return MessageHand(outbox, lambda: {"tell": template}, lambda who: Actor(who, "s", "command"), clock)


def task_of(run: str) -> Task:
    fields: dict[str, Plain] = {"template": "tell", "fields": {"run": run}}
    step = Step("tell", "message", "", 1, "", fields)
    return Task(run, step, fields, 1, {}, "ana")


async def tell(folder: str, url: str, run: str, step: str, how: str) -> None:
    ledger = SqliteLedger(Path(folder) / "ledger.db", SystemClock())
    dying_at(step, ledger)
    hand = hand_on(ledger, url)
    say("ready")
    await asyncio.to_thread(sys.stdin.readline)
    done = await (hand.resume if how == "resume" else hand.do)(task_of(run), lambda line: None)
    say(done.ended)
    ledger.close()


if __name__ == "__main__":
    asyncio.run(tell(*sys.argv[1:]))
