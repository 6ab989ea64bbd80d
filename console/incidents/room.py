"""A session's incidents: the desk, who writes from here, and what of them goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from console.actions import Impossible
from console.authorise import Standing
from console.effect import Offload
from console.envelope import Actor
from console.event import Event
from console.incidents import rules
from console.incidents.desk import Incidents, Made, Opening
from console.incidents.due import acknowledge_by, update_by
from console.incidents.incident import Incident
from console.incidents.terms import State, rank
from console.outcome import Outcome
from console.policy import Rulebook
from console.ports import Clock, Ledger
from console.readings import Millis
from console.rollback.afterwards import waits
from console.runs.run import goes_on
from console.world import OpenIncident

if TYPE_CHECKING:
    from console.rollback.counting import View
    from console.rollback.room import Room

Asked = Callable[[str], "View | None"]
"""A request of the same ledger by its name. Blocking."""


class IncidentRoom:
    """Everything one session does with incidents. ``requests`` raises :class:`Impossible` where there are
    none to be looked at."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        standing: Callable[[], Standing],
        actor: Callable[[], Actor],
        offload: Offload,
        requests: Callable[[], Room],
        read_only: str | None = None,
    ) -> None:
        self._standing, self._actor, self._clock, self._requests = standing, actor, clock, requests
        self.desk = Incidents(ledger, clock, lambda: standing().rulebook, offload, read_only)
        self._folded: tuple[int, tuple[OpenIncident, ...]] | None = None
        self._offload, self._ledger = offload, ledger

    def who(self) -> Actor | Outcome:
        """Who writes, or why nobody does."""
        standing = self._standing()
        if standing.read_only:
            return rules.refused(standing.read_only, "Open a console without it to change anything.")
        if standing.person is None:
            return rules.refused(standing.person_problem, "Who is not listed in people.yaml can look only.")
        return self._actor()

    @property
    def book(self) -> Rulebook | str:
        """The rulebook in force, or why there is none."""
        return self._standing().rulebook

    async def open(self, opening: Opening) -> Outcome:
        """Open one; ``next`` of the answer is its name."""
        actor = self.who()
        return actor if isinstance(actor, Outcome) else await self.desk.open(opening, actor)

    async def record(self, incident_id: str, made: Callable[[str], Made], says: str) -> Outcome:
        """Append what ``made``, of the person, makes of the incident; ``says`` may name ``{person}``."""
        actor = self.who()
        if isinstance(actor, Outcome):
            return actor
        words = says.replace("{person}", actor.person)
        return await self.desk.record(incident_id, actor, made(actor.person), words)

    async def resolve(self, incident_id: str, why: str, early: str) -> Outcome:
        """Say that it is over; not while a linked request waits for somebody, or a linked run goes on."""
        asked, problem = self._asked()

        def made(one: Incident, person: str, now: Millis) -> Event | Outcome:
            if asked is None and one.linked("request"):
                return rules.refused(f"Whether its requests still wait is not known: {problem}")
            waiting = still_waiting(one, asked or _none, partial(goes_on, self._ledger))
            return rules.moved(one, person, State.RESOLVED, why, now, early, waiting)

        says = f"{incident_id} is resolved."
        return await self.record(incident_id, lambda person: lambda one, now: made(one, person, now), says)

    async def link(self, incident_id: str, what: rules.What, name: str) -> Outcome:
        """Link a release, deployment, flag or request; a request has to be of this ledger."""
        asked, problem = self._asked() if what == "request" else (None, "")
        if problem:
            return rules.refused(problem, "See coalmine doctor.")

        def of(person: str) -> Made:
            return lambda one, now: rules.linked(
                one, person, what, name, there=asked is None or asked(name) is not None
            )

        return await self.record(incident_id, of, f"{what} {name} is linked to {incident_id}.")

    async def merge(self, incident_id: str, into: str, why: str) -> Outcome:
        """It is the same as ``into``, and goes on there."""

        def of(person: str) -> Made:
            return lambda one, now: rules.merged(one, person, self.desk.seen(into), into, why)

        return await self.record(incident_id, of, f"{incident_id} goes on in {into}.")

    def _asked(self) -> tuple[Asked | None, str]:
        """How requests are looked at from here, or why they cannot be."""
        try:
            counting, clock = self._requests().desk.counting, self._clock
        except Impossible as error:
            return None, str(error)
        return lambda name: counting.view(name, clock.now()), ""

    async def ongoing(self) -> tuple[OpenIncident, ...]:
        """Those that go on, the worst first. Folded again only where the ledger has grown."""

        def look() -> tuple[OpenIncident, ...]:
            version = self._ledger.data_version()
            if self._folded is None or self._folded[0] != version:
                self._folded = version, ongoing(self.desk.everyone())
            return self._folded[1]

        return await self._offload(look)


def _none(name: str) -> None:
    """Where no request is linked none is looked at."""


def still_waiting(incident: Incident, asked: Asked, running: Callable[[str], bool]) -> tuple[str, ...]:
    """The linked requests that still wait for somebody, and linked runs that go on. Blocking."""
    views = ((name, asked(name)) for name in incident.linked("request"))
    requests = tuple(name for name, view in views if view is not None and waits(view))
    return requests + tuple(name for name in incident.linked("run") if running(name))


def ongoing(incidents: Sequence[Incident]) -> tuple[OpenIncident, ...]:
    """Those that go on, the worst first; of equals the one opened first. Pure."""
    going = sorted((one for one in incidents if not one.over), key=lambda one: (rank(one.severity), one.at))
    return tuple(
        OpenIncident(
            id=one.id,
            title=one.opened.title,
            severity=one.severity,
            confirmed=one.confirmed,
            state=one.state.value,
            since=one.state_since,
            commander=one.roles.holder("commander") or "",
            acknowledge_by=acknowledge_by(one),
            update_by=update_by(one),
        )
        for one in going
    )
