"""The first source that the account may ask; a failing one is not replaced in silence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from console.canary.catalogue import ERROR_RATE, LATENCY_P95
from console.canary.measures import Window
from console.metric_sources import OBSERVABILITY, REQUEST_LOGS
from console.ports import ManyAtOnce, SourceError
from data.http import Limits, Secret
from data.vercel.client import VercelClient
from data.vercel.first_of import AGAIN_MS, FirstOf
from data.vercel.observability.client import ObservabilityClient
from data.vercel.observability.source import VercelMetrics
from data.vercel.request_logs.source import PATH, RequestLogs
from tests.data.hosts import Host, StillClock, host, says, transport
from tests.data.vercel.observability.observed import QUERY, SCHEMA, USUAL, answer, shop

UNPAID = says({"error": {"code": "payment_required", "message": "Observability Plus is needed"}}, status=402)
DOWN = says({"error": {"message": "oops"}}, status=503)
LOGS = says({"rows": [], "hasMoreRows": False})


@asynccontextmanager
async def both() -> AsyncIterator[tuple[Host, FirstOf, StillClock]]:
    clock = StillClock()
    async with host() as there, transport(clock, Limits(retries=0, open_after_failures=100)) as asking:
        there.says(says({"error": {"code": "not_found", "message": "no such path"}}, status=404))
        there.routes[SCHEMA] = says({"metrics": [{"id": one["id"]} for one in USUAL]})
        there.routes[f"{SCHEMA}/vercel.request"] = says(list(USUAL))
        there.routes[QUERY], there.routes[PATH] = says(answer()), LOGS
        client = VercelClient(asking, token=Secret("tok_secret"), team_id="team_1", api_url=there.url)
        observed = VercelMetrics(ObservabilityClient(client), shop, clock)
        yield there, FirstOf([observed, RequestLogs(client, shop, clock)], clock), clock


def asked(there: Host, path: str) -> int:
    return sum(one.path == path for one in there.asked)


async def test_the_better_one_is_asked_where_it_may_be() -> None:
    async with both() as (there, source, _):
        await source.probe()
        assert source.name == OBSERVABILITY
        assert asked(there, PATH) == 0
        assert source.lacks(LATENCY_P95) is None


async def test_many_at_once_come_from_one_source_also_when_it_changes_meanwhile() -> None:
    async with both() as (there, source, clock):
        end = clock.now() // 60_000 * 60_000
        window = Window(end - 120_000, end - 60_000)
        metrics = (ERROR_RATE, LATENCY_P95)
        there.routes[QUERY] = UNPAID
        assert isinstance(source, ManyAtOnce)
        found = await source.measure_all(metrics, ["dpl_a"], window)
        assert source.name == REQUEST_LOGS
        assert found == {"error_rate": {"dpl_a": None}, "latency_p95": {"dpl_a": None}}


async def test_the_free_one_stands_in_and_says_why_until_the_better_one_is_to_be_had() -> None:
    async with both() as (there, source, clock):
        there.routes[QUERY] = UNPAID
        await source.probe()
        await source.probe()
        assert source.name == REQUEST_LOGS
        assert asked(there, QUERY) == 1
        assert "Vercel Observability is not used" in source.note
        assert "Observability Plus" in source.note
        assert source.lacks(LATENCY_P95)
        there.routes[QUERY] = says(answer())
        clock.pass_(AGAIN_MS / 1000 + 1)
        await source.probe()
        assert source.name == OBSERVABILITY
        assert "not used" not in source.note


async def test_the_days_quota_hands_over_until_midnight() -> None:
    async with both() as (there, source, clock):
        there.routes[QUERY] = says({"error": {"message": "The daily quota is used up."}}, status=429)
        await source.probe()
        assert source.name == REQUEST_LOGS
        there.routes[QUERY] = says(answer())
        clock.pass_(AGAIN_MS / 1000 + 1)
        await source.probe()
        assert source.name == REQUEST_LOGS
        clock.pass_(86_400)
        await source.probe()
        assert source.name == OBSERVABILITY


async def test_one_that_fails_is_said_to_fail() -> None:
    async with both() as (there, source, _):
        there.routes[QUERY] = DOWN
        with pytest.raises(SourceError):
            await source.probe()
        assert source.name == OBSERVABILITY
        assert asked(there, PATH) == 0


async def test_none_of_them() -> None:
    async with both() as (there, source, _):
        there.routes[QUERY] = UNPAID
        there.routes[PATH] = says({"error": {"code": "forbidden", "message": "not yours"}}, status=403)
        with pytest.raises(SourceError) as caught:
            await source.probe()
        assert "not yours" in caught.value.problem.what
