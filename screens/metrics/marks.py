"""Small pictures of a line in one row of text: the trend of a metric, its evidence against the line. Pure."""

from __future__ import annotations

import math

from console.canary.catalogue import Metric
from console.canary.measures import Point
from console.trend import LEVELS, TREND_MS, sliced
from console.world import EvidencePoint, World


def own_line(point: EvidencePoint, metric: Metric, weights: float) -> float:
    """The evidence from which on ``metric`` would decide alone; ``weights`` are of all judged metrics."""
    if metric.weight <= 0 or weights <= 0:
        return math.inf
    return point.line + math.log10(max(weights / metric.weight, 1.0))


def own_lines(world: World) -> dict[str, float]:
    """By metric, the evidence from which on it would decide alone; only of those that may decide."""
    if not world.evidence:
        return {}
    weights = judged_weight(world)
    found = {one.metric.id: one.metric for one in (*world.metrics, *world.all_metrics)}
    lines = {
        name: own_line(world.evidence[-1], found[name], weights)
        for name in world.evidence[-1].metrics
        if name in found and found[name].guard
    }
    return {name: line for name, line in lines.items() if math.isfinite(line)}


def judged_weight(world: World) -> float:
    """The weights of the metrics that the newest evidence rests on, together."""
    if not world.evidence:
        return 0.0
    found = {one.metric.id: one.metric for one in (*world.metrics, *world.all_metrics)}
    return sum(found[one].weight for one in world.evidence[-1].metrics if one in found and found[one].guard)


def evidence_bar(world: World, metric: Metric, weights: float, cells: int) -> str:
    """The newest evidence that ``metric`` is worse; a full block from its own line on. Empty without any."""
    recent = [one for one in world.evidence if metric.id in one.metrics]
    if not recent or cells <= 0:
        return ""
    end = recent[-1].at
    shares = [
        Point(one.at, max(one.metrics[metric.id] / own_line(one, metric, weights), 0.0))
        for one in recent
        if one.line > 0
    ]
    return "".join(
        " " if share is None else LEVELS[7 if share >= 1 else min(int(share * 7), 6)]
        for share in sliced(shares, end, TREND_MS, cells)
    )


def newest_evidence(world: World, metric_id: str) -> float | None:
    """log10 of the metric's own e-value at the last poll that has it; ``None`` without one."""
    return next(
        (one.metrics[metric_id] for one in reversed(world.evidence) if metric_id in one.metrics), None
    )


def figure(evidence: float) -> str:
    """Evidence (log10) to one digit; a hair under nothing is nothing."""
    text = f"{min(max(evidence, -9.9), 99.0):.1f}"
    return "0.0" if text == "-0.0" else text
