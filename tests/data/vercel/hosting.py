"""A whole host beside a scripted server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from data.http import Limits, Secret, Transport
from data.vercel.client import VercelClient
from data.vercel.host import VercelHost
from tests.data.hosts import Host, Step, StillClock, host, transport
from tests.data.vercel.test_client import TOKEN


def host_at(
    there: Host,
    asking: Transport,
    clock: StillClock | None = None,
    team: str | None = "team_1",
    project: str = "prj_1",
) -> VercelHost:
    client = VercelClient(asking, token=Secret(TOKEN), team_id=team, api_url=there.url)
    return VercelHost(client, project, clock or StillClock())


@asynccontextmanager
async def hosting(
    step: Step, *, limits: Limits | None = None, project: str = "prj_1", clock: StillClock | None = None
) -> AsyncIterator[tuple[Host, VercelHost]]:
    """A server that answers ``step`` to everything not routed, and the host that asks it."""
    clock = clock or StillClock()
    async with host() as there, transport(clock, limits or Limits(retries=0)) as asking:
        there.says(step)
        yield there, host_at(there, asking, clock, project=project)
