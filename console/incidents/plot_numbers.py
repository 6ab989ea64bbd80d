"""The numbers of a pinned plot: as they are kept, as they are drawn, and where there are none. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from console.canary.measures import Point
from console.incidents.evidence_happened import EvidencePinned, PinnedLine
from console.plotted import GAP, segments, y_scale
from console.readings import Millis


@dataclass(frozen=True, slots=True)
class Track:
    """One line of a plot."""

    track: str
    deployment_id: str
    points: tuple[Point, ...]
    """Within the plot's time, their times rising."""

    @property
    def parts(self) -> list[list[Point]]:
        """The line cut where nothing was measured."""
        return segments(self.points)


@dataclass(frozen=True, slots=True)
class Plotted:
    """What a pinned plot is drawn from."""

    title: str
    unit: str
    source: str
    start: Millis
    end: Millis
    tracks: tuple[Track, ...]

    @property
    def highest(self) -> float:
        """The highest value of all lines; 0 where there is none."""
        return max((point.value for one in self.tracks for point in one.points), default=0.0)

    def top(self, rows: int) -> tuple[float, tuple[float, ...]]:
        """The height of the value axis, and its ticks."""
        scale = y_scale(self.highest, rows, self.unit)
        return scale.top, scale.ticks

    def place(self, at: Millis) -> float:
        """Where a moment lies on the time axis, 0 to 1."""
        return min(max((at - self.start) / max(self.end - self.start, 1), 0.0), 1.0)


def holes(plot: Plotted, track: Track) -> list[tuple[Millis, Millis]]:
    """From when to when nothing was measured of a track, the ends of the plot included."""
    parts = track.parts
    if not parts:
        return [(plot.start, plot.end)]
    steps = [after.at - before.at for part in parts for before, after in pairwise(part)]
    usual = GAP * sorted(steps)[len(steps) // 2] if steps else 0
    ends = [(plot.start, parts[0][0].at), (parts[-1][-1].at, plot.end)]
    found = [one for one in ends if one[1] - one[0] > usual]
    found += [(before[-1].at, after[0].at) for before, after in pairwise(parts)]
    return sorted(found)


def kept_line(track: str, deployment_id: str, line: Sequence[Point]) -> PinnedLine:
    """A line as the ledger keeps it: decimal numbers of six digits that count."""
    good = [point for point in line if math.isfinite(point.value)]
    return PinnedLine(
        track=track,
        deployment_id=deployment_id,
        at=[point.at for point in good],
        value=[f"{point.value:.6g}" for point in good],
    )


def plotted_of(event: EvidencePinned) -> Plotted:
    """A plot as it was kept. What is no number, or out of its time or order, is not drawn."""
    return Plotted(
        event.title,
        event.unit,
        event.source,
        event.start,
        event.end,
        tuple(
            Track(one.track, one.deployment_id, _points(one, event.start, event.end)) for one in event.lines
        ),
    )


def _points(line: PinnedLine, start: Millis, end: Millis) -> tuple[Point, ...]:
    found: list[Point] = []
    for at, text in zip(line.at, line.value, strict=True):
        try:
            value = float(text)
        except ValueError:
            continue
        if math.isfinite(value) and start <= at <= end and (not found or at > found[-1].at):
            found.append(Point(at, value))
    return tuple(found)


def number(value: float) -> str:
    """A value short enough for an axis."""
    return f"{value:.4g}" if abs(value) < 10_000 else f"{value:.3g}"
