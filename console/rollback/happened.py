"""What happens to a request, as events. Their stream is ``request:ID``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

from console.envelope import Json
from console.event import Event
from console.readings import Millis

STREAM = "request:"


def stream_of(request_id: str) -> str:
    """The stream on which everybody meets who answers or executes one request, so that only one wins."""
    return f"{STREAM}{request_id}"


class RequestOpened(Event):
    """A plan was put down, by a person or by the judge, with the evidence of that moment."""

    KIND = "request.opened"
    request_id: str
    uid: str
    """Random: an approval of a request of the same name in another ledger is none of this one."""
    project_id: str
    plan: Json
    plan_sha256: str
    by: Literal["person", "judge"]
    person: str
    """Who asks; of a proposal of the judge empty until somebody submits it."""
    title: str
    lines: list[str]
    """What the plan would do, as it was shown."""
    not_covered: list[str]
    """What it does not bring back, and what stays different afterwards."""
    touches: str
    evidence: list[str]
    """The verdict and its reasons at that moment."""


class RequestSubmitted(Event):
    """A person asks for the plan to be carried out. From here on it can be approved."""

    KIND = "request.submitted"
    person: str
    reason: str
    policy_sha256: str
    people_sha256: str
    approve_by: Millis
    execute_by: Millis
    on_quorum: Literal["execute", "wait"]
    """Whether a console that holds a token carries it out by itself once it is approved."""
    under: str | None = None
    """A rule of the policy that has to be met besides those that the plan comes under."""


class RequestAnswered(Event):
    """Somebody's yes or no, to exactly this plan."""

    KIND = "request.answered"
    payload: str
    """The canonical bytes that were signed, as text: see :mod:`console.rollback.approval`."""
    person: str
    signature: str = ""
    """The armoured OpenSSH signature; without one the account behind the token says who it was."""


class RequestRevoked(Event):
    """Somebody took back their own answer."""

    KIND = "request.revoked"
    person: str
    nonce: str
    why: str


class RequestNoted(Event):
    """A word about a request that answers nothing: a question, or that somebody needs more time."""

    KIND = "request.noted"
    person: str
    what: Literal["asks", "needs_time"]
    says: str


class RequestWithdrawn(Event):
    """Whoever asked does not ask any more."""

    KIND = "request.withdrawn"
    person: str
    why: str


class RequestVoided(Event):
    """The plan is not what it would be today: production has moved, and approvals of it count no more."""

    KIND = "request.voided"
    why: str


class GlassBroken(Event):
    """The quorum was passed over, as the policy allows. It has to be reviewed by somebody else."""

    KIND = "request.glass_broken"
    payload: str
    """The canonical bytes that were signed, as of an answer."""
    person: str
    reason: str
    skipped: str
    signature: str = ""
    review_by: Millis


class GlassReviewed(Event):
    """Somebody else's word on a broken glass."""

    KIND = "request.glass_reviewed"
    person: str
    verdict: Literal["justified", "not_justified", "policy_should_change"]
    says: str


class RequestClaimed(Event):
    """One session carries it out; of several exactly one gets to append this."""

    KIND = "request.claimed"
    attempt: int
    person: str
    authority: str
    """What allows it: the approvals that counted, or the broken glass."""
    how: Literal["begins", "goes_on"] = "begins"
    """``goes_on``: where a session that died, or a failure, had left it."""


class StepBegan(Event):
    """A step of the plan is about to be taken through the gate."""

    KIND = "request.step_began"
    attempt: int
    index: int
    action_id: str
    """The gate's intent for it has this id, on the stream of what it changes."""


class StepEnded(Event):
    """What became of a step. Of an ``unknown`` one the host is asked on."""

    KIND = "request.step_ended"
    attempt: int
    index: int
    action_id: str
    outcome: Literal["done", "refused_here", "refused", "not_sent", "unknown"]
    says: str
    next: str = ""


class StepSkipped(Event):
    """Somebody leaves a step out that had failed, and goes on with the rest."""

    KIND = "request.step_skipped"
    attempt: int
    """The one that goes on without it."""
    index: int
    person: str
    why: str


class RequestVerified(Event):
    """What production was found to serve afterwards."""

    KIND = "request.verified"
    attempt: int
    found: Literal["good", "wrong"]
    lines: list[str]


class RequestEnded(Event):
    """The end of an attempt."""

    KIND = "request.ended"
    attempt: int
    state: Literal["succeeded", "failed", "partially_done", "unknown"]
    says: str


class RequestReopened(Event):
    """Production is not as it should be after an attempt: somebody has to look at it again."""

    KIND = "request.reopened"
    attempt: int
    of: Literal["verification", "bake"]
    """Who says so: what the domains served at its end, or the judge by production's own past."""
    why: str


class RequestClosed(Event):
    """Somebody has looked at what was reopened; it waits for nobody any more."""

    KIND = "request.closed"
    attempt: int
    person: str
    why: str


def _answered(event: RequestAnswered, who: str) -> str:
    signed = "signed" if event.signature else "unsigned"
    try:
        said = json.loads(event.payload)
        verb = "approved" if said["decision"] == "approve" else "denied"
        why = f": {said['reason']}" if said["reason"] else ""
    except (ValueError, KeyError, TypeError):
        return f"{event.person} answered, in no form that is known ({signed})"
    return f"{event.person} {verb} ({signed}){why}"


def _claimed(event: RequestClaimed, who: str) -> str:
    how = event.how.replace("_", " ")
    return f"{event.person} {how} to carry it out ({event.authority})"


def _opened(event: RequestOpened, who: str) -> str:
    how = "the judge proposes" if event.by == "judge" else f"{event.person} put down"
    return f"{how} {event.request_id}: {event.title}"


WORDS: Mapping[type[Event], Callable[[Any, str], str]] = {
    RequestOpened: _opened,
    RequestSubmitted: lambda e, who: f"{e.person} asked for approval: {e.reason}",
    RequestAnswered: _answered,
    RequestRevoked: lambda e, who: f"{e.person} took their answer back: {e.why}",
    RequestNoted: lambda e, who: f"{e.person} {e.what.replace('_', ' ')}: {e.says}",
    RequestWithdrawn: lambda e, who: f"{e.person} withdrew the request: {e.why}",
    RequestVoided: lambda e, who: f"the plan holds no more: {e.why}",
    GlassBroken: lambda e, who: f"{e.person} BROKE THE GLASS ({e.skipped}): {e.reason}",
    GlassReviewed: lambda e, who: (
        f"{e.person} reviewed the broken glass: {e.verdict.replace('_', ' ')}: {e.says}"
    ),
    RequestClaimed: _claimed,
    StepBegan: lambda e, who: f"step {e.index + 1} begins",
    StepEnded: lambda e, who: f"step {e.index + 1} {e.outcome.replace('_', ' ')}: {e.says}",
    StepSkipped: lambda e, who: f"{e.person} left step {e.index + 1} out: {e.why}",
    RequestVerified: lambda e, who: (
        f"{'verified' if e.found == 'good' else 'NOT as it should be'}: {'; '.join(e.lines)}"
    ),
    RequestEnded: lambda e, who: f"{e.state.replace('_', ' ')}: {e.says}",
    RequestReopened: lambda e, who: f"REOPENED: {e.why}",
    RequestClosed: lambda e, who: f"{e.person} closed it: {e.why}",
}
"""An event of a request in one line, without a final stop; the second argument is who recorded it."""

KINDS = tuple(WORDS)
