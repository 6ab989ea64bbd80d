"""What a request still waits for once it was carried out, or will not be. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from console.readings import Millis

if TYPE_CHECKING:
    from console.rollback.counting import View

Verdict = Literal["justified", "not_justified", "policy_should_change"]
VERDICTS: Mapping[Verdict, str] = {
    "justified": "justified",
    "not_justified": "not justified",
    "policy_should_change": "policy should change",
}
"""What a review of a broken glass may find, as people read and type it."""


def review_due(view: View) -> Millis | None:
    """Until when somebody has to review its broken glass; ``None`` where nobody has to.

    A glass that was carried out by is reviewed also where it would count no more today.
    """
    glass = view.request.glass
    if glass is None or view.request.reviewed is not None:
        return None
    counted = view.glass == "" or view.request.attempt is not None
    return glass.event.review_by if counted else None


def reopened(view: View) -> str | None:
    """Why somebody has to look at it again; ``None`` where nobody has to, or somebody has."""
    attempt = view.request.attempt
    if attempt is None or attempt.reopened is None or attempt.closed is not None:
        return None
    return attempt.reopened.why


def waits(view: View) -> bool:
    """Whether somebody has something to do about it: not over, reopened, or its glass to be reviewed."""
    return not view.state.over or review_due(view) is not None or reopened(view) is not None


def skippable(view: View) -> int | str:
    """The place of the failed step that can be left out, from 0; or why none can.

    What became of it has to be known: what may still happen is not left out.
    """
    attempt, plan = view.request.attempt, view.plan
    if attempt is None or attempt.ended is None or plan is None:
        return f"{view.id} is {view.state.words}: no step of it has failed."
    places = range(len(plan.steps))
    first = next((one for one in places if not attempt.done(one) and not attempt.skip_of(one)), None)
    if first is None:
        return f"{view.id} is {view.state.words}: every step of it was done or left out."
    if not attempt.failed(first):
        return (
            f"What became of step {first + 1} of {view.id} is not known: it is not left out before that is."
        )
    if first == places[-1]:
        return f"Step {first + 1} is the last one of {view.id}: there is nothing to go on with after it."
    return first


def undoable(view: View) -> tuple[int, ...] | str:
    """The places of the steps that were done, the last first; or why nothing is to be undone."""
    attempt, plan = view.request.attempt, view.plan
    if attempt is None or plan is None:
        return f"{view.id} is {view.state.words}: nothing was done by it."
    if attempt.ended is None:
        return f"{attempt.person} is carrying {view.id} out."
    if any(not step.certain and attempt.last_of(step.index) is step for step in attempt.steps):
        return f"What became of a step of {view.id} is not known: look at production first."
    done = tuple(one for one in reversed(range(len(plan.steps))) if attempt.done(one))
    return done or f"Nothing was done by {view.id}: there is nothing to undo."


def verdict_of(typed: str) -> Verdict | None:
    """The verdict that ``typed`` is, or begins; ``None`` where it is none or could be several."""
    text = " ".join(typed.lower().replace("_", " ").split())
    found: list[Verdict] = [one for one, words in VERDICTS.items() if text and words.startswith(text)]
    return found[0] if len(found) == 1 else None
