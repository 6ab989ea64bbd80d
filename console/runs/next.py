"""What comes next in a run: decided from what is recorded, its playbook and the time. Pure.

The driver does what this says and records it; so after a crash the same is decided again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from console.playbooks.evaluate import NO_DATA, condition
from console.playbooks.expression import parse
from console.playbooks.model import END, Playbook, Step, Way
from console.playbooks.shapes import milliseconds
from console.readings import Millis
from console.runs.run import Run, StepRun
from console.runs.terms import StepState

LONGEST_PAUSE_MS: Millis = 60 * 60_000
"""Between two tries, however often they doubled."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Begin this step."""

    step: Step
    attempt: int
    origin: str
    way: str
    deadline: Millis | None


@dataclass(frozen=True, slots=True)
class Undecided:
    """Whether this step is to be done hangs on something there is no data about: it ends so, undone."""

    begin: Begin
    why: str


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """The condition of this step does not hold."""

    step: Step
    why: str
    origin: str
    way: str


@dataclass(frozen=True, slots=True)
class InHand:
    """This step was begun and has not ended."""

    step: Step
    attempt: int


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing before this moment: then it is tried again."""

    step: Step
    at: Millis


@dataclass(frozen=True, slots=True)
class Ask:
    """A person has to say how it goes on. ``step``: ``""`` of the run as a whole."""

    step: str
    why: str


@dataclass(frozen=True, slots=True)
class Standing:
    """It stands still: a person was asked, or it is over."""


@dataclass(frozen=True, slots=True)
class Finish:
    """It is at its end."""

    succeeded: bool
    says: str


Move = Begin | Undecided | LeaveOut | InHand | Later | Ask | Standing | Finish

_WHEN: Mapping[StepState, str] = {
    StepState.SUCCEEDED: "next",
    StepState.SKIPPED: "next",
    StepState.FAILED: "on_fail",
    StepState.NO_DATA: "on_no_data",
    StepState.TIMED_OUT: "on_timeout",
}
_TRIED_AGAIN = frozenset({StepState.FAILED, StepState.NO_DATA, StepState.TIMED_OUT})


def next_of(run: Run, playbook: Playbook, now: Millis) -> Move:
    """What is to be done now."""
    if run.over or run.asks is not None or run.blocked:
        return Standing()
    late = _late(run, now)
    if not run.current:
        return late or _entering(run, playbook.steps[0], "", "start", now)
    step = step_of(playbook, run.current)
    if step is None:
        return Ask("", f"The playbook has no step {run.current}.")
    there = run.step(step.id)
    if there.state.in_hand:
        return InHand(step, there.attempt)
    return late or _onward(run, playbook, step, there, now)


def step_of(playbook: Playbook, step_id: str) -> Step | None:
    return next((one for one in playbook.steps if one.id == step_id), None)


def _late(run: Run, now: Millis) -> Ask | None:
    deadline = run.started.deadline
    if deadline is None or now < deadline or run.went_on:
        return None
    return Ask("", "The time that the playbook gives itself is over.")


def _onward(run: Run, playbook: Playbook, step: Step, there: StepRun, now: Millis) -> Move:
    """What follows a step that is not in hand."""
    if there.state is StepState.PENDING:  # a person wants it to be tried again, whatever its condition
        return _begin(run, step, "", "retry", now)
    if there.state is StepState.UNKNOWN:
        return Ask(step.id, f"Nobody knows how it ended: {there.says}")
    if there.state is StepState.FAILED and there.ended is not None and there.ended.ended == "ask":
        return Ask(step.id, there.says)
    again = _again(step, there)
    if again is not None:
        return Later(step, again) if now < again else _entering(run, step, "", "retry", now)
    way = _way(step, there)
    if way is None:
        return Ask(step.id, there.says or "No way leads on from here.")
    if way.at_most is not None and run.taken.get((step.id, way.when), 0) >= way.at_most:
        times = "once" if way.at_most == 1 else f"{way.at_most} times"
        return Ask(step.id, f"{there.says} The way to {way.to} may be taken {times}, and it was.")
    if way.to == END:
        return _finish(run, way)
    target = step_of(playbook, way.to)
    if target is None:
        return Ask(step.id, f"The playbook has no step {way.to}.")
    return _entering(run, target, step.id, way.when, now)


def _way(step: Step, there: StepRun) -> Way | None:
    wanted = _WHEN[there.state]
    if step.kind == "decision" and there.state is StepState.SUCCEEDED:
        wanted = there.answer.choice if there.answer is not None else ""
        found = [way for way in step.ways if way.when not in ("on_fail", "on_no_data", "on_timeout")]
        return next((way for way in found if way.when == wanted), None)
    return next((way for way in step.ways if way.when == wanted), None)


def _again(step: Step, there: StepRun) -> Millis | None:
    """When it is tried again by itself, if it is."""
    retry = step.fields.get("retry")
    if not isinstance(retry, dict) or there.state not in _TRIED_AGAIN or there.settled is not None:
        return None
    if step.effect and there.state is StepState.TIMED_OUT:
        return None  # what it began may still happen
    times, every = retry.get("times"), retry.get("every")
    if not isinstance(times, int) or not isinstance(every, str) or there.tries >= times:
        return None
    pause = milliseconds(every)
    if retry.get("backoff") == "exponential":
        pause <<= min(there.tries - 1, 40)
    return there.ended_at + min(pause, max(LONGEST_PAUSE_MS, milliseconds(every)))


def _entering(run: Run, step: Step, origin: str, way: str, now: Millis) -> Move:
    wanted = step.fields.get("if")
    begin = _begin(run, step, origin, way, now)
    if not isinstance(wanted, str):
        return begin
    holds = condition(parse(wanted), run.names)
    if holds is NO_DATA:
        return Undecided(
            begin, f"It is done only if {wanted}, and there is no data on that. It was not done."
        )
    if not holds:
        return LeaveOut(step, f"it is done only if {wanted}", origin, way)
    return begin


def _begin(run: Run, step: Step, origin: str, way: str, now: Millis) -> Begin:
    limit = step.fields.get("timeout")
    deadline = now + milliseconds(limit) if isinstance(limit, str) and "{{" not in limit else None
    return Begin(step, run.step(step.id).attempt + 1, origin, way, deadline)


def _finish(run: Run, way: Way) -> Move:
    doubtful = run.in_state(StepState.UNKNOWN)
    if doubtful:
        return Ask(doubtful[0].id, f"Nobody knows how it ended: {doubtful[0].says}")
    passed, skipped = run.in_state(StepState.SUCCEEDED), run.in_state(StepState.SKIPPED)
    by_people = sorted(one.id for one in skipped if one.by)
    says = f"{len(passed)} of {len(run.steps)} steps that were come to have succeeded"
    if by_people:
        says += f"; skipped: {', '.join(by_people)}"
    if way.when in ("on_fail", "on_no_data", "on_timeout"):
        return Finish(False, f"{says}; its last step did not")
    return Finish(bool(passed), says)
