"""Vercel's Observability as a source, on the simulator or beside a scripted server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from console.canary.catalogue import Metric
from console.ports import Project
from data.http import Limits, Secret, Transport
from data.simulator.account import Account
from data.vercel.client import VercelClient
from data.vercel.host import VercelHost
from data.vercel.observability.client import ObservabilityClient
from data.vercel.observability.source import VercelMetrics
from tests.data.hosts import EPOCH, Host, StillClock, host, says, transport
from tests.simulated import Simulated, simulated

STILL = 1e-9
"""A world that moves only when the test says so."""
QUERY, SCHEMA = "/v2/observability/query", "/v2/observability/schema"
REQUESTS = "vercel.request.count"
COLUMN = "vercel_request_count_sum"
P95 = "vercel_request_request_duration_ms_p95"
BASE, CANARY = "dpl_base", "dpl_canary"


@asynccontextmanager
async def observing(
    scenario: str = "healthy",
    *,
    without: frozenset[str] = frozenset({"prometheus"}),
    others: Sequence[Metric] = (),
) -> AsyncIterator[tuple[Simulated, VercelMetrics, tuple[str, str]]]:
    """The simulator without a Prometheus, its Observability, and the ids of baseline and canary."""
    async with simulated(scenario, speed=STILL, account=Account(without=without)) as sim:
        asking = Transport(sim.clock, limits=Limits(retries=0))
        try:
            client = VercelClient(
                asking, token=Secret(sim.token), team_id=sim.team_id, api_url=sim.vercel_url
            )
            release = sim.world.project.release
            assert release is not None
            project = VercelHost(client, sim.project_id, sim.clock).project
            source = VercelMetrics(ObservabilityClient(client), project, sim.clock, others)
            yield sim, source, (release.base_id, release.canary_id)
        finally:
            await asking.aclose()


def described(name: str, *aggregations: str, dimensions: tuple[str, ...] = ()) -> dict[str, Any]:
    """One metric of a schema."""
    return {
        "id": name,
        "description": "…",
        "unit": "count",
        "aggregations": list(aggregations),
        "defaultAggregation": aggregations[0],
        "dimensions": [{"name": one, "label": one} for one in dimensions],
    }


USUAL = (
    described(REQUESTS, "sum", "persecond", dimensions=("deployment_id", "http_status", "route")),
    described("vercel.request.request_duration_ms", "avg", "p95", dimensions=("deployment_id",)),
)


@asynccontextmanager
async def scripted(
    *schema: dict[str, Any],
    others: Sequence[Metric] = (),
) -> AsyncIterator[tuple[Host, VercelMetrics, StillClock]]:
    """A server with that schema whose queries a test scripts (``there.routes[QUERY]``)."""
    schema = schema or USUAL
    clock = StillClock(EPOCH // 60_000 * 60_000 + 20_000)
    async with host() as there, transport(clock, Limits(retries=0)) as asking:
        there.says(says({"error": {"code": "not_found", "message": "no such path"}}, status=404))
        there.routes[SCHEMA] = says({"metrics": [{"id": one["id"], "description": ""} for one in schema]})
        for prefix in {one["id"].rpartition(".")[0] for one in schema}:
            found = [one for one in schema if one["id"].startswith(prefix + ".")]
            there.routes[f"{SCHEMA}/{prefix}"] = says(found)
        client = VercelClient(asking, token=Secret("tok_secret"), team_id="team_1", api_url=there.url)
        yield there, VercelMetrics(ObservabilityClient(client), shop, clock, others), clock


async def shop() -> Project:
    return Project("prj_1", "shop", "team_1", None, None, None, True)


def row(at: int, deployment: str, status: object, amount: object, **more: object) -> dict[str, Any]:
    """One row of counts, its bucket beginning at ``at``."""
    from data.vercel.observability.client import iso

    return {"timestamp": iso(at), "deployment_id": deployment, "http_status": status, COLUMN: amount, **more}


def answer(*data: dict[str, Any], summary: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"data": list(data), "summary": list(summary), "statistics": {"rowsRead": len(data)}}
