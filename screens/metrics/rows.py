"""One metric as a row, and the heading of a family. Pure."""

from __future__ import annotations

from console.canary.catalogue import Family
from console.canary.values import text_of, value_of
from console.canary.verdict import MetricState
from console.readings import Freshness, Millis
from console.trend import trend
from console.world import World
from screens import clean, paint
from screens.metrics.found import FAMILIES, Entry
from screens.metrics.marks import evidence_bar, figure, newest_evidence
from screens.metrics.state import State, sentence, state
from screens.paint import Line, Span, Tone, span
from screens.present import NOTHING

WIDE = 107
"""Cells from which the columns have room for units, and the evidence is drawn."""
NARROW_SIZES, WIDE_SIZES = (14, 20, 10, 10, 7, 7, 4), (14, 21, 15, 15, 9, 12, 13)
NUMBERS = (2, 3, 4)
"""The columns that end at the right."""
SHORT = 5
HEADS = ("state", "metric", "canary", "baseline", "effect", "trend", "evidence")


def sizes(cells: int) -> tuple[int, ...]:
    """The widths of the columns."""
    return WIDE_SIZES if cells >= WIDE else NARROW_SIZES


def heading(cells: int) -> Line:
    """The heads of the columns."""
    heads = (*HEADS[:-1], HEADS[-1] if cells >= WIDE else "evid")
    parts = [
        Span(f"{text:>{size}}" if place in NUMBERS else text, "quiet")
        for place, (text, size) in enumerate(zip(heads, sizes(cells), strict=True))
    ]
    return _columns(parts, cells)


def family_line(family: Family, cells: int) -> Line:
    """The heading of a family; dim, as everything that only orders."""
    return paint.cut((span(f" {FAMILIES[family]}", "quiet", bold=True),), cells)


def row(entry: Entry, world: World, now: Millis, cells: int, marked: bool, weights: float = 0.0) -> Line:
    """State, title, canary, baseline, effect, trend of the canary, evidence."""
    own = state(entry, world, now)
    title = titled(entry, sizes(cells)[1])
    first = [
        Span(f"{own.glyph} {own.word}", own.tone, own.tone in ("worse", "caution")),
        span(title, "strong" if marked else "quiet" if entry.view is None else "normal"),
    ]
    arrow = Span("▸" if marked else " ", "key")
    if own.freshness is Freshness.MISSING:
        room = max(cells - 2 - sum(sizes(cells)[:2]) - 1, 8)
        said = clean.cut(clean.clean(sentence(entry, world, now)), room)
        return paint.cut((arrow, *_columns(first, cells)[1:], Span(" "), Span(said, "quiet")), cells)
    return paint.cut(
        (arrow, *_columns([*first, *_values(entry, own, world, cells, weights)], cells)[1:]), cells
    )


def _values(entry: Entry, own: State, world: World, cells: int, weights: float) -> list[Span]:
    assert entry.view is not None
    metric, view = entry.metric, entry.view
    old = own.freshness in (Freshness.STALE, Freshness.LOST)
    worse = entry.said is not None and entry.said.state is MetricState.WORSE and not old
    tone: Tone = "quiet" if old else "strong" if worse else "normal"
    size = sizes(cells)[2]
    if not metric.split:
        value = brief(entry, "canary", size)
        return [
            span(f"{value:>{size}}", tone), Span("both", "quiet"), Span(""),
            span(trend(view.canary_line, (), sizes(cells)[5]), "quiet"), Span(""),
        ]  # fmt: skip
    shown = [brief(entry, track, size) for track in ("canary", "baseline")]
    if own.freshness is Freshness.LOST:
        shown = [NOTHING, NOTHING]
    return [
        span(f"{shown[0]:>{size}}", tone),
        span(f"{shown[1]:>{size}}", "quiet" if old else "normal"),
        span(f"{entry.effect if own.freshness is not Freshness.LOST else '':>{sizes(cells)[4]}}", tone),
        span(trend(view.canary_line, view.baseline_line, sizes(cells)[5]), "quiet" if old else "canary"),
        _evidence(entry, world, weights, sizes(cells)[6], worse),
    ]


def titled(entry: Entry, cells: int) -> str:
    """The metric's name; with what stands in for it, where that is as short as ``INP``."""
    title = f"  {entry.metric.title}" if entry.metric.part_of else entry.metric.title
    instead = "" if entry.view is None else clean.clean(entry.view.instead)
    if not instead or len(instead) > SHORT:
        return title
    return f"{clean.cut(title, cells - clean.width(instead) - 1)} {instead}"


def brief(entry: Entry, track: str, cells: int) -> str:
    """A value for its column: where that is too narrow, a long unit gives way."""
    text = clean.clean(entry.text(track))
    if clean.width(text) <= cells or entry.view is None:
        return text
    value = value_of(entry.metric, entry.reading(track).value)
    return text_of(entry.metric, value).removesuffix(entry.metric.unit).strip() or text


def _evidence(entry: Entry, world: World, weights: float, cells: int, worse: bool) -> Span:
    newest = newest_evidence(world, entry.id)
    if newest is None:
        return Span("")
    number = figure(newest)
    tone: Tone = "worse" if worse else "quiet"
    if cells < WIDE_SIZES[6]:
        return Span(f"{number:>{cells}}", tone, worse)
    bar = evidence_bar(world, entry.metric, weights, cells - 5)
    return Span(f"{bar:<{cells - 5}} {number:>4}", tone, worse)


def _columns(parts: list[Span], cells: int) -> Line:
    return (Span(" "), *paint.columns(zip(parts, sizes(cells), strict=False), gap=1))


def haystack(entry: Entry, world: World, now: Millis) -> str:
    """The text that a filter looks at."""
    own, metric = state(entry, world, now), entry.metric
    kind = "guard" if metric.guard else "informs" if metric.split else "context"
    words = f"{metric.title} {metric.id} {FAMILIES[metric.family]} {own.word} {kind}"
    return f"{words} {sentence(entry, world, now)}"
