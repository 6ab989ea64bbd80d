"""What is asked of the metrics' source and when: guards always, what informs now and then, nothing twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from console.canary.catalogue import CATALOGUE, packaged
from console.canary.catalogue_file import load as load_catalogue
from console.canary.measures import SHARED, Ratio
from console.canary.stages import Advancement, Deployment, Release, ReleaseState
from console.canary.values import combine
from console.keeping import Line, Measured, line_key, load, metric_key
from console.metric_rhythm import SELDOM_MS
from console.polling import MAX_WINDOW_MS, Intervals, MetricJob
from console.ports import Sample, SourceError
from data.http import Limits, Transport
from data.prometheus.client import PrometheusClient
from data.prometheus.source import PrometheusSource
from data.simulator.answers import FaultRequest
from tests.simulated import Simulated, simulated

EVERY = Intervals(5_000, 30_000, 15_000, 5_000)


class Polled:
    """A job on a simulated world, and everything it has kept."""

    def __init__(self, sim: Simulated, source: PrometheusSource, release: Release) -> None:
        self.sim, self.release = sim, release
        self.kept: list[Sample] = []
        own = load_catalogue({"own": OWN})
        self.job = MetricJob(source, sim.clock, "here", EVERY, lambda: self.release, own)

        async def judged() -> None:
            """Nothing is judged here."""

        self._run = self.job.job(judged).run

    async def poll(self, times: int = 1) -> list[Sample]:
        """Poll so often, fifteen seconds apart; what the last one gave."""
        found: list[Sample] = []
        for _ in range(times):
            self.sim.clock.advance(15)
            found = list(await self._run())
            self.kept += found
        return found

    def measured(self, metric: str, place: str) -> list[Measured]:
        key = f"here/{metric_key(metric, place)}"
        found = [load(Measured, one.body) for one in self.kept if one.key == key]
        return [one for one in found if one is not None]

    def lines(self, metric: str, place: str) -> list[Line]:
        key = f"here/{line_key(metric, place)}"
        found = [load(Line, one.body) for one in self.kept if one.key == key]
        return [one for one in found if one is not None]


OWN = {
    "title": "not offered",
    "family": "infrastructure",
    "kind": "gauge",
    "unit": "s",
    "guard": False,
    "prometheus": [{"expression": "stddev(x{$D})"}],
}
"""The stand-in cannot evaluate this."""


@asynccontextmanager
async def polling(scenario: str = "healthy") -> AsyncIterator[Polled]:
    async with simulated(scenario, speed=1e-9) as sim:
        transport = Transport(sim.clock, limits=Limits(retries=0))
        try:
            source = PrometheusSource(PrometheusClient(transport, sim.prometheus_url), sampled_every_s=5)
            there = sim.world.project.release
            assert there is not None
            yield Polled(sim, source, release(there.base_id, there.canary_id))
        finally:
            await transport.aclose()


def release(baseline: str, canary: str) -> Release:
    tracks = Deployment(baseline, "b.example"), Deployment(canary, "c.example")
    return Release(ReleaseState.ACTIVE, Advancement.MANUAL, *tracks, (), 0, 5.0, 0, 0)


async def test_windows_follow_one_another_in_both_turns() -> None:
    async with polling() as polled:
        await polled.poll(13)
        canary = polled.release.canary
        assert canary is not None
        often, seldom = (
            polled.measured("error_rate", canary.id),
            polled.measured("cache_hit_ratio", canary.id),
        )
        assert len(often) == 13
        assert len(seldom) == 4
        for kept, longest in ((often, 15_000), (seldom, SELDOM_MS)):
            assert all(one.end == two.start for one, two in pairwise(kept))
            assert {one.end - one.start for one in kept} == {longest}
        for metric in CATALOGUE.asked:
            place = canary.id if metric.split else SHARED
            assert len(polled.measured(metric.id, place)) == (13 if metric in CATALOGUE.often else 4)
            assert all(one.measure is not None for one in polled.measured(metric.id, place)[1:]), metric.id


async def test_no_event_is_counted_twice_or_lost_between_polls() -> None:
    async with polling("error-spike") as polled:
        await polled.poll(10)
        for deployment in (polled.release.baseline, polled.release.canary):
            assert deployment is not None
            kept = polled.measured("error_rate", deployment.id)
            total = combine([one.measure for one in kept])
            requests, errors = polled.sim.world.counts(deployment.id, kept[0].start, kept[-1].end)
            assert isinstance(total, Ratio)
            assert (total.bad, total.total) == (errors, requests)


async def test_what_stands_in_is_kept_with_the_measure() -> None:
    async with polling() as polled:
        await polled.poll()
        canary = polled.release.canary
        assert canary is not None
        assert [one.instead for one in polled.measured("time_to_interactive", canary.id)] == ["INP"]
        assert [one.instead for one in polled.measured("page_load", canary.id)] == [""]


async def test_the_lines_that_are_drawn_come_first_and_the_others_by_and_by() -> None:
    async with polling() as polled:
        canary = polled.release.canary
        assert canary is not None
        drawn = {metric.id for metric in packaged().headline}
        await polled.poll()
        assert {m.id for m in CATALOGUE.asked if polled.lines(m.id, canary.id)} == drawn
        await polled.poll(6)
        for metric in CATALOGUE.asked:
            assert len(polled.lines(metric.id, canary.id if metric.split else SHARED)) == 1, metric.id


async def test_a_metric_that_cannot_be_evaluated_takes_nothing_else_with_it() -> None:
    async with polling() as polled:
        await polled.poll(8)
        canary = polled.release.canary
        assert canary is not None
        own = polled.measured("own", canary.id)
        assert own
        assert all(one.measure is None and one.partial for one in own)
        assert all(not one.partial for one in polled.measured("error_rate", canary.id))
        assert all(not one.partial for one in polled.measured("cpu", canary.id))


async def test_lines_that_fail_are_asked_for_again_and_spoil_no_poll() -> None:
    async with polling() as polled:
        await polled.poll()
        fault = {"path": "/api/v1/query_range", "kind": "status", "times": 25}
        polled.sim.faults.add(FaultRequest.model_validate(fault))
        for _ in range(20):
            found = await polled.poll()
            assert any("/metric/error_rate/" in one.key for one in found)
        canary = polled.release.canary
        assert canary is not None
        for metric in CATALOGUE.asked:
            assert polled.lines(metric.id, canary.id if metric.split else SHARED), metric.id


async def test_after_a_long_silence_a_new_window_begins_and_lines_fill_the_hole() -> None:
    async with polling() as polled:
        await polled.poll(2)
        polled.sim.clock.advance(2 * MAX_WINDOW_MS / 1000)
        await polled.poll()
        canary = polled.release.canary
        assert canary is not None
        kept = polled.measured("error_rate", canary.id)
        assert kept[-1].start > kept[-2].end
        assert kept[-1].end - kept[-1].start == 15_000
        assert len(polled.lines("error_rate", canary.id)) == 2


async def test_a_source_that_is_away_fails_the_poll() -> None:
    async with polling() as polled:
        await polled.poll()
        polled.sim.faults.add(
            FaultRequest.model_validate({"path": "/api/v1/query", "kind": "drop", "times": 9})
        )
        with pytest.raises(SourceError):
            await polled.poll()


async def test_what_the_source_had_of_no_track_is_left_to_others() -> None:
    async with polling() as polled:
        job = polled.job
        assert job.unanswered() == ()  # nobody knows yet
        await polled.poll(2)
        assert [one.id for one in job.unanswered()] == ["own"]
        polled.release = release("dpl_unknown", "dpl_neither")
        await polled.poll(6)
        silent = {one.id for one in job.unanswered()}
        assert {"page_load", "error_rate"} <= silent
        assert "network" not in silent  # it is of no deployment
