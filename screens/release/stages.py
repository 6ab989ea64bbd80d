"""The stage bar: which stages there are, where the release stands, and what moves it on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from console.canary.stages import Release, ReleaseState, Stage
from console.ending import ending
from console.host_words import gate_words
from console.readings import Millis
from console.world import StageMark, World
from screens import clean, paint
from screens.paint import Line, Span, Tone, span
from screens.present import MINUTE, clock, duration, percent, when

WIDE = 108
DONE, TODO, HERE = "━", "╌", "◉"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a release stands: the stage's place among all (from 0), since when, and how far through it."""

    place: int
    since: Millis | None
    through: float
    """0 to 1: how much of the stage's time is over; a fixed beginning where nobody set a time."""


def standing(release: Release, marks: tuple[StageMark, ...], now: Millis) -> Standing | None:
    """Where ``release`` stands now; ``None`` when it is over or the host did not say."""
    stage = release.stage
    if stage is None:
        return None
    place = next((i for i, one in enumerate(release.stages) if one.index == stage.index), 0)
    reached = [mark.at for mark in marks if mark.percentage == stage.percentage]
    since = max(reached) if reached else release.started_at if place == 0 else None
    if stage.duration_s and since is not None:
        through = min(max((now - since) / (stage.duration_s * 1000), 0.0), 1.0)
    else:
        through = 0.2
    return Standing(place, since, through)


def next_words(release: Release, here: Standing | None, now: Millis) -> str:
    """What moves the release on, and who has to press what."""
    stage, following = release.stage, release.next_stage
    if stage is None:
        return ""
    if release.paused:
        return f"paused by the host: stays at {percent(stage.percentage)}"
    if following is None:
        return "the last stage: complete it to end the release"
    to = percent(following.percentage)
    if stage.requires_approval or stage.duration_s is None:
        return f"next: {to}, needs approval"
    lasts = stage.duration_s * 1000
    if here is None or here.since is None:
        return f"next: {to}, by itself after {duration(lasts)}"
    at = here.since + lasts
    if at <= now:
        return f"next: {to}, by itself, due now"
    left = duration(at - now) if at - now < MINUTE else _minutes(at - now)
    return f"next: {to}, by itself {clock(at, now)} (in {left})"


def _minutes(ms: Millis) -> str:
    return f"{-(-ms // MINUTE)} min"


def bar(release: Release, here: Standing | None, cells: int, unit: str = " %") -> Line:
    """The bar alone, exactly ``cells`` wide where the labels fit: done, here and to do."""
    labels = [f"{stage.percentage}{unit}" for stage in release.stages]
    gaps = len(labels) - 1
    room = cells - sum(len(label) + 2 for label in labels) + 2
    if gaps < 1 or room < gaps * 2:
        return _stepper(release, here, cells, unit)
    weights = _weights(release.stages)
    sizes = [2 + int((room - 2 * gaps) * weight) for weight in weights]
    sizes[-1] += room - sum(sizes)
    reached = _reached(release, here)
    out: list[Span] = []
    for index, label in enumerate(labels):
        out.append(_label(label, index, reached, release))
        if index < gaps:
            out.append(Span(" "))
            out += _segment(sizes[index], index, reached, here)
            out.append(Span(" "))
    return tuple(out)


def _weights(stages: tuple[Stage, ...]) -> list[float]:
    """Segments half in proportion to the step in percent, half alike: a step of 1 % stays visible."""
    steps = [max(b.percentage - a.percentage, 0) for a, b in pairwise(stages)]
    total = sum(steps) or 1
    return [0.5 / len(steps) + 0.5 * step / total for step in steps]


def _reached(release: Release, here: Standing | None) -> int:
    if release.state is ReleaseState.COMPLETE:
        return len(release.stages)
    return -1 if here is None else here.place


def _label(label: str, index: int, reached: int, release: Release) -> Span:
    if index == reached:
        return Span(label, "canary", bold=True)
    tone: Tone = "canary" if index < reached else "quiet"
    return Span(label, tone)


def _segment(size: int, index: int, reached: int, here: Standing | None) -> list[Span]:
    if index < reached:
        return [Span(DONE * size, "canary")]
    if index > reached or here is None:
        return [Span(TODO * size, "quiet")]
    before = min(int(here.through * (size - 1) + 0.5), size - 1)
    return [
        Span(DONE * before, "canary"),
        Span(HERE, "canary", bold=True),
        Span(TODO * (size - 1 - before), "quiet"),
    ]


def _stepper(release: Release, here: Standing | None, cells: int, unit: str) -> Line:
    """Where the bar has no room: ``25 % ◉ stage 2 of 4``."""
    if here is None or not release.stages:
        return ()
    now = release.stages[here.place].percentage
    last = release.stages[-1].percentage
    text = f"{now}{unit} {HERE} of {last}{unit}"
    return (Span(clean.cut(text, cells), "canary", bold=True),)


def _position(release: Release, here: Standing | None, now: Millis, short: bool) -> str:
    if here is None:
        return ""
    place = f"stage {here.place + 1}{'/' if short else ' of '}{len(release.stages)}"
    if here.since is None:
        return place
    return f"{place}, {duration(now - here.since)}{'' if short else ' here'}"


def stage_lines(world: World, now: Millis, cells: int) -> list[Line]:
    """One or two rows: the bar, and in words where the release stands and what comes next."""
    return [*(paint.cut(line, cells) for line in _rows(world, now, cells)), *_linked(world, now, cells)]


def _linked(world: World, now: Millis, cells: int) -> list[Line]:
    """The flags of the release; loaded where there are any."""
    if not world.linked:
        return []
    from screens.release.linked import linked_lines

    return linked_lines(world, now, cells)


def _rows(world: World, now: Millis, cells: int) -> list[Line]:
    release = world.release.value
    if release is None:
        return []
    here = standing(release, world.marks, now)
    right: Span
    ended = _ended(world, now)
    if cells >= WIDE:
        right = ended or span(_position(release, here, now, short=False))
        following = span(next_words(release, here, now), "caution" if release.paused else "normal")
        words_size = max(clean.width(right.text), clean.width(following.text))
        room = min(max(cells - words_size - 8, 20), 110)
        first: Line = (Span("   "), *bar(release, here, room), Span("    "), right)
        second = [] if ended else [(Span(" " * (room + 7)), following)]
        return [first, *second, *_beside(world)]
    words = next_words(release, here, now).replace("next: ", "next ").replace(", needs", " needs")
    right = ended or span(
        ", ".join(part for part in (_position(release, here, now, short=True), words) if part)
    )
    room = cells - clean.width(right.text) - 5
    if room < 22:
        return [(Span(" "), *bar(release, here, cells - 2, "")), (Span(" "), right), *_beside(world)]
    return [(Span(" "), *bar(release, here, room, ""), Span("   "), right), *_beside(world)]


def _beside(world: World) -> list[Line]:
    """What else moves or waits: the host's own gate, and a deployment that waits for the release to end."""
    release = world.release.value
    if release is None:
        return []
    gate = gate_words(world.template.value) if release.active else ""
    return [*([(span(f" ◆ {gate}", "quiet"),)] if gate else []), *_queued(release)]


def _ended(world: World, now: Millis) -> Span | None:
    end = ending(world)
    if end is None:
        return None
    went_well = end.how == "completed" and not end.since
    glyph, word = ("✓", "complete") if went_well else ("▼", end.how)
    tone: Tone = "good" if went_well else "caution"
    return span(f"{glyph} {word} {when(end.at, now)}: {end.outcome}", tone, bold=True)


def _queued(release: Release) -> list[Line]:
    if not release.queued_deployment_id:
        return []
    return [(span(f" … {release.queued_deployment_id} waits for the next release", "quiet"),)]
