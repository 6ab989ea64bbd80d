"""How far off a plotted value may be because only so many events were counted. Pure.

The 95 % intervals of sampling alone: they say what the count behind a value can and cannot tell, not
what the judge decides. Clumped errors and shared swings make real windows differ by more.
"""

from __future__ import annotations

import math

from console.canary.catalogue import Metric
from console.canary.measures import Categorical, Count, Histogram, Measure, Ratio

Z = 1.959964
"""The normal quantile that leaves 2.5 % on either side."""
Interval = tuple[float, float]


def interval_of(metric: Metric, measure: Measure | None) -> Interval | None:
    """The interval around :func:`~console.canary.values.value_of`, in the metric's unit.

    The upper end is infinite where the counts bound it no more (a high quantile of few requests).
    ``None`` where no count is behind the value (levels, ready-made quantiles, numbers of types), or the
    counts are none that can be.
    """
    natural = _natural(metric, measure)
    return None if natural is None else (natural[0] * metric.factor, natural[1] * metric.factor)


def _natural(metric: Metric, measure: Measure | None) -> Interval | None:
    match measure:
        case Ratio():
            return of_share(measure.bad, measure.total)
        case Categorical():
            within = sum(one.events for one in measure.categories if one.name in metric.worst)
            return of_share(within, measure.total)
        case Count():
            exposure = measure.seconds if measure.of is None else measure.of
            found = of_count(measure.events) if exposure > 0 else None
            return None if found is None else (found[0] / exposure, found[1] / exposure)
        case Histogram():
            return of_quantile(measure, metric.quantile)
        case _:
            return None


def of_share(events: float, total: float) -> Interval | None:
    """Of a share ``events / total``: Wilson's score interval, which stays within 0 and 1.

    E. B. Wilson, JASA 22 (1927), 209–212; recommended for few events by Brown, Cai and DasGupta,
    Statistical Science 16 (2001), 101–133. ``None`` unless ``0 <= events <= total`` and there is one.
    """
    if not (0 <= events <= total < math.inf and total > 0):
        return None
    squared, share = Z * Z, events / total
    centre = (events + squared / 2) / (total + squared)
    half = Z * math.sqrt(share * (total - events) + squared / 4) / (total + squared)
    return min(max(centre - half, 0.0), share), max(min(centre + half, 1.0), share)


def of_count(events: float) -> Interval | None:
    """Of the expectation behind a Poisson count: Byar's approximation of the exact interval (Garwood 1936).

    Rothman and Boice, Epidemiologic Analysis with a Programmable Calculator (1979); Breslow and Day,
    Statistical Methods in Cancer Research II (1987), 69. ``None`` for what is no count.
    """
    if not 0 <= events < math.inf:
        return None
    low = _byar(events, -Z) if events > 0 else 0.0
    return min(max(low, 0.0), events), max(_byar(events + 1, Z), events)


def _byar(events: float, z: float) -> float:
    return float(events * (1 - 1 / (9 * events) + z / (3 * math.sqrt(events))) ** 3)


def of_quantile(histogram: Histogram, q: float) -> Interval | None:
    """Of the ``q``-quantile: the observations at the ranks ``nq ∓ z √(nq(1−q))`` (binomial, normal limit).

    Conover, Practical Nonparametric Statistics, 3.2; the ranks are read inside a bucket as the estimate
    itself is, so the width of a bucket is not in it. The upper end is infinite where its rank is beyond
    the last observation, or in the open bucket. ``None`` without observations.
    """
    total = histogram.total
    value = histogram.quantile(q)
    if value is None or not 0 < total < math.inf or not math.isfinite(value):
        return None
    half = Z * math.sqrt(q * (1 - q) / total)
    low, upper = histogram.quantile(max(q - half, 0.0)), q + half
    closed = total - (histogram.counts[-1] if math.isinf(histogram.bounds[-1]) else 0.0)
    high = histogram.quantile(upper) if upper <= 1 and upper * total <= closed else math.inf
    return min(value if low is None else low, value), max(value if high is None else high, value)
