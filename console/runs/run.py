"""A run as its events tell it. Pure: a fold, nothing is stored.

What does not fit where the run stands changes nothing, and stands in the ledger all the same: a word on an
attempt that is over, a step begun by somebody who does not drive, a person named who did not record it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from console import events
from console.envelope import Recorded
from console.playbooks.evaluate import NO_DATA, Value
from console.ports import Ledger
from console.readings import Millis
from console.runs import happened as h
from console.runs.terms import RunState, StepState


@dataclass(frozen=True, slots=True)
class Driver:
    """Whoever drives, and since when."""

    person: str
    session: str
    at: Millis
    how: str

    @property
    def holder(self) -> str:
        """The name that its lease is held under."""
        return f"{self.person}/{self.session}"


@dataclass(frozen=True, slots=True)
class StepRun:
    """What has become of one step. Times add up over all of its attempts."""

    id: str
    state: StepState = StepState.PENDING
    attempt: int = 0
    """How often it was begun in the whole run."""
    tries: int = 0
    """How often since a way last led here; a person's word to try again begins anew."""
    began_at: Millis = 0
    ended_at: Millis = 0
    waits_since: Millis | None = None
    waits_for: str = ""
    deadline: Millis | None = None
    until: Millis | None = None
    ran_ms: Millis = 0
    waited_ms: Millis = 0
    ended: h.StepEnded | None = None
    answer: h.StepAnswered | None = None
    """Of the attempt in hand, or of the last."""
    settled: h.StepSettled | None = None
    by: str = ""
    """Who skipped it, or settled it."""
    why: str = ""

    @property
    def says(self) -> str:
        """How it ended, in words."""
        return self.why or (self.ended.says if self.ended else "")

    def times(self, now: Millis) -> tuple[Millis, Millis]:
        """How long it ran and how long it waited, up to now."""
        if not self.state.in_hand:
            return self.ran_ms, self.waited_ms
        since = now if self.waits_since is None else self.waits_since
        return self.ran_ms + max(0, since - self.began_at), self.waited_ms + max(0, now - since)


@dataclass(frozen=True, slots=True)
class Asked:
    """The run stands still until a person says how it goes on."""

    at: Millis
    step: str
    """``""``: about the run as a whole."""
    why: str


@dataclass(frozen=True, slots=True)
class Run:
    """Everything recorded of one run."""

    started: h.RunStarted
    at: Millis
    version: int
    newest_at: Millis
    steps: Mapping[str, StepRun] = field(default_factory=dict)
    """Those that were ever begun or skipped, by id."""
    current: str = ""
    """The step that was begun or skipped last."""
    taken: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """How often each way was taken: (step, way) → times."""
    captured: Mapping[str, Value] = field(default_factory=dict)
    driver: Driver | None = None
    driven: bool = False
    """Whether anybody ever drove it."""
    handed_to: str = ""
    asks: Asked | None = None
    went_on: bool = False
    """A person wanted it to go on after its time."""
    ended: RunState | None = None
    ended_at: Millis = 0
    ended_by: str = ""
    says: str = ""
    """Of one that is over: how it ended, or why it was aborted."""
    blocked: str = ""
    """What of it cannot be understood here: then nothing more is done about it."""
    story: tuple[Recorded, ...] = field(default=(), repr=False)

    @property
    def id(self) -> str:
        return self.started.run_id

    @property
    def over(self) -> bool:
        return self.ended is not None

    @property
    def state(self) -> RunState:
        """As far as the ledger tells; whether it is orphaned is told by the lease (:func:`standing`)."""
        if self.ended is not None:
            return self.ended
        if self.asks is not None:
            return RunState.PAUSED
        if self.driver is None:
            return RunState.PAUSED if self.driven else RunState.PREPARED
        waits = self.current and self.step(self.current).state is StepState.WAITING
        return RunState.WAITING if waits else RunState.RUNNING

    @property
    def params(self) -> Mapping[str, Value]:
        return _values(self.started.params)

    @property
    def names(self) -> Mapping[str, Value]:
        """What expressions may name: parameters, and what was captured so far."""
        return {**self.params, **self.captured}

    def step(self, step_id: str) -> StepRun:
        """What has become of a step; one that nobody came to yet is pending."""
        return self.steps.get(step_id, StepRun(step_id))

    def in_state(self, state: StepState) -> tuple[StepRun, ...]:
        return tuple(one for one in self.steps.values() if one.state is state)

    def times(self, now: Millis) -> tuple[Millis, Millis]:
        """How long its steps ran and how long they waited, in all."""
        found = [one.times(now) for one in self.steps.values()]
        return sum(one[0] for one in found), sum(one[1] for one in found)


def standing(run: Run, heard: bool) -> RunState:
    """The run's state where it is known whether its driver's lease is still held (``heard``)."""
    state = run.state
    lost = run.driver is not None and not heard and not run.over
    return RunState.ORPHANED if lost else state


def run_of(story: Sequence[Recorded]) -> Run | None:
    """Fold the events of one stream; ``None`` where it does not begin with the start of a run."""
    found: Run | None = None
    for one in story:
        found = after(found, one)
    return None if found is None else replace(found, story=tuple(story))


def goes_on(ledger: Ledger, run_id: str) -> bool:
    """Whether a run of that name is there and not over. Blocking."""
    run = run_of(ledger.read(stream=h.stream_of(run_id)))
    return run is not None and not run.over


def after(run: Run | None, one: Recorded) -> Run | None:
    """The run after one more event."""
    try:
        event = events.read(one)
    except events.Unknown as error:
        return None if run is None else replace(run, blocked=str(error), version=one.version)
    if run is None:
        if not isinstance(event, h.RunStarted):
            return None
        return Run(event, one.at, one.version, one.header.recorded_at)
    newest = max(run.newest_at, one.header.recorded_at)
    run = replace(run, version=one.version, newest_at=newest)
    named = getattr(event, "person", one.actor.person)
    if event is None or run.over or named != one.actor.person:
        return run
    return _AFTER.get(type(event), _nothing)(run, event, one)


def _nothing(run: Run, event: Any, one: Recorded) -> Run:
    return run


def _with(run: Run, step: StepRun, **more: Any) -> Run:
    return replace(run, steps={**run.steps, step.id: step}, **more)


def _took(run: Run, event: h.DriverTook, one: Recorded) -> Run:
    driver = Driver(event.person, event.session, one.at, event.how)
    return replace(run, driver=driver, driven=True, handed_to="")


def _handed(run: Run, event: h.DriverHandedOver, one: Recorded) -> Run:
    if run.driver is None or run.driver.person != event.person:
        return run
    return replace(run, handed_to=event.to)


def _let_go(run: Run, event: h.DriverLetGo, one: Recorded) -> Run:
    if run.driver is None or (run.driver.person, run.driver.session) != (event.person, event.session):
        return run
    return replace(run, driver=None)


def _drives(run: Run, one: Recorded) -> bool:
    driver = run.driver
    return driver is not None and (driver.person, driver.session) == (one.actor.person, one.actor.session)


def _began(run: Run, event: h.StepBegan, one: Recorded) -> Run:
    before = run.step(event.step)
    if not _drives(run, one) or event.attempt != before.attempt + 1 or _busy(run):
        return run
    again = event.way == "retry"
    step = replace(
        before,
        state=StepState.RUNNING,
        attempt=event.attempt,
        tries=before.tries + 1 if again else 1,
        began_at=one.at,
        waits_since=None,
        waits_for="",
        deadline=event.deadline,
        until=event.until,
        ended=None,
        answer=None,
        settled=None,
        by="",
        why="",
    )
    return _with(_by(run, event.origin, event.way), step, current=event.step)


def _busy(run: Run) -> bool:
    return bool(run.current) and run.step(run.current).state.in_hand


def _by(run: Run, origin: str, way: str) -> Run:
    if not origin:
        return run
    return replace(run, taken={**run.taken, (origin, way): run.taken.get((origin, way), 0) + 1})


def _in_hand(run: Run, step_id: str, attempt: int) -> StepRun | None:
    step = run.step(step_id)
    return step if step.state.in_hand and step.attempt == attempt else None


def _waits(run: Run, event: h.StepWaits, one: Recorded) -> Run:
    step = _in_hand(run, event.step, event.attempt)
    if step is None or step.waits_since is not None or not _drives(run, one):
        return run
    return _with(run, replace(step, state=StepState.WAITING, waits_since=one.at, waits_for=event.what))


_STATES: Mapping[str, StepState] = {
    "succeeded": StepState.SUCCEEDED,
    "failed": StepState.FAILED,
    "no_data": StepState.NO_DATA,
    "timed_out": StepState.TIMED_OUT,
    "unknown": StepState.UNKNOWN,
    "ask": StepState.FAILED,
}


def _over(step: StepRun, state: StepState, at: Millis) -> StepRun:
    ran, waited = step.times(at)
    return replace(step, state=state, ended_at=at, ran_ms=ran, waited_ms=waited, waits_since=None)


def _ended(run: Run, event: h.StepEnded, one: Recorded) -> Run:
    step = _in_hand(run, event.step, event.attempt)
    if step is None or not _drives(run, one):
        return run
    step = replace(_over(step, _STATES[event.ended], one.at), ended=event)
    return _with(run, step, captured={**run.captured, **_values(event.captured)})


def _values(texts: Mapping[str, str]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, text in texts.items():
        try:
            found[name] = json.loads(text)
        except (ValueError, RecursionError):
            found[name] = NO_DATA
    return found


def _skipped(run: Run, event: h.StepSkipped, one: Recorded) -> Run:
    if event.how == "condition" and (not _drives(run, one) or _busy(run)):
        return run
    before = run.step(event.step)
    passed = before.state in (StepState.UNKNOWN, StepState.SUCCEEDED)
    if event.how == "person" and (event.step != run.current or passed):
        return run
    step = _over(before, StepState.SKIPPED, one.at)
    step = replace(step, by=event.person if event.how == "person" else "", why=event.why)
    return _with(_by(run, event.origin, event.way), step, current=event.step, asks=None)


def _answered(run: Run, event: h.StepAnswered, one: Recorded) -> Run:
    step = _in_hand(run, event.step, event.attempt)
    if step is None or step.answer is not None:
        return run
    return _with(run, replace(step, answer=event))


def _settled(run: Run, event: h.StepSettled, one: Recorded) -> Run:
    step = run.step(event.step)
    if step.state is not StepState.UNKNOWN or step.attempt != event.attempt:
        return run
    state = StepState.SUCCEEDED if event.ended == "succeeded" else StepState.FAILED
    settled = replace(step, state=state, settled=event, by=event.person, why=event.why)
    return _with(run, settled, asks=None)


def _retried(run: Run, event: h.StepRetried, one: Recorded) -> Run:
    step = run.step(event.step)
    if event.step != run.current or step.state.in_hand or step.state is StepState.UNKNOWN:
        return run
    return _with(run, replace(step, state=StepState.PENDING, tries=0), asks=None)


def _paused(run: Run, event: h.RunPaused, one: Recorded) -> Run:
    if not _drives(run, one):
        return run
    return replace(run, asks=Asked(one.at, event.step, event.why))


def _goes_on(run: Run, event: h.RunGoesOn, one: Recorded) -> Run:
    if run.asks is None or run.asks.step:
        return run
    return replace(run, asks=None, went_on=True)


def _run_ended(run: Run, event: h.RunEnded, one: Recorded) -> Run:
    if not _drives(run, one) or run.in_state(StepState.UNKNOWN) or _busy(run):
        return run
    return replace(run, ended=RunState(event.state), ended_at=one.at, says=event.says, driver=None, asks=None)


def _aborted(run: Run, event: h.RunAborted, one: Recorded) -> Run:
    steps = {
        name: _over(step, StepState.CANCELLED, one.at) if step.state.in_hand else step
        for name, step in run.steps.items()
    }
    return replace(
        run,
        steps=steps,
        ended=RunState.ABORTED,
        ended_at=one.at,
        ended_by=event.person,
        says=event.why,
        driver=None,
        asks=None,
    )


_AFTER: Mapping[type[events.Event], Callable[[Run, Any, Recorded], Run]] = {
    h.DriverTook: _took,
    h.DriverHandedOver: _handed,
    h.DriverLetGo: _let_go,
    h.StepBegan: _began,
    h.StepWaits: _waits,
    h.StepEnded: _ended,
    h.StepSkipped: _skipped,
    h.StepAnswered: _answered,
    h.StepSettled: _settled,
    h.StepRetried: _retried,
    h.RunPaused: _paused,
    h.RunGoesOn: _goes_on,
    h.RunEnded: _run_ended,
    h.RunAborted: _aborted,
}
