"""Incidents, opened and worked on: each word is one append that exactly one of several gets through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from console.effect import ATTEMPTS, Offload
from console.envelope import Actor, Recorded
from console.event import Event
from console.incidents import happened as h
from console.incidents.incident import Incident, incident_of
from console.incidents.rules import not_listed, refused, unwritable
from console.incidents.severity import Signals, Suggestion, ppm, suggested, upward
from console.incidents.terms import Severity, rank
from console.incidents.timeline import BEFORE_MS, Line, around, merged_from, timeline
from console.messages.happened import STREAM as MESSAGES
from console.numbering import next_name, number_of
from console.outcome import End, Outcome
from console.policy import Rulebook
from console.ports import Clock, Ledger, LedgerConflict, StoreUnusable
from console.readings import Millis

PREFIX = "INC-"
PAGE = 1000
Made = Callable[[Incident, Millis], Event | Outcome]
"""What to append to an incident as it stands at a moment, or why nothing."""


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
        self._ledger, self._clock, self._book, self._offload = ledger, clock, book, offload
        self._read_only = read_only
        self._folded: dict[str, Incident] = {}

    # --- looking -----------------------------------------------------------------------------

    async def all(self) -> tuple[Incident, ...]:
        """Every incident, the newest first. Raises :class:`StoreUnusable`."""
        return await self._offload(self._all)

    async def get(self, incident_id: str) -> Incident | None:
        """One incident, or ``None`` where there is none of that name."""
        return await self._offload(partial(self.seen, incident_id))

    async def timeline(self, incident: Incident, before_ms: Millis = BEFORE_MS) -> tuple[Line, ...]:
        """What happened in its time and ``before_ms`` before it, oldest first."""

        def read() -> tuple[Line, ...]:
            now = self._clock.now()
            merged = merged_from(incident, self._all())
            streams = [h.stream_of(name) for name in (incident.id, *merged)]
            streams += [f"request:{name}" for name in incident.linked("request")]
            for name in (incident.id, *merged):
                streams += self._ledger.streams(f"{MESSAGES}{name}/")
            found = {one.seq: one for name in streams for one in self._ledger.read(stream=name)}
            found |= {one.seq: one for one in self._since(around(incident, before_ms, now).start)}
            return timeline(incident, list(found.values()), now, merged=merged, before_ms=before_ms)

        return await self._offload(read)

    def _since(self, since: Millis) -> list[Recorded]:
        """Events recorded from ``since`` on: what happened later was not recorded before."""
        found: list[Recorded] = []
        before: int | None = None
        while True:
            page = self._ledger.read(before_seq=before, limit=PAGE, newest_first=True)
            found += [one for one in page if one.header.recorded_at >= since]
            if len(page) < PAGE or page[-1].header.recorded_at < since:
                return found
            before = page[-1].seq

    def _ids(self) -> list[str]:
        names = [name.removeprefix(h.STREAM) for name in self._ledger.streams(h.STREAM)]
        return sorted(names, key=number_of, reverse=True)

    def _all(self) -> tuple[Incident, ...]:
        found = (self.seen(name) for name in self._ids())
        return tuple(one for one in found if one is not None)

    def seen(self, incident_id: str) -> Incident | None:
        """The same, blocking; its stream is read again only when something was appended."""
        stream, kept = h.stream_of(incident_id), self._folded.get(incident_id)
        if kept is not None and self._ledger.version(stream) == kept.version:
            return kept
        found = incident_of(self._ledger.read(stream=stream))
        if found is not None:
            self._folded[incident_id] = found
        return found

    # --- writing -----------------------------------------------------------------------------

    async def open(self, opening: Opening, actor: Actor) -> Outcome:
        """Open one; ``next`` of the answer is its name."""

        def write() -> Outcome:
            wrong = self._refusal(actor)
            now = self._clock.now()
            started = now if opening.started_at is None else opening.started_at
            if wrong is None and started > now:
                wrong = refused("It cannot have begun in the future.", "Name a moment that has passed.")
            return wrong or self._open(opening, actor, started, now)

        return await self._safely(write)

    def _open(self, opening: Opening, actor: Actor, started: Millis, now: Millis) -> Outcome:
        for _ in range(ATTEMPTS):
            name = next_name(PREFIX, self._ids())
            opened = h.IncidentOpened(
                incident_id=name,
                project_id=opening.project_id,
                title=opening.title,
                person=actor.person,
                how="person",
                started_at=started,
                detected_at=now,
                severity=opening.severity,
                evidence=list(opening.evidence),
            )
            more: list[Event] = []
            for what, linked in opening.links:
                more.append(h.IncidentLinked(person=actor.person, what=what, name=linked))  # type: ignore[arg-type]
            if opening.signals is not None:
                found = suggested(opening.signals)
                if upward(opening.severity, found) is not None:
                    more.append(suggestion_event(found, opening.signals))
            try:
                written = self._ledger.append(
                    h.stream_of(name), 0, [one.new(actor, now) for one in (opened, *more)]
                )
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
                now, incident = self._clock.now(), self.seen(incident_id)
                if incident is None:
                    return refused(
                        f"There is no incident {incident_id}.", "`coalmine incident list --all` shows them."
                    )
                event = unwritable(incident, now) or made(incident, now)
                if isinstance(event, Outcome):
                    return event
                at = now if happened_at is None else happened_at
                try:
                    [recorded] = self._ledger.append(
                        h.stream_of(incident_id), incident.version, [event.new(actor, at)]
                    )
                except LedgerConflict:
                    continue
                return Outcome(End.DONE, says, seq=recorded.seq)
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
