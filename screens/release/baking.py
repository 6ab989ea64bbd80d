"""Production against its own past: where it stands, and a line a metric; what is worse comes first."""

from __future__ import annotations

from console.bake import HOWS, WEAKER, Bake
from console.canary.verdict import MetricState, MetricVerdict, Word
from console.readings import Millis
from screens import clean, paint
from screens.paint import Line, Span, Tone, span
from screens.present import clock
from screens.release.judged import WIDE, Row, in_columns
from screens.words import METRICS

GLYPHS: dict[Word, tuple[str, Tone]] = {
    Word.HOLD: ("◔", "caution"),
    Word.PROMOTE: ("✓", "good"),
    Word.ROLLBACK: ("▼", "worse"),
    Word.NO_DATA: ("?", "quiet"),
}
MOST, MOST_WIDE = 3, 5
"""Rows of metrics."""


def bake_lines(bake: Bake, now: Millis, cells: int) -> list[Line]:
    """The head, then the metrics that count most."""
    wide = cells >= WIDE
    rows = [_row(one, wide) for one in _ordered(bake)[: MOST_WIDE if wide else MOST]]
    weaker = paint.cut((span(f"{' ' * (3 if wide else 1)}· {WEAKER}", "quiet"),), cells)
    return [_head(bake, now, cells), *in_columns(rows, cells, wide), weaker]


def _ordered(bake: Bake) -> list[MetricVerdict]:
    """What is worse, then what is measured, then what is not."""
    ranks = {MetricState.WORSE: 0, MetricState.OK: 1}
    return sorted(bake.verdict.metrics, key=lambda one: ranks.get(one.state, 2))


def _head(bake: Bake, now: Millis, cells: int) -> Line:
    glyph, tone = GLYPHS[bake.verdict.word]
    says = "ROLL BACK: worse than its own past" if bake.worse else bake.says(now)
    since = bake.verdict.since if bake.worse else bake.of.since
    why = "" if bake.worse else f" ({HOWS[bake.of.how]})"
    head: Line = (Span(f" {glyph} {says}", tone, bold=True), span(f"   since {clock(since, now)}{why}"))
    reasons = "; ".join(clean.clean(one) for one in _reasons(bake))
    room = cells - paint.width(head) - 4
    if room >= 12:
        head = (*head, Span("   "), span(clean.cut(reasons, room), "quiet"))
    return paint.cut(head, cells)


def _reasons(bake: Bake) -> tuple[str, ...]:
    lacking = (f"no data of {' and '.join(bake.lacking)}",) if bake.lacking else ()
    return (*(one for one in bake.verdict.reasons if one != WEAKER), *lacking)


def _row(one: MetricVerdict, wide: bool) -> Row:
    glyph, tone = METRICS[one.state]
    between = " was " if wide else " / "
    worse = one.state is MetricState.WORSE
    words = one.sentence if wide else one.sentence.partition(", ")[0]
    return Row(
        Span(glyph, tone, bold=True),
        span(one.title),
        span(f"{one.canary}{between}{one.baseline}", "strong" if worse else "normal"),
        span(one.effect),
        span(words, "worse" if worse else "normal"),
        Span(""),
    )
