"""Answers of the stand-in for a Prometheus, over the samples in memory.

``rate`` and ``increase`` extrapolate to the edges of the window as Prometheus 2.x does (its
``extrapolatedRate``): a window holds the samples of both its ends; the growth between the first and the
last is stretched to an edge that is nearer than 1.1 sample intervals, by half an interval otherwise, and
never back beyond the moment at which the counter would have been zero. The counters here never reset.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from console.readings import Millis
from data.simulator.layout import Labels
from data.simulator.promql import (
    Aggregate,
    Aggregation,
    Binary,
    Expression,
    Number,
    Over,
    Quantile,
    Selector,
    Timestamp,
)
from data.simulator.samples import Samples, Scraped

LOOKBACK_MS = 5 * 60_000
SCRAPED_AS = (("instance", "shop.internal:9464"), ("job", "shop"))
"""Labels that a scraper adds."""

Vector = dict[Labels, float]
Values = Callable[[int], float | None]
"""The value of a target's column at a moment; ``None`` where the series has none."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """One series that a selector fits: a column of a target's rows."""

    target: Scraped
    column: int
    labels: Labels
    """Sorted, with the name."""


class Evaluation:
    """One expression over the samples, at any number of moments."""

    def __init__(self, samples: Samples, expression: Expression) -> None:
        self._samples = samples
        self._expression = expression
        self._chosen: dict[Selector, list[Chosen]] = {}
        self._groups: dict[Aggregate, list[tuple[Scraped, list[tuple[int, Labels]]]]] = {}

    def matrix(self, selector: Selector, at: Millis) -> list[tuple[Labels, list[tuple[Millis, float]]]]:
        """Raw samples of each series in the window that ends at ``at``, both ends included."""
        assert selector.range_ms is not None
        result = []
        for series in self._choose(selector):
            times, rows = series.target.times, series.target.rows
            column, layout = series.column, series.target.layout
            points = [
                (times[place], rows[place][column])
                for place in self._samples.window(series.target, at - selector.range_ms, at)
                if layout.exists(column, rows[place])
            ]
            if points:
                result.append((series.labels, points))
        return result

    def at(self, at: Millis) -> Vector:
        """The instant vector at ``at``."""
        return self._vector(self._expression, at)

    def _vector(self, tree: Expression, at: Millis) -> Vector:
        if isinstance(tree, Number):
            return {(): tree.value}
        if isinstance(tree, Selector | Timestamp | Over):
            return self._leaf(tree, at)
        if isinstance(tree, Aggregate):
            return self._aggregate(tree, at)
        if isinstance(tree, Binary):
            return self._binary(tree, at)
        return self._quantile(tree, at)

    def _leaf(self, tree: Selector | Timestamp | Over, at: Millis) -> Vector:
        keeps_name = isinstance(tree, Selector) or (
            isinstance(tree, Over) and tree.function == "last_over_time"
        )
        result, valued = {}, dict[int, Values | None]()
        for series in self._choose(tree if isinstance(tree, Selector) else tree.selector):
            key = id(series.target)
            if key not in valued:
                valued[key] = self._values(tree, series.target, at)
            values = valued[key]
            value = values(series.column) if values else None
            if value is not None:
                result[series.labels if keeps_name else _without(series.labels, "__name__")] = value
        return result

    def _values(self, tree: Selector | Timestamp | Over, target: Scraped, at: Millis) -> Values | None:
        """What ``tree`` gives for each column of a target; ``None`` if for none."""
        if isinstance(tree, Over):
            return self._over(tree, target, at)
        place = self._samples.newest(target, at, LOOKBACK_MS)
        if place is None:
            return None
        row, layout = target.rows[place], target.layout
        if isinstance(tree, Timestamp):
            taken = target.times[place] / 1000
            return lambda column: taken if layout.exists(column, row) else None
        return lambda column: row[column] if layout.exists(column, row) else None

    def _over(self, tree: Over, target: Scraped, at: Millis) -> Values | None:
        """A function of the samples of each column in the window before ``at``."""
        window = tree.selector.range_ms
        assert window is not None
        places = self._samples.window(target, at - window, at)
        if tree.function in ("rate", "increase"):
            return self._growth(tree, target, at, places) if len(places) > 1 else None
        if not places:
            return None
        put_together = _OVER_TIME[tree.function]

        def value(column: int) -> float | None:
            rows, layout = target.rows, target.layout
            there = [rows[place][column] for place in places if layout.exists(column, rows[place])]
            return put_together(there) if there else None

        return value

    def _growth(self, tree: Over, target: Scraped, at: Millis, places: range) -> Values:
        window = tree.selector.range_ms
        assert window is not None
        per_second = window / 1000 if tree.function == "rate" else 1.0
        times, rows, layout = target.times, target.rows, target.layout

        def grown(column: int) -> float | None:
            first = next((p for p in places if layout.exists(column, rows[p])), None)
            if first is None or first == places[-1]:
                return None
            low, high = rows[first][column], rows[places[-1]][column]
            if low == high:
                return 0.0
            begins, ends, count = times[first], times[places[-1]], places[-1] - first + 1
            factor = stretch(begins - (at - window), at - ends, ends - begins, count, low, high)
            return (high - low) * factor / per_second

        return grown

    def _aggregate(self, tree: Aggregate, at: Millis) -> Vector:
        grouped: dict[Labels, list[float]] = {}
        if isinstance(tree.inner, Selector | Timestamp | Over):
            for target, columns in self._grouped(tree, tree.inner):
                values = self._values(tree.inner, target, at)
                for column, group in columns if values else ():
                    value = values(column) if values else None
                    if value is not None:
                        grouped.setdefault(group, []).append(value)
        else:
            for labels, value in self._vector(tree.inner, at).items():
                grouped.setdefault(_kept(labels, tree.by), []).append(value)
        return {group: _put_together(tree.function, values) for group, values in grouped.items()}

    def _grouped(
        self, tree: Aggregate, inner: Selector | Timestamp | Over
    ) -> list[tuple[Scraped, list[tuple[int, Labels]]]]:
        """The columns of each target that ``tree`` takes in, with the labels that are kept of each."""
        if tree not in self._groups:
            groups: dict[int, tuple[Scraped, list[tuple[int, Labels]]]] = {}
            for series in self._choose(inner if isinstance(inner, Selector) else inner.selector):
                columns = groups.setdefault(id(series.target), (series.target, []))[1]
                columns.append((series.column, _kept(series.labels, tree.by)))
            self._groups[tree] = list(groups.values())
        return self._groups[tree]

    def _binary(self, tree: Binary, at: Millis) -> Vector:
        does = _OPERATORS[tree.op]
        left, right = self._vector(tree.left, at), self._vector(tree.right, at)
        if scalar(tree.right):
            return {_nameless(labels): does(value, right[()]) for labels, value in left.items()}
        if scalar(tree.left):
            return {_nameless(labels): does(left[()], value) for labels, value in right.items()}
        there = {_nameless(labels): value for labels, value in right.items()}
        pairs = ((_nameless(labels), value) for labels, value in left.items())
        return {labels: does(value, there[labels]) for labels, value in pairs if labels in there}

    def _quantile(self, tree: Quantile, at: Millis) -> Vector:
        """Without ``le`` it would be of native histograms, and there are none here."""
        histograms: dict[Labels, list[tuple[float, float]]] = {}
        for labels, value in self._aggregate(tree.inner, at).items():
            le = dict(labels).get("le")
            if le is not None:
                histograms.setdefault(_without(labels, "le"), []).append((float(le), value))
        return {labels: bucket_quantile(tree.q, sorted(buckets)) for labels, buckets in histograms.items()}

    def _choose(self, selector: Selector) -> list[Chosen]:
        if selector not in self._chosen:
            self._chosen[selector] = [one for target in self._samples for one in _of(target, selector)]
        return self._chosen[selector]


def bucket_quantile(q: float, buckets: list[tuple[float, float]]) -> float:
    """Prometheus's ``histogram_quantile`` of cumulative ``buckets`` (upper bound, count), sorted."""
    if math.isnan(q) or q < 0 or q > 1:
        return math.nan if math.isnan(q) else math.copysign(math.inf, q - 0.5)
    if len(buckets) < 2 or not math.isinf(buckets[-1][0]) or buckets[-1][1] == 0:
        return math.nan
    rank = q * buckets[-1][1]
    place = next(i for i, (_, reached) in enumerate(buckets) if reached >= rank or i == len(buckets) - 1)
    if place == len(buckets) - 1:
        return buckets[-2][0]
    low, before = buckets[place - 1] if place else (0.0, 0.0)
    high, reached = buckets[place]
    if reached == before:
        return low
    return low + (high - low) * (rank - before) / (reached - before)


def stretch(to_start: float, to_end: float, sampled: float, count: int, first: float, last: float) -> float:
    """The factor by which Prometheus stretches the growth between a window's samples to its edges.

    ``to_start`` and ``to_end`` are the gaps before the first and after the last of ``count`` samples,
    ``sampled`` the time between those two, all in one unit; ``first`` and ``last`` are their values.
    """
    average = sampled / (count - 1)
    if last > first >= 0:
        to_start = min(to_start, sampled * first / (last - first))
    near = average * 1.1
    reach = sampled
    reach += to_start if to_start < near else average / 2
    reach += to_end if to_end < near else average / 2
    return reach / sampled


def _of(target: Scraped, selector: Selector) -> Iterator[Chosen]:
    """The series of a target that a selector fits. What is the same for all of them is looked at first."""
    common = (*target.labels(), *SCRAPED_AS)
    fixed, named = dict(common), [m for m in selector.matchers if m.label == "__name__"]
    rest = [m for m in selector.matchers if m.label not in fixed and m.label != "__name__"]
    if not all(m.fits(fixed[m.label]) for m in selector.matchers if m.label in fixed):
        return
    for name, places in target.layout.places.items():
        if not all(matcher.fits(name) for matcher in named):
            continue
        for place in places:
            own = target.layout.columns[place][1]
            labels = dict(own)
            if all(matcher.fits(labels.get(matcher.label, "")) for matcher in rest):
                yield Chosen(target, place, tuple(sorted((("__name__", name), *own, *common))))


def _kept(labels: Labels, by: tuple[str, ...]) -> Labels:
    return tuple((k, v) for k, v in labels if k in by)


def _without(labels: Labels, name: str) -> Labels:
    return tuple((k, v) for k, v in labels if k != name)


def _nameless(labels: Labels) -> Labels:
    return _without(labels, "__name__")


def scalar(tree: Expression) -> bool:
    """Whether an expression is a number, not a vector."""
    if isinstance(tree, Binary):
        return scalar(tree.left) and scalar(tree.right)
    return isinstance(tree, Number) and not tree.vector


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _last(values: list[float]) -> float:
    return values[-1]


def _put_together(function: Aggregation, values: list[float]) -> float:
    match function:
        case "sum":
            return sum(values)
        case "avg":
            return _mean(values)
        case "count":
            return float(len(values))
        case "max":
            return max(values)
        case "min":
            return min(values)


def _divided(above: float, below: float) -> float:
    if below == 0:
        return math.nan if above == 0 or math.isnan(above) else math.copysign(math.inf, above)
    return above / below


def _highest(values: list[float]) -> float:
    return max(values)


_OVER_TIME: dict[str, Callable[[list[float]], float]] = {
    "avg_over_time": _mean,
    "max_over_time": _highest,
    "last_over_time": _last,
}
_OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
}
