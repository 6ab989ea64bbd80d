"""How much counters grew in a window, from their raw samples. Pure.

Nothing is extrapolated (``increase()`` is, by up to a third at a short window) and nothing is lost
(``increase()`` forgets the value with which a series is born). The growth between two samples counts
where the later one lies in the window; a drop is a restart, after which the counter began at 0.

A series that is *born* in the window, with no sample in the look-back before it, began at 0 if the source
was watching at the time: then its first value counts in full. If nothing at all was seen before the
window (the source had just been started, or was down), nobody knows how much of a first value is new,
and it counts as nothing. The look-back is several sampling intervals, so that one missed sample does not
make an old counter look newborn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from console.canary.measures import Histogram, Window
from console.readings import Millis


@dataclass(frozen=True, slots=True)
class Counter:
    """One series: labels, and (moment, value) oldest first."""

    labels: Mapping[str, str]
    samples: Sequence[tuple[Millis, float]]

    @classmethod
    def of(cls, labels: Mapping[str, str], pairs: Iterable[tuple[float, float]]) -> Counter:
        """From pairs of seconds and value; what cannot be a counter's value is left out."""
        return cls(
            labels,
            [
                (round(at * 1000), value)
                for at, value in pairs
                if -math.inf < at < math.inf and 0 <= value < math.inf  # not a number is in no range
            ],
        )


def watched(counters: Iterable[Counter], window: Window) -> bool:
    """Whether the source saw anything before the window: only then is a birth in it a birth."""
    return any(counter.samples and counter.samples[0][0] <= window.start for counter in counters)


def growth(counter: Counter, window: Window, *, was_watched: bool) -> float | None:
    """What was counted in the window; ``None`` if the series has no sample in it."""
    before: float | None = None
    total, present = 0.0, False
    for at, value in counter.samples:
        if at > window.end:
            break
        if at > window.start:
            present = True
            if before is None:
                total += value if was_watched else 0.0
            else:
                total += value - before if value >= before else value
        before = value
    return total if present else None


@dataclass(frozen=True, slots=True)
class Grown:
    """What one series counted in the window. ``born``: its first sample, if that is in the window."""

    labels: Mapping[str, str]
    by: float
    born: Millis | None = None


def grown(counters: Iterable[Counter], window: Window) -> list[Grown]:
    """The growth of every series with a sample in the window."""
    counters = list(counters)
    seen, result = watched(counters, window), []
    for counter in counters:
        by = growth(counter, window, was_watched=seen)
        if by is not None:
            first = counter.samples[0][0]
            result.append(Grown(counter.labels, by, first if seen and first > window.start else None))
    return result


def totals(series: Iterable[Grown], *labels: str) -> dict[tuple[str, ...], float]:
    """Growth added up by the values of ``labels``; a series without one of them is nobody's."""
    result: dict[tuple[str, ...], float] = {}
    for one in series:
        key = tuple(one.labels.get(label, "") for label in labels)
        if all(key):
            result[key] = result.get(key, 0.0) + one.by
    return result


def histograms(series: Iterable[Grown], label: str, scale: float = 1.0) -> dict[str, Histogram]:
    """Histograms by the value of ``label`` from cumulative buckets (``le``), made non-cumulative.

    Buckets that contradict each other (a larger bound with a smaller count) are levelled upward, as
    Prometheus does. Bounds are multiplied by ``scale``. Without a ``label`` all are one, called ``""``.
    Raises ``ValueError`` for a bound that is no number.
    """
    cumulative: dict[str, dict[float, float]] = {}
    for one in series:
        name = one.labels.get(label) if label else ""
        if name is None:
            continue
        bound = _bound(one.labels.get("le", "")) * scale
        own = cumulative.setdefault(name, {})
        own[bound] = own.get(bound, 0.0) + one.by
    return {name: _apart(buckets) for name, buckets in cumulative.items()}


def _bound(text: str) -> float:
    try:
        bound = float(text)
    except ValueError:
        bound = math.nan
    if math.isnan(bound):
        raise ValueError(f"a bucket's bound le={text!r} is no number")
    return bound


def _apart(cumulative: Mapping[float, float]) -> Histogram:
    bounds = sorted({*cumulative, math.inf})
    counts, reached = [], 0.0
    for bound in bounds:
        level = max(reached, cumulative.get(bound, reached))
        counts.append(level - reached)
        reached = level
    return Histogram(tuple(bounds), tuple(counts))
