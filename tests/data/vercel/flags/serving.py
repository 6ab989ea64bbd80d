"""The simulated host's flags and a client on them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from data.http import Limits, Secret, Transport
from data.simulator.acting import perform
from data.simulator.answers import ActRequest, FaultRequest
from data.vercel.client import VercelClient
from tests.simulated import Simulated, simulated


@asynccontextmanager
async def serving(retries: int = 0) -> AsyncIterator[tuple[Simulated, VercelClient]]:
    """A world that stands still, and a client that asks as often as it is told."""
    async with simulated(speed=1e-9) as sim:
        transport = Transport(sim.clock, limits=Limits(retries=retries, read_s=2.0, backoff_s=0.0))
        try:
            yield (
                sim,
                VercelClient(transport, token=Secret(sim.token), team_id=sim.team_id, api_url=sim.vercel_url),
            )
        finally:
            await transport.aclose()


def elsewhere(sim: Simulated, action: str, name: str, change: dict[str, Any]) -> None:
    """Jo changes it from the dashboard."""
    asked = ActRequest.model_validate({"action": action, "name": name, "change": change})
    perform(sim.world.project, asked, sim.world.advance(), sim.tokens)


def spoil(sim: Simulated, path: str, kind: str, **more: Any) -> None:
    """The next request to ``path`` is answered badly."""
    sim.faults.add(FaultRequest.model_validate({"path": path, "kind": kind, "times": 1, **more}))


def sent(sim: Simulated, method: str) -> list[str]:
    """The paths asked with a method so far."""
    return [one.path for one in sim.journal.entries if one.method == method and one.port == "vercel"]
