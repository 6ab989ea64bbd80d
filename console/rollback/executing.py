"""An approved request, carried out: claimed by one, step by step through the gate, and looked at afterwards.

The claim is an append to the request's stream at the version that was counted, so that of any number of
executors exactly one gets it; the gate does the same for each step on the stream of what it changes. A step's
intent has the id that was recorded before it, so that whoever goes on after a crash finds out what became of
it instead of sending it again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from typing import Literal, Protocol

from console.authorise import Allowed
from console.effect import Offload
from console.envelope import Actor
from console.event import Event
from console.outcome import End, Outcome
from console.ports import Clock, Ledger, LedgerConflict, SourceError, StoreUnusable
from console.readings import Millis
from console.rollback import happened as h
from console.rollback.afterwards import skippable
from console.rollback.counting import Counting, View
from console.rollback.desk import reason_amiss
from console.rollback.plan import Step
from console.rollback.request import Attempt, State

SETTLE_S = 90.0
"""How long the host is asked what became of a step without an answer, before the request ends as unknown."""
ASK_EVERY_S = 2.0

LOOK = "Look at the domains."
WATCH = "Watch it: `coalmine rollback show`."

Ended = Literal["succeeded", "failed", "partially_done", "unknown"]


class Hands(Protocol):
    """What the executor does things with: the gates, and eyes on production."""

    async def project_id(self) -> str:
        """Of the project that they work on. Raises :class:`SourceError`."""
        ...

    async def moved(self, view: View) -> str | None:
        """Why the plan is not what it would be today. Raises :class:`SourceError`."""
        ...

    def unable(self, view: View) -> Outcome | None:
        """What this machine lacks to carry it out, where another one may not; the plan holds all the same."""
        ...

    async def take(self, step: Step, action_id: str, reason: str, allowed: Allowed) -> Outcome:
        """One step through its gate, recorded under ``action_id``."""
        ...

    async def became(self, step: Step, action_id: str) -> Outcome | None:
        """What became of an intent: its outcome; not sent where there is none; ``None``: not known yet."""
        ...

    async def verify(self, view: View) -> tuple[bool, tuple[str, ...]]:
        """What production serves now, and whether it is what the plan wanted. Raises :class:`SourceError`."""
        ...


class _TakenOver(Exception):
    """Another session claimed the request since."""


class Executor:
    """Carries requests out. ``actor`` is this session's; ``alive`` says of a session whether it lives."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        counting: Counting,
        hands: Hands,
        actor: Callable[[], Actor],
        alive: Callable[[str], bool],
        offload: Offload,
    ) -> None:
        self._ledger, self._clock, self._counting = ledger, clock, counting
        self._hands, self._actor, self._alive, self._offload = hands, actor, alive, offload

    async def execute(self, request_id: str, person: str, *, again: bool = False, skip: str = "") -> Outcome:
        """Carry it out, or go on with it. ``again``: after a failure, from the step that failed; ``skip``:
        why that one is left out, and gone on after it.

        Never raises for what a person can be told.
        """
        try:
            view = await self._view(request_id)
            wrong = self._may(view, request_id, again or bool(skip)) or _may_skip(view, skip)
            if wrong is not None or view is None:
                return wrong or _no(f"There is no request {request_id}.")
            if view.request.opened.project_id != await self._hands.project_id():
                return _no(f"{request_id} is about another project.", "Open a console on that one.")
            unable = self._hands.unable(view)
            if unable is not None:
                return unable
            begun = view.request.attempt is not None
            moved = None if begun else await self._hands.moved(view)
            if moved is not None:
                await self._append(view, h.RequestVoided(why=moved))
                return _no(f"{request_id} holds no more: {moved}", "Ask for it again, as it is now.")
            claimed = await self._claim(view, person, skip)
            if isinstance(claimed, Outcome):
                return claimed
            return await self._carry_out(claimed, person)
        except StoreUnusable as error:
            return _no(error.problem.what, error.problem.next)
        except SourceError as error:
            return _no(f"Nothing was sent: {error.problem.what}", error.problem.next)

    async def _view(self, request_id: str) -> View | None:
        return await self._offload(partial(self._counting.view, request_id, self._clock.now()))

    def _may(self, view: View | None, request_id: str, again: bool) -> Outcome | None:
        if view is None:
            return _no(f"There is no request {request_id}.", "`coalmine rollback list` shows them.")
        if view.wrong:
            return _no(f"Nothing was sent: {view.wrong}")
        now, submitted, attempt = view.now, view.request.submitted, view.request.attempt
        if attempt is not None:
            return self._may_go_on(view, attempt, again)
        if view.state is not State.APPROVED:
            missing = "; ".join(view.counted.missing) if view.counted else ""
            return _no(f"{view.id} is {view.state.words}{f': {missing}' if missing else ''}.")
        if submitted is None or now > submitted.execute_by:
            return _no(f"{view.id} had to be begun before now.", "Ask for it again.")
        return None

    def _may_go_on(self, view: View, attempt: Attempt, again: bool) -> Outcome | None:
        if attempt.ended is None:
            if self._alive(attempt.session):
                return _no(
                    f"{attempt.person} is carrying {view.id} out.", "Watch it: `coalmine rollback show`."
                )
            return None
        if view.state is State.SUCCEEDED:
            return _no(f"{view.id} is done already.")
        if not again:
            return _no(f"{view.id} {view.state.words}.", "To try the rest again: `rollback execute --again`.")
        submitted = view.request.submitted
        if submitted is None or view.now > submitted.execute_by:
            return _no(f"The time to carry {view.id} out is over.", "Ask for what is left again.")
        return None

    async def _claim(self, view: View, person: str, skip: str) -> View | Outcome:
        before = view.request.attempt
        number = before.number + 1 if before is not None else 1
        how: Literal["begins", "goes_on"] = "goes_on" if before is not None else "begins"
        events: list[Event] = [
            h.RequestClaimed(attempt=number, person=person, authority=authority_of(view), how=how)
        ]
        place = skippable(view) if skip else ""
        if isinstance(place, int):  # with the claim, so that nobody's retry comes in between
            who = self._actor().person
            events.append(h.StepSkipped(attempt=number, index=place, person=who, why=skip.strip()))
        if not await self._append(view, *events):
            return _no(f"Somebody else was first with {view.id}.", WATCH)
        return await self._view(view.id) or _no(f"There is no request {view.id}.")

    # --- steps -------------------------------------------------------------------------------

    async def _carry_out(self, view: View, person: str) -> Outcome:
        plan, attempt = view.plan, view.request.attempt
        if plan is None or attempt is None:
            raise AssertionError("a claimed request has a plan and an attempt")
        allowed = Allowed(self._rules(view), person, f"request {view.id}: {attempt.authority}")
        reason = view.request.submitted.reason if view.request.submitted else view.request.opened.title
        try:
            done = 0
            for index, step in enumerate(plan.steps):
                if attempt.skip_of(index) is not None:
                    continue
                outcome = await self._one(view, attempt, index, step, reason, allowed)
                if outcome.end is not End.DONE:
                    return await self._stopped(view, attempt, index, done, outcome)
                done += 1
            return await self._verified(view, attempt)
        except _TakenOver:
            return _no(f"Somebody else goes on with {view.id}: this session was taken for dead.", WATCH)

    def _rules(self, view: View) -> str:
        return ", ".join(name for name, _ in view.rules)

    async def _one(
        self, view: View, attempt: Attempt, index: int, step: Step, reason: str, allowed: Allowed
    ) -> Outcome:
        before = attempt.last_of(index)
        if before is not None:
            if before.ended is not None and before.ended.outcome == "done":
                return Outcome(End.DONE, before.ended.says)
            if not before.certain:
                became = await self._became(step, before.action_id)
                await self._step_ended(view, attempt, index, before.action_id, became)
                if became.end is not End.NOT_SENT:
                    return became
        submitted = view.request.submitted
        if submitted is None or self._clock.now() > submitted.execute_by:
            return Outcome(End.NOT_SENT, "The time to carry it out is over; nothing more is sent.")
        action_id = secrets.token_hex(8)
        await self._tell(view, h.StepBegan(attempt=attempt.number, index=index, action_id=action_id))
        outcome = await self._hands.take(step, action_id, reason, allowed)
        if outcome.end is End.UNKNOWN:
            outcome = await self._became(step, action_id)
        await self._step_ended(view, attempt, index, action_id, outcome)
        return outcome

    async def _became(self, step: Step, action_id: str) -> Outcome:
        deadline = self._clock.monotonic() + SETTLE_S
        while True:
            found = await self._hands.became(step, action_id)
            if found is not None:
                return found
            if self._clock.monotonic() >= deadline:
                says = "What became of it is not known: the host does not say."
                return Outcome(End.UNKNOWN, says, "It is never sent again by itself: look at production.")
            await self._clock.sleep(ASK_EVERY_S)

    async def _step_ended(
        self, view: View, attempt: Attempt, index: int, action_id: str, outcome: Outcome
    ) -> None:
        ended = h.StepEnded.model_validate(
            {
                "attempt": attempt.number,
                "index": index,
                "action_id": action_id,
                "outcome": outcome.end.value,
                "says": outcome.says,
                "next": outcome.next,
            }
        )
        await self._tell(view, ended)

    async def _stopped(
        self, view: View, attempt: Attempt, index: int, done: int, outcome: Outcome
    ) -> Outcome:
        state: Ended = "partially_done" if done else "failed"
        if outcome.end is End.UNKNOWN:
            state = "unknown"
        says = f"Step {index + 1} was not done: {outcome.says}{left_out_words(attempt)}"
        await self._tell(view, h.RequestEnded(attempt=attempt.number, state=state, says=says))
        left = f"{done} step(s) before it are done." if done else "Nothing was changed by it."
        if view.plan is not None and view.plan.steps[index].level == "database" and not done:
            left = ""  # its outcome says what may have been
        following = " ".join(filter(None, [left, outcome.next, choices(view, index, done, outcome.end)]))
        end = outcome.end if outcome.end in (End.UNKNOWN, End.REFUSED_HERE) else End.REFUSED_BY_HOST
        return Outcome(end, f"{view.id}: {says}", following)

    async def _verified(self, view: View, attempt: Attempt) -> Outcome:
        try:
            good, lines = await self._hands.verify(view)
        except SourceError as error:
            good, lines = False, (f"What production serves could not be read: {error.problem.what}",)
        verified = h.RequestVerified(
            attempt=attempt.number, found="good" if good else "wrong", lines=list(lines)
        )
        await self._tell(view, verified)
        whole = good and not attempt.skipped
        state: Ended = "succeeded" if whole else "partially_done"
        says = f"{'; '.join(lines)}{left_out_words(attempt)}"
        events: list[Event] = [h.RequestEnded(attempt=attempt.number, state=state, says=says)]
        if not good:  # with its end: nobody sees the one without the other
            events.append(h.RequestReopened(attempt=attempt.number, of="verification", why=says))
        await self._tell(view, *events)
        if whole:
            return Outcome(End.DONE, f"{view.id} is done: {says}")
        return Outcome(End.REFUSED_BY_HOST, f"{view.id} is done in part only: {says}", "" if good else LOOK)

    # --- writing -----------------------------------------------------------------------------

    async def _append(self, view: View, *events: Event) -> bool:
        """Append at the version that was looked at; whether nobody came in between."""
        stream, new = h.stream_of(view.id), [one.new(self._actor(), self._clock.now()) for one in events]
        try:
            await self._offload(partial(self._ledger.append, stream, view.request.version, new))
        except LedgerConflict:
            return False
        return True

    async def _tell(self, view: View, *events: Event) -> None:
        """Append while the claim is still this session's, whatever else comes in between."""
        stream, new = h.stream_of(view.id), [one.new(self._actor(), self._clock.now()) for one in events]

        def append() -> None:
            while True:
                story = self._ledger.read(stream=stream)
                claims = [one for one in story if one.kind == h.RequestClaimed.KIND]
                if claims[-1].actor.session != self._actor().session:
                    raise _TakenOver
                try:
                    self._ledger.append(stream, story[-1].version, new)
                except LedgerConflict:
                    continue
                return

        await self._offload(append)


def authority_of(view: View) -> str:
    """Whose word allows it."""
    if view.request.glass is not None and not (view.counted and view.counted.approved):
        return f"{view.request.glass.event.person} broke the glass"
    yes = [one for one in (view.counted.answers if view.counted else ()) if one.decision == "approve"]
    if yes:
        return "approved by " + ", ".join(f"{one.person} ({one.level})" for one in yes)
    asked = view.request.submitted
    return f"no approval needed; asked by {asked.person}" if asked else "no approval needed"


def _may_skip(view: View | None, skip: str) -> Outcome | None:
    """Why no step can be left out, where ``skip`` says why one should be."""
    if not skip or view is None:
        return None
    wrong, found = reason_amiss(skip), skippable(view)
    if wrong is None and isinstance(found, str):
        return _no(f"Nothing was sent: {found}", "`coalmine rollback show` tells how it stands.")
    return wrong


def left_out_words(attempt: Attempt) -> str:
    """Which steps were left out, by whom and why, to stand after something else."""
    return "".join(
        f"; step {one.index + 1} was left out by {one.person}: {one.why}" for one in attempt.skipped
    )


def choices(view: View, index: int, done: int, end: End) -> str:
    """What can be done after step ``index`` ended so, and ``done`` others were done; in commands."""
    execute = f"coalmine rollback execute {view.id}"
    found = [f"To try the rest again: `{execute} --again`."]
    follows = view.plan is not None and index + 1 < len(view.plan.steps)
    if follows and end is not End.UNKNOWN:
        found.append(f"To go on without it: `{execute} --skip REASON`.")
    if done and end is not End.UNKNOWN:
        found.append(f"To undo what was done: `coalmine rollback undo {view.id} --reason REASON`.")
    return " ".join(found)


def deadline(view: View) -> Millis | None:
    """Until when the next thing has to happen, if it has to."""
    submitted = view.request.submitted
    if submitted is None:
        return None
    if view.state is State.AWAITING_APPROVAL:
        return submitted.approve_by
    return submitted.execute_by if view.state is State.APPROVED else None


def _no(says: str, following: str = "") -> Outcome:
    return Outcome(End.REFUSED_HERE, says, following)
