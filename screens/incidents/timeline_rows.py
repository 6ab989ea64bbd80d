"""Lines of an incident's timeline as rows, the newest first, and the moments that can be jumped to. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from screens import clean, paint
from screens.paint import Span, Tone, span
from screens.present import clock, countdown

if TYPE_CHECKING:
    from console.incidents.timeline import Line
    from console.readings import Millis

AWAY, ABOUT = 9, 9
ABOUT_FROM = 74
"""Cells from which what a line is about has room."""
MOMENTS = (
    "incident.opened",
    "incident.acknowledged",
    "incident.moved",
    "incident.reopened",
    "incident.severity_set",
    "incident.updated",
)
"""Kinds of events that ``t`` jumps between."""
LATE_MS = 60_000


def row(line: Line, started_at: Millis, now: Millis, cells: int, marked: bool) -> paint.Line:
    """When, how long from the start, what about, what. The incident's own lines are brighter."""
    sign, away = ("−", started_at - line.at) if line.at < started_at else ("+", line.at - started_at)
    late = f" (written {countdown(line.late)} later)" if line.note and line.late >= LATE_MS else ""
    tone: Tone = "strong" if line.kind in MOMENTS or line.note else "normal" if line.own else "quiet"
    about = ABOUT if cells >= ABOUT_FROM else 0
    head = [
        (span(clock(line.at, now), "quiet"), 5 if len(clock(line.at, now)) <= 5 else 12),
        (span(f"{sign}{countdown(away)}", "quiet"), AWAY),
        (span(line.about, "quiet"), about),
    ]
    first = (Span("▸" if marked else " ", "key"), *paint.columns(head, 1), Span(" "))
    rest = max(cells - paint.width(first), 1)
    said = clean.cut(clean.clean(f"{line.says}{late}"), rest)
    return (*first, Span(said, tone, marked))


def haystack(line: Line) -> str:
    """What a filter looks at."""
    return f"{line.about} {line.kind} {line.who} {line.says}"


def next_moment(lines: Sequence[Line], at: int) -> int | None:
    """The next of :data:`MOMENTS` further down (further back in time), from the top again at the end."""
    found = [place for place, line in enumerate(lines) if line.own and line.kind in MOMENTS]
    return next((place for place in found if place > at), found[0] if found else None)


def whole(line: Line, now: Millis, cells: int) -> list[paint.Line]:
    """The marked line in full, where its row has cut it."""
    return paint.paragraph(f"{clock(line.at, now, seconds=True)}  {line.says}", cells, "strong", most=3)
