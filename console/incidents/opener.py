"""Opens incidents by themselves: each cause once, however many consoles look at one ledger.

An incident's name is made of all that are there: so of several consoles that decide on one state of the
ledger only one gets its opening through, and the others look again and find the cause known.
"""

from __future__ import annotations

from dataclasses import dataclass

from console.effect import ATTEMPTS
from console.envelope import Actor
from console.event import Event
from console.incidents import happened as h
from console.incidents.desk import PREFIX, Incidents, Opening, opening_events, suggestion_made
from console.incidents.incident import Incident
from console.incidents.opening import Cause, Join, Known, Open, decide
from console.incidents.rules import unwritable
from console.incidents.severity import suggested
from console.numbering import next_name
from console.outcome import Outcome
from console.ports import Clock, Ledger, LedgerConflict
from console.readings import Millis

LITTLE = "SEV4"
"""That few requests fail says nothing against what was noticed otherwise: then nothing is suggested."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a cause."""

    incident_id: str
    opened: bool
    """It was opened for it; else the cause was written to it."""


class Opener:
    """Of one ledger. Blocking: it belongs on the stores' thread."""

    def __init__(self, ledger: Ledger, clock: Clock, incidents: Incidents) -> None:
        self._ledger, self._clock, self._incidents = ledger, clock, incidents

    def carrier(self, cause: Cause) -> str | None:
        """The incident that carries it already."""
        decided, _ = self._decided(cause)
        return decided.incident.id if isinstance(decided, Known) else None

    def settle(self, cause: Cause, project_id: str, actor: Actor) -> Settled | None:
        """Open an incident for it or write it to one; ``None``: known already, or it cannot be written now.

        Raises :class:`console.ports.StoreUnusable`.
        """
        for _ in range(ATTEMPTS):
            decided, names = self._decided(cause)
            if isinstance(decided, Known):
                return None
            now = self._clock.now()
            try:
                if isinstance(decided, Join):
                    incident = decided.incident
                    if unwritable(incident, now) is not None:
                        return None
                    more = joining_events(cause, incident, actor.person, now)
                    self._ledger.append(
                        h.stream_of(incident.id), incident.version, [one.new(actor, now) for one in more]
                    )
                    return Settled(incident.id, opened=False)
                name = next_name(PREFIX, names)
                first = opening_events(
                    name, opening_of(cause, project_id), actor.person, min(cause.started_at, now), now
                )
                self._ledger.append(h.stream_of(name), 0, [one.new(actor, now) for one in first])
            except LedgerConflict:
                continue
            return Settled(name, opened=True)
        return None

    def _decided(self, cause: Cause) -> tuple[Open | Join | Known, list[str]]:
        names = self._incidents.names()  # before the incidents are read: one that comes later takes the name
        found = [one for name in names if (one := self._incidents.seen(name)) is not None]
        return decide(cause, found), names


def opening_of(cause: Cause, project_id: str) -> Opening:
    """The opening that a cause leads to; a person says how bad it is."""
    return Opening(
        title=cause.title,
        project_id=project_id,
        started_at=cause.started_at,
        signals=cause.signals if suggested(cause.signals).severity != LITTLE else None,
        evidence=cause.evidence,
        links=cause.links,
        how=cause.how,
        cause=cause.key,
        group=cause.group,
        signs=cause.signs,
    )


def joining_events(cause: Cause, incident: Incident, person: str, now: Millis) -> tuple[Event, ...]:
    """What is written to an open incident: the cause, and what it suggests where that is worse."""
    told = signalled(cause, person)
    if suggested(cause.signals).severity == LITTLE:
        return (told,)
    worse = suggestion_made(cause.signals)(incident, now)
    if isinstance(worse, Outcome):
        return (told,)
    return (told, *worse) if isinstance(worse, tuple) else (told, worse)


def signalled(cause: Cause, person: str) -> h.IncidentSignalled:
    """The cause as an open incident keeps it."""
    return h.IncidentSignalled(
        person=person,
        how=cause.how,
        cause=cause.key,
        group=cause.group,
        says=cause.says,
        signs=list(cause.signs),
    )
