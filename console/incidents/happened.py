"""What happens to an incident, as events. Their stream is ``incident:ID``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from console.event import Event
from console.incidents.terms import ROLE_WORDS, SEVERITY_WORDS, Role, Severity
from console.readings import Millis

STREAM = "incident:"

Linkable = Literal["release", "deployment", "flag", "request", "run"]


def stream_of(incident_id: str) -> str:
    """The stream on which everybody meets who works on one incident, so that only one of several wins."""
    return f"{STREAM}{incident_id}"


class IncidentOpened(Event):
    """Something is wrong, and people work on it from here on."""

    KIND = "incident.opened"
    incident_id: str
    project_id: str
    title: str
    person: str
    how: Literal["person", "alert", "verdict", "rollback"]
    """What it was noticed by."""
    started_at: Millis
    """Since when users are hurt, as far as whoever opened it knows."""
    detected_at: Millis
    severity: Severity
    evidence: list[str]
    """What was known at that moment."""


class IncidentAcknowledged(Event):
    """Somebody has seen it and takes care of it."""

    KIND = "incident.acknowledged"
    person: str


class SeveritySuggested(Event):
    """A rule found that it is worse than was thought; a person has still to say so."""

    KIND = "incident.severity_suggested"
    severity: Severity
    rule: str
    reasons: list[str]
    """The numbers that the rule decided by, in words."""
    errors_ppm: int | None = None
    """Share of failing requests of those that are exposed."""
    exposed_ppm: int | None = None
    affected_ppm: int | None = None
    """Share of all users that is hurt: the two multiplied, and what fails beside the canary."""


class SeveritySet(Event):
    """A person's word on how bad it is."""

    KIND = "incident.severity_set"
    person: str
    severity: Severity
    before: Severity
    why: str


class IncidentMoved(Event):
    """It has come to another stage of its life."""

    KIND = "incident.moved"
    person: str
    state: Literal["investigating", "identified", "mitigated", "resolved", "reviewed", "declined"]
    before: str
    why: str
    early: str = ""
    """Of a resolved one: why the watch after the mitigation was not waited for."""


class IncidentReopened(Event):
    """It was not over after all."""

    KIND = "incident.reopened"
    person: str
    why: str


class IncidentMerged(Event):
    """It is the same as another one, where it goes on."""

    KIND = "incident.merged"
    person: str
    into: str
    why: str


class RoleOffered(Event):
    """Somebody is asked to take a role; it changes hands only when they accept."""

    KIND = "incident.role_offered"
    person: str
    role: Role
    to: str
    until: Millis


class RoleAccepted(Event):
    """Whoever was asked has the role from here on."""

    KIND = "incident.role_accepted"
    person: str
    role: Role


class RoleDeclined(Event):
    """Whoever was asked does not take the role."""

    KIND = "incident.role_declined"
    person: str
    role: Role
    why: str


class RoleTaken(Event):
    """Somebody took a role that nobody had, or (``taken_over``) from somebody who is gone."""

    KIND = "incident.role_taken"
    person: str
    role: Role
    how: Literal["vacant", "taken_over"]
    why: str


class RoleLeft(Event):
    """Somebody has a role no more, and nobody has it instead."""

    KIND = "incident.role_left"
    person: str
    role: Role
    why: str


class IncidentUpdated(Event):
    """How it stands, told to everybody concerned; the next word is due at ``next_at``."""

    KIND = "incident.updated"
    person: str
    says: str
    next_at: Millis | None = None
    """``None``: as the severity asks."""


class IncidentNoted(Event):
    """A line of the timeline. The event's own time is when it happened: it may have been written later."""

    KIND = "incident.noted"
    person: str
    says: str


class IncidentLinked(Event):
    """It has to do with this release, deployment, flag, request or run."""

    KIND = "incident.linked"
    SCHEMA = 2
    person: str
    what: Linkable
    name: str


class IncidentUnlinked(Event):
    """It has nothing to do with that after all."""

    KIND = "incident.unlinked"
    SCHEMA = 2
    person: str
    what: Linkable
    name: str


def _opened(event: IncidentOpened, who: str) -> str:
    return f"{event.person} opened {event.incident_id} ({SEVERITY_WORDS[event.severity]}): {event.title}"


def _suggested(event: SeveritySuggested, who: str) -> str:
    return f"{SEVERITY_WORDS[event.severity]} is suggested ({event.rule}): {'; '.join(event.reasons)}"


def _set(event: SeveritySet, who: str) -> str:
    change = f"{event.before} → {event.severity}"
    if event.before == event.severity:
        change = f"{event.severity}, confirmed"
    return f"{event.person} set the severity: {change}{_why(event.why)}"


def _moved(event: IncidentMoved, who: str) -> str:
    early = f" (before its watch was over: {event.early})" if event.early else ""
    return f"{event.person}: {event.before} → {event.state}{_why(event.why)}{early}"


def _taken(event: RoleTaken, who: str) -> str:
    role = ROLE_WORDS[event.role]
    verb = f"TOOK OVER as {role}" if event.how == "taken_over" else f"is {role}"
    return f"{event.person} {verb}{_why(event.why)}"


def _why(why: str) -> str:
    return f": {why}" if why.strip() else ""


WORDS: Mapping[type[Event], Callable[[Any, str], str]] = {
    IncidentOpened: _opened,
    IncidentAcknowledged: lambda e, who: f"{e.person} takes care of it",
    SeveritySuggested: _suggested,
    SeveritySet: _set,
    IncidentMoved: _moved,
    IncidentReopened: lambda e, who: f"{e.person} REOPENED it: {e.why}",
    IncidentMerged: lambda e, who: f"{e.person} merged it into {e.into}{_why(e.why)}",
    RoleOffered: lambda e, who: f"{e.person} asks {e.to} to be {ROLE_WORDS[e.role]}",
    RoleAccepted: lambda e, who: f"{e.person} accepted and is {ROLE_WORDS[e.role]}",
    RoleDeclined: lambda e, who: f"{e.person} declined to be {ROLE_WORDS[e.role]}{_why(e.why)}",
    RoleTaken: _taken,
    RoleLeft: lambda e, who: f"{e.person} is {ROLE_WORDS[e.role]} no more{_why(e.why)}",
    IncidentUpdated: lambda e, who: f"{e.person} told everybody: {e.says}",
    IncidentNoted: lambda e, who: f"{e.person} noted: {e.says}",
    IncidentLinked: lambda e, who: f"{e.person} linked {e.what} {e.name}",
    IncidentUnlinked: lambda e, who: f"{e.person} took the link to {e.what} {e.name} back",
}
"""An event of an incident in one line, without a final stop; the second argument is who recorded it."""

KINDS = tuple(WORDS)
