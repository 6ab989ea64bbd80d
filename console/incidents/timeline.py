"""The timeline of an incident: a fold over all that was recorded around it, one line each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from console.envelope import Recorded
from console.incidents.happened import STREAM, IncidentNoted, stream_of
from console.incidents.incident import Incident
from console.incidents.terms import State
from console.messages.happened import STREAM as MESSAGES
from console.narrate import narrate
from console.readings import Millis

BEFORE_MS: Millis = 30 * 60_000
"""So long before it began things are looked at: what changed then is the first suspect."""

ABOUT: dict[str, str] = {
    "incident.noted": "note",
    "incident.updated": "message",
    "incident.evidence_pasted": "evidence",
    "incident.evidence_pinned": "evidence",
    "incident.review_started": "review",
    "incident.review_submitted": "review",
    "incident.review_returned": "review",
    "incident.review_accepted": "review",
    "incident.action_added": "review",
    "incident.action_done": "review",
    "incident": "incident",
    "action": "decision",
    "flag": "flag",
    "store": "store",
    "command": "database",
    "request": "request",
    "release": "release",
    "bake": "verdict",
    "verdict": "verdict",
    "epoch": "release",
    "watch": "source",
    "source": "source",
    "policy": "policy",
    "alert": "alert",
    "silence": "alert",
    "message": "message",
    "run": "run",
    "playbook": "run",
}
"""A kind of event, or the first word of it → what a line of the timeline is about. Others are not in it, such
as arming and the keeping of the ledger."""

KINDS = tuple(dict.fromkeys((*ABOUT.values(), "other")))
"""What a line can be about."""

LINKED: dict[str, str] = {"request": "request:", "run": "run:", "alert": "alert:", "message": "message:"}
"""What is linked → the beginning of its stream, all of which is in the timeline."""

OF_ONE = ("run:", "message:")
"""Streams of one incident each: that of another one is in no timeline but its own."""


OTHERS = f"{MESSAGES}INC-"
"""What a stream begins with of which only those of the incident itself are looked at; those of runs are like
all else."""


OTHERS = f"{MESSAGES}INC-"
"""What a stream begins with of which only those of the incident itself are looked at; those of runs are like
all else."""


@dataclass(frozen=True, slots=True)
class Span:
    """From ``start`` to ``end``, both included."""

    start: Millis
    end: Millis


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline."""

    seq: int
    at: Millis
    recorded_at: Millis
    about: str
    kind: str
    who: str
    says: str
    own: bool
    """Of the incident itself, or of one that was merged into it."""
    note: bool = False
    claimed: str = ""
    """Whom it names, where somebody else recorded it: then it counts for nothing."""

    @property
    def late(self) -> Millis:
        """How much later than it happened it was written down."""
        return max(0, self.recorded_at - self.at)


def around(incident: Incident, before_ms: Millis, now: Millis) -> Span:
    """The time that its timeline is about: from before its start until it was over, or now."""
    start = min(incident.opened.started_at, incident.at) - before_ms
    return Span(start, incident.state_since if incident.over else now)


def merged_from(incident: Incident, others: Iterable[Incident]) -> tuple[str, ...]:
    """Names of those that go on in this one, also through others."""
    into: dict[str, list[str]] = {}
    for one in others:
        if one.state is State.MERGED:
            into.setdefault(one.merged_into, []).append(one.id)
    found: list[str] = []
    todo = [incident.id]
    while todo:
        for name in into.get(todo.pop(), ()):
            if name not in found and name != incident.id:
                found.append(name)
                todo.append(name)
    return tuple(found)


def timeline(
    incident: Incident,
    recorded: Sequence[Recorded],
    now: Millis,
    *,
    merged: Sequence[str] = (),
    before_ms: Millis = BEFORE_MS,
) -> tuple[Line, ...]:
    """Everything of the incident and its messages, of those ``merged`` into it, of linked requests and runs;
    of all else what happened in its time. In the order in which it happened."""
    span = around(incident, before_ms, now)
    own = {stream_of(name) for name in (incident.id, *merged)}
    always = set(streams_of(incident, merged))
    others = _of_others(recorded, {incident.id, *merged}) - always
    lines = [
        _line(one, own=one.stream in own)
        for one in recorded
        if one.stream in always
        or _told(one, (incident.id, *merged))
        or (
            span.start <= one.at <= span.end
            and not one.stream.startswith((STREAM, OTHERS))
            and one.stream not in others
            and about(one.kind) is not None
        )
    ]
    return tuple(sorted(lines, key=lambda line: (line.at, line.seq)))


def streams_of(incident: Incident, merged: Sequence[str] = ()) -> tuple[str, ...]:
    """The streams that belong to its timeline as a whole, whenever it was."""
    own = [stream_of(name) for name in (incident.id, *merged)]
    linked = [f"{LINKED[what]}{name}" for what, name in incident.links if what in LINKED]
    return tuple(dict.fromkeys((*own, *linked)))


def about(kind: str) -> str | None:
    """What an event of that kind is about; ``None`` of what is in no timeline."""
    return ABOUT.get(kind) or ABOUT.get(kind.partition(".")[0])


def _of_others(recorded: Sequence[Recorded], ours: set[str]) -> set[str]:
    """Streams of one incident each that say that they are of another one."""
    found = set()
    for one in recorded:
        if one.stream.startswith(OF_ONE):
            theirs = (one.payload or {}).get("incident_id")
            if isinstance(theirs, str) and theirs and theirs not in ours:
                found.add(one.stream)
    return found


def _told(one: Recorded, names: Sequence[str]) -> bool:
    """Whether it is of a message of one of these incidents: the last goes out when it is over."""
    return one.stream.startswith(tuple(f"{MESSAGES}{name}/" for name in names))


def _line(one: Recorded, *, own: bool) -> Line:
    named = (one.payload or {}).get("person")
    forged = one.stream.startswith(STREAM) and isinstance(named, str) and named not in ("", one.actor.person)
    says = narrate(one)
    return Line(
        one.seq,
        one.at,
        one.header.recorded_at,
        about(one.kind) or "other",
        one.kind,
        one.actor.person,
        f"not counted, as {one.actor.person} wrote it and not {named}: {says}" if forged else says,
        own,
        one.kind == IncidentNoted.KIND,
        str(named) if forged else "",
    )
