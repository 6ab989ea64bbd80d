"""Screen modes: how much of a screen its pane in hand gets. ``+`` and ``_`` go through them."""

from __future__ import annotations

from enum import Enum


class ScreenMode(Enum):
    """How much the pane in hand gets."""

    NORMAL = "normal"
    HALF = "half"
    FULL = "full"


MODES: dict[ScreenMode, str] = {
    ScreenMode.NORMAL: "everything at once",
    ScreenMode.HALF: "the pane in hand gets the larger part",
    ScreenMode.FULL: "the pane in hand alone, under what decides",
}


def after(mode: ScreenMode, step: int) -> ScreenMode:
    """The mode ``step`` further, round and round."""
    every = list(ScreenMode)
    return every[(every.index(mode) + step) % len(every)]


def named(word: str) -> ScreenMode | None:
    """The mode of that name."""
    return next((mode for mode in ScreenMode if mode.value == word), None)
