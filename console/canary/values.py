"""Measures added up, and as the numbers and words that a person reads. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from console.canary.catalogue import Metric
from console.canary.measures import (
    Categorical,
    Category,
    Cell,
    Count,
    Gauge,
    Histogram,
    Measure,
    Member,
    Members,
    Quantile,
    Ratio,
)


def combine(measures: Sequence[Measure | None]) -> Measure | None:
    """The counts of several windows, oldest first, added up; ``None`` if there are none.

    Kinds are never mixed (the source may have changed), nor histograms of different buckets (the
    application was redeployed with others): the newer stands alone. Levels become their mean by time.
    Ready-made quantiles cannot be added: their mean, weighted by what is behind each, stands for the whole.
    """
    total: Measure | None = None
    for one in measures:
        if one is not None:
            total = one if total is None else _both(total, one)
    return total


def _both(total: Measure, one: Measure) -> Measure:
    match total, one:
        case Ratio(), Ratio():
            return Ratio(total.bad + one.bad, total.total + one.total, _cells(total.cells, one.cells))
        case Count(), Count():
            of = None if total.of is None or one.of is None else total.of + one.of
            cells = _cells(total.cells, one.cells)
            return Count(total.events + one.events, total.seconds + one.seconds, of, cells)
        case Histogram(), Histogram() if total.bounds == one.bounds:
            return Histogram(one.bounds, tuple(a + b for a, b in zip(total.counts, one.counts, strict=True)))
        case Quantile(), Quantile() if total.q == one.q:
            both = total.total + one.total
            if both <= 0:
                return one
            value = total.value * (total.total / both) + one.value * (one.total / both)
            return Quantile(one.q, value, both)
        case Gauge(), Gauge():
            seconds = total.seconds + one.seconds
            if seconds <= 0:
                return one
            return Gauge((total.value * total.seconds + one.value * one.seconds) / seconds, seconds)
        case Categorical(), Categorical():
            return Categorical(_categories([*total.categories, *one.categories]))
        case Members(), Members():
            return Members(_members([*total.members, *one.members]))
        case _:
            return one


def _cells(first: Iterable[Cell], second: Iterable[Cell]) -> tuple[Cell, ...]:
    held: dict[str, Cell] = {}
    for cell in (*first, *second):
        before = held.get(cell.name)
        held[cell.name] = (
            Cell(cell.name, before.events + cell.events, before.of + cell.of) if before else cell
        )
    return tuple(sorted(held.values(), key=lambda cell: cell.name))


def _categories(categories: Iterable[Category]) -> tuple[Category, ...]:
    held: dict[str, float] = {}
    for one in categories:
        held[one.name] = held.get(one.name, 0.0) + one.events
    return tuple(Category(name, events) for name, events in sorted(held.items()))


def _members(members: Iterable[Member]) -> tuple[Member, ...]:
    held: dict[str, Member] = {}
    for one in members:
        before = held.get(one.name)
        # the oldest window knows best whether it was new
        held[one.name] = Member(one.name, before.events + one.events, before.born) if before else one
    return tuple(sorted(held.values(), key=lambda one: one.name))


def sample_of(measure: Measure | None) -> float:
    """How many events (chances, where those are counted) stand behind a measure; none behind a level."""
    match measure:
        case None | Gauge():
            return 0.0
        case Count():
            return measure.events if measure.of is None else measure.of
        case _:
            return measure.total


def natural_of(metric: Metric, measure: Measure | None) -> float | None:
    """The number a measure amounts to, in natural units: shares of 1, seconds, bytes."""
    match measure:
        case None:
            return None
        case Ratio():
            return measure.share
        case Histogram():
            return measure.quantile(metric.quantile)
        case Quantile():
            return measure.value if measure.total > 0 else None
        case Count():
            return measure.rate
        case Gauge():
            return measure.value
        case Categorical():
            return measure.share(metric.worst)
        case Members():
            return float(measure.present)


def value_of(metric: Metric, measure: Measure | None) -> float | None:
    """The number a person reads, in the metric's unit: per cent, milliseconds (a quantile), requests/s."""
    natural = natural_of(metric, measure)
    return None if natural is None else natural * metric.factor


def text_of(metric: Metric, value: float | None) -> str:
    """A value with its unit; ``–`` when there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    match metric.unit:
        case "%":
            return f"{value:.1f} %" if abs(value) >= 0.1 or value == 0 else f"{value:.2f} %"
        case "ms":
            return f"{value:,.0f} ms"
        case "s":
            return f"{value:,.0f} s" if value >= 100 else f"{value:.2f} s"
        case "req/s":
            return f"{value:,.0f} /s" if value >= 10 else f"{value:.1f} /s"
        case "types":
            return f"{value:,.0f} type" if round(value) == 1 else f"{value:,.0f} types"
        case "MB":
            return f"{value:,.0f} MB"
        case unit:
            return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.2f} {unit}"


def ratio_of(canary: float | None, baseline: float | None) -> float | None:
    """Canary over baseline; ``None`` where one is missing, or there is nothing to divide by."""
    if canary is None or baseline is None or baseline <= 0:
        return None
    return canary / baseline


def effect_of(canary: float | None, baseline: float | None) -> str:
    """Canary against baseline: a factor from 2 on, per cent below; empty where neither says anything."""
    ratio = ratio_of(canary, baseline)
    if ratio is None:
        return ""
    return f"{ratio:.1f} ×" if ratio >= 2 else f"{(ratio - 1) * 100:+.0f} %"
