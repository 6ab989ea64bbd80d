"""The incidents of a prepared console: the real room over a ledger in memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

from console.authorise import Standing
from console.canary.catalogue import packaged
from console.envelope import Actor
from console.incidents import role_rules, rules
from console.incidents.desk import Opening
from console.incidents.happened import IncidentNoted
from console.incidents.room import IncidentRoom
from console.incidents.severity import Signals
from console.incidents.terms import Severity, State
from console.outcome import End, Outcome
from console.playbooks.library import Found, library
from console.policy import SHIPPED_POLICY, load_rulebook
from console.rollback.room import Room
from console.world import World
from data.playbook_files import Folders
from tests.screens.cockpit import PreparedCockpit
from tests.screens.flag_desk import MemoryLedger, Standstill, flags, here
from tests.screens.request_room import PEOPLE, Requested, _run, requested
from tests.screens.worlds import NOW, healthy, rollback

BOOK = load_rulebook(SHIPPED_POLICY, "policy.yaml", PEOPLE, "people.yaml")
MINUTE = 60_000


@dataclass
class Working:
    """The room, who sits at it, and what stands behind it."""

    room: IncidentRoom
    ledger: MemoryLedger
    clock: Standstill
    person: str | None = "ana"
    read_only: str | None = None

    async def open(self, title: str = "Checkout errors", severity: Severity = "SEV2", **more: Any) -> str:
        outcome = await self.room.open(Opening(title, "prj_1", severity=severity, **more))
        assert outcome.end is End.DONE, outcome
        return outcome.next

    async def by(self, person: str, name: str, made: Callable[[str], Any]) -> Outcome:
        """``person`` records something from another console."""
        before, self.person = self.person, person
        try:
            return await self.room.record(name, made, "done")
        finally:
            self.person = before

    async def note(self, name: str, says: str, person: str = "jo") -> None:
        done = await self.by(person, name, lambda who: lambda one, now: IncidentNoted(person=who, says=says))
        assert done.end is End.DONE, done

    async def world(self, present: World | None = None) -> World:
        """A picture of a console that has seen this ledger."""
        return replace(
            present or healthy(),
            now=self.clock.at,
            incidents=await self.room.ongoing(),
            recent=tuple(reversed(self.ledger.told))[:60],
            ledger_size=len(self.ledger.told),
        )


def working(ledger: MemoryLedger | None = None, requests: Requested | None = None) -> Working:
    """No incident yet; Ana sits here."""
    kept, clock = ledger or MemoryLedger(), Standstill()
    made: list[Working] = []

    def standing() -> Standing:
        it = made[0]
        return Standing(BOOK, it.person, "Nobody is known.", None, it.read_only, False, it.clock.at)

    def of_requests() -> Room:
        from console.actions import Impossible

        if requests is None:
            raise Impossible("This session cannot check signatures.")
        return requests.room

    offload = cast("Callable[[Callable[[], Any]], Awaitable[Any]]", here)
    room = IncidentRoom(
        kept,
        clock,
        standing,
        lambda: Actor(made[0].person or "unknown", "s1", "console"),
        offload,  # type: ignore[arg-type]
        of_requests,
    )
    made.append(Working(room, kept, clock))
    return made[0]


def room() -> tuple[IncidentRoom, Working]:
    """An empty room."""
    it = working()
    return it.room, it


def cockpit_of(it: Working, present: World | None = None) -> PreparedCockpit:
    """A console on ``it``."""
    cockpit = PreparedCockpit(present or healthy())
    cockpit.incident_room = it.room

    async def look() -> None:
        cockpit.present = await it.world(present)

    _run(look())
    cockpit.ledger = tuple(reversed(it.ledger.told))
    return cockpit


async def told(it: Working, requests: Requested | None = None) -> str:
    """An incident in the middle of its life, another that nobody took care of, and one that is over."""
    it.clock.at = NOW - 95 * MINUTE
    old = await it.open("Slow search after the index", "SEV3")
    for made in (
        lambda who: lambda one, now: rules.acknowledged(one, who),
        lambda who: lambda one, now: rules.moved(one, who, State.INVESTIGATING, "", now),
        lambda who: (
            lambda one, now: rules.moved(one, who, State.MITIGATED, "index rebuilt, p95 as before", now)
        ),
    ):
        assert (await it.by("jo", old, made)).end is End.DONE
    it.clock.at = NOW - 80 * MINUTE
    over = await it.by(
        "jo", old, lambda who: lambda one, now: rules.moved(one, who, State.RESOLVED, "stayed well", now)
    )
    assert over.end is End.DONE, over
    it.clock.at = NOW - 12 * MINUTE
    name = await it.open(
        "Checkout errors on canary",
        "undetermined",
        started_at=NOW - 16 * MINUTE,
        signals=Signals(errors=0.024, exposed=0.25, requests=4_000, journey="/api/checkout", worse=True),
        evidence=("the verdict: ROLL BACK", "  error rate 2.4 % against 0.5 %"),
        links=(("release", "dpl_canary"), ("flag", "new-cart")),
    )
    it.clock.at = NOW - 11 * MINUTE
    steps: list[tuple[str, Callable[[str], Any]]] = [
        ("ana", lambda who: lambda one, now: rules.acknowledged(one, who)),
        ("ana", lambda who: lambda one, now: role_rules.taken(one, who, "commander", "")),
        ("ana", lambda who: lambda one, now: rules.severity_set(one, who, "SEV2", "checkout fails")),
        ("ana", lambda who: lambda one, now: rules.moved(one, who, State.INVESTIGATING, "", now)),
        ("ana", lambda who: lambda one, now: role_rules.offered(one, who, "communications", "bo", BOOK, now)),
    ]
    for person, made in steps:
        done = await it.by(person, name, made)
        assert done.end is End.DONE, done
    it.clock.at = NOW - 2 * MINUTE
    await it.note(name, "only signed-in carts")
    if requests is not None:
        assert (await it.room.link(name, "request", "RB-1")).end is End.DONE
    it.clock.at = NOW - MINUTE
    await it.open("Images load slowly in Asia", "SEV4")
    it.clock.at = NOW
    return name


def going(it: Working | None = None, present: World | None = None) -> PreparedCockpit:
    """A console with these incidents, on which Ana commands the worst."""
    of = it or working()
    if it is None:
        _run(_told(of))
    return cockpit_of(of, present or rollback())


@cache
def shipped() -> tuple[Found, ...]:
    """The playbooks that come with the program."""
    metrics = {one.id for one in packaged()}
    folder = Folders(Path("nowhere of their own"))
    return tuple(
        replace(one, file=f"playbooks/{one.stem}.md") for one in library(folder.files(), metrics, {})
    )


def shelved() -> PreparedCockpit:
    """The same with the playbooks that come with the program."""
    cockpit = going()
    cockpit.library = shipped()
    return cockpit


async def _told(it: Working) -> None:
    await told(it)


def asked_for() -> PreparedCockpit:
    """The same, with a request that waits for bo."""
    of = requested()

    async def ask() -> None:
        await of.ask("ana")

    _run(ask())
    it = working(of.ledger, of)

    async def linked() -> None:
        await told(it, of)

    _run(linked())
    cockpit = cockpit_of(it, rollback())
    cockpit.room, cockpit.flag_desk = of.room, flags().desk
    return cockpit
