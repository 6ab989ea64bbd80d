"""The checks of a deployment, both versions: how they stand, and what each holds back. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.readings import Freshness, Millis, Reading, Rhythm
from screens import paint
from screens.freshness import mark
from screens.paint import EMPTY, Line, Span, Tone, paragraph, span
from screens.present import ago, when

if TYPE_CHECKING:
    from console.host import Check

HOLDS = {
    "deployment-alias": "domains",
    "deployment-promotion": "promotion",
    "deployment-start": "start",
    "build-start": "build",
}
GOOD = ("succeeded",)
PASSES = ("neutral", "skipped")


def state_of(check: Check) -> tuple[str, str, Tone]:
    """Glyph, word and tone of a check."""
    if check.status != "completed" and check.conclusion is None:
        return "…", check.status, "caution"
    if check.conclusion in GOOD:
        return "✓", "succeeded", "good"
    if check.conclusion in PASSES:
        return "·", check.conclusion or "", "quiet"
    return "!", check.conclusion or "no conclusion", "worse"


def holds(check: Check) -> str:
    """What it holds back now, in words; what it would hold back, where it does not; empty for nothing."""
    if not check.blocking:
        return ""
    what = HOLDS.get(check.blocks or "", check.blocks or "deployment")
    return f"holds back {what}" if check.red else f"gates {what}"


def _order(check: Check) -> tuple[int, bool]:
    glyph, _, _ = state_of(check)
    return "!…✓·".index(glyph), not check.blocking


def check_lines(
    checks: Reading[tuple[Check, ...]], rhythm: Rhythm, now: Millis, cells: int, most: int
) -> list[Line]:
    """A summary, and under it as many checks as fit in ``most`` rows, the worst first."""
    title: Line = (Span(" "), Span("checks", "quiet"), Span("  "))
    found = checks.value
    if found is None:
        if checks.problem is None:
            return [(*title, Span("… asking the host", "quiet"))]
        says = f"? {checks.problem.what} {checks.problem.next}"
        return [paint.cut((*title, span(says, "caution")), cells)]
    freshness = checks.freshness(now, rhythm)
    aside: Line = ()
    if freshness is not Freshness.FRESH or checks.problem is not None:
        why = f": {checks.problem.what}" if checks.problem else ""
        aside = (span(f"   {mark(freshness, checks.age_ms(now)) or '! not up to date'}{why}", "caution"),)
    if not found:
        return [paint.cut((*title, Span("No check has run on this deployment.", "quiet"), *aside), cells)]
    lines = [paint.cut((*title, *_summary(found), *aside), cells)]
    rows = [_row(one, now, cells) for one in sorted(found, key=_order)]
    if most < 2:
        return lines
    if len(rows) > most - 1:
        left = len(rows) - (most - 2)
        rows = [*rows[: most - 2], (span(f"   … {left} more: c", "quiet"),)]
    return lines + rows


def _summary(found: tuple[Check, ...]) -> Line:
    number = {glyph: sum(state_of(one)[0] == glyph for one in found) for glyph in "!…✓·"}
    held = sum(one.blocking and one.red for one in found)
    parts: tuple[tuple[int, str, Tone], ...] = (
        (number["!"], f"! {number['!']} not passed", "worse"),
        (number["…"], f"… {number['…']} under way", "caution"),
        (held, f"({held} {'holds' if held == 1 else 'hold'} something back)", "worse"),
        (number["✓"], f"✓ {number['✓']} passed", "good"),
        (number["·"], f"· {number['·']} skipped or neutral", "quiet"),
    )
    return tuple(span(f"{text}   ", tone) for amount, text, tone in parts if amount)


def _row(check: Check, now: Millis, cells: int) -> Line:
    glyph, word, tone = state_of(check)
    at = check.completed_at or check.created_at
    return paint.cut(
        (
            Span("   "),
            *paint.columns(
                [
                    (span(glyph, tone), 1),
                    (span(word, tone), 10),
                    (span(check.name), max(min(cells - 60, 40), 16)),
                    (span(holds(check), "worse" if check.blocking and check.red else "quiet"), 21),
                    (span(ago(at, now) if at is not None else "", "quiet"), 10),
                    (span(f"v{check.version}", "quiet"), 2),
                ]
            ),
        ),
        cells,
    )


def checks_in_full(checks: Reading[tuple[Check, ...]], now: Millis, cells: int) -> list[Line]:
    """Every check with all that is known of it, the worst first."""
    if checks.value is None:
        says = "They have not been read yet."
        if checks.problem is not None:
            says = f"{checks.problem.what} {checks.problem.next}"
        return paragraph(says, cells)
    if not checks.value:
        return paragraph("No check has run on this deployment.", cells)
    lines: list[Line] = []
    for check in sorted(checks.value, key=_order):
        glyph, word, tone = state_of(check)
        lines.append(
            paint.cut((span(f"{glyph} {word}", tone), Span("  "), span(check.name, "strong")), cells)
        )
        said = [
            f"version {check.version}   status {check.status}   conclusion {check.conclusion or 'none yet'}",
            f"created {when(check.created_at, now)}   ended {when(check.completed_at, now)}",
            holds(check) or "holds nothing back",
            check.says or "",
            check.url or "no link given",
            check.id,
        ]
        for text in said:
            lines += paragraph(text, cells, "quiet", indent=2) if text else []
        lines.append(EMPTY)
    return lines[:-1]
