"""The Prometheus client on a real Prometheus, fed by remote write: its counts are the truth, exactly."""

from __future__ import annotations

import math
import random
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager

import pytest

from console.canary.catalogue import ERROR_RATE, LATENCY_P95, REQUEST_RATE
from console.canary.measures import Count, Histogram, Ratio, Window
from console.ports import SourceError
from data.http import Limits, Transport
from data.prometheus.client import PrometheusClient
from data.prometheus.source import PrometheusSource
from tests.data.hosts import StillClock
from tests.remote_write import STALE, push, series
from tests.servers import prometheus

pytestmark = pytest.mark.slow

START = int(time.time()) // 60 * 60_000 - 20 * 60_000
"""Twenty minutes ago on a whole minute: the server takes nothing much older than its newest sample."""
EVERY = 15_000
WINDOW = Window(START, START + 300_000)
REQUESTS, SECONDS = "http_requests_total", "http_request_duration_seconds_bucket"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    config = "global: {scrape_interval: 15s}\nstorage: {tsdb: {out_of_order_time_window: 2h}}\n"
    with prometheus(tmp_path_factory.mktemp("prometheus"), config) as base:
        yield base


@asynccontextmanager
async def source(base: str) -> AsyncIterator[tuple[PrometheusSource, PrometheusClient]]:
    transport = Transport(StillClock(), limits=Limits(retries=0))
    try:
        client = PrometheusClient(transport, base)
        yield PrometheusSource(client, sampled_every_s=EVERY / 1000), client
    finally:
        await transport.aclose()


def requests(deployment: str, values: Mapping[int, float], **labels: str) -> bytes:
    """A request counter; ``values`` by sample number, 0 being the one at the window's start."""
    named = {"__name__": REQUESTS, "deployment": deployment, "status": "200", "instance": "i", **labels}
    return series(named, [(START + number * EVERY, value) for number, value in sorted(values.items())])


def rising(first: int, last: int, start: float, by: float) -> dict[int, float]:
    return {number: start + by * (number - first) for number in range(first, last + 1)}


async def test_counts_are_exact_where_increase_is_not(server: str) -> None:
    born = {number: 5 + (number - 8) for number in range(8, 19)}
    reset = {**rising(-4, 9, 87, 1), **rising(10, 20, 0, 1)}
    push(
        server,
        [
            requests("dpl_whole", rising(-4, 24, 1000, 15)),
            requests("dpl_born", born, instance="new"),
            requests("dpl_once", {7: 3}),
            requests("dpl_reset", reset),
            requests("dpl_before", rising(-8, -2, 10, 1)),
            requests("dpl_nan", {**rising(-4, 20, 50, 2), 5: math.nan}),
            requests("dpl_stale", {**rising(-4, 10, 0, 2), 11: STALE}),
            requests("dpl_still", rising(-4, 20, 9, 0)),
        ],
    )
    ids = [
        f"dpl_{name}"
        for name in ("whole", "born", "once", "reset", "before", "nan", "stale", "still", "none")
    ]
    async with source(server) as (metrics, client):
        found = await metrics.measure(REQUEST_RATE, ids, WINDOW)
        increase = await client.instant("sum by (deployment) (increase(http_requests_total[5m]))", WINDOW.end)
    events = {
        one.removeprefix("dpl_"): count.events for one, count in found.items() if isinstance(count, Count)
    }
    assert events == {
        "whole": 300,
        "born": 15,
        "once": 3,
        "reset": 9 + 10,
        "nan": 40,
        "stale": 20,
        "still": 0,
    }
    assert found["dpl_before"] is None
    assert found["dpl_none"] is None
    extrapolated = {line.labels["deployment"]: line.pairs[0][1] for line in increase.lines}
    assert extrapolated["dpl_born"] != 15, "why the client counts by itself"
    assert "dpl_once" not in extrapolated


async def test_random_lives_are_counted_to_the_event(server: str) -> None:
    dice = random.Random(20260101)
    truth: dict[str, tuple[float, float]] = {}
    lines = []
    for number in range(20):
        deployment = f"dpl_r{number}"
        totals = [0.0, 0.0]
        for kind, status in enumerate(("200", "503")):
            for instance in range(3):
                value, values = 0.0, {}
                for step in range(dice.choice([-6, -3, 0, 4, 12]), 24):
                    events = dice.randrange(0, 9)
                    if dice.random() < 0.1 and events < value:
                        value = 0.0
                    value += events
                    values[step] = value
                    if 0 < step <= 20:
                        totals[kind] += events
                lines.append(requests(deployment, values, status=status, instance=f"{status}-{instance}"))
        truth[deployment] = (totals[1], totals[0] + totals[1])
    push(server, lines)
    async with source(server) as (metrics, _):
        found = await metrics.measure(ERROR_RATE, list(truth), WINDOW)
    assert found == {deployment: Ratio(bad, total) for deployment, (bad, total) in truth.items()}


async def test_a_window_before_anything_was_stored_does_not_count_old_totals(server: str) -> None:
    push(server, [requests("dpl_late", rising(40, 60, 1_000_000, 10))])
    late = Window(START + 38 * EVERY, START + 58 * EVERY)
    async with source(server) as (metrics, _):
        found = await metrics.measure(REQUEST_RATE, ["dpl_late"], late)
    assert found == {"dpl_late": Count(180, 300)}


async def test_latency_buckets_of_two_instances_with_two_spellings(server: str) -> None:
    def bucket(instance: str, le: str, by: float) -> bytes:
        labels = {"__name__": SECONDS, "deployment": "dpl_h", "instance": instance, "le": le}
        return series(labels, [(START + number * EVERY, 100 + by * (number + 2)) for number in range(-2, 21)])

    push(
        server,
        [bucket("py", le, by) for le, by in (("0.1", 6), ("4.0", 9), ("+Inf", 10))]
        + [bucket("node", le, by) for le, by in (("0.1", 4), ("4", 9), ("+Inf", 10))],
    )
    async with source(server) as (metrics, _):
        found = await metrics.measure(LATENCY_P95, ["dpl_h"], WINDOW)
        lines = await metrics.history(LATENCY_P95, ["dpl_h"], WINDOW, 15)
    histogram = found["dpl_h"]
    assert histogram == Histogram((0.1, 4.0, math.inf), (200, 160, 40))
    assert lines["dpl_h"], "Prometheus draws the same buckets"
    assert {round(point.value) for point in lines["dpl_h"]} == {4000}


async def test_lines_have_zeros_where_no_error_series_exists_and_gaps_where_nothing_is(server: str) -> None:
    half = {**rising(-4, 8, 0, 15), **rising(16, 24, 300, 15)}
    push(
        server,
        [
            requests("dpl_clean", half),
            requests("dpl_sick", rising(-4, 24, 0, 12)),
            requests("dpl_sick", rising(-4, 24, 0, 3), status="500"),
        ],
    )
    async with source(server) as (metrics, _):
        lines = await metrics.history(ERROR_RATE, ["dpl_clean", "dpl_sick", "dpl_none"], WINDOW, 15)
        rates = await metrics.history(REQUEST_RATE, ["dpl_sick"], WINDOW, 15)
    assert {point.value for point in lines["dpl_clean"]} == {0.0}
    assert len(lines["dpl_clean"]) < len(lines["dpl_sick"]) == 20
    assert all(point.value == pytest.approx(20) for point in lines["dpl_sick"])
    assert lines["dpl_none"] == ()
    assert all(point.value == pytest.approx(1) for point in rates["dpl_sick"])


async def test_strange_ids_are_found_literally(server: str) -> None:
    strange = ['dpl".*', "dpl|x", "dpl\\d", "dpl\n{}", "dpl+(y)"]
    push(server, [requests(one, rising(-2, 20, 0, 1)) for one in strange])
    async with source(server) as (metrics, _):
        found = await metrics.measure(REQUEST_RATE, [*strange, ".*"], WINDOW)
    assert found == {**dict.fromkeys(strange, Count(20, 300)), ".*": None}


async def test_the_newest_sample_is_seen_and_a_silent_one_is_none(server: str) -> None:
    now = int(time.time() * 1000)
    push(
        server,
        [
            series({"__name__": REQUESTS, "deployment": "dpl_live"}, [(now - 20_000, 1), (now - 5_000, 2)]),
            series({"__name__": REQUESTS, "deployment": "dpl_dead"}, [(now - 360_000, 1)]),
        ],
    )
    async with source(server) as (metrics, _):
        await metrics.probe()
        assert await metrics.newest(["dpl_live", "dpl_dead"]) == {"dpl_live": now - 5_000, "dpl_dead": None}


@pytest.mark.parametrize("query", ["sum(", "", "http_requests_total[5m] + 1"])
async def test_its_own_errors_are_understood(server: str, query: str) -> None:
    async with source(server) as (_, client):
        with pytest.raises(SourceError) as raised:
            await client.instant(query)
    assert raised.value.problem.kind == "broken_query"


async def test_an_address_with_the_wrong_path_is_said(server: str) -> None:
    async with source(server + "/wrong") as (metrics, _):
        with pytest.raises(SourceError) as raised:
            await metrics.probe()
    assert raised.value.problem.kind == "not_found"
    assert "COALMINE_PROMETHEUS__URL" in raised.value.problem.next
