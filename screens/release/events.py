"""The newest events at the foot of the release screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.readings import Millis
from screens.narration import sentence
from screens.paint import Line, Span, cut, span
from screens.present import clock

if TYPE_CHECKING:
    from console.envelope import Recorded


def event_lines(
    events: tuple[Recorded, ...], now: Millis, cells: int, rows: int, chosen: int | None
) -> list[Line]:
    """``rows`` rows of the newest events; ``chosen`` (0 = newest) is marked, and kept in sight."""
    if rows <= 0:
        return []
    if not events:
        return [(span(" · nothing has been recorded yet", "quiet"),)]
    start = 0 if chosen is None else max(0, chosen - rows + 1)
    lines: list[Line] = []
    for index, event in enumerate(events[start : start + rows], start):
        here = index == chosen
        lines.append(
            cut(
                (
                    Span("▸" if here else " ", "key"),
                    span(f"{clock(event.at, now)}  ", "quiet"),
                    Span(sentence(event), "strong" if here else "normal"),
                ),
                cells,
            )
        )
    return lines
