"""The bands of a plot: how sure each line is, as light shading wherever no line runs. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise

from console.canary.measures import Point
from console.plotted import segments
from console.readings import Millis
from screens.paint import BLANK, Line, Span, Tone
from screens.widgets.plot_frame import Geometry, PlotData
from screens.widgets.plot_raster import dot_column

SHADES: Mapping[Tone, str] = {"canary-band": "░", "baseline-band": ":"}
"""Two, so that they are told apart without colour."""
DOTS = 4
"""Dot rows in a cell: the fineness of the lines."""
MIDDLE = (DOTS - 1) / 2
Share = tuple[float, float]
"""From where to where a band reaches, as shares of the value axis."""
Counted = tuple[Millis, float, float]
Shading = list[list[Tone | None]]


def shading(data: PlotData, geo: Geometry) -> Shading:
    """Which band lies on each cell of the canvas, from the uppermost row on; the canary's above.

    A band has the cells whose middle it holds; where it is narrower than a cell, the line says it all. There
    is none where nothing was counted, polls are missing, or nobody watched.
    """
    out: Shading = [[None] * geo.canvas for _ in range(geo.rows)]
    tones: tuple[tuple[Tone, Sequence[Point]], ...] = (
        ("baseline-band", data.baseline),
        ("canary-band", data.canary),
    )
    for tone, line in tones:
        counted = [point for point in line if point.low is not None and point.high is not None]
        for part in segments(counted, data.gaps):
            bounded = [(point.at, point.low or 0.0, point.high or 0.0) for point in part]
            for column, (low, high) in _filled(_columns(bounded, geo)):
                for row in _rows(low, high, geo.rows):
                    out[row][column] = tone
    return out


def shaded(raster: Sequence[Line], bands: Shading) -> list[Line]:
    """The lines with the bands under them."""
    return [_row(line, band) for line, band in zip(raster, bands, strict=True)]


def _columns(part: Sequence[Counted], geo: Geometry) -> dict[int, Share]:
    """The mean band of the points in each column of cells."""
    held: dict[int, tuple[float, float, int]] = {}
    top, dots = geo.scale.top, 2 * geo.canvas
    for at, low, high in part:
        if geo.start <= at <= geo.end:
            column = dot_column(at, geo.start, geo.end, dots) // 2
            lows, highs, number = held.get(column, (0.0, 0.0, 0))
            held[column] = (lows + low, highs + min(top, high), number + 1)
    return {
        column: (_share(lows / number, geo), _share(highs / number, geo))
        for column, (lows, highs, number) in sorted(held.items())
    }


def _share(value: float, geo: Geometry) -> float:
    return 0.0 if math.isnan(value) else min(max(value / geo.scale.top, 0.0), 1.0)


def _filled(columns: Mapping[int, Share]) -> Iterator[tuple[int, Share]]:
    """The columns, and between two of them what lies on the straight way from one to the other."""
    yield from columns.items()
    for (first, (low, high)), (last, (low_after, high_after)) in pairwise(columns.items()):
        for column in range(first + 1, last):
            part = (column - first) / (last - first)
            yield column, (low + (low_after - low) * part, high + (high_after - high) * part)


def _rows(low: float, high: float, rows: int) -> range:
    """The rows of cells, from the uppermost on, whose middles lie from ``low`` to ``high``."""
    most = rows * DOTS - 1
    if (high - low) * most < DOTS:
        return range(0)
    first = max(math.ceil((low * most - MIDDLE) / DOTS), 0)
    last = min(math.floor((high * most - MIDDLE) / DOTS), rows - 1)
    return range(rows - 1 - last, rows - first)


def _row(line: Line, band: Sequence[Tone | None]) -> Line:
    """One row: a band's shade in each cell that is blank."""
    if not any(band):
        return line
    out: list[Span] = []
    at = 0
    rest = Span(" " * (len(band) - sum(len(part.text) for part in line)))
    for part in (*line, rest):
        below = band[at : at + len(part.text)]
        at += len(part.text)
        blank = not part.text.strip(BLANK)
        shades = (
            below if blank else [s if c in BLANK else None for c, s in zip(part.text, below, strict=True)]
        )
        begun = 0
        for shade, run in groupby(shades):
            end = begun + len(list(run))
            text = part.text[begun:end] if shade is None else SHADES[shade] * (end - begun)
            out.append(Span(text, part.tone if shade is None else shade))
            begun = end
    return tuple(out)
