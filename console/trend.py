"""A metric's line in one row of text: of whole slices of time, on the scale of both tracks. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from console.canary.measures import Point
from console.readings import Millis

MOST = 1e15
"""Values beyond this are drawn as this."""
LEVELS = "▁▂▃▄▅▆▇█"
TREND_MS: Millis = 15 * 60_000
FLAT = 0.2
"""A trend that moves by less than this part of its height is drawn as if it moved by that: noise is flat."""


def trend(line: Sequence[Point], other: Sequence[Point], cells: int) -> str:
    """The last quarter of an hour of ``line`` on the scale of both; blanks where nothing is known.

    Of whole slices only: the newest value stands beside it, and what is past does not change with each poll.
    """
    if not line or cells <= 0:
        return ""
    length = TREND_MS // cells
    end, both = line[-1].at // length * length, [*line, *other]
    recent = [
        _bounded(one.value) for one in both if end - TREND_MS < one.at <= end and math.isfinite(one.value)
    ]
    if not recent:
        return ""
    low, high = min(recent), max(recent)
    spare = max(FLAT * max(abs(high), abs(low)) - (high - low), 0.0) / 2
    low, height = low - spare, (high - low) + 2 * spare
    return "".join(
        " " if value is None else LEVELS[min(int((value - low) / height * 8), 7) if height > 0 else 0]
        for value in sliced(line, end, TREND_MS, cells)
    )


def _bounded(value: float) -> float:
    return min(max(value, -MOST), MOST)


def sliced(line: Sequence[Point], end: Millis, span: Millis, cells: int) -> list[float | None]:
    """The mean of each of ``cells`` slices of the ``span`` before ``end``, each on whole lengths."""
    length = max(span // cells, 1)
    last = -(-end // length)
    held: list[list[float]] = [[] for _ in range(cells)]
    for point in reversed(line):
        place = cells - 1 - (last - -(-point.at // length))
        if place < 0:
            break
        if place < cells and math.isfinite(point.value):
            held[place].append(_bounded(point.value))
    return [sum(values) / len(values) if values else None for values in held]
