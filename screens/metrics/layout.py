"""How the metrics screen shares out its rows. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from screens.screen_mode import ScreenMode

BESIDE_FROM = 134
"""Cells from which the marked metric stands beside the list, not under it."""
HEAD, PLOT, TERSE_PLOT = 4, 8, 7
LIST_LEAST = 10


@dataclass(frozen=True, slots=True)
class Share:
    """``detail``: rows under the list (0: none of them, or it stands beside); ``plot`` and ``about``: whether
    they have room; ``list``: whether the list is there.
    """

    beside: bool
    list: bool
    detail: int
    plot: bool
    about: bool
    head: int = HEAD


def share(cells: int, rows: int, mode: ScreenMode = ScreenMode.NORMAL) -> Share:
    """``rows`` for the list with its heads and the detail. Half is the list alone, full the plot."""
    beside = cells >= BESIDE_FROM
    if mode is ScreenMode.HALF:
        return Share(beside, True, 0, False, False)
    if mode is ScreenMode.FULL:
        return Share(beside, False, rows, True, rows >= HEAD + PLOT + 3)
    if beside:
        return Share(True, True, 0, rows >= HEAD + PLOT, True)
    if rows < LIST_LEAST + HEAD + TERSE_PLOT:
        return Share(
            False,
            True,
            max(min(HEAD, rows - LIST_LEAST), 2),
            False,
            False,
            min(HEAD, max(rows - LIST_LEAST, 2)),
        )
    detail = max(rows - max(rows * 6 // 10, LIST_LEAST), HEAD + TERSE_PLOT)
    return Share(False, True, detail, True, detail >= HEAD + PLOT + 4)
