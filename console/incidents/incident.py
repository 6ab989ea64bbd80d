"""An incident as its events tell it. Pure: a fold, nothing is stored.

What an event says about itself is not believed where it could be forged: whoever it names has to be who
recorded it, a state follows only from one that leads to it, and a role is accepted only by whom it was
offered to, in time. What does not fit changes nothing, and stands in the timeline all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from console import events
from console.envelope import Recorded
from console.incidents import happened as h
from console.incidents.roles import Offer, Roles
from console.incidents.terms import WAYS, Severity, State
from console.readings import Millis


@dataclass(frozen=True, slots=True)
class Update:
    """The newest word to everybody."""

    at: Millis
    person: str
    says: str
    next_at: Millis | None


@dataclass(frozen=True, slots=True)
class Incident:
    """Everything recorded of one incident."""

    opened: h.IncidentOpened
    at: Millis
    """When it was opened."""
    version: int
    newest_at: Millis
    """When the newest of its events was recorded."""
    severity: Severity
    state: State = State.TRIAGE
    state_since: Millis = 0
    severities: tuple[tuple[Millis, Severity], ...] = ()
    """What it was set to and when, the first at its opening; the newest is in force."""
    confirmed: bool = False
    """Whether a person has said so since, or named one when it was opened."""
    suggestion: h.SeveritySuggested | None = None
    """The newest that a person has not answered by setting the severity."""
    roles: Roles = field(default_factory=Roles)
    acknowledged_at: Millis | None = None
    acknowledged_by: str = ""
    mitigated_at: Millis | None = None
    resolved_at: Millis | None = None
    closed_at: Millis | None = None
    """Reviewed, declined or merged."""
    relapses: int = 0
    """How often it was mitigated or resolved, and was not after all."""
    update: Update | None = None
    links: tuple[tuple[str, str], ...] = ()
    """(kind, name), in the order they were made."""
    causes: tuple[str, ...] = ()
    """Everything that told of it by itself."""
    groups: tuple[str, ...] = ()
    """The groups of alerts that it is about."""
    signs: tuple[str, ...] = ()
    """Names of alerts and metrics that tell of it, in the order in which they came."""
    merged_into: str = ""
    blocked: str = ""
    """What of it cannot be understood here: then nothing more is written about it."""
    story: tuple[Recorded, ...] = field(default=(), repr=False)

    @property
    def id(self) -> str:
        return self.opened.incident_id

    @property
    def over(self) -> bool:
        return self.state.over

    def linked(self, what: str) -> tuple[str, ...]:
        """Names of the linked things of one kind."""
        return tuple(name for kind, name in self.links if kind == what)


def incident_of(story: Sequence[Recorded]) -> Incident | None:
    """Fold the events of one stream; ``None`` where it does not begin with an incident."""
    found: Incident | None = None
    for one in story:
        try:
            event = events.read(one)
        except events.Unknown as error:
            if found is not None:
                found = replace(found, blocked=str(error), version=one.version)
            continue
        if found is None:
            if isinstance(event, h.IncidentOpened):
                found = _first(event, one)
            continue
        newest = max(found.newest_at, one.header.recorded_at)
        found = replace(found, version=one.version, newest_at=newest)
        if event is not None and getattr(event, "person", one.actor.person) == one.actor.person:
            found = _AFTER.get(type(event), _nothing)(found, event, one)
    return None if found is None else replace(found, story=tuple(story))


def _first(event: h.IncidentOpened, one: Recorded) -> Incident:
    return Incident(
        event,
        one.at,
        one.version,
        one.header.recorded_at,
        event.severity,
        state_since=one.at,
        severities=((one.at, event.severity),),
        confirmed=event.how == "person" and event.severity != "undetermined",
        causes=(event.cause,) if event.cause else (),
        groups=(event.group,) if event.group else (),
        signs=tuple(dict.fromkeys(event.signs)),
    )


def _nothing(found: Incident, event: Any, one: Recorded) -> Incident:
    return found


def _signalled(found: Incident, event: h.IncidentSignalled, one: Recorded) -> Incident:
    return replace(
        found,
        causes=_with(found.causes, event.cause),
        groups=_with(found.groups, event.group),
        signs=_with(found.signs, *event.signs),
    )


def _with(known: tuple[str, ...], *more: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *filter(None, more))))


def _acknowledged(found: Incident, event: h.IncidentAcknowledged, one: Recorded) -> Incident:
    if found.acknowledged_at is not None or found.over:
        return found
    return replace(found, acknowledged_at=one.at, acknowledged_by=event.person)


def _suggested(found: Incident, event: h.SeveritySuggested, one: Recorded) -> Incident:
    return replace(found, suggestion=event)


def _set(found: Incident, event: h.SeveritySet, one: Recorded) -> Incident:
    changed = ((one.at, event.severity),) if event.severity != found.severity else ()
    return replace(
        found,
        severity=event.severity,
        severities=(*found.severities, *changed),
        confirmed=True,
        suggestion=None,
    )


def _moved(found: Incident, event: h.IncidentMoved, one: Recorded) -> Incident:
    state = State(event.state)
    reopening = found.state is State.RESOLVED and state is not State.REVIEWED
    if state not in WAYS[found.state] or reopening:
        return found
    if found.state is State.TRIAGE and state is State.INVESTIGATING:
        found = _acknowledged(found, h.IncidentAcknowledged(person=event.person), one)
    relapsed = found.state is State.MITIGATED and state is not State.RESOLVED
    return replace(
        found,
        state=state,
        state_since=one.at,
        mitigated_at=one.at if state is State.MITIGATED else None if relapsed else found.mitigated_at,
        resolved_at=one.at if state is State.RESOLVED else found.resolved_at,
        closed_at=one.at if state in (State.REVIEWED, State.DECLINED) else None,
        relapses=found.relapses + relapsed,
    )


def _reopened(found: Incident, event: h.IncidentReopened, one: Recorded) -> Incident:
    if found.state is not State.RESOLVED:
        return found
    return replace(
        found,
        state=State.INVESTIGATING,
        state_since=one.at,
        mitigated_at=None,
        resolved_at=None,
        relapses=found.relapses + 1,
    )


def _merged(found: Incident, event: h.IncidentMerged, one: Recorded) -> Incident:
    if State.MERGED not in WAYS[found.state]:
        return found
    return replace(found, state=State.MERGED, state_since=one.at, closed_at=one.at, merged_into=event.into)


def _offered(found: Incident, event: h.RoleOffered, one: Recorded) -> Incident:
    offer = Offer(event.role, event.person, event.to, one.at, event.until)
    return replace(found, roles=found.roles.offered(offer))


def _accepted(found: Incident, event: h.RoleAccepted, one: Recorded) -> Incident:
    if found.roles.offer(event.role, event.person, one.at) is None:
        return found
    return replace(found, roles=found.roles.given(event.role, event.person, one.at))


def _declined(found: Incident, event: h.RoleDeclined, one: Recorded) -> Incident:
    return replace(found, roles=found.roles.withdrawn(event.role, event.person))


def _taken(found: Incident, event: h.RoleTaken, one: Recorded) -> Incident:
    return replace(found, roles=found.roles.given(event.role, event.person, one.at))


def _left(found: Incident, event: h.RoleLeft, one: Recorded) -> Incident:
    return replace(found, roles=found.roles.left(event.role, event.person, one.at))


def _updated(found: Incident, event: h.IncidentUpdated, one: Recorded) -> Incident:
    return replace(found, update=Update(one.at, event.person, event.says, event.next_at))


def _linked(found: Incident, event: h.IncidentLinked, one: Recorded) -> Incident:
    link = (event.what, event.name)
    return found if link in found.links else replace(found, links=(*found.links, link))


def _unlinked(found: Incident, event: h.IncidentUnlinked, one: Recorded) -> Incident:
    gone = (event.what, event.name)
    return replace(found, links=tuple(link for link in found.links if link != gone))


_AFTER: Mapping[type[events.Event], Callable[[Incident, Any, Recorded], Incident]] = {
    h.IncidentSignalled: _signalled,
    h.IncidentAcknowledged: _acknowledged,
    h.SeveritySuggested: _suggested,
    h.SeveritySet: _set,
    h.IncidentMoved: _moved,
    h.IncidentReopened: _reopened,
    h.IncidentMerged: _merged,
    h.RoleOffered: _offered,
    h.RoleAccepted: _accepted,
    h.RoleDeclined: _declined,
    h.RoleTaken: _taken,
    h.RoleLeft: _left,
    h.IncidentUpdated: _updated,
    h.IncidentLinked: _linked,
    h.IncidentUnlinked: _unlinked,
}
