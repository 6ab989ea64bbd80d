"""The plot around the canvas: title, axes, stage marks and end labels, composed with the raster. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from console.canary.measures import Point
from console.readings import Millis
from console.world import StageMark
from screens import clean, paint
from screens.paint import Line, Span, Tone, span
from screens.present import HOUR, MINUTE, clock, number
from screens.widgets.plot_scale import YScale, time_ticks, y_scale

LABELS = 5
"""Cells of the value axis's labels."""
WORDS_FROM = 34
"""Cells from which the lines' ends are named in words beside their glyphs."""
NOT_WATCHED, GAP, HOLE = "not watched", "╌", "·"
CANARY_END, BASELINE_END = "● canary", "○ baseline"
BANDS: tuple[Tone, ...] = ("canary-band", "baseline-band")
BAND_ROOM = 1.5
"""How far above the highest point the axis goes for a band: the lines are what is read."""
LENGTHS = (10 * MINUTE, 15 * MINUTE, 20 * MINUTE, 30 * MINUTE)
"""How much time a plot shows: a growing line would otherwise be drawn anew with every point."""


@dataclass(frozen=True, slots=True)
class PlotData:
    """What a plot shows: two lines in ``unit``, and the marks of the stages."""

    title: str
    unit: str
    canary: tuple[Point, ...]
    baseline: tuple[Point, ...]
    marks: tuple[StageMark, ...]
    now: Millis
    """When there is no point to end at, the time axis ends here."""
    gaps: tuple[tuple[Millis, Millis], ...] = ()
    """From when to when nobody watched: no line goes across."""
    ends: tuple[str, str] = (CANARY_END, BASELINE_END)
    """What stands at the end of the first line and of the second: a glyph and a word of eight cells."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.canary and not self.baseline

    @property
    def span(self) -> tuple[Millis, Millis]:
        """The oldest and the newest point of both lines."""
        moments = [line[end].at for line in (self.canary, self.baseline) if line for end in (0, -1)]
        return min(moments, default=self.now), max(moments, default=self.now)


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where things lie in a plot of ``cells`` × ``rows``."""

    canvas: int
    rows: int
    ends: int
    """Cells at the right for the end labels."""
    start: Millis
    end: Millis
    scale: YScale

    def column(self, at: Millis) -> int | None:
        """The column of the canvas for a moment; ``None`` outside."""
        if not self.start <= at <= self.end:
            return None
        return min(int((at - self.start) / max(self.end - self.start, 1) * self.canvas), self.canvas - 1)

    def columns(self, since: Millis, until: Millis) -> range:
        """The columns of a stretch of time, as far as it is on the canvas: one at least."""
        if until <= self.start or since >= self.end:
            return range(0)
        first, last = self.column(max(since, self.start)), self.column(min(until, self.end))
        return range(first or 0, max(last or 0, (first or 0) + 1))


def geometry(data: PlotData, cells: int, rows: int) -> Geometry | None:
    """How a plot of that size is laid out; ``None`` when it is too small to say anything."""
    ends = 11 if cells >= WORDS_FROM else 3
    canvas, height = cells - LABELS - 1 - ends, rows - 2
    if canvas < 8 or height < 2:
        return None
    start, end = stretch(*data.span, canvas)
    return Geometry(canvas, height, ends, start, end, y_scale(_highest(data), height, data.unit))


def _highest(data: PlotData) -> float:
    """What the value axis has to hold: every point, and the bands as far as there is room for them."""
    points = [point for line in (data.canary, data.baseline) for point in line if math.isfinite(point.value)]
    highest = max((point.value for point in points), default=0.0)
    band = max((point.high for point in points if point.high is not None), default=highest)
    return max(highest, min(band, BAND_ROOM * highest))


def stretch(oldest: Millis, newest: Millis, canvas: int) -> tuple[Millis, Millis]:
    """The time that ``canvas`` cells (of two dots) show: one of :data:`LENGTHS`, or whole half hours.

    It moves by a whole cell at a time, and a dot stands for the same time before and after: so a new point
    changes the last dot and leaves the others where they are.
    """
    took = newest - oldest
    length = next((one for one in LENGTHS if took <= one), -(-took // LENGTHS[-1]) * LENGTHS[-1])
    dot = max(-(-length // (2 * canvas - 1)), 1)
    end = -(-newest // (2 * dot)) * 2 * dot
    return end - dot * (2 * canvas - 1), end


def frame(data: PlotData, geo: Geometry, raster: Sequence[Line] | None, note: Span | None) -> list[Line]:
    """All rows of the plot; without a raster (not drawn yet) the axes stand alone."""
    cells = LABELS + 1 + geo.canvas + geo.ends
    labels = {geo.scale.row(tick, geo.rows): clean.cut(number(tick), LABELS - 1) for tick in geo.scale.ticks}
    ends = end_labels(data, geo)
    marks = dict.fromkeys((c for gap in data.gaps for c in geo.columns(*gap)), HOLE)
    marks |= {column: "┆" for mark in data.marks if (column := geo.column(mark.at)) is not None}
    out = [title(data, note, cells)]
    for row in range(geo.rows):
        label = labels.get(row)
        axis = Span(f"{label or '':>{LABELS - 1}} {'┤' if label is not None else '│'}", "quiet")
        canvas = paint.fit(raster[row] if raster and row < len(raster) else (), geo.canvas)
        out.append((axis, *_marked(canvas, marks), *ends.get(row, ())))
    return [*out, _time_axis(data, geo)]


def title(data: PlotData, note: Span | None, cells: int) -> Line:
    """The metric and its unit, and at the right what is not fresh about it."""
    head: Line = (Span(" "), span(data.title, "strong"), span(f"  {data.unit}", "quiet"))
    return paint.spread(head, (note, Span(" ")), cells) if note else paint.fit(head, cells)


def _marked(canvas: Line, columns: Mapping[int, str]) -> Line:
    """The canvas with the mark of a column wherever no line runs."""
    out: list[Span] = []
    at = 0
    for part in canvas:
        begun = 0
        for place, char in enumerate(part.text):
            mark = columns.get(at + place)
            if mark is None or not (char in paint.BLANK or part.tone in BANDS):
                continue
            if place > begun:
                out.append(replace(part, text=part.text[begun:place]))
            out.append(Span(mark, "quiet"))
            begun = place + 1
        if begun < len(part.text):
            out.append(replace(part, text=part.text[begun:]))
        at += len(part.text)
    return tuple(out)


def end_labels(data: PlotData, geo: Geometry) -> dict[int, Line]:
    """Row → the label of the line that ends there; two that meet share the row or move apart."""
    ends = {"canary": _last(data.canary), "baseline": _last(data.baseline)}
    rows = {name: geo.scale.row(value, geo.rows) for name, value in ends.items() if value is not None}
    words = geo.ends >= 11
    if len(rows) == 2 and rows["canary"] == rows["baseline"] and words:
        row = rows["canary"]
        above = (ends["canary"] or 0) >= (ends["baseline"] or 0)
        upper, lower = (row - 1, row) if row else (row, row + 1)
        rows = {"canary": upper, "baseline": lower} if above else {"canary": lower, "baseline": upper}
    out: dict[int, Line] = {}
    for name, text in (("canary", data.ends[0]), ("baseline", data.ends[1])):
        if name in rows:
            tone: Tone = "canary" if name == "canary" else "baseline"
            label = Span(text if words else text[0], tone, bold=name == "canary")
            before = out.get(rows[name], (Span(" " if words else ""),))
            out[rows[name]] = (*before, label)
    return out


def _last(line: Sequence[Point]) -> float | None:
    """The newest value that is a number."""
    return next((point.value for point in reversed(line) if math.isfinite(point.value)), None)


def _time_axis(data: PlotData, geo: Geometry) -> Line:
    """Clock times under the canvas; a stage's mark with its percentage takes the place of a time."""
    cells = [" "] * geo.canvas
    taken = [False] * geo.canvas
    for mark in data.marks:
        column = geo.column(mark.at)
        if column is not None:
            _place(cells, taken, column, f"┆{mark.percentage}%")
    for since, until in data.gaps:
        _place_gap(cells, taken, geo, since, until)
    day = geo.end - geo.start > 24 * HOUR
    for tick in time_ticks(geo.start, geo.end, max(geo.canvas // 14, min(3, geo.canvas // 7))):
        column = geo.column(tick)
        if column is not None:
            text = clock(tick, geo.end) if day else clock(tick)
            _place(cells, taken, column - len(text) // 2, text)
    return (Span(" " * (LABELS + 1)), Span("".join(cells), "quiet"))


def _place_gap(cells: list[str], taken: list[bool], geo: Geometry, since: Millis, until: Millis) -> None:
    """``╌╌ not watched ╌╌`` under a gap; where it is too short for words they stand beside it."""
    columns = geo.columns(since, until)
    first, size, words = columns.start, len(columns), f" {NOT_WATCHED} "
    if not size:
        return
    texts = [((GAP * size + words).rstrip(), first), ((words + GAP * size).lstrip(), first - len(words) + 1)]
    if size >= len(words):
        texts.insert(0, (f"{words:{GAP}^{size}}", first))
    for text, column in (*texts, (GAP * size, first)):
        if column >= 0 and column + len(text) <= len(cells) and _place(cells, taken, column, text):
            return


def _place(cells: list[str], taken: list[bool], column: int, text: str) -> bool:
    """Put ``text`` at ``column``, moved inside if need be; false where something stands."""
    size = clean.width(text)
    column = min(max(column, 0), len(cells) - size)
    around = range(max(column - 1, 0), min(column + size + 1, len(cells)))
    if column < 0 or any(taken[at] for at in around):
        return False
    for offset, char in enumerate(text):
        cells[column + offset], taken[column + offset] = char, True
    return True
