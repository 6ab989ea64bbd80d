"""A request as its events tell it, and the state that follows. Pure: a fold, nothing is stored.

What an event says about itself is not believed where it could be forged: a withdrawal counts only from
whoever asked, a revocation only of one's own answer, and answers are counted anew at every look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from console import events
from console.envelope import Recorded
from console.readings import Millis
from console.rollback import happened as h
from console.rollback.approval import Answer, Asked, Proof, Tally, statement_of

CLOCK_BACK_MS: Millis = 60_000
"""A clock that is so much behind the ledger's newest event decides nothing that depends on time."""


class State(StrEnum):
    """Where a request stands; the names are those in JSON."""

    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    EXECUTING = "executing"
    VERIFYING = "verifying"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    PARTIALLY_DONE = "partially_done"
    UNKNOWN = "unknown"
    DENIED = "denied"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"

    @property
    def words(self) -> str:
        return self.value.replace("_", " ")

    @property
    def over(self) -> bool:
        """Whether nothing more can become of it without a person."""
        return self not in (
            State.DRAFT,
            State.AWAITING_APPROVAL,
            State.APPROVED,
            State.EXECUTING,
            State.VERIFYING,
        )


@dataclass(frozen=True, slots=True)
class StepSeen:
    """What is recorded of one step in one attempt."""

    index: int
    action_id: str
    began_at: Millis
    ended: h.StepEnded | None = None

    @property
    def certain(self) -> bool:
        return self.ended is not None and self.ended.outcome != "unknown"

    @property
    def done(self) -> bool:
        return self.ended is not None and self.ended.outcome == "done"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One session's try at carrying it out; a resumed one goes on with the steps of the one before."""

    number: int
    person: str
    session: str
    at: Millis
    authority: str
    steps: tuple[StepSeen, ...] = ()
    verified: h.RequestVerified | None = None
    ended: h.RequestEnded | None = None
    ended_at: Millis | None = None
    reopened: h.RequestReopened | None = None
    closed: h.RequestClosed | None = None
    """By whom it was looked at after it was reopened."""
    skipped: tuple[h.StepSkipped, ...] = ()
    """Steps left out on purpose, of this attempt and those that it goes on with."""

    def skip_of(self, index: int) -> h.StepSkipped | None:
        """By whom and why a step is left out, if it is."""
        return next((one for one in self.skipped if one.index == index), None)

    def failed(self, index: int) -> bool:
        """Whether it is certain that the newest try at a step changed nothing."""
        last = self.last_of(index)
        return last is not None and last.certain and not self.done(index)

    def done(self, index: int) -> bool:
        last = self.last_of(index)
        return last is not None and last.ended is not None and last.ended.outcome == "done"

    def last_of(self, index: int) -> StepSeen | None:
        """The newest try at one step."""
        return next((one for one in reversed(self.steps) if one.index == index), None)


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer as recorded, before its signature is looked at."""

    seq: int
    at: Millis
    event: h.RequestAnswered
    recorded_by: str

    def proven(self, proof: Proof | str | None) -> Answer:
        return Answer(self.seq, self.at, self.event.payload, self.event.person, self.recorded_by, proof)


@dataclass(frozen=True, slots=True)
class RawGlass:
    """A broken glass as recorded, before it is looked at whether that counts."""

    seq: int
    at: Millis
    event: h.GlassBroken
    recorded_by: str

    def proven(self, proof: Proof | str | None) -> Answer:
        return Answer(self.seq, self.at, self.event.payload, self.event.person, self.recorded_by, proof)


@dataclass(frozen=True, slots=True)
class Request:
    """Everything recorded of one request."""

    opened: h.RequestOpened
    at: Millis
    version: int
    newest_at: Millis
    submitted: h.RequestSubmitted | None = None
    submitted_at: Millis | None = None
    answers: tuple[RawAnswer, ...] = ()
    revoked: frozenset[str] = frozenset()
    notes: tuple[h.RequestNoted, ...] = ()
    withdrawn: str | None = None
    voided: str | None = None
    glass: RawGlass | None = None
    reviewed: h.GlassReviewed | None = None
    attempts: tuple[Attempt, ...] = ()
    blocked: str = ""
    """What of it cannot be understood here: then nothing is done about it."""
    story: tuple[Recorded, ...] = field(default=(), repr=False)

    @property
    def id(self) -> str:
        return self.opened.request_id

    @property
    def under(self) -> str | None:
        """The rule that it was asked for under, besides those of its plan."""
        return self.submitted.under if self.submitted is not None else None

    @property
    def attempt(self) -> Attempt | None:
        return self.attempts[-1] if self.attempts else None

    @property
    def asked(self) -> Asked | None:
        """What answers are held against; ``None`` of a draft."""
        one, sub = self.opened, self.submitted
        if sub is None:
            return None
        return Asked(
            one.project_id,
            one.request_id,
            one.uid,
            one.plan_sha256,
            sub.policy_sha256,
            sub.person,
            sub.approve_by,
            sub.execute_by,
        )


def request_of(story: Sequence[Recorded]) -> Request | None:
    """Fold the events of one stream; ``None`` where it does not begin with a request."""
    found: Request | None = None
    for one in story:
        try:
            event = events.read(one)
        except events.Unknown as error:
            if found is not None:
                found = replace(found, blocked=str(error), version=one.version)
            continue
        if found is None:
            if isinstance(event, h.RequestOpened):
                found = Request(event, one.at, one.version, one.at)
            continue
        found = _after(found, event, one)
    return None if found is None else replace(found, story=tuple(story))


def _after(found: Request, event: events.Event | None, one: Recorded) -> Request:
    found = replace(found, version=one.version, newest_at=max(found.newest_at, one.at))
    requester = found.submitted.person if found.submitted else found.opened.person
    match event:
        case None:
            return replace(found, blocked=f"event {one.seq} was redacted")
        case h.RequestSubmitted() if found.submitted is None and one.actor.person == event.person:
            return replace(found, submitted=event, submitted_at=one.at)
        case h.RequestAnswered():
            raw = RawAnswer(one.seq, one.at, event, one.actor.person)
            return replace(found, answers=(*found.answers, raw))
        case h.RequestRevoked() if _own(found, event) and not found.attempts:
            return replace(found, revoked=found.revoked | {event.nonce})
        case h.RequestNoted():
            return replace(found, notes=(*found.notes, event))
        case h.RequestWithdrawn() if not found.attempts and event.person == requester == one.actor.person:
            return replace(found, withdrawn=f"{event.person}: {event.why}")
        case h.RequestVoided() if not found.attempts:
            return replace(found, voided=event.why)
        case h.GlassBroken() if found.glass is None:
            return replace(found, glass=RawGlass(one.seq, one.at, event, one.actor.person))
        case h.GlassReviewed() if found.glass is not None and event.person != found.glass.event.person:
            return replace(found, reviewed=event)
        case h.RequestClaimed():
            return replace(found, attempts=(*found.attempts, _claimed(found, event, one)))
    return _in_attempt(found, event, one)


def _own(found: Request, event: h.RequestRevoked) -> bool:
    said = (statement_of(raw.event.payload) for raw in found.answers)
    return any(one is not None and (one.nonce, one.person) == (event.nonce, event.person) for one in said)


def _claimed(found: Request, event: h.RequestClaimed, one: Recorded) -> Attempt:
    before = found.attempt
    claimed = Attempt(event.attempt, event.person, one.actor.session, one.at, event.authority)
    if before is None or event.how != "goes_on":
        return claimed
    return replace(claimed, steps=before.steps, skipped=before.skipped)


def _in_attempt(found: Request, event: events.Event | None, one: Recorded) -> Request:
    attempt = found.attempt
    if attempt is None or attempt.number != getattr(event, "attempt", None):
        return found
    match event:
        case h.StepBegan():
            step = StepSeen(event.index, event.action_id, one.at)
            attempt = replace(attempt, steps=(*attempt.steps, step))
        case h.StepEnded():
            steps = tuple(
                replace(step, ended=event) if step.action_id == event.action_id else step
                for step in attempt.steps
            )
            attempt = replace(attempt, steps=steps)
        case h.StepSkipped() if attempt.failed(event.index) and one.actor.person == event.person:
            attempt = replace(attempt, skipped=(*attempt.skipped, event))
        case h.RequestVerified():
            attempt = replace(attempt, verified=event)
        case h.RequestEnded():
            attempt = replace(attempt, ended=event, ended_at=one.at)
        case h.RequestReopened() if attempt.ended is not None and attempt.reopened is None:
            attempt = replace(attempt, reopened=event)
        case h.RequestClosed() if attempt.reopened is not None and one.actor.person == event.person:
            attempt = replace(attempt, closed=event)
    return replace(found, attempts=(*found.attempts[:-1], attempt))


def state_of(request: Request, counted: Tally | None, now: Millis, *, broken: bool = False) -> State:
    """Where it stands at ``now``; ``counted`` is ``None`` of a draft. ``broken``: a glass that counts."""
    attempt = request.attempt
    if attempt is not None:
        return _carried_out(request, attempt)
    if request.withdrawn is not None:
        return State.WITHDRAWN
    if request.voided is not None:
        return State.SUPERSEDED
    submitted = request.submitted
    if submitted is None or counted is None:
        return State.DRAFT
    if counted.denied:
        return State.DENIED
    if counted.approved or broken:
        return State.EXPIRED if now > submitted.execute_by else State.APPROVED
    return State.EXPIRED if now > submitted.approve_by else State.AWAITING_APPROVAL


def _carried_out(request: Request, attempt: Attempt) -> State:
    if attempt.ended is not None:
        state = State(attempt.ended.state)
        return State.PARTIALLY_DONE if attempt.reopened and state is State.SUCCEEDED else state
    steps = len(request.opened.plan.get("steps", ()))
    over = all(attempt.done(index) or attempt.skip_of(index) for index in range(steps))
    return State.VERIFYING if over else State.EXECUTING
