"""What is asked of a metric: its three nulls in numbers, from what the recording says or the defaults.

Rollback: "not worse than tolerated". Disaster, while warming up: "not worse by a large factor". Promotion:
"worse by the margin, at least". The defaults are those of the analysis sheet, E6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from console.canary.recording import (
    AnyMetric,
    BadRecording,
    CategoricalMetric,
    GaugeMetric,
    HistogramMetric,
)

RARE = 0.02
"""A category with less of the events than this does not keep a canary from being promoted."""


@dataclass(frozen=True, slots=True)
class Asked:
    """As factors (1 is alike); for a gauge as differences, the disaster as a part of the baseline."""

    tolerance: float
    margin: float
    disaster: float
    negligible: float = 0.0


def asked(metric: AnyMetric) -> Asked:
    """The three questions put to ``metric``. Raises :class:`BadRecording` where they contradict."""
    if isinstance(metric, GaugeMetric):
        result = _of_gauge(metric)
    elif isinstance(metric, HistogramMetric):
        tolerance, margin = _shift(metric.tolerance, 1.01), _shift(metric.margin, 1.10)
        result = Asked(tolerance, margin, max(3.0, 1.5 * tolerance))
    else:
        usual = {"set": (1.05, 3.0), "categorical": (1.10, 2.0)}.get(metric.kind, (1.05, 2.0))
        tolerance = usual[0] if metric.tolerance is None else metric.tolerance
        margin = usual[1] if metric.margin is None else metric.margin
        negligible = RARE if isinstance(metric, CategoricalMetric) else metric.negligible
        if metric.kind in ("ratio", "count") and metric.worse == "lower":
            negligible = 0.0
        result = Asked(tolerance, margin, max(5.0, 2 * tolerance), negligible)
    _checked(metric, result)
    return result


def _of_gauge(metric: GaugeMetric) -> Asked:
    tolerance = 0.0 if metric.tolerance is None else metric.tolerance
    return Asked(tolerance, float(np.nan) if metric.margin is None else metric.margin, 0.5)


def _shift(value: float | None, usual: float) -> float:
    """A shift of a duration as a factor: 0.1 and 1.1 both say ten per cent slower."""
    if value is None:
        return usual
    return value if value >= 1 else 1 + value


def _checked(metric: AnyMetric, result: Asked) -> None:
    least = 0.0 if isinstance(metric, GaugeMetric) else 1.0
    if not result.tolerance >= least:
        what = "a difference of 0 or more" if least == 0 else "a factor from 1 on (1.05: five per cent more)"
        raise BadRecording(f"metric {metric.id}: tolerance {result.tolerance:g} must be {what}.")
    if result.margin <= result.tolerance:
        raise BadRecording(
            f"metric {metric.id}: margin {result.margin:g} must be more than tolerance {result.tolerance:g}: "
            "a promotion cannot exclude what is accepted as equal."
        )
