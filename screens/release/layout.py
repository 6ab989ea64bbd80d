"""How the release screen shares out its rows: the verdict first, then plots, then events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from screens.screen_mode import ScreenMode

PLOT_MIN_ROWS = 6
PLOT_MAX_ROWS = 22
GAPS = 3
"""Blank rows of an airy screen: before the verdict, then the stage bar, then the plots."""
THREE_PLOTS = 100
"""Cells from which three plots stand side by side."""


Hand = Literal["plots", "events"]
"""What a person moves in: the plots, or the newest events."""


@dataclass(frozen=True, slots=True)
class Share:
    """``plots`` (0 to 3) in ``plot_rows``, side by side or ``stacked``; ``events`` rows; ``gaps`` blank rows
    (0 to 3).
    """

    plots: int
    plot_rows: int
    events: int
    gaps: int
    stacked: bool = False


def share(
    cells: int, rows: int, fixed: int, mode: ScreenMode = ScreenMode.NORMAL, hand: Hand = "plots"
) -> Share:
    """Share ``rows`` out, ``fixed`` of which tracks, stages, verdict and sources take.

    Where the mode is not the normal one, what is in ``hand`` gets all the others leave: in full, plots that
    have no room side by side stand one above the other.
    """
    free = rows - fixed
    if mode is not ScreenMode.NORMAL:
        return _grown(cells, free, mode, hand)
    if free < PLOT_MIN_ROWS + 1:
        return Share(0, 0, max(free, 0), 0)
    gaps = min(max((free - PLOT_MIN_ROWS - 2) // 2, 0), GAPS)
    free -= gaps
    events = max(2, free // 4) if free >= PLOT_MIN_ROWS + 2 else 1
    events = max(events, free - PLOT_MAX_ROWS)
    return Share(3 if cells >= THREE_PLOTS else 1, free - events, events, gaps)


def _grown(cells: int, free: int, mode: ScreenMode, hand: Hand) -> Share:
    if hand == "events" or free < PLOT_MIN_ROWS + 1:
        return Share(0, 0, max(free, 0), 0)
    if mode is ScreenMode.HALF:
        return Share(3 if cells >= THREE_PLOTS else 1, free - 1, 1, 0)
    if cells >= THREE_PLOTS:
        return Share(3, free, 0, 0)
    return Share(min(free // PLOT_MIN_ROWS, 3), free, 0, 0, stacked=True)
