"""What is judged of a live release, decided by its first polls and then left as it is. Pure.

What shares the error budget must not depend on what the release did later, so a metric that turns up after
the first polls is judged and shown, and decides nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from console.canary.catalogue import Metric
from console.canary.measures import (
    REST,
    Categorical,
    Count,
    Gauge,
    Histogram,
    Measure,
    Members,
    Quantile,
    Ratio,
    aligned,
)
from console.canary.rows import Row

SETTLED = 8
"""Measured polls after which it is decided what is judged."""
SLOTS = 10
"""Cells of a dimension that are looked at by themselves."""

Form = Literal["ratio", "count", "set", "histogram", "categorical", "gauge"]


@dataclass(frozen=True, slots=True)
class Planned:
    """One metric as it is judged. ``bounds`` of a histogram, ``cells`` of its dimension, largest first;
    ``level`` is the baseline's usual value of what is judged by its level."""

    metric: Metric
    form: Form
    guard: bool
    bounds: tuple[float, ...] = ()
    cells: tuple[str, ...] = ()
    level: float | None = None

    @property
    def required(self) -> bool:
        """Whether a promotion waits for it, and its absence is no data."""
        return self.guard and self.metric.required


def plan_of(
    metrics: Iterable[Metric], rows: Sequence[Row], before: Sequence[Row] = ()
) -> tuple[Planned, ...]:
    """How each of ``metrics`` is judged, in their order; those that were never measured are left out.

    A required guard is always there, measured or not. ``before``: production before the release.
    """
    measured = [row for row in rows if row.pairs]
    early = measured[:SETTLED]
    found = []
    for metric in metrics:
        if not metric.split or metric.worse is None:
            continue
        first = _planned(metric, [*before, *early])
        if first is None and len(measured) > SETTLED:
            late = _planned(metric, measured[SETTLED:])
            first = late and _informing(late)
        if first is None and metric.guard and metric.required:
            first = _unmeasured(metric)
        if first is not None:
            found.append(first)
    return tuple(found)


def _informing(one: Planned) -> Planned:
    guard = one.guard and one.metric.required
    return Planned(one.metric, one.form, guard, one.bounds, one.cells, one.level)


def _unmeasured(metric: Metric) -> Planned | None:
    if metric.kind == "histogram":
        return Planned(metric, "histogram", metric.guard, (math.inf,))
    if metric.kind == "ratio":
        return Planned(metric, "ratio", metric.guard)
    return None


def _planned(metric: Metric, rows: Sequence[Row]) -> Planned | None:
    pairs = [row.pairs[metric.id] for row in rows if metric.id in row.pairs]
    seen: list[tuple[Measure | None, Measure | None]] = [
        (pair.baseline, pair.canary) for pair in pairs if pair.baseline or pair.canary
    ]
    one = next((a or b for a, b in seen), None)
    match one:
        case Ratio():
            return Planned(metric, "ratio", metric.guard, cells=_cells(metric, [a for a, _ in seen]))
        case Count() if one.of is not None:
            return Planned(metric, "count", metric.guard, cells=_cells(metric, [a for a, _ in seen]))
        case Histogram():
            return Planned(metric, "histogram", metric.guard, bounds=_bounds(seen))
        case Quantile() | Gauge():
            return Planned(metric, "gauge", metric.guard, level=_level([a for a, _ in seen]))
        case Categorical() if metric.worst:
            return Planned(metric, "categorical", metric.guard)
        case Members():
            return Planned(metric, "set", metric.guard)
        case _:
            return None


def _cells(metric: Metric, baseline: Sequence[Measure | None]) -> tuple[str, ...]:
    """The cells with most of production's requests."""
    if metric.by is None:
        return ()
    sizes: dict[str, float] = {}
    for one in baseline:
        for cell in one.cells if isinstance(one, Ratio | Count) else ():
            if cell.name != REST:
                sizes[cell.name] = sizes.get(cell.name, 0.0) + cell.of
    return tuple(sorted(sizes, key=lambda name: (-sizes[name], name))[:SLOTS])


def _bounds(seen: Sequence[tuple[Measure | None, Measure | None]]) -> tuple[float, ...]:
    """The edges that both tracks have, as soon as both were seen."""
    for baseline, canary in seen:
        if isinstance(baseline, Histogram) and isinstance(canary, Histogram):
            return aligned(baseline, canary)[0].bounds
    lone = next(one for pair in seen for one in pair if isinstance(one, Histogram))
    return lone.over((*[edge for edge in lone.bounds if not math.isinf(edge)], math.inf)).bounds


def _level(baseline: Sequence[Measure | None]) -> float | None:
    values = [one.value for one in baseline if isinstance(one, Quantile | Gauge)]
    mean = sum(values) / len(values) if values else 0.0
    return mean if mean > 0 else None
