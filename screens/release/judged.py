"""What the verdict says of each metric: a row each, the culprits first, with evidence where there is room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from console.canary.headline import HEADLINE
from console.canary.verdict import MetricState, MetricVerdict, Verdict
from console.readings import Freshness, Millis
from console.world import MetricView, World
from screens import clean, paint
from screens.freshness import mark
from screens.metrics.ages import worst
from screens.metrics.said import WORDS, left_out
from screens.paint import Line, Span, Tone, span
from screens.present import NOTHING, clock, duration
from screens.words import METRICS

WIDE = 108
MOST, MOST_WIDE = 4, 6
"""Rows of metrics; where there are more, the last one counts what is left."""
MOST_CULPRITS = 6
BAR = 7
LINE = " │ line"
MOST_WORDS = 60
"""Cells of words beside which the evidence stands; a longer sentence takes its place."""
WAITING = (MetricState.COLLECTING, MetricState.INCONCLUSIVE)
NEEDY = (MetricState.NO_DATA, MetricState.STALE)


@dataclass(frozen=True, slots=True)
class Row:
    """One metric's part of the table, before its columns are measured."""

    glyph: Span
    title: Span
    values: Span
    effect: Span
    sentence: Span
    bar: Span


def ordered(verdict: Verdict) -> list[MetricVerdict]:
    """The culprits with the strongest evidence first, then the headline, what lacks data, and the rest."""

    def rank(one: MetricVerdict) -> tuple[int, float]:
        if one.state is MetricState.WORSE:
            return (0, -(one.evidence or 0.0))
        if one.metric_id in HEADLINE:
            return (1, HEADLINE.index(one.metric_id))
        if left_out(one) or one.sentence.startswith("informs only"):
            return (5, 0.0)
        return (2 if one.state in NEEDY else 3 if one.state in WAITING else 4, 0.0)

    return sorted(verdict.metrics, key=rank)


def table(verdict: Verdict, world: World, now: Millis, cells: int) -> list[Line]:
    """The rows, in columns that stand under each other."""
    wide, every = cells >= WIDE, ordered(verdict)
    culprits = sum(one.state is MetricState.WORSE for one in every)
    most = max(MOST_WIDE if wide else MOST, min(culprits, MOST_CULPRITS))
    kept = every if len(every) <= most + 1 else every[:most]
    views = {view.metric.id: view for view in (*world.metrics, *world.all_metrics)}
    shown = [(one, views.get(one.metric_id)) for one in kept]
    bars = _bars([view for _, view in shown if view is not None], world) if wide else {}
    rows = [_row(one, view, world, now, wide, bars.get(one.metric_id, "")) for one, view in shown]
    lines = in_columns(rows, cells, wide)
    return [*lines, _rest(every[len(kept) :], cells, wide)] if len(kept) < len(every) else lines


def _bars(views: Sequence[MetricView], world: World) -> dict[str, str]:
    """The evidence of each metric as a small picture; a console that has judged nothing yet loads nothing."""
    if not world.evidence:
        return {}
    from screens.metrics.marks import evidence_bar, judged_weight

    weights = judged_weight(world)
    return {view.metric.id: evidence_bar(world, view.metric, weights, BAR) for view in views}


def in_columns(rows: list[Row], cells: int, wide: bool) -> list[Line]:
    """The rows under each other."""
    indent, gap = (3, 3) if wide else (1, 2)
    title = _widest([row.title for row in rows], 12, 20 if wide else 18)
    values = _widest([row.values for row in rows], 20 if wide else 15, 30 if wide else 22)
    effect = _widest([row.effect for row in rows], 8, 24 if wide else 14)
    left = max(cells - indent - 1 - title - values - effect - 4 * gap + (gap - 1), 8)
    bar = BAR + len(LINE) if wide and any(row.bar.text for row in rows) else 0
    words = min(_widest([row.sentence for row in rows], 8, MOST_WORDS), left - bar - gap)
    lines: list[Line] = []
    for row in rows:
        head = (Span(" " * indent), row.glyph, Span(" "))
        sized = [(row.title, title), (row.values, values), (row.effect, effect)]
        beside = bar and clean.width(row.sentence.text) <= words
        sized += [(row.sentence, words), (row.bar, bar)] if beside else [(row.sentence, left)]
        lines.append(paint.cut((*head, *paint.columns(sized, gap)), cells))
    return lines


def _row(one: MetricVerdict, view: MetricView | None, world: World, now: Millis, wide: bool, bar: str) -> Row:
    freshness, age = (Freshness.FRESH, None) if view is None else worst(view, world, now)
    glyph, tone = METRICS[one.state]
    between = " against " if wide else " / "
    values = f"{clean.cut(clean.clean(one.canary), 14)}{between}{clean.cut(clean.clean(one.baseline), 14)}"
    worse = one.state is MetricState.WORSE
    title, effect, none = span(one.title), span(_effect(one, wide)), Span("")
    if freshness is Freshness.LOST:
        at = clock(None if age is None else now - age, now)
        was = span(f"lost: was {values} at {at}", "quiet")
        return Row(Span(NOTHING, "worse", bold=True), title, span(NOTHING, "quiet"), span(""), was, none)
    if freshness is Freshness.STALE and one.state is not MetricState.NO_DATA:
        late = span(f"{mark(freshness, age)[2:]}; {one.sentence}", "quiet")
        old = span(one.effect, "quiet")
        return Row(Span("⧗", "caution", bold=True), title, span(values, "quiet"), old, late, none)
    words = brief(one, wide)
    said = f"{mark(freshness, age)}; {words}" if freshness is Freshness.PARTIAL else words
    value_tone: Tone = "quiet" if one.state is MetricState.NO_DATA else "strong" if worse else "normal"
    return Row(
        Span(glyph, tone, bold=True),
        title,
        span(values, value_tone),
        effect,
        span(said, "worse" if worse else "normal"),
        Span(f"{bar}{LINE}" if bar else "", "worse" if worse else "quiet"),
    )


def _effect(one: MetricVerdict, wide: bool) -> str:
    return f"{one.effect} ({one.interval})" if wide and one.effect and one.interval else one.effect


def brief(one: MetricVerdict, wide: bool) -> str:
    """What the statistical judge says of a metric, as short as the row needs it; the limits are in words."""
    if one.evidence is None:
        return one.sentence
    if one.cell and not wide:
        return f"mostly {one.cell}"
    if one.state in WAITING and one.eta_ms is not None:
        looks = "looks worse, " if one.sentence.startswith("looks worse") else ""
        left = duration(one.eta_ms)
        return f"{looks}about {left} more at this traffic" if wide else f"{looks}~{left} more"
    if one.state is MetricState.EQUIVALENT:
        return "no worse"
    return one.sentence if wide or one.state is not MetricState.COLLECTING else "collecting"


def _rest(others: list[MetricVerdict], cells: int, wide: bool) -> Line:
    counted = Counter("left out" if left_out(one) else WORDS[one.state] for one in others)
    parts = ", ".join(f"{number} {word}" for word, number in counted.items())
    text = f"{' ' * (3 if wide else 1)}+ {len(others)} more (7 has all): {parts}"
    return paint.cut((span(text, "quiet"),), cells)


def _widest(column: list[Span], least: int, most: int) -> int:
    return min(max([least, *(clean.width(one.text) for one in column)]), most)
