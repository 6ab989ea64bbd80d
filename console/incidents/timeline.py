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
    "incident": "incident",
    "action": "decision",
    "flag": "flag",
    "store": "store",
    "command": "database",
    "message": "message",
    "request": "request",
    "release": "release",
    "bake": "verdict",
    "verdict": "verdict",
    "epoch": "release",
    "watch": "source",
    "source": "source",
    "policy": "policy",
}
"""The first word of a kind of event → what a line of the timeline is about. Others are not in it, such as
arming and the keeping of the ledger."""


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
    """Everything of the incident itself and its messages, of those ``merged`` into it and of linked requests;
    of all else what happened in its time. In the order in which it happened."""
    span = around(incident, before_ms, now)
    own = {stream_of(name) for name in (incident.id, *merged)}
    always = own | {f"request:{name}" for name in incident.linked("request")}
    lines = [
        _line(one, own=one.stream in own)
        for one in recorded
        if one.stream in always
        or _told(one, (incident.id, *merged))
        or (
            span.start <= one.at <= span.end
            and not one.stream.startswith((STREAM, OTHERS))
            and one.kind.partition(".")[0] in ABOUT
        )
    ]
    return tuple(sorted(lines, key=lambda line: (line.at, line.seq)))


def _told(one: Recorded, names: Sequence[str]) -> bool:
    """Whether it is of a message of one of these incidents: the last goes out when it is over."""
    return one.stream.startswith(tuple(f"{MESSAGES}{name}/" for name in names))


def _line(one: Recorded, *, own: bool) -> Line:
    about = ABOUT.get(one.kind.partition(".")[0], "other")
    note = one.kind == IncidentNoted.KIND
    return Line(
        one.seq, one.at, one.header.recorded_at, about, one.kind, one.actor.person, narrate(one), own, note
    )


def matching(lines: Iterable[Line], words: str) -> tuple[Line, ...]:
    """The lines that have every one of ``words`` in them, whatever the case: in text, person or kind."""
    wanted = words.casefold().split()
    return tuple(
        line
        for line in lines
        if all(word in f"{line.about} {line.kind} {line.who} {line.says}".casefold() for word in wanted)
    )
