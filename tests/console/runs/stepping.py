"""Tasks as a driver makes them, and a session's hands to do them with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from console.playbooks.model import Plain, Step
from console.runs.doing import Done, Task
from console.runs.hands_of_session import SessionHands, hands_of
from tests.console.consoles import Console

RUN = "RUN-1"


def task(
    kind: str,
    fields: dict[str, Plain],
    *,
    step: str = "",
    attempt: int = 1,
    person: str = "ana",
    run: str = RUN,
    deadline: int | None = None,
    incident: str = "",
) -> Task:
    """One attempt of a step with these fields, filled in."""
    name = step or f"a-{kind}"
    made = Step(name, kind, f"Do the {kind}", 1, "", {"id": name, "kind": kind, **fields})
    return Task(run, made, made.fields, attempt, {}, person, incident, deadline)


@dataclass
class Driver:
    """Does steps in one session, and keeps what was said meanwhile."""

    console: Console
    hands: SessionHands
    said: list[str] = field(default_factory=list)

    async def would(self, one: Task) -> tuple[str, ...]:
        return await self.hands.by_kind[one.step.kind].would(one)

    async def agree(self, one: Task, typed: str | None = None) -> str | None:
        """Type the word that the step asks for, or another."""
        consent = await self.hands.by_kind[one.step.kind].consent(one)
        return self.hands.consents.give(one, consent, typed if typed is not None else consent.word or "")

    async def do(self, one: Task, say: Callable[[str], None] | None = None) -> Done:
        return await self.hands.by_kind[one.step.kind].do(one, say or self.said.append)

    async def agreed(self, one: Task) -> Done:
        assert await self.agree(one) is None
        return await self.do(one)

    async def resume(self, one: Task) -> Done:
        return await self.hands.by_kind[one.step.kind].resume(one, self.said.append)


def driver(console: Console, *, agreed_beforehand: bool = False) -> Driver:
    session = console.session
    return Driver(console, hands_of(session, session._clock, agreed_beforehand=agreed_beforehand))
