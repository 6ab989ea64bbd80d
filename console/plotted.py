"""What a plot is made of before anything is drawn: nice scales, ticks, and lines cut at their gaps. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from console.canary.measures import Point
from console.readings import Millis

Gaps = Sequence[tuple[Millis, Millis]]
GAP = 2.5
"""A silence longer than this many usual steps is a gap, and drawn as one."""
SECOND: Millis = 1_000
MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
EMPTY_TOPS = {"%": 1.0, "ms": 100.0}
"""How high the axis goes in a unit when there is nothing above zero; 10 in any other."""
HEADROOM = 1.04
LEAST, MOST = 1e-9, 1e15
"""No axis is finer or higher: what lies beyond is drawn at its edge."""
TIME_STEPS = (
    *(10 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 20 * MINUTE),
    *(30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY),
)


@dataclass(frozen=True, slots=True)
class YScale:
    """From zero to ``top``, with a labelled tick every ``step``."""

    top: float
    step: float

    @property
    def ticks(self) -> tuple[float, ...]:
        """Zero to top."""
        return tuple(self.step * i for i in range(round(self.top / self.step) + 1))

    def row(self, value: float, rows: int) -> int:
        """The row (0 = uppermost) on which ``value`` lies; clamped to the canvas."""
        share = min(max(value / self.top, 0.0), 1.0)
        return round((rows - 1) * (1 - share))


def y_scale(highest: float, rows: int, unit: str) -> YScale:
    """The lowest nice scale that holds ``highest`` and puts its ticks on rows of their own."""
    if not math.isfinite(highest) or highest <= 0:
        highest = EMPTY_TOPS.get(unit, 10.0) / HEADROOM
    highest = min(max(highest, LEAST), MOST)
    most = max(min(5, (rows - 1) // 2), 1)
    best: tuple[float, float, YScale] | None = None
    for parts in range(1, most + 1):
        step = _nice(highest * HEADROOM / parts)
        even = 0.0 if (rows - 1) % parts == 0 else 0.15
        few = 0.5 if parts == 1 and most > 1 else 0.2 if parts == 2 and most > 3 else 0.0
        cost = step * parts / highest + even + few
        if best is None or cost < best[0]:
            best = (cost, step, YScale(step * parts, step))
    assert best is not None
    return best[2]


def _nice(least: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is at least ``least``."""
    power = 10.0 ** math.floor(math.log10(least))
    for factor in (1.0, 2.0, 2.5, 5.0, 10.0):
        if factor * power >= least * (1 - 1e-9):
            return factor * power
    return 10.0 * power


def time_ticks(start: Millis, end: Millis, most: int, shift: Millis = 0) -> tuple[Millis, ...]:
    """At most ``most`` moments on round times, strictly inside the span or at its ends.

    ``shift``: how far the clock that they are round on is ahead of UTC.
    """
    span = end - start
    if span <= 0 or most <= 0:
        return ()
    step = next((step for step in TIME_STEPS if span / step <= most), TIME_STEPS[-1])
    if span / step > 4 * most:
        return ()
    first = -(-(start + shift) // step) * step - shift
    ticks = range(first, end + 1, step)
    return tuple(ticks)[-most:]


def segments(line: Sequence[Point], unwatched: Gaps = ()) -> list[list[Point]]:
    """The line cut at its gaps; points that are no finite number are gaps too.

    What the source told afterwards of a time ``unwatched`` is not in it.
    """
    steps = [after.at - before.at for before, after in pairwise(line)]
    longest = GAP * sorted(steps)[(len(steps) - 1) // 2] if steps else 0
    parts: list[list[Point]] = []
    joined = False
    for index, point in enumerate(line):
        if not math.isfinite(point.value) or (unwatched and within(point, unwatched)):
            joined = False
            continue
        across = unwatched and parts and any(parts[-1][-1].at <= since < point.at for since, _ in unwatched)
        if joined and steps[index - 1] <= longest and not across:
            parts[-1].append(point)
        else:
            parts.append([point])
        joined = True
    return parts


def within(point: Point, gaps: Gaps) -> bool:
    """Whether ``point`` lies in one of ``gaps``."""
    return any(since < point.at < until for since, until in gaps)
