"""Every metric measured from the simulator against its truth: sound, and in the scenario that harms it."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

import pytest

from console.canary.catalogue import CATALOGUE, Metric
from console.canary.measures import (
    SHARED,
    Categorical,
    Count,
    Gauge,
    Histogram,
    Measure,
    Members,
    Ratio,
    Window,
)
from console.canary.values import combine, natural_of
from data.simulator import scenario
from data.simulator.acting import perform
from data.simulator.answers import ActRequest, Truth
from data.simulator.control import truth_of
from tests.data.prometheus.test_simulated import past, watching

pytestmark = [pytest.mark.slow]

SECONDS = 600
"""How long is measured."""
SETTLE_S = 1300
"""Nearly all sessions of a new deployment have ended by then, and every ramp is over."""

HARMS: dict[str, tuple[str, ...]] = {
    "harm-errors": ("error_rate",),
    "harm-browsers": ("client_errors",),
    "harm-severity": ("error_severity",),
    "harm-new-errors": ("new_errors",),
    "harm-page-load": ("page_load",),
    "harm-interactivity": ("time_to_interactive",),
    "harm-latency": ("latency_p95",),
    "harm-database": ("db_query_time",),
    "harm-conversion": ("conversion_rate",),
    "harm-sessions": ("session_duration",),
    "harm-bounce": ("bounce_rate",),
    "harm-features": ("feature_usage",),
    "harm-machines": ("cpu", "memory"),
    "harm-network": ("network",),
    "harm-connections": ("db_connections",),
    "harm-cache": ("cache_hit_ratio",),
}
"""By scenario what it is meant to harm; what follows from it is below."""

FOLLOW = {
    "harm-errors": {"error_severity"},
    "harm-new-errors": {"error_severity"},
    "harm-bounce": {"session_duration"},
    "harm-conversion": {"session_duration"},
}
"""Mixtures shift with their parts: more errors of one severity are a smaller share of another."""


def test_there_is_a_harm_for_each_of_the_sixteen() -> None:
    harmed = [CATALOGUE[name] for names in HARMS.values() for name in names]
    rows = [row for row in CATALOGUE.rows if any(metric in harmed for metric in row)]
    assert len(rows) == len(CATALOGUE.rows) == 16 == len(HARMS)
    assert {name for name in scenario.names() if name.startswith("harm-")} == set(HARMS)


Both = tuple[Measure | None, ...]
"""The baseline's measure and the canary's, or the only one of what both share."""


@dataclass(frozen=True)
class Seen:
    """A world after a while of a scenario: what was measured of it, and what is true of it."""

    measures: dict[str, Both]
    truth: Truth

    def numbers(self, name: str) -> list[float]:
        values = [natural_of(CATALOGUE[name], one) for one in self.measures[name]]
        return [math.nan if value is None else value for value in values]

    def trues(self, name: str) -> list[float]:
        if not CATALOGUE[name].split:
            return [self.truth.shared[name]]
        return [self.truth.tracks[track].metrics[name] for track in ("baseline", "canary")]


_SEEN: dict[str, Seen] = {}


SHARED_OUT = ("request_rate", "page_views", "visits")
"""Each track has its share of them, so they differ without anything being wrong."""


async def seen(name: str) -> Seen:
    """The world of a scenario, made once; half of the visitors are on the canary."""
    if name not in _SEEN:
        async with watching(name, seed=11) as (sim, source, ids):
            for _ in range(2):
                perform(sim.world.project, ActRequest(action="advance"), sim.world.advance())
            sim.clock.advance(SETTLE_S + SECONDS)
            found = await source.measure_all(CATALOGUE.asked, ids, past(sim, SECONDS))
            places = {metric.id: ids if metric.split else (SHARED,) for metric in CATALOGUE.asked}
            measures = {name: tuple(found[name][one] for one in where) for name, where in places.items()}
            _SEEN[name] = Seen(measures, truth_of(sim.world, 1.0))
    return _SEEN[name]


def close(metric: Metric, measure: Measure | None, true: float) -> bool:
    """Whether chance alone (four deviations) can make this measure of what is true."""
    match measure:
        case Ratio():
            return abs(measure.bad - true * measure.total) <= 4 * math.sqrt(true * measure.total) + 1
        case Count(of=float() as of):
            return abs(measure.events - true * of) <= 4 * math.sqrt(true * of) + 1
        case Histogram():  # the true quantile lies in the bucket in which the measured ones reach it
            slack = 4 * math.sqrt(metric.quantile * (1 - metric.quantile) / measure.total)
            place = bisect_left(measure.bounds, true)
            below, reached = sum(measure.counts[:place]), sum(measure.counts[: place + 1])
            wanted = metric.quantile * measure.total
            return below <= wanted + slack * measure.total and reached >= wanted - slack * measure.total
        case Gauge():
            return measure.value == pytest.approx(true, rel=0.06)
        case Categorical():
            share, n = measure.share(metric.worst), measure.total
            return share is not None and abs(share - true) * n <= 4 * math.sqrt(true * n) + 1
        case _:
            return False


@pytest.mark.parametrize("name", ["healthy", *HARMS])
async def test_what_is_measured_is_true_and_nothing_else_is_harmed(name: str) -> None:
    world = await seen(name)
    effects = world.truth.effects
    for metric in CATALOGUE.asked:
        if metric.id in HARMS.get(name, ()):
            harmed = (effects[metric.id] or math.inf) > 1.15, (effects[metric.id] or math.inf) < 0.87
            assert harmed == (metric.worse != "lower", metric.worse == "lower") or metric.kind == "count"
        elif metric.id not in {*FOLLOW.get(name, ()), *SHARED_OUT, "new_errors"}:
            assert effects[metric.id] == pytest.approx(1.0, abs=0.005), metric.id
        if metric.id in ("latency_p95", *SHARED_OUT, "new_errors"):
            continue  # functions were cold at first, and the load swings: the world's own counts are compared
        for measure, true in zip(world.measures[metric.id], world.trues(metric.id), strict=True):
            assert close(metric, measure, true), (metric.id, measure, true)


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        (name, CATALOGUE[metric])
        for name, metrics in HARMS.items()
        for metric in metrics
        if CATALOGUE[metric].split and CATALOGUE[metric].kind != "set"
    ],
    ids=lambda one: one if isinstance(one, str) else one.id,
)
async def test_a_harm_is_seen_in_its_direction(name: str, metric: Metric) -> None:
    baseline, canary = (await seen(name)).numbers(metric.id)
    if metric.worse == "higher":
        assert canary > baseline * 1.15
    else:
        assert canary < baseline * 0.93


@pytest.mark.parametrize(
    ("name", "metric"), [("harm-network", "network"), ("harm-connections", "db_connections")]
)
async def test_what_both_share_is_harmed_as_one(name: str, metric: str) -> None:
    assert (await seen(name)).numbers(metric)[0] > 1.5 * (await seen("healthy")).numbers(metric)[0]


async def test_a_harm_in_one_cell_is_found_in_that_cell() -> None:
    world = await seen("harm-browsers")
    shares = []
    for measure in world.measures["client_errors"]:
        assert isinstance(measure, Ratio)
        shares.append({cell.name: cell.events / cell.of for cell in measure.cells})
    factors = {cell: shares[1][cell] / share for cell, share in shares[0].items()}
    assert max(factors, key=lambda cell: factors[cell]) == "safari / mobile"
    truth = world.truth.tracks["canary"].cells["client_errors"]
    assert shares[1]["safari / mobile"] == pytest.approx(truth["safari / mobile"], rel=0.15)


@pytest.mark.parametrize(("name", "new"), [("harm-new-errors", ["HydrationMismatch"]), ("harm-errors", [])])
async def test_a_new_kind_of_error_is_the_canarys_alone_and_only_then(name: str, new: list[str]) -> None:
    theirs, ours = (await seen(name)).measures["new_errors"]
    assert isinstance(ours, Members)
    assert isinstance(theirs, Members)
    assert [member.name for member in ours.beyond(theirs).members] == new
    assert (await seen(name)).truth.tracks["canary"].metrics["new_errors"] == len(new)


async def test_time_to_interactive_says_that_inp_stands_in() -> None:
    async with watching() as (sim, source, ids):
        sim.clock.advance(120)
        metric, window = CATALOGUE["time_to_interactive"], past(sim, 60)
        assert (await source.measure(metric, ids, window)).instead == "INP"
        assert (await source.history(metric, ids, window, 15)).instead == "INP"
        assert (await source.measure(CATALOGUE["page_load"], ids, window)).instead == ""


async def test_sessions_of_a_young_deployment_are_short_ones() -> None:
    """What ``late_s`` warns of: only short sessions can have ended."""
    async with watching() as (sim, source, ids):
        now = past(sim, 240)
        found = await source.measure(CATALOGUE["session_duration"], ids, now)
        sim.clock.advance(CATALOGUE["session_duration"].late_s + 600)
        later = await source.measure(CATALOGUE["session_duration"], ids, past(sim, 600))
    longest = []
    for answer in (found, later):
        histogram = answer[ids[1]]
        assert isinstance(histogram, Histogram)
        longest.append(histogram.quantile(0.95))
    assert longest[0] is not None
    assert longest[1] is not None
    assert longest[0] <= 400 < longest[1]


async def test_windows_side_by_side_hold_what_the_whole_holds() -> None:
    async with watching("harm-new-errors") as (sim, source, ids):
        sim.clock.advance(600)
        whole = past(sim, 120)
        half = whole.start + 60_000
        for metric in CATALOGUE.asked:
            if metric.kind in ("ratio", "count", "histogram"):
                parts = [
                    await source.measure(metric, ids, window)
                    for window in (Window(whole.start, half), Window(half, whole.end))
                ]
                for one in ids:
                    assert (
                        combine([part[one] for part in parts])
                        == (await source.measure(metric, ids, whole))[one]
                    )
