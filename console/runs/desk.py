"""Runs, begun and worked on: each word is one append that exactly one of several gets through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from console import events
from console.effect import ATTEMPTS, Offload
from console.envelope import Actor, Recorded
from console.event import Event
from console.incidents.incident import Incident
from console.incidents.rules import not_listed, refused
from console.numbering import next_name, number_of
from console.outcome import End, Outcome
from console.playbooks.model import Playbook
from console.playbooks.shapes import milliseconds
from console.policy import Rulebook
from console.ports import Clock, Ledger, LedgerConflict, StoreUnusable
from console.readings import Millis
from console.runs import happened as h
from console.runs.params import Given, as_text, fill
from console.runs.pinned import Pinned, pinned, resolved, texts_of
from console.runs.rules import Scene, unwritable
from console.runs.run import Run, run_of

PREFIX = "PB-"
Made = Callable[[Scene, Millis], Event | Outcome]
"""What to append to a run as it stands at a moment, or why nothing."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a run is begun with."""

    pinned: Pinned
    path: str
    given: Given
    project_id: str = ""
    incident_id: str = ""
    parent: str = ""


class Runs:
    """The runs of one ledger. ``read_only``: why nothing can be written from here, if so.

    ``incident`` looks an incident up (blocking): the roles of the one that a run is about say whose its steps
    are.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        book: Callable[[], Rulebook | str],
        offload: Offload,
        incident: Callable[[str], Incident | None],
        read_only: str | None = None,
    ) -> None:
        self.ledger, self.clock, self._book, self.offload = ledger, clock, book, offload
        self._incident, self._read_only = incident, read_only
        self._folded: dict[str, Run] = {}
        self._pinned: dict[str, Pinned | None] = {}

    # --- looking -----------------------------------------------------------------------------

    async def all(self) -> tuple[Run, ...]:
        """Every run, the newest first. Raises :class:`StoreUnusable`."""
        return await self.offload(self.every)

    async def get(self, run_id: str) -> Run | None:
        """One run, or ``None`` where there is none of that name."""
        return await self.offload(partial(self.seen, run_id))

    def every(self) -> tuple[Run, ...]:
        """The same as :meth:`all`, blocking."""
        found = (self.seen(name) for name in self._ids())
        return tuple(one for one in found if one is not None)

    def _ids(self) -> list[str]:
        names = [name.removeprefix(h.STREAM) for name in self.ledger.streams(h.STREAM)]
        return sorted(names, key=number_of, reverse=True)

    def seen(self, run_id: str) -> Run | None:
        """The same as :meth:`get`, blocking; a stream is read again only when something was appended."""
        stream, kept = h.stream_of(run_id), self._folded.get(run_id)
        if kept is not None and self.ledger.version(stream) == kept.version:
            return kept
        found = run_of(self.ledger.read(stream=stream))
        if found is not None:
            self._folded[run_id] = found
        return found

    def pinned(self, run: Run) -> Pinned | None:
        """The playbook that a run goes by, as it was written; ``None`` where it was redacted or does not
        belong to its digest. Blocking."""
        sha256 = run.started.sha256
        if sha256 not in self._pinned:
            self._pinned[sha256] = _kept(self.ledger.read(stream=h.pinned_at(sha256)), sha256)
        return self._pinned[sha256]

    def playbook(self, run: Run) -> Playbook | None:
        """The same with the parameters of the run filled in. Blocking."""
        found = self.pinned(run)
        return None if found is None else resolved(found.playbook, run.params)

    def scene(self, run: Run) -> Scene | Outcome:
        """What a word on the run is judged by. Blocking."""
        playbook = self.playbook(run)
        if playbook is None:
            return refused(
                f"The playbook of {run.id} is not in the ledger any more.",
                "Nothing can be done about the run.",
            )
        about = run.started.incident_id
        return Scene(run, playbook, self._incident(about) if about else None)

    # --- writing -----------------------------------------------------------------------------

    async def start(self, start: Start, actor: Actor) -> Outcome:
        """Begin one, not yet driven; ``next`` of the answer is its name."""
        return await self._safely(partial(self._start, start, actor))

    def _start(self, start: Start, actor: Actor) -> Outcome:
        wrong = self.refusal(actor)
        if wrong is None and start.given.faults:
            wrong = refused("; ".join(start.given.faults), "Nothing was begun.")
        if wrong is None and start.incident_id:
            incident = self._incident(start.incident_id)
            if incident is None:
                wrong = refused(f"There is no incident {start.incident_id}.", "coalmine incident list --all")
        if wrong is not None:
            return wrong
        key = concurrency_of(start)
        other = self._at_once(key, start, None)
        if other is not None:
            return other
        self._keep(start.pinned, actor)
        return self._begun(start, key, actor)

    def _begun(self, start: Start, key: str, actor: Actor) -> Outcome:
        playbook = start.pinned.playbook
        for _ in range(ATTEMPTS):
            now, name = self.clock.now(), next_name(PREFIX, self._ids())
            limit = fill(str(playbook.fields.get("timeout", "")), texts_of(start.given.values))
            started = h.RunStarted(
                run_id=name,
                playbook=playbook.name,
                version=playbook.version,
                title=as_text(playbook.title),
                path=start.path,
                sha256=start.pinned.sha256,
                person=actor.person,
                params=start.given.as_json(),
                project_id=start.project_id,
                incident_id=start.incident_id,
                parent=start.parent,
                concurrency=key,
                deadline=now + milliseconds(str(limit)) if limit else None,
            )
            try:
                written = self.ledger.append(h.stream_of(name), 0, [started.new(actor, now)])
            except LedgerConflict:
                continue
            # Two that began at the same moment have both passed the first look: the later one gives way.
            other = self._at_once(key, start, name)
            if other is not None:
                why = h.RunAborted(person=actor.person, why=other.says)
                self.ledger.append(h.stream_of(name), 1, [why.new(actor, self.clock.now())])
                return other
            return Outcome(End.DONE, f"{name} is begun: {playbook.title}", name, seq=written[0].seq)
        return refused("Others start runs all the time just now.", "Look at them, then try again.")

    def _at_once(self, key: str, start: Start, own: str | None) -> Outcome | None:
        """Why it may not run now: another with the same key does. A part of a run may beside its whole."""
        if not key:
            return None
        whole = start.parent.partition("/")[0]
        for one in self.every():
            earlier = own is None or number_of(one.id) < number_of(own)
            if one.over or one.started.concurrency != key or not earlier or one.id in (own, whole):
                continue
            return refused(
                f"{one.id} ({one.started.title}) runs already, and only one of “{key}” may at once.",
                f"See it: coalmine playbook status {one.id}",
            )
        return None

    def _keep(self, one: Pinned, actor: Actor) -> None:
        stream = h.pinned_at(one.sha256)
        if self.ledger.version(stream):
            return
        kept = h.PlaybookKept(sha256=one.sha256, text=one.text)
        try:
            self.ledger.append(stream, 0, [kept.new(actor, self.clock.now())])
        except LedgerConflict:
            return  # the same text, by somebody else at the same moment

    async def record(self, run_id: str, actor: Actor, made: Made, says: str) -> Outcome:
        """Append what ``made`` makes of the run as it stands, or answer why not."""
        return await self._safely(partial(self._record, run_id, actor, made, says))

    def _record(self, run_id: str, actor: Actor, made: Made, says: str) -> Outcome:
        wrong = self.refusal(actor)
        if wrong is not None:
            return wrong
        for _ in range(ATTEMPTS):
            now, run = self.clock.now(), self.seen(run_id)
            if run is None:
                return refused(f"There is no run {run_id}.", "`coalmine playbook runs --all` shows them.")
            scene = unwritable(run, now) or self.scene(run)
            event = scene if isinstance(scene, Outcome) else made(scene, now)
            if isinstance(event, Outcome):
                return event
            try:
                [recorded] = self.ledger.append(h.stream_of(run_id), run.version, [event.new(actor, now)])
            except LedgerConflict:
                continue
            return Outcome(End.DONE, says, seq=recorded.seq)
        return refused("It has changed meanwhile all the time.", "Look again, then try again.")

    def refusal(self, actor: Actor) -> Outcome | None:
        """Why somebody may not write about runs from here."""
        if self._read_only:
            return refused(self._read_only, "Open a console without it to change anything.")
        return not_listed(self._book(), actor.person)

    def listed(self, person: str) -> bool:
        book = self._book()
        return not isinstance(book, str) and person in book.people.people

    async def _safely(self, write: Callable[[], Outcome]) -> Outcome:
        try:
            return await self.offload(write)
        except StoreUnusable as error:
            return refused(error.problem.what, error.problem.next)


def concurrency_of(start: Start) -> str:
    """Runs with the same key do not run at once; ``""``: with any."""
    wanted = start.pinned.playbook.fields.get("concurrency")
    key = wanted.get("key") if isinstance(wanted, dict) else None
    return str(fill(str(key), texts_of(start.given.values))) if key else ""


def _kept(story: Sequence[Recorded], sha256: str) -> Pinned | None:
    for one in story:
        try:
            event = events.read(one)
        except events.Unknown:
            continue
        if isinstance(event, h.PlaybookKept):
            found = pinned(event.text.encode())
            return found if found is not None and found.sha256 == sha256 else None
    return None
