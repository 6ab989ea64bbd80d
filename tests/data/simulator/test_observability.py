"""The host's own metrics: they are what the world counted, by every dimension, in both generations."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from data.simulator import filters
from data.simulator.account import Account
from data.simulator.filters import BadFilter
from tests.data.simulator.asking import Asking, asking

COUNT = "vercel.request.count"
COLUMN = "vercel_request_count_sum"


def iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat()


async def query(ask: Asking, **more: Any) -> httpx.Response:
    asked = {
        "metric": COUNT,
        "scope": {"type": "project", "ownerId": ask.sim.team_id, "projectIds": [ask.sim.project_id]},
        "groupBy": ["deployment_id"],
        "granularity": {"minutes": 1},
        "limit": 100,
    }
    return await ask.vercel("POST", "/v2/observability/query", json=asked | more)


async def summary(ask: Asking, **more: Any) -> list[dict[str, Any]]:
    answer = await query(ask, **more)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["summary"]
    return rows


async def test_counts_are_the_worlds_own_to_the_request() -> None:
    async with asking(scenario="error-spike") as ask:
        ask.sim.clock.advance(200)
        now, world = (await ask.truth()).now_ms, ask.sim.world
        end = now - 60_000 - (now - world.epoch) % 5_000
        start = end - 300_000
        span = {"startTime": iso(start), "endTime": iso(end)}
        totals = {row["deployment_id"]: row[COLUMN] for row in await summary(ask, **span)}
        assert len(totals) == 2
        assert totals == {one: world.counts(one, start, end)[0] for one in totals}
        failed = await summary(ask, **span, filter="http_status ge 500 and environment eq 'production'")
        assert {row["deployment_id"]: row[COLUMN] for row in failed} == {
            one: world.counts(one, start, end)[1] for one in totals
        }
        finest = ["deployment_id", "route", "http_status", "request_method", "error_code"]
        rows = await summary(ask, **span, groupBy=finest, limit=500)
        assert sum(row[COLUMN] for row in rows) == sum(totals.values())
        data = (await query(ask, **span)).json()["data"]
        assert sum(row[COLUMN] for row in data) == sum(totals.values())
        assert [row["timestamp"] for row in data] == sorted(row["timestamp"] for row in data)


async def test_the_newest_seconds_are_not_measured_yet_and_an_outage_of_the_metrics_changes_nothing() -> None:
    async with asking() as ask:
        now = (await ask.truth()).now_ms
        assert await summary(ask, startTime=iso(now - 15_000), endTime=iso(now)) == []
        await ask.control("POST", "scenario", name="metrics-outage")
        ask.sim.clock.advance(120)
        now = (await ask.truth()).now_ms
        span = {"startTime": iso(now - 90_000), "endTime": iso(now - 30_000)}
        assert sum(row[COLUMN] for row in await summary(ask, **span)) > 3_000


async def test_latency_is_near_the_truth_and_invocations_are_fewer_than_requests() -> None:
    async with asking(scenario="latency-regression") as ask:
        ask.sim.clock.advance(600)
        truth = await ask.truth()
        span = {"startTime": iso(truth.now_ms - 150_000), "endTime": iso(truth.now_ms - 30_000)}
        metric, column = "vercel.request.request_duration_ms", "vercel_request_request_duration_ms_p95"
        told = {
            row["deployment_id"]: row[column]
            for row in await summary(ask, **span, metric=metric, aggregation="p95")
        }
        for track in truth.tracks.values():
            assert told[track.deployment_id] == pytest.approx(1000 * track.latency_p95_s, rel=0.35)
        invocations = await summary(ask, **span, metric="vercel.function_invocation.count", groupBy=[])
        [requests] = await summary(ask, **span, groupBy=[])
        assert invocations[0]["vercel_function_invocation_count_sum"] < requests[COLUMN]
        [rate] = await summary(ask, **span, groupBy=[], aggregation="persecond")
        assert rate["vercel_request_count_persecond"] == pytest.approx(requests[COLUMN] / 120, abs=0.01)


async def test_the_newer_interface_says_the_same() -> None:
    async with asking() as ask:
        now = (await ask.truth()).now_ms
        end = now - now % 60_000 - 60_000
        start = end - 300_000
        older = await summary(
            ask,
            startTime=iso(start),
            endTime=iso(end),
            groupBy=["deployment_id", "http_status"],
            filter="http_status in (500, 503)",
        )
        body = {
            "scope": {"ownerId": ask.sim.team_id, "projectIds": [ask.sim.project_id]},
            "timeRange": {"start": iso(start), "end": iso(end)},
            "bucketSeconds": 60,
            "groupBy": ["deploymentId", "httpStatus"],
            "filter": "httpStatus:(500 OR 503) AND environment:prod*",
            "metrics": {
                "value": {"metric": COUNT, "aggregation": "sum"},
                "rate": {"metric": COUNT, "aggregation": "sum", "per": "second"},
                "hidden": {"metric": COUNT},
            },
            "outputs": ["value", "rate"],
        }
        newer = (await ask.vercel("POST", "/metrics/v1", json=body)).json()
        assert [
            {
                "deployment_id": row["dimensions"]["deploymentId"],
                "http_status": row["dimensions"]["httpStatus"],
                COLUMN: row["values"]["value"],
            }
            for row in newer["summary"]
        ] == older
        assert all(set(row["values"]) == {"value", "rate"} for row in newer["series"])
        crooked = body | {"timeRange": {"start": iso(start + 1_000), "end": iso(end)}}
        assert (await ask.vercel("POST", "/metrics/v1", json=crooked)).status_code == 400


@pytest.mark.slow
async def test_the_schema_lists_what_can_be_asked() -> None:
    async with asking() as ask:
        ids = [m["id"] for m in (await ask.vercel("GET", "/v2/observability/schema")).json()["metrics"]]
        assert COUNT in ids
        for one in ids:
            [described] = (await ask.vercel("GET", f"/v2/observability/schema/{one}")).json()
            named = [dimension["name"] for dimension in described["dimensions"]]
            how = {"metric": one, "aggregation": described["defaultAggregation"], "groupBy": named}
            assert (await query(ask, **how)).status_code == 200
        by_prefix = (await ask.vercel("GET", "/v2/observability/schema/vercel.request")).json()
        assert {m["id"] for m in by_prefix} == {one for one in ids if one.startswith("vercel.request.")}
        newer = (await ask.vercel("GET", "/metrics/v1", params={"search": COUNT})).json()["metrics"]
        assert "deploymentId" in newer[0]["dimensions"]


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"metric": "vercel.request.mood"}, 400, "unknown_metric"),
        ({"aggregation": "p95"}, 400, "invalid_aggregation"),
        ({"groupBy": ["colour"]}, 400, "invalid_dimension"),
        ({"filter": "colour eq 'blue'"}, 400, "invalid_filter_dimension"),
        ({"filter": "http_status ge"}, 400, "bad_request"),
        ({"scope": {}}, 400, "bad_request"),
        ({"scope": {"type": "owner", "ownerId": "team_x"}}, 403, "forbidden"),
        ({"startTime": "yesterday"}, 400, "bad_request"),
        ({"startTime": iso(1_700_000_000_000), "endTime": iso(1_699_000_000_000)}, 400, "bad_request"),
        ({"startTime": iso(1_600_000_000_000)}, 413, "payload_too_large"),
    ],
)
async def test_a_wrong_question_is_refused(asked: dict[str, Any], status: int, code: str) -> None:
    async with asking() as ask:
        answer = await query(ask, **asked)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
        if code not in ("bad_request", "forbidden", "payload_too_large"):
            assert answer.json()["error"]["allowedValues"]


@pytest.mark.parametrize("account", [Account(without=frozenset({"observability"})), Account(plan="hobby")])
async def test_who_has_not_paid_gets_402(account: Account) -> None:
    async with asking(account=account) as ask:
        answer = await query(ask)
        assert (answer.status_code, answer.json()["error"]["code"]) == (402, "payment_required")


LCP, LCP_COUNT = "vercel.speed_insights.lcp_ms", "vercel.speed_insights.lcp_count"


async def test_speed_insights_are_free_and_of_no_deployment() -> None:
    async with asking(account=Account(plan="hobby")) as ask:
        ask.sim.clock.advance(200)
        now = (await ask.truth()).now_ms
        span = {"startTime": iso(now - 180_000), "endTime": iso(now - 60_000), "groupBy": []}
        [paint] = await summary(ask, **span, metric=LCP, aggregation="p75")
        assert 1_500 < paint["vercel_speed_insights_lcp_ms_p75"] < 2_500
        [measured] = await summary(ask, **span, metric=LCP_COUNT)
        [views] = await summary(ask, **span, metric="vercel.analytics_pageview.count")
        counted = measured["vercel_speed_insights_lcp_count_sum"]
        assert counted == pytest.approx(views["vercel_analytics_pageview_count_sum"], rel=0.1)
        assert counted > 5_000
        split = await query(ask, **span | {"groupBy": ["deployment_id"]}, metric=LCP, aggregation="p75")
        assert split.json()["error"]["code"] == "invalid_dimension"
        assert "deployment_id" not in split.json()["error"]["allowedValues"]


async def test_products_that_are_switched_off_are_not_in_the_schema() -> None:
    async with asking(account=Account(without=frozenset({"speed-insights", "web-analytics"}))) as ask:
        ids = [m["id"] for m in (await ask.vercel("GET", "/v2/observability/schema")).json()["metrics"]]
        assert COUNT in ids
        assert not [one for one in ids if "speed_insights" in one or "analytics" in one]
        refused = await query(ask, metric=LCP, aggregation="p75", groupBy=[])
        assert refused.json()["error"]["code"] == "unknown_metric"
        project = await ask.project()
        assert "speedInsights" not in project
        assert "webAnalytics" not in project


ROW: filters.Row = {"http_status": 503, "route": "/api/cart", "error_code": None, "environment": "production"}
NAMES = frozenset(ROW)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("http_status ge 500", True),
        ("http_status eq '503'", True),
        ("http_status lt 500 or route eq '/api/cart'", True),
        ("http_status lt 500 or not (route eq '/api/cart')", False),
        ("contains(route, 'cart') and startswith(route, '/api')", True),
        ("http_status in (500, 502)", False),
        ("route ne 'it''s'", True),
        ("error_code eq 'x'", False),
        ("error_code ne 'x'", True),
    ],
)
def test_odata(text: str, holds: bool) -> None:
    assert filters.odata(text, NAMES)(ROW) is holds


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("(http_status >= 500) AND (environment:production)", True),
        ("http_status:(500 OR 503)", True),
        ("route:/api*", True),
        ("route:*cart", True),
        ("error_code:*", False),
        ('route =~ "^/api/.*"', True),
        ("NOT environment:production OR http_status < 500", False),
    ],
)
def test_kql(text: str, holds: bool) -> None:
    assert filters.kql(text, NAMES)(ROW) is holds


@pytest.mark.parametrize(
    "text", ["(", "route eq", "route eq 'a' b", "eq 5", "route eq 'a", "x" * 3_000, "route in 5"]
)
def test_what_is_no_filter_is_said(text: str) -> None:
    with pytest.raises(BadFilter):
        filters.odata(text, NAMES)


async def test_request_logs_show_every_failure_of_a_deployment() -> None:
    async with asking(scenario="error-spike") as ask:
        ask.sim.clock.advance(200)
        truth = await ask.truth()
        canary = truth.tracks["canary"].deployment_id
        end = truth.now_ms - 60_000 - (truth.now_ms - ask.sim.world.epoch) % 5_000
        params = {
            "projectId": ask.sim.project_id,
            "ownerId": ask.sim.team_id,
            "deploymentId": canary,
            "statusCode": "5xx",
            "startDate": str(end - 60_000),
            "endDate": str(end),
        }
        rows: list[dict[str, Any]] = []
        for page in range(50):
            answer = (
                await ask.vercel("GET", "/api/logs/request-logs", params=params | {"page": str(page)})
            ).json()
            rows += answer["rows"]
            if not answer["hasMoreRows"]:
                break
        assert len(rows) == ask.sim.world.counts(canary, end - 60_000, end)[1] > 0
        assert len({row["requestId"] for row in rows}) == len(rows)
        assert {row["deploymentId"] for row in rows} == {canary}
        assert {row["logs"][0]["level"] for row in rows} == {"error"}
        assert [row["timestamp"] for row in rows] == sorted((row["timestamp"] for row in rows), reverse=True)
        bad = await ask.vercel("GET", "/api/logs/request-logs", params=params | {"statusCode": "many"})
        assert bad.status_code == 400
