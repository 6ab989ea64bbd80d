"""Native histograms as counts on one grid of buckets. Pure.

Their own buckets are sparse and change their width, so two tracks or two polls would not have the same.
The grid has four buckets for every doubling. Native bounds are powers of two with the exponents' step
halved from one resolution to the next, so those of every finer resolution fit the grid exactly; a bucket
of a coarser one goes where its upper edge is.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from console.canary.measures import Histogram, Window
from console.readings import Millis

GRID = (*(2 ** (step / 4) for step in range(-40, 41)), math.inf)
"""Upper edges in seconds, from about a millisecond to about 17 minutes, and one open bucket."""
_SLACK = 1 - 1e-9
"""Bounds arrive as decimal text."""


@dataclass(frozen=True, slots=True)
class Native:
    """One series: labels, and (moment, observations by bucket of the grid) oldest first."""

    labels: Mapping[str, str]
    samples: Sequence[tuple[Millis, Sequence[float]]]


def on_grid(buckets: Iterable[tuple[int, float, float, float]], scale: float = 1.0) -> list[float]:
    """Observations by bucket of :data:`GRID` of one sample's (rule, lower, upper, count)."""
    counts = [0.0] * len(GRID)
    for _, _, upper, count in buckets:
        if math.isfinite(count) and not math.isnan(upper):
            place = bisect_left(GRID, upper * scale * _SLACK)
            counts[min(place, len(GRID) - 1)] += count
    return counts


def growth(series: Native, window: Window, *, was_watched: bool) -> list[float] | None:
    """What was observed in the window; ``None`` without a sample in it. A drop in all is a restart."""
    before: Sequence[float] | None = None
    total, present = [0.0] * len(GRID), False
    for at, counts in series.samples:
        if at > window.end:
            break
        if at > window.start:
            present = True
            base = before if before is not None else None if was_watched else counts
            if base is None or sum(counts) < sum(base):
                added: Iterable[float] = counts
            else:
                added = (max(0.0, now - was) for now, was in zip(counts, base, strict=True))
            total = [a + b for a, b in zip(total, added, strict=True)]
        before = counts
    return total if present else None


def natives(series: Iterable[Native], label: str, window: Window) -> dict[str, Histogram]:
    """Histograms over :data:`GRID` by the value of ``label``; without one all are one, called ``""``."""
    series = list(series)
    seen = any(one.samples and one.samples[0][0] <= window.start for one in series)
    sums: dict[str, list[float]] = {}
    for one in series:
        name = one.labels.get(label) if label else ""
        counts = growth(one, window, was_watched=seen)
        if name is not None and counts is not None:
            held = sums.get(name)
            sums[name] = counts if held is None else [a + b for a, b in zip(held, counts, strict=True)]
    return {name: Histogram(GRID, tuple(counts)) for name, counts in sums.items()}
