"""Rows of the ledger, and which of them a filter keeps. Pure."""

from __future__ import annotations

from collections.abc import Callable

from console.envelope import Recorded
from console.readings import Millis
from screens import matching, paint
from screens.narration import sentence
from screens.paint import Line, Span, span
from screens.present import ago, clock

WIDE = 100


def row(event: Recorded, now: Millis, cells: int, marked: bool) -> Line:
    """One event on one row: number, local time, age, who, what."""
    wide = cells >= WIDE
    head = Span("▸" if marked else " ", "key")
    columns = [
        (Span(f"{event.seq:>6}", "quiet"), 6),
        (span(clock(event.at, now, seconds=wide)), 15 if wide else 12),
        (span(ago(event.at, now), "quiet"), 10),
        (span(event.actor.person), 12 if wide else 0),
    ]
    text = Span(sentence(event), "strong" if marked else "normal")
    return paint.cut((head, *paint.columns(columns, 1), Span("  "), text), cells)


def heading(cells: int) -> Line:
    """The heads of the columns of :func:`row`."""
    wide = cells >= WIDE
    columns = [
        (Span("     #", "quiet"), 6),
        (Span("time", "quiet"), 15 if wide else 12),
        (Span("age", "quiet"), 10),
        (Span("who", "quiet"), 12 if wide else 0),
    ]
    return (Span(" "), *paint.columns(columns, 1), Span("  what", "quiet"))


def haystack(event: Recorded) -> str:
    """The text a filter looks at: number, person, kind, stream and sentence."""
    return f"{event.seq} {event.actor.person} {event.kind} {event.stream} {sentence(event)}"


def matcher(pattern: str) -> Callable[[Recorded], bool]:
    """Whether an event is kept, as :func:`screens.matching.matcher` says of its :func:`haystack`."""
    keep = matching.matcher(pattern)
    return lambda event: keep(haystack(event))
