"""A world in which the whole catalogue is measured and judged with evidence: for the metrics and ``w``."""

from __future__ import annotations

import math
from dataclasses import replace

from console.canary.catalogue import Metric, packaged
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
    Ratio,
)
from console.canary.verdict import MetricState, MetricVerdict, Verdict, Word
from console.readings import Millis, Problem, Reading
from console.world import EvidencePoint, MetricView, World
from tests.screens import worlds
from tests.screens.worlds import METRICS, MINUTE, NOW, reading, wave

UNMEASURED = ("probe_failures", "db_query_time")
"""Nobody measures these; the second could be."""
LINE = 2.1


def _measure(metric: Metric, worse: float) -> Measure:
    """Some measure of the metric's kind; ``worse`` is a factor on what is bad."""
    match metric.kind:
        case "ratio":
            cells = _cells(metric, worse)
            bad = 60 * worse if metric.worse != "lower" else 4_000 / worse
            return Ratio(bad, 12_000, cells)
        case "count" if metric.by is not None:
            return Count(5_000 / worse, 60, 2_000, _cells(metric, worse))
        case "count":
            return Count(4_800, 60)
        case "histogram":
            edge = {"ms": 0.4, "s": 2.5}[metric.unit] * worse
            return Histogram((edge / 4, edge, math.inf), (700.0, 300.0, 0.0))
        case "gauge":
            return Gauge({"cores": 0.42, "MB": 310e6, "MB/s": 12.4e6, "%": 0.31}[metric.unit] * worse, 60)
        case "categorical":
            return Categorical((Category("error", 40), Category("fatal", 4 * worse)))
        case "set":
            known = (Member("TimeoutError", 12), Member("TypeError", 3))
            return Members(known if worse == 1 else (*known, Member("CartRoundingError", 41, NOW - MINUTE)))


def _cells(metric: Metric, worse: float) -> tuple[Cell, ...]:
    if metric.by is None:
        return ()
    names = (
        ("/", "/api/checkout", "/search")
        if metric.id == "error_rate"
        else ("firefox / phone", "safari / desktop")
    )
    parts = tuple(
        Cell(name, 20 * (worse**2 if "checkout" in name or "phone" in name else 1), 4_000) for name in names
    )
    return (*parts, Cell("(rare)", 1, 12))


def measured_view(metric: Metric, worse: float = 1.0) -> MetricView:
    """The metric measured four seconds ago, or (what informs only) fifty."""
    age = 4_000 if metric.guard or metric.id in ("request_rate",) else 50_000
    ours = reading(_measure(metric, worse), METRICS, age)
    line = wave(40, 3, 1)
    if not metric.split:
        return MetricView(metric, Reading.missing(METRICS), ours, (), line)
    theirs = reading(_measure(metric, 1.0), METRICS, age)
    return MetricView(metric, theirs, ours, line, wave(40, 3, 0, jump=40 * (worse - 1)))


CULPRITS = {"error_rate": 4.6, "new_errors": 2.0}


def all_metrics() -> tuple[MetricView, ...]:
    """Every metric of the catalogue that is measured."""
    return tuple(
        measured_view(one, CULPRITS.get(one.id, 1.0)) for one in packaged() if one.id not in UNMEASURED
    )


def evidence(last: Millis = NOW - 4_000, polls: int = 80) -> tuple[EvidencePoint, ...]:
    """Evidence that climbs over its line in the last minutes."""
    points = []
    for index in range(polls):
        climb = max(index - polls + 30, 0) / 9
        own = {"error_rate": climb, "latency_p95": -0.3, "conversion_rate": 0.2, "new_errors": climb * 1.4}
        points.append(EvidencePoint(last - (polls - 1 - index) * 15_000, climb * 0.9 - 0.4, LINE, own))
    return tuple(points)


def judged() -> Verdict:
    """The statistical judge's word on it."""
    metrics = packaged()

    def said(
        name: str, state: MetricState, texts: tuple[str, str, str], sentence: str, **more: object
    ) -> MetricVerdict:
        canary, baseline, effect = texts
        one = MetricVerdict(name, metrics[name].title, state, canary, baseline, effect, sentence)
        return replace(one, **more)  # type: ignore[arg-type]

    return Verdict(
        Word.ROLLBACK,
        NOW - 6 * MINUTE,
        NOW - 4_000,
        ("error rate and new error types are worse beyond doubt",),
        (
            said("latency_p95", MetricState.EQUIVALENT, ("412 ms", "405 ms", "+1.7 %"),
                 "not worse by the margin",
                 evidence=-0.3, interval="0.97 to 1.06 ×"),
            said("conversion_rate", MetricState.COLLECTING, ("3.1 %", "3.2 %", "-3 %"),
                 "collecting: 120 of 400 requests on the canary; needs about 25 more minutes at this traffic",
                 evidence=0.2, eta_ms=25 * MINUTE),
            said("error_rate", MetricState.WORSE, ("2.4 %", "0.5 %", "4.6 ×"),
                 "worse beyond doubt",
                 evidence=3.2, interval="2.9 to 7.1 ×"),
            said("new_errors", MetricState.WORSE, ("1 type", "0 types", ""),
                 "worse beyond doubt", evidence=4.5),
        ),
        judge="statistical",
        evidence=2.6,
        line=LINE,
        epoch=2,
        eta_ms=None,
    )  # fmt: skip


def measured() -> World:
    """Two culprits, everything else well, two metrics that nobody measures."""
    world = worlds.rollback()
    every = all_metrics()
    headline = tuple(one for one in every if one.metric.id in ("error_rate", "latency_p95", "request_rate"))
    return replace(
        world,
        metrics=headline,
        all_metrics=every,
        catalogue=packaged().metrics,
        evidence=evidence(),
        verdict=judged(),
    )


def lacking() -> World:
    """As :func:`measured`; the source has said why it cannot have one of them."""
    world = measured()
    problem = Problem(
        "unconfigured", "Not measured: the request logs know no browsers.", "Set prometheus.url."
    )
    bare = MetricView(
        packaged()["client_errors"], Reading.missing(METRICS, problem), Reading.missing(METRICS, problem)
    )
    views = tuple(bare if one.metric.id == "client_errors" else one for one in world.all_metrics)
    return replace(world, all_metrics=views)
