"""Measurements of one track over one window: counts, never ready-made ratios."""

from __future__ import annotations

import math
from dataclasses import dataclass

from console.readings import Millis

SHARED = "*"
"""In place of a deployment's id: a measure that no track label splits, which stands for all of them."""

REST = "(rest)"
"""The cell that holds what does not get one of its own."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One part of a measure: ``events`` of ``of`` chances, in the part called ``name``."""

    name: str
    events: float
    of: float


@dataclass(frozen=True, slots=True)
class Ratio:
    """``bad`` of ``total`` events (requests, say) in the window; ``0 <= bad <= total``.

    ``bad`` is what is counted, also where few of it are worse (conversions of sessions). ``cells`` are
    the same counts by the metric's dimension; empty where it has none.
    """

    bad: float
    total: float
    cells: tuple[Cell, ...] = ()

    @property
    def share(self) -> float | None:
        """bad / total, or ``None`` when nothing happened."""
        return self.bad / self.total if self.total > 0 else None


@dataclass(frozen=True, slots=True)
class Count:
    """Events in a window of ``seconds``; with ``of``, in so many chances (which they may exceed)."""

    events: float
    seconds: float
    of: float | None = None
    cells: tuple[Cell, ...] = ()

    @property
    def per_second(self) -> float | None:
        return self.events / self.seconds if self.seconds > 0 else None

    @property
    def rate(self) -> float | None:
        """Events for each chance where chances are counted, else for each second."""
        if self.of is None:
            return self.per_second
        return self.events / self.of if self.of > 0 else None


@dataclass(frozen=True, slots=True)
class Histogram:
    """Observations per bucket (not cumulative). ``bounds`` are upper edges; the last is infinity."""

    bounds: tuple[float, ...]
    counts: tuple[float, ...]

    @property
    def total(self) -> float:
        return sum(self.counts)

    def quantile(self, q: float) -> float | None:
        """Linear interpolation inside the bucket, as Prometheus's ``histogram_quantile`` does.

        ``None`` without observations; a quantile in the last, open bucket gives its lower edge.
        """
        if self.total <= 0:
            return None
        rank, seen = q * self.total, 0.0
        for i, count in enumerate(self.counts):
            if count > 0 and seen + count >= rank:
                low = self.bounds[i - 1] if i else 0.0
                high = self.bounds[i]
                return low if math.isinf(high) else low + (high - low) * (rank - seen) / count
            seen += count
        return self.bounds[-2] if len(self.bounds) > 1 else None

    def over(self, bounds: tuple[float, ...]) -> Histogram:
        """The same observations in coarser buckets. Every one of ``bounds`` has to be one of its own."""
        counts, place = [], 0
        for bound in bounds:
            held = 0.0
            while place < len(self.bounds) and self.bounds[place] <= bound:
                held += self.counts[place]
                place += 1
            counts.append(held)
        return Histogram(bounds, tuple(counts))


def aligned(one: Histogram, other: Histogram) -> tuple[Histogram, Histogram]:
    """Both over the edges that they share; infinity is always one.

    Tracks with different buckets would seem to differ where only the buckets do.
    """
    if one.bounds == other.bounds:
        return one, other
    shared = tuple(sorted({*one.bounds} & {*other.bounds} | {math.inf}))
    return one.over(shared), other.over(shared)


@dataclass(frozen=True, slots=True)
class Quantile:
    """The ``q``-quantile of ``total`` observations of one window, in seconds, as a source gave it ready-made.

    Less than a :class:`Histogram`: the distribution is not known, so windows cannot be added up exactly
    and no share of slow requests can be counted.
    """

    q: float
    value: float
    total: float


@dataclass(frozen=True, slots=True)
class Gauge:
    """A level: its mean over a window of ``seconds``, in the metric's natural unit."""

    value: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Category:
    name: str
    events: float


@dataclass(frozen=True, slots=True)
class Categorical:
    """Events by category (severity, say), by name; a category without events may be missing."""

    categories: tuple[Category, ...]

    @property
    def total(self) -> float:
        return sum(one.events for one in self.categories)

    def share(self, names: tuple[str, ...]) -> float | None:
        """The share of the events in the categories ``names``; ``None`` without events."""
        within = sum(one.events for one in self.categories if one.name in names)
        return within / self.total if self.total > 0 else None


@dataclass(frozen=True, slots=True)
class Member:
    """Something that has a name of its own (a type of error): its events in the window.

    ``born`` is when the source first saw it, where that was in the window; ``None`` if it had known it
    for longer.
    """

    name: str
    events: float
    born: Millis | None = None


@dataclass(frozen=True, slots=True)
class Members:
    """Everything of a kind that a track is known to have, by name, also what had no event in the window."""

    members: tuple[Member, ...]

    @property
    def total(self) -> float:
        return sum(one.events for one in self.members)

    @property
    def present(self) -> int:
        """How many had an event in the window."""
        return sum(one.events > 0 for one in self.members)

    def beyond(self, known: Members) -> Members:
        """Those with events that ``known`` (another track, or earlier) does not have at all."""
        names = {one.name for one in known.members}
        return Members(tuple(one for one in self.members if one.events > 0 and one.name not in names))


Measure = Ratio | Count | Histogram | Quantile | Gauge | Categorical | Members


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a plotted line: ``at`` is the end of the window it stands for.

    ``low`` and ``high`` bound it where its counts are known (:mod:`console.canary.sampling`); ``high`` may
    be infinite.
    """

    at: Millis
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of time ``(start, end]``."""

    start: Millis
    end: Millis

    @property
    def seconds(self) -> float:
        return (self.end - self.start) / 1000
