"""Vercel's Observability as a source: true counts, late data, drifting names, quotas, nothing invented."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from console.canary.catalogue import CATALOGUE, ERROR_RATE, LATENCY_P95, REQUEST_RATE
from console.canary.measures import REST, SHARED, Cell, Count, Gauge, Quantile, Ratio, Window
from console.ports import NotOffered, SourceError
from data.simulator import shop
from data.vercel.observability.client import LIMIT, Drifted
from tests.data.hosts import Host, says, truncates
from tests.data.vercel.observability.observed import (
    BASE,
    CANARY,
    COLUMN,
    P95,
    QUERY,
    REQUESTS,
    SCHEMA,
    USUAL,
    answer,
    described,
    observing,
    row,
    scripted,
)
from tests.simulated import Simulated

MINUTE = 60_000


def past(sim: Simulated, minutes: int) -> Window:
    """The last whole minutes that are surely counted."""
    end = (sim.world.advance() - MINUTE) // MINUTE * MINUTE
    return Window(end - minutes * MINUTE, end)


# --- on the simulator ------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", ["healthy", "error-spike"])
@pytest.mark.parametrize("minutes", [1, 5])
async def test_errors_and_requests_are_the_true_ones(scenario: str, minutes: int) -> None:
    async with observing(scenario) as (sim, source, ids):
        sim.clock.advance(900)
        window = past(sim, minutes)
        assert await source.settled(ids, sim.world.advance()) >= window.end
        found = await source.measure(ERROR_RATE, ids, window)
        rates = await source.measure(REQUEST_RATE, ids, window)
        assert not found.partial
        for one in ids:
            total, bad = sim.world.counts(one, window.start, window.end)
            assert total > 0
            ratio = found[one]
            assert isinstance(ratio, Ratio)
            assert (ratio.bad, ratio.total) == (bad, total)
            assert {cell.name for cell in ratio.cells} <= {*shop.ROUTES}
            assert sum(cell.of for cell in ratio.cells) == total
            assert sum(cell.events for cell in ratio.cells) == bad
            assert rates[one] == Count(total, 60 * minutes)


async def test_latency_is_the_hosts_percentile_with_the_requests_behind_it() -> None:
    async with observing("latency-regression") as (sim, source, ids):
        sim.clock.advance(900)
        window = past(sim, 2)
        found = await source.measure(LATENCY_P95, ids, window)
        base, canary = found[ids[0]], found[ids[1]]
        assert isinstance(base, Quantile)
        assert isinstance(canary, Quantile)
        assert canary.value > 1.3 * base.value > 0.05
        assert canary.total == sim.world.counts(ids[1], window.start, window.end)[0]
        assert "percentile" in source.note


async def test_one_query_serves_all_counts_of_a_poll_and_one_more_takes_errors_apart() -> None:
    async with observing() as (sim, source, ids):
        sim.clock.advance(600)
        until = await source.settled(ids, sim.world.advance())
        window = Window(until - MINUTE, until)
        for metric in (ERROR_RATE, REQUEST_RATE, LATENCY_P95):
            await source.measure(metric, ids, window)
        await source.newest(ids)
        assert sum(e.path == QUERY for e in sim.journal.entries) == 3


async def test_other_metrics_are_never_taken_for_the_ones_it_has() -> None:
    async with observing("error-spike") as (sim, source, ids):
        sim.clock.advance(300)
        window = past(sim, 3)
        for metric in CATALOGUE:
            if metric not in CATALOGUE.headline:
                assert source.lacks(metric)
                places = ids if metric.split else (SHARED,)
                assert await source.measure(metric, ids, window) == dict.fromkeys(places)
                assert await source.history(metric, ids, window, 15) == dict.fromkeys(ids, ())


async def test_lines_of_every_metric() -> None:
    async with observing("error-spike") as (sim, source, ids):
        sim.clock.advance(1_200)
        now = sim.world.advance()
        window = Window(now - 60 * MINUTE, now)
        for metric in CATALOGUE.headline:
            lines = await source.history(metric, ids, window, 15)
            for one in ids:
                assert len(lines[one]) >= 15
                assert all(window.start < point.at <= window.end for point in lines[one])
                assert [p.at for p in lines[one]] == sorted(p.at for p in lines[one])


async def test_a_deployment_without_visitors_is_not_silent() -> None:
    async with observing() as (sim, source, ids):
        sim.clock.advance(300)
        asked = (*ids, "dpl_nobody")
        newest = await source.newest(asked)
        now = sim.world.advance()
        assert len(set(newest.values())) == 1
        at = newest["dpl_nobody"]
        assert at is not None
        assert now - 2 * MINUTE <= at <= now
        found = await source.measure(ERROR_RATE, asked, past(sim, 1))
        assert found["dpl_nobody"] == Ratio(0, 0)


async def test_who_has_not_paid_is_told_what_is_free() -> None:
    async with observing(without=frozenset({"observability", "prometheus"})) as (sim, source, _):
        with pytest.raises(NotOffered) as caught:
            await source.probe()
        assert caught.value.problem.kind == "payment_required"
        assert "Observability Plus" in caught.value.problem.what
        assert "request-logs" in caught.value.problem.next
        assert sim.token not in str(caught.value)


async def test_what_the_schema_has_beside_the_headline_is_counted_by_deployment() -> None:
    async with observing(others=CATALOGUE.asked) as (sim, source, ids):
        sim.clock.advance(600)
        window = past(sim, 4)
        await source.settled(ids, sim.world.advance())
        cached = CATALOGUE["cache_hit_ratio"]
        assert source.lacks(cached) is None
        found = await source.measure(cached, ids, window)
        assert found.instead == "requests that the edge answered from its cache"
        for one in ids:
            total, _ = sim.world.counts(one, window.start, window.end)
            ratio = found[one]
            assert isinstance(ratio, Ratio)
            assert ratio.total == total
            assert 0 < ratio.bad < 0.1 * total
        for name, why in (
            ("page_load", "tells no deployments apart"),
            ("cpu", "has none of"),
            ("client_errors", "in a form that is not read"),
            ("bounce_rate", "names nothing"),
        ):
            assert why in (source.lacks(CATALOGUE[name]) or ""), name
            assert await source.measure(CATALOGUE[name], ids, window) == dict.fromkeys(ids)


# --- beside a scripted server --------------------------------------------------------------------------


async def test_a_minute_that_may_still_grow_is_not_taken_as_complete() -> None:
    async with scripted() as (there, source, clock):
        now = clock.now()
        this = now // MINUTE * MINUTE
        there.routes[QUERY] = says(
            answer(row(this - 2 * MINUTE, BASE, 200, 90), row(this - MINUTE, BASE, 200, 7))
        )
        assert await source.settled([BASE, CANARY], now) == this - MINUTE
        clock.pass_(20)  # nothing newer has come: that minute is still not over
        assert await source.settled([BASE, CANARY], clock.now()) == this - MINUTE
        there.routes[QUERY] = says(answer(row(this - MINUTE, BASE, 200, 95), row(this, BASE, 200, 2)))
        clock.pass_(30)
        assert await source.settled([BASE, CANARY], clock.now()) == this
        found = await source.measure(ERROR_RATE, [BASE], Window(this - MINUTE, this))
        assert found[BASE] == Ratio(0, 95)
        clock.pass_(300)  # nobody came for five minutes: that is settled, too
        assert await source.settled([BASE, CANARY], clock.now()) > this


async def test_a_window_that_was_not_over_when_it_was_asked_for_is_asked_for_again() -> None:
    async with scripted() as (there, source, clock):
        now = clock.now()
        this = now // MINUTE * MINUTE
        there.routes[QUERY] = says(answer(row(this - MINUTE, BASE, 200, 7)))
        await source.settled([BASE], now)
        there.routes[QUERY] = says(answer(row(this - MINUTE, BASE, 200, 95), row(this, BASE, 200, 1)))
        found = await source.measure(ERROR_RATE, [BASE], Window(this - MINUTE, this))
        assert found[BASE] == Ratio(0, 95)


async def test_nothing_counted_at_all_is_no_data_and_not_zero() -> None:
    async with scripted() as (there, source, clock):
        end = clock.now() // MINUTE * MINUTE
        there.routes[QUERY] = says(answer())
        window = Window(end - 2 * MINUTE, end)
        for metric in CATALOGUE.headline:
            assert await source.measure(metric, [BASE, CANARY], window) == {BASE: None, CANARY: None}
        assert await source.newest([BASE]) == {BASE: None}


async def test_statuses_as_text_camel_case_rows_and_nulls_are_read() -> None:
    async with scripted() as (there, source, clock):
        end = clock.now() // MINUTE * MINUTE
        rows = (
            row(end - MINUTE, BASE, "503", 3),
            row(end - MINUTE, BASE, None, 4),
            row(end - MINUTE, BASE, 200, None),
            {"timestamp": row(end - MINUTE, "", 0, 0)["timestamp"], "deploymentId": BASE, "httpStatus": 200,
             "vercel_request_count_sum": 13},
            row(end, BASE, 200, 1),
        )  # fmt: skip
        there.routes[QUERY] = says(answer(*rows))
        found = await source.measure(ERROR_RATE, [BASE], Window(end - MINUTE, end))
        assert found[BASE] == Ratio(3, 20)


async def test_as_many_groups_as_were_asked_for_make_the_answer_partial() -> None:
    async with scripted() as (there, source, clock):
        end = clock.now() // MINUTE * MINUTE
        rows = [row(end - MINUTE, BASE, 200 + n, 1) for n in range(LIMIT)]
        there.routes[QUERY] = says(answer(*rows, row(end, BASE, 200, 1)))
        assert (await source.measure(ERROR_RATE, [BASE], Window(end - MINUTE, end))).partial


async def test_the_schema_chooses_and_says_what_is_missing() -> None:
    count = described("vercel.function_invocation.count", "sum", dimensions=("deploymentId", "httpStatus"))
    async with scripted(count) as (there, source, clock):
        end = clock.now() // MINUTE * MINUTE
        there.routes[QUERY] = says(answer())
        await source.probe()
        assert there.asked[-1].json["metric"] == "vercel.function_invocation.count"
        await source.measure(ERROR_RATE, ["o'dpl"], Window(end - MINUTE, end))
        assert there.asked[-1].json["groupBy"] == ["deploymentId", "httpStatus"]
        assert there.asked[-1].json["filter"] == "deploymentId eq 'o''dpl'"
        assert there.asked[-1].json["scope"] == {
            "type": "project",
            "ownerId": "team_1",
            "projectIds": ["prj_1"],
        }
        assert source.lacks(ERROR_RATE) is None
        assert "no request duration" in (source.lacks(LATENCY_P95) or "")


@pytest.mark.parametrize(
    ("schema", "says_what"),
    [
        (described("vercel.firewall_action.count", "sum"), "none of vercel.request.count"),
        (described(REQUESTS, "sum", dimensions=("route", "http_status")), "no dimension for the deployment"),
        (described(REQUESTS, "sum", dimensions=("deployment_id",)), "no dimension for the status"),
    ],
)
async def test_a_schema_without_the_needed_is_said(schema: dict[str, object], says_what: str) -> None:
    async with scripted(schema) as (_, source, _clock):
        with pytest.raises(NotOffered) as caught:
            await source.probe()
        assert says_what in caught.value.problem.what


async def test_the_schema_is_read_again_once_a_name_is_refused() -> None:
    async with scripted() as (there, source, _):
        refusal = {
            "code": "unknown_metric",
            "message": "There is no metric.",
            "allowedValues": ["vercel.x.count"],
        }
        there.routes[QUERY] = says({"error": refusal}, status=400)
        with pytest.raises(Drifted) as caught:
            await source.probe()
        assert "vercel.x.count" in caught.value.problem.what
        before = sum(one.path == SCHEMA for one in there.asked)
        there.routes[QUERY] = says(answer())
        await source.probe()
        await source.probe()
        assert sum(one.path == SCHEMA for one in there.asked) == before + 1


async def test_the_days_quota_waits_for_midnight_and_a_minutes_limit_does_not() -> None:
    async with scripted() as (there, source, clock):
        over = {"error": {"code": "rate_limited", "message": "Daily query quota exceeded."}}
        there.routes[QUERY] = says(over, status=429)
        with pytest.raises(NotOffered) as caught:
            await source.probe()
        assert caught.value.problem.retry_at is not None
        assert caught.value.problem.retry_at % 86_400_000 == 0
        assert 0 < caught.value.problem.retry_at - clock.now() <= 86_400_000
        clock.pass_(3_600)
        over = {"error": {"code": "rate_limited", "message": "Rate limit exceeded."}}
        there.routes[QUERY] = says(over, status=429, headers={"Retry-After": "40"})
        with pytest.raises(SourceError) as limited:
            await source.probe()
        assert not isinstance(limited.value, NotOffered)
        assert limited.value.problem.kind == "rate_limited"
        assert limited.value.problem.retry_at == clock.now() + 40_000


@pytest.mark.parametrize(
    "data",
    [
        {"data": "none"},
        {"data": [1]},
        {"data": [{"timestamp": "yesterday", "deployment_id": BASE, "vercel_request_count_sum": 1}]},
        {"data": [{"deployment_id": BASE, "vercel_request_count_sum": 1}]},
        {"data": [row(0, BASE, 200, -1)]},
        {"data": [row(0, BASE, 200, "many")]},
        {"data": [row(0, BASE, 200, True)]},
        {"data": [row(0, BASE, [200], 1)]},
        {"data": [{"timestamp": 0, "deployment_id": BASE, "other_count_sum": 1}]},
        b'{"data": [{"timestamp": 0, "vercel_request_count_sum": 1e999}]}',
        b"<html>sign in</html>",
        b"",
    ],
)
async def test_garbage_is_an_error_and_never_a_number(data: object) -> None:
    async with scripted() as (there, source, clock):
        there.routes[QUERY] = says(data)
        end = clock.now() // MINUTE * MINUTE
        for metric in (ERROR_RATE, LATENCY_P95):
            with pytest.raises(SourceError) as caught:
                await source.measure(metric, [BASE], Window(end - MINUTE, end))
            assert caught.value.problem.kind == "garbage"


async def test_a_cut_off_answer_is_an_error() -> None:
    async with scripted() as (there, source, _):
        there.routes[QUERY] = truncates()
        with pytest.raises(SourceError):
            await source.probe()


async def test_a_latency_without_requests_behind_it_says_nothing() -> None:
    async with scripted() as (there, source, clock):
        end = clock.now() // MINUTE * MINUTE
        summary = ({"deployment_id": CANARY, P95: 120.0}, {"deployment_id": "dpl_other", P95: 1.0})
        data = (row(end - MINUTE, BASE, 200, 10) | {P95: 90}, row(end, BASE, 200, 1) | {P95: 1})
        there.routes[QUERY] = says(answer(*data, summary=summary))
        found = await source.measure(LATENCY_P95, [BASE, CANARY], Window(end - MINUTE, end))
        assert found == {BASE: None, CANARY: Quantile(0.95, 0.0, 0.0)}


# --- beside the headline -------------------------------------------------------------------------------

CPU, FDT = "vercel.function_invocation.function_cpu_time_ms", "vercel.request.fdt_total_bytes"
LCP, LCP_COUNT = "vercel.speed_insights.lcp_ms", "vercel.speed_insights.lcp_count"
MORE = (
    *USUAL,
    described("vercel.function_invocation.count", "sum", dimensions=("deployment_id",)),
    described(CPU, "avg", dimensions=("deployment_id",)),
    described(FDT, "sum", "persecond"),
    described(LCP, "p75", dimensions=("deployment_id",)),
    described(LCP_COUNT, "sum", dimensions=("deployment_id",)),
)


def by_metric(there: Host, **answers: Any) -> list[dict[str, Any]]:
    """Answer each metric's query by its own script (rows of the summary, or a status); what was asked."""
    asked: list[dict[str, Any]] = []

    async def step(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        asked.append(body)
        found = answers.get(body["metric"].rpartition(".")[2], ())
        if isinstance(found, dict):
            return web.json_response({"error": found}, status=found.get("status", 400))
        return web.json_response(answer(summary=tuple(found)))

    there.routes[QUERY] = step
    return asked


def two(column: str, base: float, canary: float) -> list[dict[str, Any]]:
    return [{"deployment_id": BASE, column: base}, {"deployment_id": CANARY, column: canary}]


async def test_levels_quantiles_and_shared_levels_are_read_in_natural_units() -> None:
    async with scripted(*MORE, others=CATALOGUE.asked) as (there, source, clock):
        end = clock.now() // MINUTE * MINUTE
        window, ids = Window(end - 4 * MINUTE, end), [BASE, CANARY]
        asked = by_metric(
            there,
            function_cpu_time_ms=two(f"{CPU.replace('.', '_')}_avg", 12.0, 15.0),
            fdt_total_bytes=[{f"{FDT.replace('.', '_')}_persecond": 4_000.0}],
            lcp_ms=two(f"{LCP.replace('.', '_')}_p75", 1_800, 2_400),
            lcp_count=two(f"{LCP_COUNT.replace('.', '_')}_sum", 900, 0),
        )
        await source.settled(ids, clock.now())
        cpu = await source.measure(CATALOGUE["cpu"], ids, window)
        assert cpu == {BASE: Gauge(0.012, 240), CANARY: Gauge(0.015, 240)}
        assert cpu.instead == "CPU seconds for each invocation"
        network = await source.measure(CATALOGUE["network"], ids, window)
        assert network == {SHARED: Gauge(4_000.0, 240)}
        assert asked[-1]["groupBy"] == []
        load = await source.measure(CATALOGUE["page_load"], ids, window)
        assert load == {BASE: Quantile(0.75, 1.8, 900), CANARY: None}  # nothing stands behind the other


@pytest.mark.parametrize(
    ("refused", "lasting"),
    [
        ({"code": "invalid_aggregation", "message": "no"}, True),
        ({"code": "payment_required", "message": "Plus", "status": 402}, True),
        ({"code": "internal", "message": "oops", "status": 500}, False),
    ],
)
async def test_a_refusal_of_one_is_its_own_affair(refused: dict[str, Any], lasting: bool) -> None:
    async with scripted(*MORE, others=CATALOGUE.asked) as (there, source, clock):
        end = clock.now() // MINUTE * MINUTE
        window, cpu = Window(end - MINUTE, end), CATALOGUE["cpu"]
        asked = by_metric(there, function_cpu_time_ms=refused)
        await source.settled([BASE], clock.now())
        for _ in range(2):
            found = await source.measure(cpu, [BASE], window)
            assert found == {BASE: None}
        assert bool(source.lacks(cpu)) is lasting
        assert found.partial is not lasting
        assert sum(one["metric"] == CPU for one in asked) == (1 if lasting else 2)
        assert source.lacks(ERROR_RATE) is None
        assert await source.measure(ERROR_RATE, [BASE], window) == {BASE: None}


async def test_errors_keep_their_counts_whatever_becomes_of_the_routes() -> None:
    async with scripted() as (there, source, clock):
        end = clock.now() // MINUTE * MINUTE
        window = Window(end - MINUTE, end)
        data = (row(end - MINUTE, BASE, 200, 90), row(end - MINUTE, BASE, 500, 10), row(end, BASE, 200, 1))
        parts = (
            {"deployment_id": BASE, "http_status": 500, "route": "/pay", COLUMN: 7},
            {"deployment_id": BASE, "http_status": 200, "route": "/pay", COLUMN: 40},
            {"deployment_id": CANARY, "http_status": 200, "route": "/", COLUMN: 5},
        )

        async def step(request: web.Request) -> web.StreamResponse:
            apart = "route" in (await request.json())["groupBy"]
            return web.json_response(answer(summary=parts) if apart else answer(*data))

        there.routes[QUERY] = step
        found = await source.measure(ERROR_RATE, [BASE], window)
        assert found == {BASE: Ratio(10, 100, (Cell(REST, 3, 53), Cell("/pay", 7, 47)))}

        async def refusing(request: web.Request) -> web.StreamResponse:
            if "route" in (await request.json())["groupBy"]:
                return web.json_response({"error": {"code": "invalid_dimension"}}, status=400)
            return web.json_response(answer(*data))

        there.routes[QUERY] = refusing
        for _ in range(2):
            assert await source.measure(ERROR_RATE, [BASE], window) == {BASE: Ratio(10, 100)}
        apart = [one for one in there.asked if one.path == QUERY and "route" in one.json["groupBy"]]
        assert len(apart) == 2  # once answered, once refused, and not asked for again
