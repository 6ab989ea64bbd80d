"""Incidents on a real ledger, with a clock that stands until it is set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from console.envelope import Actor
from console.incidents.desk import Incidents, Made, Opening
from console.incidents.incident import Incident
from console.incidents.rules import REOPEN_MS as REOPEN_MS
from console.outcome import End, Outcome
from console.policy import SHIPPED_POLICY, load_rulebook
from console.readings import Millis
from data.sqlite.ledger import SqliteLedger
from tests.ledgers import HandClock

T = TypeVar("T")

PEOPLE = """\
version: 1
people:
  ana: {name: Ana, roles: [devops, incident-response], vercel: [usr_ana]}
  jo: {name: Jo, roles: [development], vercel: [usr_jo]}
  bo: {name: Bo, roles: [qa]}
"""
BOOK = load_rulebook(SHIPPED_POLICY, "policy.yaml", PEOPLE, "people.yaml")
MINUTE: Millis = 60_000


async def at_once(call: Callable[[], T]) -> T:
    return call()


@dataclass
class Scene:
    """One ledger, and whoever works on its incidents."""

    ledger: SqliteLedger
    clock: HandClock
    desk: Incidents

    @classmethod
    def at(cls, folder: Path) -> Scene:
        clock = HandClock()
        ledger = SqliteLedger(folder / "ledger.db", clock)
        return cls(ledger, clock, Incidents(ledger, clock, lambda: BOOK, at_once))

    def later(self, minutes: float) -> None:
        self.clock.time += int(minutes * MINUTE)

    async def opened(self, title: str = "checkout fails", **more: object) -> str:
        done = await self.desk.open(Opening(title, "prj_1", **more), who("ana"))  # type: ignore[arg-type]
        assert done.end is End.DONE, done
        return done.next

    async def does(self, name: str, person: str, made: Made) -> Outcome:
        return await self.desk.record(name, who(person), made, "done")

    async def did(self, name: str, person: str, made: Made) -> Incident:
        """As :meth:`does`, which has to succeed; the incident afterwards."""
        done = await self.does(name, person, made)
        assert done.end is End.DONE, done
        return await self.seen(name)

    async def seen(self, name: str) -> Incident:
        found = await self.desk.get(name)
        assert found is not None
        return found


def who(person: str) -> Actor:
    return Actor(person, f"at-{person}", "command")
