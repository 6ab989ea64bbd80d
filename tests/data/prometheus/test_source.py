"""Measurements, lines and freshness from a Prometheus's answers."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from console.canary.catalogue import ERROR_RATE, LATENCY_P95, REQUEST_RATE, metric
from console.canary.measures import Cell, Count, Histogram, Point, Ratio, Window
from console.ports import SourceError
from data.http import Limits
from data.prometheus.client import PrometheusClient
from data.prometheus.source import PrometheusSource
from tests.data.hosts import EPOCH, Host, Step, StillClock, host, says, transport
from tests.data.prometheus.test_client import failed, form, success

WINDOW = Window(EPOCH, EPOCH + 60_000)
IDS = ("dpl_a", "dpl_b")
SECOND = EPOCH // 1000


def line(deployment: str | None, *values: tuple[int, object], **labels: str) -> dict[str, object]:
    """A series; times in seconds after the start of the window."""
    own = {} if deployment is None else {"deployment": deployment}
    return {
        "metric": {"__name__": "http_requests_total", **own, **labels},
        "values": [[SECOND + at, str(value)] for at, value in values],
    }


@asynccontextmanager
async def source(
    answers: dict[str, object], every_s: float = 15.0
) -> AsyncIterator[tuple[Host, PrometheusSource]]:
    """Answers the first entry whose key is part of the query; the keys are tried in order."""

    async def step(request: web.Request) -> web.StreamResponse:
        query = str((await request.post())["query"])
        for part, answer in answers.items():
            if part in query:
                wanted: Step = answer if callable(answer) else says(answer)
                return await wanted(request)
        raise AssertionError(f"unexpected query {query}")

    async with host() as there, transport(StillClock(), Limits(retries=0)) as asking:
        there.says(step)
        yield there, PrometheusSource(PrometheusClient(asking, there.url), sampled_every_s=every_s)


def queries(there: Host) -> set[str]:
    return {form(there, number)["query"] for number in range(len(there.asked))}


async def test_an_error_ratio_is_two_counts_from_one_question() -> None:
    requests = success(
        "matrix",
        [
            line("dpl_a", (-10, 100), (20, 160), (50, 200), status="200", route="/"),
            line("dpl_a", (-10, 2), (20, 3), (50, 7), status="500", route="/"),
            line("dpl_a", (-10, 10), (50, 20), status="200", route="/api/x"),
            line("dpl_b", (-10, 50), (50, 90), status="200", route="/"),
        ],
    )
    async with source({"http": requests}) as (there, metrics):
        found = await metrics.measure(ERROR_RATE, IDS, WINDOW)
    assert found == {
        "dpl_a": Ratio(5, 115, (Cell("/", 5, 105), Cell("/api/x", 0, 10))),
        "dpl_b": Ratio(0, 40, (Cell("/", 0, 40),)),
    }
    assert not found.partial
    assert queries(there) == {
        '{__name__=~"http_request_duration_seconds_count|http_requests_total|'
        'http_server_request_duration_seconds_count",deployment=~"dpl_a|dpl_b"}[180s]'
    }
    assert form(there, 0)["time"] == f"{SECOND + 60}.000"


async def test_what_has_data_is_asked_for_alone_from_then_on() -> None:
    requests = success("matrix", [line("dpl_a", (-10, 100), (50, 200), status="200")])
    async with source({"http": requests}) as (there, metrics):
        for _ in range(2):
            await metrics.measure(ERROR_RATE, IDS, WINDOW)
    assert form(there, 1)["query"] == 'http_requests_total{deployment=~"dpl_a|dpl_b"}[180s]'


async def test_another_librarys_convention_is_found() -> None:
    named = "http_server_request_duration_seconds_count"
    requests = success(
        "matrix",
        [
            line("dpl_a", (-10, 0), (50, 8), __name__=named, http_response_status_code="200", http_route="/"),
            line("dpl_a", (-10, 0), (50, 2), __name__=named, http_response_status_code="503", http_route="/"),
        ],
    )
    async with source({"http": requests}) as (_, metrics):
        found = await metrics.measure(ERROR_RATE, ["dpl_a"], WINDOW)
    assert found == {"dpl_a": Ratio(2, 10, (Cell("/", 2, 10),))}


async def test_no_series_is_no_data_and_never_no_errors() -> None:
    nothing = success("matrix", [])
    silent = success("matrix", [line("dpl_a", (-30, 100), (-15, 110)), line("dpl_b", (-30, 7), (15, 7))])
    async with source({"http": silent}) as (_, metrics):
        assert await metrics.measure(ERROR_RATE, IDS, WINDOW) == {"dpl_a": None, "dpl_b": Ratio(0, 0)}
    async with source({"http": nothing}) as (_, metrics):
        assert await metrics.measure(ERROR_RATE, IDS, WINDOW) == {"dpl_a": None, "dpl_b": None}
        assert await metrics.measure(REQUEST_RATE, IDS, WINDOW) == {"dpl_a": None, "dpl_b": None}
        assert await metrics.measure(LATENCY_P95, IDS, WINDOW) == {"dpl_a": None, "dpl_b": None}


async def test_events_never_exceed_their_chances() -> None:
    views = success(
        "matrix",
        [
            line("dpl_a", (-10, 0), (50, 12), __name__="client_errors_total", browser="b", device="d"),
            line("dpl_a", (-10, 0), (50, 10), __name__="page_views_total", browser="b", device="d"),
        ],
    )
    async with source({"page_views": views}) as (_, metrics):
        found = await metrics.measure(metric("client_errors"), ["dpl_a"], WINDOW)
    assert found == {"dpl_a": Ratio(10, 10, (Cell("b / d", 10, 10),))}


async def test_the_first_error_of_a_canary_counts_because_its_requests_were_seen_before() -> None:
    requests = success(
        "matrix",
        [line("dpl_a", (20, 5), (50, 6), status="500"), line("dpl_a", (-10, 100), (50, 194), status="200")],
    )
    async with source({"http": requests}) as (_, metrics):
        assert (await metrics.measure(ERROR_RATE, ["dpl_a"], WINDOW))["dpl_a"] == Ratio(6, 100)


async def test_a_source_that_just_started_does_not_count_what_was_before() -> None:
    requests = success(
        "matrix",
        [
            line("dpl_a", (20, 50_000), (50, 50_001), status="500"),
            line("dpl_a", (20, 1_000_000), (50, 1_000_099), status="200"),
        ],
    )
    async with source({"http": requests}) as (_, metrics):
        assert (await metrics.measure(ERROR_RATE, ["dpl_a"], WINDOW))["dpl_a"] == Ratio(1, 100)


async def test_counts_have_their_window() -> None:
    requests = success("matrix", [line("dpl_a", (-10, 0), (50, 90))])
    async with source({"http": requests}) as (_, metrics):
        found = await metrics.measure(REQUEST_RATE, ["dpl_a"], WINDOW)
    assert found == {"dpl_a": Count(90, 60)}


async def test_a_latency_histogram_per_deployment() -> None:
    buckets = success(
        "matrix",
        [
            line("dpl_a", (-10, 0), (50, 10), le="0.1", __name__="http_request_duration_seconds_bucket"),
            line("dpl_a", (-10, 0), (50, 30), le="1", __name__="http_request_duration_seconds_bucket"),
            line("dpl_a", (-10, 0), (50, 40), le="+Inf", __name__="http_request_duration_seconds_bucket"),
        ],
    )
    async with source({"bucket": buckets}) as (_, metrics):
        found = await metrics.measure(LATENCY_P95, IDS, WINDOW)
    assert found == {"dpl_a": Histogram((0.1, 1.0, math.inf), (10, 20, 10)), "dpl_b": None}


async def test_a_bucket_without_a_bound_is_garbage() -> None:
    async with source(
        {
            "bucket": success(
                "matrix",
                [line("dpl_a", (-10, 0), (50, 1), le="x", __name__="http_request_duration_seconds_bucket")],
            )
        }
    ) as (
        _,
        metrics,
    ):
        with pytest.raises(SourceError) as raised:
            await metrics.measure(LATENCY_P95, ["dpl_a"], WINDOW)
    assert raised.value.problem.kind == "garbage"


async def test_warnings_make_the_answer_partial() -> None:
    requests = success("matrix", [line("dpl_a", (-10, 0), (50, 90))], warnings=["store 3 is away"])
    async with source({"http": requests}) as (_, metrics):
        found = await metrics.measure(REQUEST_RATE, ["dpl_a"], WINDOW)
    assert found.partial
    assert found.warnings == ("store 3 is away",)


async def test_the_line_of_an_error_rate() -> None:
    errors = success("matrix", [line("dpl_a", (15, 0.5), (30, "NaN"), (45, 3))])
    requests = success(
        "matrix",
        [line("dpl_a", (15, 10), (30, 10), (45, 2), (60, 0)), line("dpl_b", (15, "NaN"), (30, 5))],
    )
    async with source({"status=": errors, "http": requests}) as (there, metrics):
        found = await metrics.history(ERROR_RATE, IDS, WINDOW, 15)
    assert found["dpl_a"] == (
        Point(EPOCH + 15_000, 5.0),
        Point(EPOCH + 30_000, 0.0),
        Point(EPOCH + 45_000, 100.0),
    )
    assert found["dpl_b"] == (Point(EPOCH + 30_000, 0.0),)
    assert 'sum by (deployment) (rate(http_requests_total{deployment=~"dpl_a|dpl_b"}[60s]))' in queries(there)


async def test_the_line_of_a_latency_is_in_milliseconds() -> None:
    quantiles = success("matrix", [line("dpl_a", (15, 0.25), (30, "NaN"), (45, "+Inf"))])
    async with source({"quantile": quantiles}) as (there, metrics):
        found = await metrics.history(LATENCY_P95, ["dpl_a"], WINDOW, 15)
    assert found == {"dpl_a": (Point(EPOCH + 15_000, 250.0),)}
    assert queries(there) == {
        "histogram_quantile(0.95, sum by (deployment, le) "
        '(rate(http_request_duration_seconds_bucket{deployment=~"dpl_a"}[60s])))'
    }


@pytest.mark.parametrize("step", [1, 7, 15, 60, 300])
async def test_lines_lie_on_whole_steps_inside_the_window(step: int) -> None:
    window = Window(EPOCH + 1234, EPOCH + 3_600_000 + 567)
    async with source({"rate": success("matrix", [])}, every_s=5) as (there, metrics):
        await metrics.history(REQUEST_RATE, ["dpl_a"], window, step)
    start, end = (float(form(there)[name]) * 1000 for name in ("start", "end"))
    assert start % (step * 1000) == 0
    assert end % (step * 1000) == 0
    assert window.start < start <= window.start + step * 1000
    assert window.end - step * 1000 < end <= window.end
    over = max(60, 4 * 5, step + 5)
    assert f"[{over}s]" in form(there)["query"]


async def test_no_query_asks_for_more_points_than_a_server_gives() -> None:
    async with source({"rate": success("matrix", [])}) as (there, metrics):
        await metrics.history(REQUEST_RATE, ["dpl_a"], Window(EPOCH - 86_400_000, EPOCH), 1)
    asked = form(there)
    assert (float(asked["end"]) - float(asked["start"])) / float(asked["step"]) <= 11_000


async def test_the_newest_sample_of_each_deployment() -> None:
    newest = success("vector", [{"metric": {"deployment": "dpl_a"}, "value": [SECOND, str(SECOND - 4.25)]}])
    async with source({"timestamp": newest}) as (there, metrics):
        assert await metrics.newest(IDS) == {"dpl_a": EPOCH - 4250, "dpl_b": None}
    assert queries(there) == {
        'max by (deployment) (timestamp(http_requests_total{deployment=~"dpl_a|dpl_b"}))'
    }


async def test_about_nobody_nothing_is_asked() -> None:
    async with source({}) as (there, metrics):
        assert await metrics.measure(ERROR_RATE, [], WINDOW) == {}
        assert await metrics.history(ERROR_RATE, [], WINDOW, 15) == {}
        assert await metrics.newest([]) == {}
    assert not there.asked


async def test_the_probe_is_alive_or_says_why_not() -> None:
    async with source({"1": success("scalar", [SECOND, "1"])}) as (_, metrics):
        await metrics.probe()
    async with source({"1": failed("unavailable", "starting", 503)}) as (_, metrics):
        with pytest.raises(SourceError):
            await metrics.probe()
