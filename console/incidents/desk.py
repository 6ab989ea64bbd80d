"""Incidents, opened and worked on: each word is one append that exactly one of several gets through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from console.adopted import STREAM as POLICY
from console.effect import ATTEMPTS, Offload
from console.envelope import Actor, Head, Recorded
from console.event import Event
from console.incidents import happened as h
from console.incidents.incident import Incident, incident_of
from console.incidents.material import Material, people_of
from console.incidents.rules import not_listed, refused, unwritable
from console.incidents.severity import Signals, Suggestion, ppm, suggested, upward
from console.incidents.suspects import Suspect, suspects
from console.incidents.terms import Severity, rank
from console.incidents.timeline import BEFORE_MS, Line, around, merged_from, streams_of, timeline
from console.ledger_range import recorded_between
from console.messages.happened import STREAM as MESSAGES
from console.numbering import next_name, number_of
from console.outcome import End, Outcome
from console.policy import Rulebook
from console.ports import Clock, Ledger, LedgerConflict, StoreUnusable
from console.readings import Millis

PREFIX = "INC-"
LATE_MS: Millis = 24 * 60 * 60_000
"""What is recorded later than so long after it happened is in no timeline but its own incident's."""
SKEW_MS: Millis = 60_000
"""By how much clocks may differ."""
Made = Callable[[Incident, Millis], Event | tuple[Event, ...] | Outcome]
"""What to append to an incident as it stands at a moment (several together, or none), or why nothing."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known of something that is wrong."""

    title: str
    project_id: str
    started_at: Millis | None = None
    """``None``: now."""
    severity: Severity = "undetermined"
    signals: Signals | None = None
    evidence: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    how: Literal["person", "alert", "verdict", "rollback"] = "person"
    cause: str = ""
    """Stands for what opens it, where that is no person."""
    group: str = ""
    signs: tuple[str, ...] = ()


class Incidents:
    """The incidents of one ledger. ``read_only``: why nothing can be written from here, if so."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        book: Callable[[], Rulebook | str],
        offload: Offload,
        read_only: str | None = None,
    ) -> None:
        self.ledger, self.clock, self._book, self._offload = ledger, clock, book, offload
        self._read_only = read_only
        self._folded: dict[str, Incident] = {}

    # --- looking -----------------------------------------------------------------------------

    async def all(self) -> tuple[Incident, ...]:
        """Every incident, the newest first. Raises :class:`StoreUnusable`."""
        return await self._offload(self.everyone)

    async def get(self, incident_id: str) -> Incident | None:
        """One incident, or ``None`` where there is none of that name."""
        return await self._offload(partial(self.seen, incident_id))

    async def timeline(self, incident: Incident, before_ms: Millis = BEFORE_MS) -> tuple[Line, ...]:
        """What happened in its time and ``before_ms`` before it, oldest first."""

        def read() -> tuple[Line, ...]:
            now = self.clock.now()
            merged = merged_from(incident, self.everyone())
            streams = [*streams_of(incident, merged)]
            for name in (incident.id, *merged):
                streams += self.ledger.streams(f"{MESSAGES}{name}/")
            found = {one.seq: one for name in streams for one in self.ledger.read(stream=name)}
            span = around(incident, before_ms, now)
            found |= {one.seq: one for one in self._within(span.start, span.end)}
            return timeline(incident, list(found.values()), now, merged=merged, before_ms=before_ms)

        return await self._offload(read)

    async def before(self, incident: Incident, within_ms: Millis = BEFORE_MS) -> tuple[Suspect, ...]:
        """What was changed in the time before it began, the newest first."""
        start = incident.opened.started_at

        def read() -> tuple[Suspect, ...]:
            return suspects(incident, self._within(start - within_ms, start), within_ms)

        return await self._offload(read)

    async def material(self, incident_id: str) -> Material | None:
        """Everything that a review is written from, as the ledger stands now; ``None`` where there is none of
        that name."""
        return await self._offload(partial(self._material, incident_id))

    def _material(self, incident_id: str) -> Material | None:
        newest = self.ledger.read(newest_first=True, limit=1)
        if not newest:
            return None
        head, now = Head(newest[0].seq, newest[0].hash), newest[0].header.recorded_at

        def read(stream: str) -> list[Recorded]:
            return self.ledger.read(stream=stream, before_seq=head.seq + 1)

        every = {name: incident_of(read(h.stream_of(name))) for name in self.names()}
        incident = every.get(incident_id)
        if incident is None:
            return None
        known = [one for one in every.values() if one is not None]
        names = merged_from(incident, known)
        span = around(incident, BEFORE_MS, now)
        ours = [one for stream in streams_of(incident, names) for one in read(stream)]
        near = [one for one in self._within(span.start, span.end) if one.seq <= head.seq]
        recorded = list({one.seq: one for one in (*ours, *near)}.values())
        return Material(
            incident,
            timeline(incident, recorded, now, merged=names),
            suspects(incident, recorded, BEFORE_MS),
            tuple(one for name in incident.linked("request") for one in read(f"request:{name}")),
            tuple(one for one in known if one.id in names),
            people_of(read(POLICY)),
            head,
            now,
        )

    def _within(self, start: Millis, end: Millis) -> list[Recorded]:
        """What happened from ``start`` to ``end``, and what was recorded with it: nothing is recorded before
        it happens, and nothing later than :data:`LATE_MS` after it."""
        return recorded_between(self.ledger, start - SKEW_MS, end + LATE_MS)

    def names(self) -> list[str]:
        """Of all incidents, the newest first. Blocking."""
        names = [name.removeprefix(h.STREAM) for name in self.ledger.streams(h.STREAM)]
        return sorted(names, key=number_of, reverse=True)

    def everyone(self) -> tuple[Incident, ...]:
        found = (self.seen(name) for name in self.names())
        return tuple(one for one in found if one is not None)

    def seen(self, incident_id: str) -> Incident | None:
        """The same, blocking; its stream is read again only when something was appended."""
        stream, kept = h.stream_of(incident_id), self._folded.get(incident_id)
        if kept is not None and self.ledger.version(stream) == kept.version:
            return kept
        found = incident_of(self.ledger.read(stream=stream))
        if found is not None:
            self._folded[incident_id] = found
        return found

    # --- writing -----------------------------------------------------------------------------

    async def open(self, opening: Opening, actor: Actor) -> Outcome:
        """Open one; ``next`` of the answer is its name."""

        def write() -> Outcome:
            wrong = self._refusal(actor)
            now = self.clock.now()
            started = now if opening.started_at is None else opening.started_at
            if wrong is None and started > now:
                wrong = refused("It cannot have begun in the future.", "Name a moment that has passed.")
            return wrong or self._open(opening, actor, started, now)

        return await self._safely(write)

    def _open(self, opening: Opening, actor: Actor, started: Millis, now: Millis) -> Outcome:
        for _ in range(ATTEMPTS):
            name = next_name(PREFIX, self.names())
            first = opening_events(name, opening, actor.person, started, now)
            try:
                written = self.ledger.append(h.stream_of(name), 0, [one.new(actor, now) for one in first])
            except LedgerConflict:
                continue
            return Outcome(End.DONE, f"{name} is open: {opening.title}", name, seq=written[0].seq)
        return refused("Others open incidents all the time just now.", "Look at them, then try again.")

    async def record(
        self,
        incident_id: str,
        actor: Actor,
        made: Made,
        says: str,
        *,
        happened_at: Millis | None = None,
    ) -> Outcome:
        """Append what ``made`` makes of the incident as it stands, or answer why not.

        ``happened_at``: of a note that is written later than what it tells.
        """

        def write() -> Outcome:
            wrong = self._refusal(actor)
            if wrong is not None:
                return wrong
            for _ in range(ATTEMPTS):
                now, incident = self.clock.now(), self.seen(incident_id)
                if incident is None:
                    return refused(
                        f"There is no incident {incident_id}.", "`coalmine incident list --all` shows them."
                    )
                news = unwritable(incident, now) or made(incident, now)
                if isinstance(news, Outcome):
                    return news
                at = now if happened_at is None else happened_at
                several = news if isinstance(news, tuple) else (news,)
                try:
                    recorded = self.ledger.append(
                        h.stream_of(incident_id), incident.version, [one.new(actor, at) for one in several]
                    )
                except LedgerConflict:
                    continue
                return Outcome(End.DONE, says, seq=recorded[-1].seq)
            return refused("It has changed meanwhile all the time.", "Look again, then try again.")

        return await self._safely(write)

    def _refusal(self, actor: Actor) -> Outcome | None:
        if self._read_only:
            return refused(self._read_only, "Open a console without it to change anything.")
        return not_listed(self._book(), actor.person)

    async def _safely(self, write: Callable[[], Outcome]) -> Outcome:
        try:
            return await self._offload(write)
        except StoreUnusable as error:
            return refused(error.problem.what, error.problem.next)


def opening_events(
    name: str, opening: Opening, person: str, started: Millis, now: Millis
) -> tuple[Event, ...]:
    """What is written when an incident is opened: all at once, or nothing."""
    opened = h.IncidentOpened(
        incident_id=name,
        project_id=opening.project_id,
        title=opening.title,
        person=person,
        how=opening.how,
        started_at=started,
        detected_at=now,
        severity=opening.severity,
        evidence=list(opening.evidence),
        cause=opening.cause,
        group=opening.group,
        signs=list(opening.signs),
    )
    more: list[Event] = []
    for what, linked in opening.links:
        more.append(h.IncidentLinked(person=person, what=what, name=linked))  # type: ignore[arg-type]
    if opening.signals is not None:
        found = suggested(opening.signals)
        if upward(opening.severity, found) is not None:
            more.append(suggestion_event(found, opening.signals))
    return (opened, *more)


def suggestion_event(found: Suggestion, signals: Signals) -> h.SeveritySuggested:
    """The suggestion as the ledger keeps it, with the numbers it rests on."""
    return h.SeveritySuggested(
        severity=found.severity,
        rule=found.rule,
        reasons=list(found.reasons),
        errors_ppm=ppm(signals.errors),
        exposed_ppm=ppm(signals.exposed),
        affected_ppm=ppm(signals.affected),
    )


def suggestion_made(signals: Signals) -> Made:
    """What puts the suggestion down, if it is worse than what is set or suggested already."""

    def made(incident: Incident, now: Millis) -> Event | Outcome:
        found, before = suggested(signals), incident.suggestion
        says = f"{found.severity} ({found.rule}): {'; '.join(found.reasons)}"
        if incident.over:
            return refused(f"{incident.id} is {incident.state.value}: nothing is suggested any more.")
        if upward(incident.severity, found) is None:
            return refused(f"Not worse than {incident.severity}: {says}", "A suggestion only ever goes up.")
        if before is not None and upward(before.severity, found) is None:
            return refused(f"Not worse than what is suggested already ({before.severity}): {says}")
        return suggestion_event(found, signals)

    return made


def worst(incidents: Sequence[Incident]) -> Incident | None:
    """The worst that is not over, of equals the one opened first; ``None`` where all are."""
    going = [one for one in incidents if not one.over]
    return min(going, key=lambda one: (rank(one.severity), one.at), default=None)
