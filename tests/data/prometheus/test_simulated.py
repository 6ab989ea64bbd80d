"""The Prometheus client on the simulator's stand-in: what it measures is what happened there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from console.canary.catalogue import CATALOGUE, ERROR_RATE, LATENCY_P95, REQUEST_RATE, Metric
from console.canary.measures import Count, Histogram, Ratio, Window
from console.canary.values import value_of
from console.polling import places
from console.ports import SourceError
from data.http import Limits, Transport
from data.prometheus.client import PrometheusClient
from data.prometheus.source import PrometheusSource
from data.simulator.answers import FaultRequest
from tests.simulated import Simulated, simulated

STILL = 1e-9
"""A world that moves only when the test says so."""


@asynccontextmanager
async def watching(
    scenario: str = "healthy", seed: int = 1
) -> AsyncIterator[tuple[Simulated, PrometheusSource, tuple[str, str]]]:
    async with simulated(scenario, seed=seed, speed=STILL) as sim:
        transport = Transport(sim.clock, limits=Limits(retries=0))
        try:
            client = PrometheusClient(transport, sim.prometheus_url)
            release = sim.world.project.release
            assert release is not None
            source = PrometheusSource(client, sampled_every_s=5)
            yield sim, source, (release.base_id, release.canary_id)
        finally:
            await transport.aclose()


def past(sim: Simulated, seconds: int) -> Window:
    """The last whole ``seconds`` that a scrape has seen."""
    now = sim.world.advance()
    end = now - now % 5_000
    return Window(end - seconds * 1000, end)


@pytest.mark.parametrize("scenario", ["healthy", "error-spike"])
@pytest.mark.parametrize("seconds", [60, 300])
async def test_errors_and_requests_are_the_true_ones(scenario: str, seconds: int) -> None:
    async with watching(scenario) as (sim, source, ids):
        sim.clock.advance(900)
        window = past(sim, seconds)
        found = await source.measure(ERROR_RATE, ids, window)
        rates = await source.measure(REQUEST_RATE, ids, window)
        for one in ids:
            total, bad = sim.world.counts(one, window.start, window.end)
            assert total > 0
            ratio = found[one]
            assert isinstance(ratio, Ratio)
            assert (ratio.bad, ratio.total) == (bad, total)
            assert sum(cell.events for cell in ratio.cells) == bad
            assert sum(cell.of for cell in ratio.cells) == total
            assert rates[one] == Count(total, seconds)


async def test_the_histogram_holds_every_request() -> None:
    async with watching("latency-regression") as (sim, source, ids):
        sim.clock.advance(900)
        window = past(sim, 300)
        found = await source.measure(LATENCY_P95, ids, window)
        for one in ids:
            histogram = found[one]
            assert isinstance(histogram, Histogram)
            assert histogram.total == sim.world.counts(one, window.start, window.end)[0]


@pytest.mark.slow
@pytest.mark.parametrize("metric", CATALOGUE.asked, ids=lambda metric: metric.id)
async def test_lines_of_every_metric(metric: Metric) -> None:
    async with watching("error-spike") as (sim, source, ids):
        sim.clock.advance(600)
        window = past(sim, 600)
        lines = await source.history(metric, ids, window, 30)
        for one in places(metric, ids):
            assert len(lines[one]) >= 15
            assert all(window.start < point.at <= window.end for point in lines[one])
        one = places(metric, ids)[0]
        last = lines[one][-1]
        measured = await source.measure(metric, ids, Window(last.at - 60_000, last.at))
        assert value_of(metric, measured[one]) == pytest.approx(last.value, rel=0.02)


async def test_a_poll_of_all_guards_is_two_questions() -> None:
    async with watching() as (sim, source, ids):
        sim.clock.advance(120)
        await source.measure_all(CATALOGUE.often, ids, past(sim, 15))
        before = sim.journal.seen
        found = await source.measure_all(CATALOGUE.often, ids, past(sim, 15))
        assert sim.journal.seen == before + 2, "the counters, and the errors known for an hour"
        assert all(one is not None for answer in found.values() for one in answer.values())


async def test_freshness_follows_the_scrapes() -> None:
    async with watching() as (sim, source, ids):
        sim.clock.advance(61)
        await source.probe()
        newest = await source.newest([*ids, "dpl_nobody"])
        now = sim.world.advance()
        assert newest["dpl_nobody"] is None
        for one in ids:
            at = newest[one]
            assert at is not None
            assert now - 5_000 <= at <= now


async def test_an_outage_is_said_and_over_when_it_is_over() -> None:
    async with watching() as (sim, source, _):
        sim.faults.add(FaultRequest.model_validate({"path": "/api/v1/query", "kind": "status", "times": 1}))
        with pytest.raises(SourceError):
            await source.probe()
        await source.probe()


async def test_requests_are_told_by_flag_and_variant_and_only_of_what_the_code_asks_for() -> None:
    async with watching("bad-flag") as (sim, source, ids):
        sim.clock.advance(480)
        window = past(sim, 300)
        found = await source.by_flag(ids, window)
        total, bad = sim.world.counts(ids[1], window.start, window.end)
        assert total > 0
        for flag in ("new-cart", "recommendations"):
            seen = found[ids[1]][flag].values()
            assert sum(one.requests for one in seen) == total
            assert sum(one.errors for one in seen) == bad
        assert "new-cart" not in found[ids[0]]
        assert set(found[ids[0]]["guest-order-tracking"]) == {"on", "off"}
