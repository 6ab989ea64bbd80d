"""A pinned plot as plain text: the same characters in a terminal, a chat and a document. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from console.canary.measures import Point
from console.incidents import utc
from console.incidents.plot_numbers import Plotted, Track, holes, number
from console.plotted import time_ticks

COLUMNS, ROWS, LABELS = 60, 11, 8
GLYPHS = ("●", "○", "◇", "△")
BOTH = "◉"
"""Where several lines are on the same place."""
MOST_HOLES = 6
"""Of one track, told by name."""


def plot_text(plot: Plotted) -> list[str]:
    """What it shows, the canvas with its axes, from when to when, and where nothing was measured."""
    top, ticks = plot.top(ROWS)
    canvas = [[" "] * COLUMNS for _ in range(ROWS)]
    for glyph, track in zip(GLYPHS, plot.tracks, strict=False):
        for column, value in _columns(plot, track).items():
            row = round((ROWS - 1) * (1 - min(max(value / top, 0.0), 1.0)))
            canvas[row][column] = glyph if canvas[row][column] == " " else BOTH
    named = {round((ROWS - 1) * (1 - tick / top)): number(tick) for tick in ticks}
    lines = [_title(plot)]
    for place, cells in enumerate(canvas):
        label = named.get(place)
        edge = f"{label or '':>{LABELS}} {'│' if label is None else '┤'}"
        lines.append(f"{edge}{''.join(cells)}".rstrip())
    return [*lines, *_time_axis(plot), *_below(plot)]


def _title(plot: Plotted) -> str:
    legend = [f"{glyph} {track.track}" for glyph, track in zip(GLYPHS, plot.tracks, strict=False)]
    both = [f"{BOTH} both"] if len(plot.tracks) > 1 else []
    return f"{plot.title}, {plot.unit}   {'   '.join([*legend, *both])}"


def _columns(plot: Plotted, track: Track) -> dict[int, float]:
    """The mean of what falls on each column; between two points of one part the straight way."""
    found: dict[int, float] = {}
    for part in track.parts:
        found |= _part(plot, part)
    return found


def _part(plot: Plotted, part: Sequence[Point]) -> dict[int, float]:
    sums: dict[int, tuple[float, int]] = {}
    for point in part:
        column = min(int(plot.place(point.at) * COLUMNS), COLUMNS - 1)
        total, count = sums.get(column, (0.0, 0))
        sums[column] = (total + point.value, count + 1)
    means = {column: total / count for column, (total, count) in sorted(sums.items())}
    between = {
        column: before + (after - before) * (column - first) / (last - first)
        for (first, before), (last, after) in pairwise(means.items())
        for column in range(first + 1, last)
    }
    return means | between


def _time_axis(plot: Plotted) -> list[str]:
    """The axis with a mark at each tick, and the clock times under it."""
    axis, words = ["─"] * COLUMNS, [" "] * COLUMNS
    free = 0
    for tick in time_ticks(plot.start, plot.end, 5):
        column = min(int(plot.place(tick) * COLUMNS), COLUMNS - 1)
        text = utc.clock(tick)
        first = min(max(column - len(text) // 2, 0), COLUMNS - len(text))
        axis[column] = "┬"
        if first >= free:
            words[first : first + len(text)] = text
            free = first + len(text) + 1
    room = " " * (LABELS + 1)
    return [f"{room}└{''.join(axis)}", f"{room} {''.join(words)}".rstrip()]


def _below(plot: Plotted) -> list[str]:
    lines = [f"{utc.stamp(plot.start)} to {utc.stamp(plot.end)} UTC, from {plot.source or 'the samples'}"]
    for track in plot.tracks:
        gaps = holes(plot, track)
        told = ", ".join(hole_words(*gap) for gap in gaps[:MOST_HOLES])
        more = f" and {len(gaps) - MOST_HOLES} more" if len(gaps) > MOST_HOLES else ""
        if told:
            lines.append(f"{track.track}: nothing was measured {told}{more}")
    return lines


def hole_words(since: int, until: int) -> str:
    """``14:10:05–14:14:30``."""
    return f"{utc.clock(since, seconds=True)}–{utc.clock(until, seconds=True)}"
