"""A run of a playbook: its head, its current step in full, and each step as a row. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from console.playbooks.model import END
from console.playbooks.telling import WHEN, says
from console.runs.next import step_of
from console.runs.params import fill
from console.runs.pinned import texts_of
from console.runs.rules import choices, skippable
from console.runs.run import standing
from console.runs.telling import waits_for_answer
from console.runs.terms import RunState, StepState
from screens import clean, paint
from screens.dialogs.review_text import labelled
from screens.paint import EMPTY, Line, Span, Tone, paragraph, span
from screens.playbooks.markdown import rendered
from screens.present import clock, countdown

if TYPE_CHECKING:
    from console.playbooks.model import Playbook, Step
    from console.readings import Millis
    from console.runs.room import Seen
    from console.runs.run import Run, StepRun
    from console.world import World

STEPS: dict[StepState, tuple[str, Tone]] = {
    StepState.PENDING: ("·", "quiet"),
    StepState.WAITING: ("…", "caution"),
    StepState.RUNNING: ("▶", "canary"),
    StepState.SUCCEEDED: ("✓", "good"),
    StepState.FAILED: ("!", "worse"),
    StepState.NO_DATA: ("?", "caution"),
    StepState.SKIPPED: ("–", "quiet"),
    StepState.TIMED_OUT: ("⧗", "worse"),
    StepState.CANCELLED: ("–", "quiet"),
    StepState.UNKNOWN: ("?", "worse"),
}
"""A sign and a tone for each state of a step; the word stands beside it always."""
RUNS: dict[RunState, Tone] = {
    RunState.SUCCEEDED: "good",
    RunState.FAILED: "worse",
    RunState.ABORTED: "worse",
    RunState.ORPHANED: "worse",
    RunState.PAUSED: "caution",
    RunState.WAITING: "caution",
}
NUMBER = 4
NUMBERED = re.compile(r"^\d{1,3}[.)]\s+")


def head(seen: Seen, now: Millis, cells: int, *, here: bool) -> list[Line]:
    """Name, title, where it stands, who drives, how long it has left."""
    run, state = seen.run, standing(seen.run, seen.heard)
    first = (span(f" {run.id}  ", "strong", bold=True), span(run.started.title, "strong", bold=True))
    driver = "nobody drives it" if run.driver is None else f"{run.driver.person} drives it"
    if state is RunState.ORPHANED and run.driver is not None:
        driver = f"{run.driver.person} drove it and is not heard of"
    if here:
        driver += ", from here"
    if run.handed_to:
        driver += f"; handed to {run.handed_to}"
    parts = [span(f" {state.value}", RUNS.get(state, "strong"), bold=True)]
    if not run.over:
        parts.append(span(f"   {driver}", "caution" if run.driver is None else "normal"))
    if run.started.deadline is not None and not run.over:
        left = run.started.deadline - now
        late = left <= 0
        said = f"   {countdown(-left)} over its time" if late else f"   {countdown(left)} left in all"
        parts.append(span(said, "worse" if late else "quiet"))
    if run.started.incident_id:
        parts.append(span(f"   for {run.started.incident_id}", "quiet"))
    if run.over:
        parts.append(span(f"   {run.says}", "normal"))
    return [paint.cut(first, cells), paint.cut(tuple(parts), cells)]


def current(seen: Seen, world: World, now: Millis, cells: int, progress: str = "") -> list[Line]:
    """The step in hand: its title, prose with its values, what it does, its evidence, what comes next."""
    run, playbook = seen.run, seen.playbook
    if playbook is None:
        return paragraph("The playbook of this run is not in the ledger any more.", cells, "worse")
    step = step_of(playbook, run.current)
    if step is None:
        first = playbook.steps[0].title if playbook.steps else "nothing"
        said = f"It has not begun. First comes: {first}. enter drives it from here."
        return paragraph(said, cells, "strong", bold=True)
    there = run.step(step.id)
    number = next(place for place, one in enumerate(playbook.steps, 1) if one.id == step.id)
    sign, tone = STEPS[there.state]
    again = f", try {there.attempt}" if there.attempt > 1 else ""
    title = f"{sign} step {number} of {len(playbook.steps)}: {named(step)}"
    lines = paragraph(title, cells, tone if tone != "quiet" else "strong", bold=True)
    lines += paragraph(f"{there.state.value}{again}{_clocks(there, now)}", cells, "quiet")
    lines += _asked(seen, step, cells)
    if step.effect:
        lines += paragraph("! it changes production", cells, "caution", bold=True)
    lines += paragraph(says(step), cells, "strong")
    if step.prose.strip():
        lines += [EMPTY, *rendered(step.prose, cells, filled=_values(run)), EMPTY]
    for label, text, toned in _evidence(run, step, there, world, progress):
        lines += labelled(label, text, cells, toned)
    for label, text in _next(playbook, step):
        lines += labelled(label, text, cells)
    return lines


def _values(run: Run) -> Callable[[str], str]:
    """What fills the run's parameters and what it captured into prose."""
    texts = texts_of(run.names)
    return lambda words: str(fill(words, texts))


def named(step: Step) -> str:
    """Its title without a number of its own: the list has one."""
    return NUMBERED.sub("", step.title, count=1) or step.title


def _clocks(there: StepRun, now: Millis) -> str:
    said = ""
    if there.state.in_hand and there.began_at:
        said += f" for {countdown(now - there.began_at)}"
    if there.until is not None and there.state.in_hand:
        said += f", until {clock(there.until, now)} ({countdown(there.until - now)} left)"
    elif there.deadline is not None and there.state.in_hand:
        said += f", {countdown(there.deadline - now)} left"
    return said


def _asked(seen: Seen, step: Step, cells: int) -> list[Line]:
    """What a person has to say now."""
    run = seen.run
    if run.over:
        return []
    if run.asks is not None:
        lines = paragraph(f"? {run.asks.why}", cells, "caution", bold=True)
        offers = ["t tries again"]
        if run.step(step.id).state is StepState.UNKNOWN:
            offers = ["enter says how it ended"]
        elif run.asks.step and skippable(step):
            offers.append("s skips it")
        return [*lines, *paragraph(f"  {', '.join([*offers, 'x aborts'])}", cells, "quiet")]
    if not waits_for_answer(run, step):
        return []
    lines = []
    for number, one in enumerate(choices(step), 1):
        lines += paragraph(f"{number} {one}", cells, "key", indent=2)
    return [*lines, *paragraph("enter answers it", cells, "quiet", indent=2)]


def _evidence(
    run: Run, step: Step, there: StepRun, world: World, progress: str
) -> Iterator[tuple[str, str, Tone]]:
    query = step.fields.get("query")
    verdict = world.verdict
    for one in verdict.metrics if verdict is not None and isinstance(query, str) else ():
        if one.metric_id == query:
            yield "LIVE", f"{one.title} {one.canary} against {one.baseline}: {one.sentence}", "strong"
    if progress and there.state.in_hand:
        yield "NOW", progress, "normal"
    if there.waits_for:
        yield "WAITS", there.waits_for, "caution"
    ended = there.ended
    if there.says:
        yield "ENDED", f"{there.by + ': ' if there.by else ''}{there.says}", "strong"
    for place, text in enumerate(ended.evidence if ended is not None else ()):
        yield "" if place else "EVIDENCE", text, "normal"
    for link in ended.links if ended is not None else ():
        yield "MADE", " ".join(link), "normal"
    if ended is not None and ended.undo:
        yield "UNDO", ended.undo, "caution"


def _next(playbook: Playbook, step: Step) -> Iterator[tuple[str, str]]:
    titles = {one.id: one.title for one in playbook.steps}
    for place, way in enumerate(step.ways):
        to = "the end" if way.to == END else titles.get(way.to, way.to)
        when = "" if way.when == "next" else f"{WHEN.get(way.when, f'“{way.when}”')}: "
        yield "" if place else "THEN", f"{when}{to}"


def row(number: int, step: Step, there: StepRun, cells: int, marked: bool, *, at: bool) -> Line:
    """One step: sign, number, title, how it ended."""
    sign, tone = STEPS[there.state]
    strong = at or there.state.in_hand
    state = "" if there.state is StepState.PENDING else there.state.value
    first = (
        Span("▸" if marked else " ", "key"),
        Span(f"{sign} ", tone, strong),
        span(f"{number:>{NUMBER - 1}} ", "quiet"),
    )
    room = max(cells - paint.width(first), 8)
    text = clean.clean(f"{'! ' if step.effect else ''}{named(step)}")
    shown = span(text, "strong" if strong else "quiet" if tone == "quiet" else "normal", bold=strong)
    after = f"  {state}" + (f": {there.says}" if there.says else "")
    return (*first, *paint.cut((shown, span(after, tone)), room))


def haystack(step: Step, there: StepRun) -> str:
    """What a filter looks at."""
    return f"{step.id} {step.title} {step.kind} {there.state.value} {there.says}"
