"""The stand-in for a Prometheus: the catalogue's expressions against the world's own counts."""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
from itertools import pairwise

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.canary.catalogue import CATALOGUE, ERROR_RATE, Metric
from console.canary.measures import Histogram
from data.simulator import promql, shop
from data.simulator.evaluate import bucket_quantile, stretch
from data.simulator.promql import BadQuery
from tests.data.simulator.asking import Asking, asking


def tracks(ask: Asking) -> dict[str, str]:
    release = ask.sim.world.project.release
    assert release is not None
    return {"canary": release.canary_id, "baseline": release.base_id}


async def growth(ask: Asking, selector: str, at: float) -> float:
    """The growth of all raw samples in a window, as the console's own client adds them up."""
    answer = (await ask.query(selector, time=at)).json()["data"]
    assert answer["resultType"] == "matrix"
    return sum(float(line["values"][-1][1]) - float(line["values"][0][1]) for line in answer["result"])


async def test_raw_samples_of_the_catalogue_give_exactly_the_worlds_counts() -> None:
    async with asking(scenario="error-spike") as ask:
        ask.sim.clock.advance(300)
        now = ask.sim.world.advance()
        for deployment in tracks(ask).values():
            chosen = f'deployment="{deployment}"'
            assert ERROR_RATE.numerator is not None
            assert ERROR_RATE.denominator is not None
            bad = await growth(ask, ERROR_RATE.numerator.replace("$D", chosen) + "[1m]", now / 1000)
            total = await growth(ask, ERROR_RATE.denominator.replace("$D", chosen) + "[1m]", now / 1000)
            assert (total, bad) == ask.sim.world.counts(deployment, now - 60_000, now)
            assert bad > 0


def counted(metric: Metric) -> list[str]:
    return [text for series in metric.series[:1] for text in series.selectors]


@pytest.mark.parametrize("metric", [m for m in CATALOGUE.asked if counted(m)], ids=lambda metric: metric.id)
async def test_every_counter_of_the_catalogue_is_sampled_for_both_tracks(metric: Metric) -> None:
    texts = ["web_vitals_inp_seconds_bucket{$D}"] if metric.id == "time_to_interactive" else counted(metric)
    async with asking(scenario="harm-new-errors") as ask:
        ask.sim.clock.advance(180)
        for text in texts:
            for deployment in tracks(ask).values():
                selector = text.replace("$D", f'deployment="{deployment}"')
                series = (await ask.query(f"{selector}[2m]")).json()["data"]["result"]
                assert series
                times = [at for at, _ in max((one["values"] for one in series), key=len)]
                assert len(times) == 25  # both ends of the window, every five seconds
                assert {round(b - a, 3) for a, b in pairwise(times)} == {5.0}


@pytest.mark.parametrize("metric", [m for m in CATALOGUE if m.kind == "gauge"], ids=lambda metric: metric.id)
async def test_every_level_of_the_catalogue_is_answered(metric: Metric) -> None:
    async with asking() as ask:
        ask.sim.clock.advance(120)
        text = metric.series[0].expression
        assert text is not None
        query = text.replace("$W", "60s").replace("$BY", "deployment").replace("$D", 'track=~".+"')
        values = await ask.values(query, "deployment")
        wanted = {(deployment,) for deployment in tracks(ask).values()} if metric.split else {("",)}
        assert wanted <= values.keys()
        assert all(value > 0 for value in values.values())


async def test_buckets_without_their_bounds_have_no_quantile() -> None:
    async with asking() as ask:
        query = "histogram_quantile(0.9, sum by (track) (rate(http_request_duration_seconds_bucket[5m])))"
        assert await ask.values(query, "track") == {}


async def test_a_counter_of_what_never_happened_does_not_exist() -> None:
    unseen = 'app_errors_total{error_type="HydrationMismatch"}'
    async with asking(scenario="harm-new-errors") as ask:
        assert await ask.values(unseen, "track") == {}
        ask.sim.clock.advance(900)
        assert set(await ask.values(unseen, "track")) == {("canary",)}
        [line] = (await ask.query(f"{unseen}[1h]")).json()["data"]["result"]
        assert float(line["values"][0][1]) > 0


async def test_series_of_many_names_come_with_one_question() -> None:
    async with asking() as ask:
        query = '{__name__=~"app_sessions_total|page_views_total",track="canary"}'
        series = (await ask.query(f"{query}[1m]")).json()["data"]["result"]
        assert {one["metric"]["__name__"] for one in series} == {"app_sessions_total", "page_views_total"}
        assert len(series) == 7


async def test_arithmetic_is_prometheuss() -> None:
    async with asking() as ask:
        ask.sim.clock.advance(120)
        both = await ask.values("sum by (track) (app_sessions_total)", "track")
        twice = await ask.values("2 * sum by (track) (app_sessions_total) + 1 - 1", "track")
        assert twice == {key: 2 * value for key, value in both.items()}
        assert await ask.values("sum(app_sessions_total) / count(app_sessions_total)") == {
            (): pytest.approx(sum(both.values()) / len(both))
        }
        assert await ask.values("max(app_sessions_total) - min(app_sessions_total) * (1 / 1)") == {
            (): pytest.approx(max(both.values()) - min(both.values()))
        }
        assert (await ask.query("3 - 2 * 4")).json()["data"] == {
            "resultType": "scalar",
            "result": [pytest.approx(ask.sim.world.advance() / 1000), "-5"],
        }


async def test_rates_and_ratios_agree_with_the_world() -> None:
    async with asking(scenario="error-spike") as ask:
        ask.sim.clock.advance(420)
        now = ask.sim.world.advance()
        rates = await ask.values("sum by (track) (rate(http_requests_total[5m]))", "track")
        ratios = await ask.values(
            'sum by (track) (increase(http_requests_total{status=~"5.."}[5m]))'
            " / sum by (track) (increase(http_requests_total[5m]))",
            "track",
        )
        for track, deployment in tracks(ask).items():
            requests, errors = ask.sim.world.counts(deployment, now - 300_000, now)
            assert rates[track,] == pytest.approx(requests / 300, rel=1e-9)
            assert ratios[track,] == pytest.approx(errors / requests, rel=0.02)
        assert await ask.values("sum(increase(http_requests_total[1m]))") == {
            (): pytest.approx(
                sum(ask.sim.world.counts(d, now - 60_000, now)[0] for d in tracks(ask).values())
            )
        }


async def test_quantiles_agree_with_the_worlds_truth() -> None:
    async with asking(scenario="latency-regression") as ask:
        ask.sim.clock.advance(420)
        truth = await ask.truth()
        query = (
            "histogram_quantile(0.95, sum by (le, track) (rate(http_request_duration_seconds_bucket[5m])))"
        )
        for (track,), value in (await ask.values(query, "track")).items():
            true = truth.tracks["canary" if track == "canary" else "baseline"].latency_p95_s
            assert value == pytest.approx(true, rel=0.25)  # interpolated inside 0.25 to 0.5 s
        assert truth.tracks["canary"].latency_p95_s > 1.4 * truth.tracks["baseline"].latency_p95_s


async def test_ranges_lie_on_their_grid_and_gaps_are_missing_points() -> None:
    async with asking(scenario="metrics-outage") as ask:
        ask.sim.clock.advance(600)
        now = ask.sim.world.advance() // 1000
        start, step = now - 600, 15
        query = 'sum by (track) (rate(http_requests_total{track="baseline"}[30s]))'
        lines = (await ask.query(query, start=start, end=now, step=f"{step}s")).json()["data"]
        assert lines["resultType"] == "matrix"
        times = [at for at, _ in lines["result"][0]["values"]]
        assert all((at - start) % step == 0 for at in times)
        silent = [at for at in range(start, now + 1, step) if at not in times]
        outage = ask.sim.world.running.since // 1000 + 20
        assert silent
        assert all(outage + 15 <= at <= outage + 255 for at in silent)


async def test_series_of_a_broken_scrape_are_stale_at_once() -> None:
    async with asking(scenario="metrics-outage") as ask:
        newest = 'max by (deployment) (timestamp(http_requests_total{track="canary"}))'
        ask.sim.clock.advance(15)
        canary = tracks(ask)["canary"]
        now = ask.sim.world.advance()
        assert await ask.values(newest, "deployment") == {(canary,): now / 1000}
        ask.sim.clock.advance(15)
        assert await ask.values(newest, "deployment") == {}
        assert await ask.values('http_requests_total{track="canary"}', "route") == {}
        answer = (await ask.query('http_requests_total{track="canary"}[1m]')).json()
        assert len(answer["data"]["result"]) > 10


async def test_matchers_match_whole_values_and_absent_labels_are_empty() -> None:
    async with asking() as ask:
        counted = "sum by (status) (increase(http_requests_total{%s}[5m]))"
        every = {status for (status,) in await ask.values(counted % "", "status")}
        assert {"200", "304", "404", "500", "503"} <= every
        assert set(await ask.values(counted % 'status=~"5.."', "status")) == {("500",), ("503",), ("504",)}
        assert await ask.values(counted % 'status=~"5"', "status") == {}
        assert {s for (s,) in await ask.values(counted % 'status!~"2..|304"', "status")} == every - {
            "200",
            "304",
        }
        assert {s for (s,) in await ask.values(counted % "status!='200',nothing=''", "status")} == every - {
            "200"
        }
        assert await ask.values(counted % 'nothing="x"', "status") == {}
        assert await ask.values("sum(rate(no_such_metric[5m]))") == {}


@pytest.mark.parametrize(
    ("query", "kind", "value"),
    [("1", "scalar", "1"), (" 1.5 ", "scalar", "1.5"), ("vector(1)", "vector", "1")],
)
async def test_the_cheapest_questions(query: str, kind: str, value: str) -> None:
    async with asking() as ask:
        data = (await ask.query(query)).json()["data"]
        assert data["resultType"] == kind
        assert (data["result"] if kind == "scalar" else data["result"][0]["value"])[1] == value


@pytest.mark.parametrize(
    "query",
    [
        "",
        "up == 1",
        "sum(",
        "sum(rate(http_requests_total))",
        "sum(rate(http_requests_total[5]))",
        "sum(rate(http_requests_total[0s]))",
        "stddev(rate(http_requests_total[5m]))",
        "sum(http_requests_total[5m])",
        "sum(1)",
        "http_requests_total[5m] / 2",
        "{}",
        '{status=~".*"}',
        "(" * 60 + "1" + ")" * 60,
        "+".join(["1"] * 60),
        "histogram_quantile(0.9, max by (le) (rate(http_request_duration_seconds_bucket[5m])))",
        'http_requests_total{status=~"["}',
        "http_requests_total{status=5}",
        "http_requests_total offset 5m",
        "timestamp(http_requests_total[5m])",
        "$",
    ],
)
async def test_everything_else_is_bad_data_and_says_why(query: str) -> None:
    async with asking() as ask:
        answer = await ask.query(query)
        assert answer.status_code == 400
        body = answer.json()
        assert (body["status"], body["errorType"]) == ("error", "bad_data")
        assert "catalogue" in body["error"]


@pytest.mark.parametrize(
    "params",
    [
        {"query": "1", "start": "1", "end": "0", "step": "1"},
        {"query": "1", "start": "0", "end": "11001", "step": "1"},
        {"query": "1", "start": "0", "end": "1", "step": "0"},
        {"query": "1", "start": "0", "end": "1", "step": "soon"},
        {"query": "1", "start": "0", "end": "1"},
        {"query": "1", "end": "1", "step": "1"},
        {"query": "1", "start": "yesterday", "end": "1", "step": "1"},
        {"query": "http_requests_total[1m]", "start": "0", "end": "1", "step": "1"},
    ],
)
async def test_bad_ranges_are_bad_data(params: dict[str, str]) -> None:
    async with asking() as ask:
        answer = await ask.http.get(f"{ask.sim.prometheus_url}/api/v1/query_range", params=params)
        assert (answer.status_code, answer.json()["errorType"]) == (400, "bad_data")


async def test_forms_moments_and_the_other_paths() -> None:
    async with asking() as ask:
        base = ask.sim.prometheus_url
        posted = await ask.http.post(
            f"{base}/api/v1/query", data={"query": "vector(1)", "time": "2026-11-18T11:06:40Z"}
        )
        assert posted.json()["data"]["result"][0]["value"] == [1_795_000_000, "1"]
        most = {"query": "1", "start": "0", "end": "11000", "step": "1s"}
        points = (await ask.http.post(f"{base}/api/v1/query_range", data=most)).json()["data"]["result"][0][
            "values"
        ]
        assert len(points) == 11_001
        as_json = await ask.http.post(f"{base}/api/v1/query", json={"query": "1"})
        assert as_json.status_code == 400
        assert (
            (await ask.http.get(f"{base}/api/v1/status/buildinfo"))
            .json()["data"]["version"]
            .startswith("2.42")
        )
        assert (await ask.http.get(f"{base}/-/ready")).status_code == 200
        nothing = await ask.http.get(f"{base}/api/v1/nothing")
        assert (nothing.status_code, nothing.headers["content-type"][:10]) == (404, "text/plain")
        bad_time = await ask.http.get(f"{base}/api/v1/query", params={"query": "1", "time": "abc"})
        assert bad_time.json()["errorType"] == "bad_data"


def test_asking_by_name_needs_this_machine() -> None:
    """A page of the web cannot reach a port of this machine under its own name."""

    async def told() -> httpx.Response:
        async with asking() as ask:
            return await ask.http.get(f"{ask.sim.prometheus_url}/-/ready", headers={"Host": "evil.example"})

    assert asyncio.run(told()).status_code == 403


# --- the pieces underneath ------------------------------------------------------------------------


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=12))
def test_any_label_value_survives_quoting(value: str) -> None:
    tree = promql.parse(f"http_requests_total{{route={quoted(value)}}}")
    assert isinstance(tree, promql.Selector)
    assert tree.matchers[1].value == value
    regex = promql.parse(f"x{{route=~{quoted(re.escape(value))}}}")
    assert isinstance(regex, promql.Selector)
    assert regex.matchers[1].fits(value)
    assert not regex.matchers[1].fits(value + "x")


PIECES = [
    "sum",
    "by",
    "(",
    "track",
    ",",
    "le",
    ")",
    "(",
    "rate",
    "(",
    "http_requests_total",
    "{",
    "status",
    "=~",
    '"5.."',
    ",",
    "}",
    "[",
    "1h30m",
    "]",
    ")",
    ")",
]


@given(st.lists(st.sampled_from([" ", "\n", "\t", "  "]), min_size=len(PIECES), max_size=len(PIECES)))
def test_white_space_does_not_matter(spaces: list[str]) -> None:
    spaced = "".join(piece + space for piece, space in zip(PIECES, spaces, strict=True))
    assert promql.parse(spaced) == promql.parse(
        'sum(rate(http_requests_total{status=~"5.."}[90m])) by (track,le)'
    )


@given(st.text(max_size=30))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    with contextlib.suppress(BadQuery):
        promql.parse(text)


@pytest.mark.parametrize(
    ("values", "gap_s", "window_s", "expected"),
    [
        # Recorded on Prometheus 2.42 with samples every 15 s and a window of 5 m ending at the last sample.
        ([float(n) for n in range(5, 16)], 15, 300, 10.5),
        ([float(1_000 + 15 * n) for n in range(21)], 15, 300, 300.0),
        # Samples every second, a window of 60 s that holds 60 of them: 13 errors come out as 13.22.
        ([100.0 + 13 * n / 59 for n in range(60)], 1, 60, 13.22),
    ],
)
def test_increase_extrapolates_as_prometheus_does(
    values: list[float], gap_s: float, window_s: float, expected: float
) -> None:
    sampled = gap_s * (len(values) - 1)
    factor = stretch(window_s - sampled, 0.0, sampled, len(values), values[0], values[-1])
    assert (values[-1] - values[0]) * factor == pytest.approx(expected, abs=0.005)


@given(
    counts=st.lists(st.integers(0, 50), min_size=len(shop.BOUNDS) + 1, max_size=len(shop.BOUNDS) + 1),
    q=st.floats(0.01, 1),
)
def test_quantiles_agree_with_the_consoles_own(counts: list[int], q: float) -> None:
    bounds = (*shop.BOUNDS, math.inf)
    reached, buckets = 0, []
    for bound, count in zip(bounds, counts, strict=True):
        reached += count
        buckets.append((bound, float(reached)))
    own = Histogram(bounds, tuple(float(c) for c in counts)).quantile(q)
    theirs = bucket_quantile(q, buckets)
    if own is None:
        assert math.isnan(theirs)
    else:
        assert theirs == pytest.approx(own, abs=1e-9)
