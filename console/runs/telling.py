"""A run in plain text and as JSON: where it stands, what became of each step, what is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from console.envelope import Json
from console.playbooks.model import Playbook, Step
from console.playbooks.telling import says
from console.readings import Millis
from console.runs.next import step_of
from console.runs.rules import choices, skippable
from console.runs.run import Run, StepRun, standing
from console.runs.terms import StepState


def span(ms: Millis) -> str:
    """``4 s``, ``3 min 20 s``, ``2 h 5 min``."""
    seconds = ms // 1000
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def line_of(run: Run, heard: bool) -> str:
    """One line of a list."""
    at = f" at {run.current}" if run.current and not run.over else ""
    return f"{run.id:<6} {standing(run, heard).value}{at}  {run.started.title}"


def page(
    run: Run, playbook: Playbook, heard: bool, now: Millis, local: Callable[[Millis], str]
) -> Iterator[str]:
    """Everything of one run, line by line."""
    started = run.started
    yield f"{run.id} {started.title} ({started.playbook}, version {started.version}, {started.sha256[:8]})"
    ran, waited = run.times(now)
    driver = f"; {run.driver.person} drives" if run.driver else ""
    yield f"{standing(run, heard).value}{driver}; ran {span(ran)}, waited {span(waited)}"
    yield f"started by {started.person} {local(run.at)} from {started.path}"
    if started.incident_id:
        yield f"incident: {started.incident_id}"
    if started.parent:
        yield f"a part of: {started.parent}"
    if run.over:
        by = f" by {run.ended_by}" if run.ended_by else ""
        yield f"ended{by} {local(run.ended_at)}: {run.says}"
    yield ""
    for number, step in enumerate(playbook.steps, start=1):
        yield from _step(number, step, run.step(step.id), now)
    question = tuple(asked(run, playbook))
    if question:
        yield ""
        yield from question


def _step(number: int, step: Step, there: StepRun, now: Millis) -> Iterator[str]:
    mark = "!" if step.effect else " "
    again = f", try {there.attempt}" if there.attempt > 1 else ""
    yield f"{number:>3}. {mark} {there.state.value:<10} {step.title}  [{step.id}]{again}"
    if there.says:
        yield f"       {there.by + ': ' if there.by else ''}{there.says}"
    for link in there.ended.links if there.ended else ():
        yield f"       {' '.join(link)}"
    if there.ended and there.ended.undo:
        yield f"       taken back by: {there.ended.undo}"


def asked(run: Run, playbook: Playbook) -> Iterator[str]:
    """What a person has to say now, and how; nothing where nobody is asked."""
    if run.over:
        return
    step = step_of(playbook, run.current)
    if run.asks is not None and not run.asks.step:
        yield f"? {run.asks.why}"
        yield f"  go on: coalmine playbook retry {run.id}"
        yield f"  abort: coalmine playbook abort {run.id} --reason TEXT"
    elif run.asks is not None and step is not None:
        yield f"? {step.title} [{step.id}]: {run.asks.why}"
        if run.step(step.id).state is StepState.UNKNOWN:
            for word in ("succeeded", "failed"):
                yield f"  it {word}: coalmine playbook answer {run.id} {step.id} {word} --evidence TEXT"
        else:
            yield f"  try again: coalmine playbook retry {run.id}"
            if skippable(step):
                yield f"  skip: coalmine playbook skip {run.id} --reason TEXT"
        yield f"  abort: coalmine playbook abort {run.id} --reason TEXT"
    elif step is not None and waits_for_answer(run, step):
        yield f"? {step.title}: {says(step).removeprefix('decide: ')}"
        for number, one in enumerate(choices(step), start=1):
            yield f"  {number} {one}"
        yield f"  answer: coalmine playbook answer {run.id} {step.id} NUMBER"


def waits_for_answer(run: Run, step: Step) -> bool:
    """Whether a person has to answer this step now."""
    there = run.step(step.id)
    return step.kind in ("manual", "decision") and there.state.in_hand and there.answer is None


def as_json(run: Run, playbook: Playbook | None, heard: bool, now: Millis) -> Json:
    """The same for programs."""
    started = run.started
    ran, waited = run.times(now)
    question = list(asked(run, playbook)) if playbook else []
    return {
        "run": run.id,
        "playbook": started.playbook,
        "version": started.version,
        "title": started.title,
        "path": started.path,
        "sha256": started.sha256,
        "params": [{"name": name, "value": value} for name, value in run.params.items()],
        "incident": started.incident_id or None,
        "parent": started.parent or None,
        "state": standing(run, heard).value,
        "step": run.current or None,
        "driver": run.driver.person if run.driver else None,
        "handed_to": run.handed_to or None,
        "started_by": started.person,
        "started_at": run.at,
        "ended_at": run.ended_at or None,
        "says": run.says,
        "ran_ms": ran,
        "waited_ms": waited,
        "asks": question,
        "steps": [_step_json(step, run.step(step.id), now) for step in (playbook.steps if playbook else ())],
    }


def _step_json(step: Step, there: StepRun, now: Millis) -> Json:
    ran, waited = there.times(now)
    ended = there.ended
    return {
        "step": step.id,
        "kind": step.kind,
        "title": step.title,
        "effect": step.effect,
        "state": there.state.value,
        "attempts": there.attempt,
        "says": there.says,
        "by": there.by or (there.answer.person if there.answer else None),
        "answer": there.answer.choice if there.answer else None,
        "evidence": list(ended.evidence) if ended else [],
        "links": [{"kind": link[0], "name": link[1]} for link in ended.links if len(link) == 2]
        if ended
        else [],
        "undo": ended.undo if ended else "",
        "deadline": there.deadline,
        "until": there.until,
        "ran_ms": ran,
        "waited_ms": waited,
    }
