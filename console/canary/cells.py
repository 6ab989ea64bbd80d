"""Where a metric's harm is: the part of its dimension in which most of the excess was counted. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from console.canary.catalogue import Metric
from console.canary.measures import REST, Count, Measure, Ratio

MOST = 2 / 3
"""A cell is named when it has more than this part of the excess of all cells that have any."""


@dataclass(frozen=True, slots=True)
class Where:
    """A cell and what was seen in it: events for each chance, in natural units (shares of 1)."""

    name: str
    canary: float
    baseline: float


def where(metric: Metric, canary: Measure | None, baseline: Measure | None) -> Where | None:
    """The cell that has most of the canary's excess; ``None`` where the harm is spread, or cannot be told.

    A cell's excess is the canary's events less those that production's rate in the same cell would have
    made of the canary's chances, counted the way that is worse. Cells with fewer chances than the metric's
    least are not named, nor is the rest. That the metric is worse is not decided here.
    """
    if metric.by is None or not isinstance(canary, Ratio | Count) or not isinstance(baseline, Ratio | Count):
        return None
    sign = -1 if metric.worse == "lower" else 1
    usual = {cell.name: cell.events / cell.of for cell in baseline.cells if cell.of > 0}
    excess = {
        cell.name: sign * (cell.events - cell.of * usual[cell.name])
        for cell in canary.cells
        if cell.name in usual and cell.of > 0
    }
    total = sum(max(one, 0.0) for one in excess.values())
    for cell in canary.cells if len(excess) > 1 else ():
        if cell.name == REST or cell.of < metric.by.min_cell:
            continue
        if excess.get(cell.name, 0.0) > MOST * total > 0:
            return Where(cell.name, cell.events / cell.of, usual[cell.name])
    return None
