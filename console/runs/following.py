"""A request that a step has opened: waited for, carried out once it is approved, and followed to its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from console.actions import Impossible
from console.outcome import End
from console.ports import Clock
from console.readings import Millis
from console.rollback.counting import View
from console.rollback.request import State
from console.rollback.telling import attempt_lines
from console.runs.doing import Done, Ended, Say, Task
from console.runs.ends import together
from console.runs.marks import bears

if TYPE_CHECKING:
    from console.rollback.room import Room

LOOK_S = 1.0
"""How often it is looked whether somebody has answered."""
AGAIN_MS: Millis = 5_000
"""How soon what could not be carried out here is tried again: somebody else may, or what is lacking comes."""
TOO_LATE = "the time of its step is over"
"""Why it is withdrawn, so that a yes that comes later carries nothing out."""
UNDER_WAY = (State.APPROVED, State.EXECUTING, State.VERIFYING)
ENDED: dict[State, Ended] = {
    State.SUCCEEDED: "succeeded",
    State.FAILED: "failed",
    State.PARTIALLY_DONE: "failed",
    State.UNKNOWN: "unknown",
    State.DENIED: "failed",
    State.WITHDRAWN: "failed",
    State.SUPERSEDED: "failed",
    State.EXPIRED: "timed_out",
}
"""Partly done is no success, and the playbook has no better word for it: the sentence says what was done."""


class Following:
    """Of one session. It approves nothing: whose word counts is counted from the ledger at every look."""

    def __init__(self, room: Callable[[], Room], clock: Clock) -> None:
        self._room, self._clock = room, clock

    async def found(self, key: str) -> View | None:
        """The request that was opened for a step, if one was; the first, should there be several."""
        try:
            room = self._room()
        except Impossible:
            return None  # nothing can be asked for here, so nothing was
        views = await room.desk.all()
        mine = [one for one in views if one.request.submitted and bears(one.request.submitted.reason, key)]
        return mine[-1] if mine else None

    async def follow(self, request_id: str, task: Task, say: Say) -> Done:
        """To its end, or until the step's time is over. May be called again after a crash, by anybody.

        Raises :class:`console.ports.StoreUnusable`.
        """
        said, tried = "", 0
        while True:
            view = await self._room().desk.get(request_id)
            if view is None:
                return Done("ask", f"There is no request {request_id} any more.")
            if view.state.over:
                return over(view)
            if view.wrong:
                return _with(view, Done("ask", f"{view.id} cannot be carried out: {view.wrong}"))
            if view.state is State.DRAFT:
                return _with(view, Done("ask", f"{view.id} was put down and not asked for."))
            if self._late(view, task):
                outcome = await self._room().withdraw(view.id, TOO_LATE)
                if outcome.end is not End.DONE and not await self._gone_on(view):
                    return _with(view, Done("ask", f"Its time is over, and {view.id} stands: {outcome.says}"))
                continue
            if (words := progress(view)) != said:
                said = words
                say(words)
            if view.state in UNDER_WAY and self._clock.now() - tried >= AGAIN_MS:
                tried = self._clock.now()
                await self._carry_out(view, say)
                continue
            await self._clock.sleep(LOOK_S)

    async def _carry_out(self, view: View, say: Say) -> None:
        """Carry it out, go on with what a crash has left, or learn that somebody else is at it."""
        outcome = await self._room().execute(view.id)
        if outcome.end is not End.DONE:
            say(together(outcome.says, outcome.next))

    def _late(self, view: View, task: Task) -> bool:
        begun = view.request.attempt is not None
        return not begun and task.deadline is not None and self._clock.now() > task.deadline

    async def _gone_on(self, view: View) -> bool:
        """Whether something became of it since it was looked at: it was begun, or it is over."""
        now = await self._room().desk.get(view.id)
        return now is not None and now.request.version != view.request.version


def progress(view: View) -> str:
    """What is waited for."""
    if view.state is State.AWAITING_APPROVAL:
        missing = "; ".join(view.counted.missing) if view.counted else ""
        return f"{view.id} waits for approval: {missing}. They confirm it with: coalmine approve {view.id}"
    return f"{view.id} is {view.state.words}"


def over(view: View) -> Done:
    """The end of the step by that of its request. Pure."""
    ended = ENDED[view.state]
    attempt = view.request.attempt
    withdrawn = view.request.withdrawn or ""
    if withdrawn.endswith(TOO_LATE):
        ended = "timed_out"
    why = ""
    if attempt is not None and attempt.ended is not None:
        why = f": {attempt.ended.says}"
    elif view.state is State.DENIED and view.counted is not None:
        nos = [one for one in view.counted.answers if one.decision == "deny"]
        why = "".join(f": {one.person}, {one.reason}" for one in nos[:1])
    elif withdrawn or view.request.voided:
        why = f": {withdrawn or view.request.voided}"
    elif view.state is State.EXPIRED:
        why = ": nobody's answer came in time" if attempt is None else ": it was not begun in time"
    return _with(view, Done(ended, f"{view.id} {_has(view.state)}{why}"))


def _has(state: State) -> str:
    words = {State.PARTIALLY_DONE: "is done in part only", State.SUCCEEDED: "is done"}
    return words.get(state, f"is {state.words}" if state in (State.UNKNOWN, State.DENIED) else state.words)


def _with(view: View, done: Done) -> Done:
    """The same, with what was said and done of the request, and what would take it back."""
    steps = view.request.attempt.steps if view.request.attempt is not None else ()
    undo = f"coalmine rollback undo {view.id} --reason REASON" if any(one.done for one in steps) else ""
    return Done(done.ended, done.says, tuple(attempt_lines(view)), links=(("request", view.id),), undo=undo)
