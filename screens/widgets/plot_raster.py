"""plotext as a rasteriser: two lines in, rows of toned braille out.

plotext keeps one global figure and is not safe in threads: call this on the event loop only. It is
given dots of the canvas, never raw values: not-a-number between connected points, or numbers without
bound, end the process inside its native kernel.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from console.canary.measures import Point
from console.plotted import GAP as GAP
from console.plotted import Gaps, segments, within
from console.readings import Millis
from screens.paint import Line, Span, Tone
from screens.widgets.plot_scale import YScale

Dot = tuple[float, float]
DOTTED = 3
"""The baseline has one dot in so many dot columns: told from the canary without colour."""
BASELINE, CANARY = "3", "4"
_COLOURS: dict[str, Tone] = {BASELINE: "baseline", CANARY: "canary"}
_CODE = re.compile(r"\x1b\[([0-9;]*)m")


def load() -> None:
    """Import plotext (about a fifth of a second); safe in a thread, unlike drawing."""
    importlib.import_module("plotext")


def loaded() -> bool:
    """Whether plotext has been imported."""
    return "plotext" in sys.modules


def dot_column(at: Millis, start: Millis, end: Millis, columns: int) -> int:
    """In which of the canvas's dot columns a moment from ``start`` to ``end`` lies."""
    return min(int((at - start) * (columns - 1) / max(end - start, 1) + 0.5), columns - 1)


def dots(part: list[Point], start: Millis, end: Millis, scale: YScale, columns: int, rows: int) -> list[Dot]:
    """A segment as one dot a dot column: the mean of what falls there. Within the canvas always."""
    sums: dict[int, tuple[float, int]] = {}
    for point in part:
        if start <= point.at <= end:
            x = dot_column(point.at, start, end, columns)
            total, number = sums.get(x, (0.0, 0))
            share = min(max(point.value / scale.top, 0.0), 1.0)
            sums[x] = (total + share, number + 1)
    return [(float(x), total / number * (rows - 1)) for x, (total, number) in sorted(sums.items())]


def dotted(line: list[Dot]) -> list[Dot]:
    """The line as single dots, evenly spaced, interpolated between what was measured."""
    if len(line) < 2:
        return line
    out: list[Dot] = []
    index = 0
    for x in range(-(-int(line[0][0]) // DOTTED) * DOTTED, int(line[-1][0]) + 1, DOTTED):
        while line[index + 1][0] < x:
            index += 1
        (x0, y0), (x1, y1) = line[index], line[index + 1]
        out.append((float(x), y0 + (y1 - y0) * (x - x0) / (x1 - x0)))
    return out


def raster(
    canary: Sequence[Point],
    baseline: Sequence[Point],
    start: Millis,
    end: Millis,
    scale: YScale,
    width: int,
    height: int,
    unwatched: Gaps = (),
) -> list[Line]:
    """Both lines on a canvas of ``width`` × ``height`` cells: canary solid, baseline dotted under it.

    Of a time ``unwatched`` there is no line: what the source told of it afterwards is dotted.
    """
    columns, rows = width * 2, height * 4

    def drawn(parts: list[list[Point]]) -> list[list[Dot]]:
        placed = (dots(part, start, end, scale, columns, rows) for part in parts)
        return [part for part in placed if part]

    def told(line: Sequence[Point]) -> list[Dot]:
        later = segments([point for point in line if within(point, unwatched)])
        return [dot for part in drawn(later) for dot in dotted(part)]

    watched = drawn(segments(baseline, unwatched))
    single = {
        BASELINE: [*told(baseline), *(dot for part in watched for dot in dotted(part))],
        CANARY: told(canary),
    }
    return _drawn(drawn(segments(canary, unwatched)), single, width, height)


def _drawn(solid: list[list[Dot]], single: Mapping[str, list[Dot]], width: int, height: int) -> list[Line]:
    plotext: Any = importlib.import_module("plotext")
    figure = plotext.figure
    figure.clear()
    plotext.terminal.limit(False, False)
    figure.plot_size(width, height)
    figure.canvas("default")
    figure.axes(False)
    for axis, size in (("x", width * 2), ("y", height * 4)):
        ruler = figure.ruler(axis)
        ruler.lim(0, size - 1)
        ruler.frequency(0)
    for colour, points in single.items():
        if points:
            figure.draw(_signal(plotext, points, colour))
    for part in solid:
        signal = _signal(plotext, part, CANARY)
        if len(part) > 1:
            signal.lines(True)
        figure.draw(signal)
    text: str = figure.build().string() if solid or any(single.values()) else ""
    figure.clear()
    rows = [_toned(row) for row in text.split("\n")] if text else []
    return (rows + [()] * height)[:height]


def _signal(plotext: Any, line: list[Dot], colour: str) -> Any:
    return plotext.figure.signal(
        [x for x, _ in line], [y for _, y in line], marker=plotext.marker("braille", int(colour))
    )


def _toned(row: str) -> Line:
    """A row of plotext's output with its colour codes read as tones."""
    out: list[Span] = []
    tone: Tone = "normal"
    for index, part in enumerate(_CODE.split(row)):
        if index % 2:
            tone = _COLOURS.get(part.rsplit(";", 1)[-1], "normal") if part.startswith("38;5;") else "normal"
        elif part:
            out.append(Span(part, tone))
    return tuple(out)
