"""The same source on a VictoriaMetrics: what differs there changes no count; its errors are understood."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from console.canary.catalogue import ERROR_RATE, LATENCY_P95, REQUEST_RATE
from console.canary.measures import Count, Histogram, Ratio, Window
from console.ports import SourceError
from data.http import Limits, Transport
from data.prometheus.client import PrometheusClient
from data.prometheus.source import PrometheusSource
from data.simulator.server import Simulator
from tests.data.hosts import StillClock
from tests.data.prometheus.test_real_server import EVERY, REQUESTS, SECONDS, START, WINDOW, requests, rising
from tests.remote_write import STALE, push, series
from tests.servers import flushed, scraping, victoria

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with victoria(tmp_path_factory.mktemp("victoria")) as base:
        yield base


@asynccontextmanager
async def source(
    base: str, every_s: float = EVERY / 1000
) -> AsyncIterator[tuple[PrometheusSource, PrometheusClient]]:
    transport = Transport(StillClock(), limits=Limits(retries=0))
    try:
        client = PrometheusClient(transport, base)
        yield PrometheusSource(client, sampled_every_s=every_s), client
    finally:
        await transport.aclose()


async def test_counts_are_exact_where_its_increase_differs_from_prometheus_own(server: str) -> None:
    born = {number: 5.0 + (number - 8) for number in range(8, 19)}
    push(
        server,
        [
            requests("dpl_whole", rising(-4, 24, 1000, 15)),
            requests("dpl_born", born, instance="new"),
            requests("dpl_reset", {**rising(-4, 9, 87, 1), **rising(10, 20, 0, 1)}),
            requests("dpl_stale", {**rising(-4, 10, 0, 2), 11: STALE}),
            requests("dpl_still", rising(-4, 20, 9, 0)),
            requests("dpl_sick", rising(-4, 24, 0, 12)),
            requests("dpl_sick", rising(-4, 24, 0, 3), status="500"),
        ],
    )
    flushed(server)
    ids = [f"dpl_{name}" for name in ("whole", "born", "reset", "stale", "still", "sick", "none")]
    async with source(server) as (metrics, _):
        found = await metrics.measure(REQUEST_RATE, ids, WINDOW)
        ratios = await metrics.measure(ERROR_RATE, ["dpl_sick", "dpl_whole"], WINDOW)
    events = {one: count.events if isinstance(count, Count) else None for one, count in found.items()}
    assert events == {
        "dpl_whole": 300,
        "dpl_born": 15,
        "dpl_reset": 19,
        "dpl_stale": 20,
        "dpl_still": 0,
        "dpl_sick": 300,
        "dpl_none": None,
    }
    assert ratios == {"dpl_sick": Ratio(60, 300), "dpl_whole": Ratio(0, 300)}


async def test_latency_buckets_and_lines(server: str) -> None:
    def bucket(le: str, by: float) -> bytes:
        labels = {"__name__": SECONDS, "deployment": "dpl_h", "instance": "i", "le": le}
        return series(labels, [(START + number * EVERY, 100 + by * (number + 8)) for number in range(-8, 24)])

    push(server, [bucket(le, by) for le, by in (("0.1", 6), ("4", 9), ("+Inf", 10))])
    push(server, [requests("dpl_line", rising(-8, 24, 0, 15))])
    flushed(server)
    async with source(server) as (metrics, _):
        found = await metrics.measure(LATENCY_P95, ["dpl_h"], WINDOW)
        quantiles = await metrics.history(LATENCY_P95, ["dpl_h"], WINDOW, 15)
        rates = await metrics.history(REQUEST_RATE, ["dpl_line", "dpl_none"], WINDOW, 15)
        errors = await metrics.history(ERROR_RATE, ["dpl_line"], WINDOW, 15)
    assert found["dpl_h"] == Histogram((0.1, 4.0, math.inf), (120, 60, 20))
    assert {round(point.value) for point in quantiles["dpl_h"]} == {4000}
    assert [point.value for point in rates["dpl_line"]] == pytest.approx([1.0] * 20)
    assert rates["dpl_none"] == ()
    assert {point.value for point in errors["dpl_line"]} == {0.0}


async def test_the_newest_sample_is_seen_and_a_silent_one_is_none(server: str) -> None:
    now = int(time.time()) * 1000
    push(
        server,
        [
            series({"__name__": REQUESTS, "deployment": "dpl_live"}, [(now - 20_000, 1), (now - 5_000, 2)]),
            series({"__name__": REQUESTS, "deployment": "dpl_dead"}, [(now - 900_000, 1)]),
        ],
    )
    flushed(server)
    async with source(server) as (metrics, _):
        await metrics.probe()
        assert await metrics.newest(["dpl_live", "dpl_dead"]) == {"dpl_live": now - 5_000, "dpl_dead": None}


async def test_strange_ids_are_found_literally(server: str) -> None:
    strange = ['dpl".*', "dpl|x", "dpl\\d", "dpl\n{}", "dpl+(y)"]
    push(server, [requests(one, rising(-2, 20, 0, 1)) for one in strange])
    flushed(server)
    async with source(server) as (metrics, _):
        found = await metrics.measure(REQUEST_RATE, [*strange, ".*"], WINDOW)
    assert found == {**dict.fromkeys(strange, Count(20, 300)), ".*": None}


@pytest.mark.parametrize("query", ["sum(", "http_requests_total[5m] +"])
async def test_its_own_errors_are_understood(server: str, query: str) -> None:
    async with source(server) as (_, client):
        with pytest.raises(SourceError) as raised:
            await client.instant(query)
    assert raised.value.problem.kind == "broken_query"


async def test_an_address_with_the_wrong_path_is_said(server: str) -> None:
    async with source(server + "/wrong") as (metrics, _):
        with pytest.raises(SourceError) as raised:
            await metrics.probe()
    assert "COALMINE_PROMETHEUS__URL" in raised.value.problem.next


async def test_it_scrapes_the_simulator_and_counts_what_the_world_counted(tmp_path: Path) -> None:
    simulator = Simulator(scenario="error-spike", seed=1, speed=1.0)
    release = simulator.world.project.release
    assert release is not None
    both = [release.base_id, release.canary_id]
    async with simulator.serving() as ready:
        with victoria(tmp_path / "victoria", scraping(ready.metrics_url)) as base:
            async with source(base, every_s=1.0) as (metrics, _):
                window = await scraped(metrics, both)
                found = await metrics.measure(ERROR_RATE, both, window)
    for deployment in both:
        ratio = found[deployment]
        assert isinstance(ratio, Ratio)
        least = simulator.world.counts(deployment, window.start + 2_500, window.end - 2_500)
        most = simulator.world.counts(deployment, window.start - 2_500, window.end + 2_500)
        assert least[0] <= ratio.total <= most[0]
        assert least[1] <= ratio.bad <= most[1]


async def scraped(metrics: PrometheusSource, deployments: list[str], seconds: int = 12) -> Window:
    """A window that begins after the first samples were scraped and ends before the newest."""
    first: int | None = None
    async with asyncio.timeout(90):
        while True:
            newest = await metrics.newest(deployments)
            times = [at for at in newest.values() if at is not None]
            if len(times) == len(deployments):
                first = first or max(times)
                if min(times) >= first + (seconds + 3) * 1000:
                    return Window(first + 1_000, first + (seconds + 1) * 1000)
            await asyncio.sleep(0.3)
