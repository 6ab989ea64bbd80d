"""The simulator in the test's own process, with its world at hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from console.readings import Millis
from data.clock import ScaledClock
from data.simulator.account import Account
from data.simulator.answers import Ready
from data.simulator.faults import Faults
from data.simulator.server import Simulator
from data.simulator.serving import Journal
from data.simulator.tokens import Tokens
from data.simulator.world import World

ORIGIN: Millis = 1_795_000_000_000
"""When the world begins unless a test says otherwise: the same moment in every run."""


@dataclass(frozen=True)
class Simulated:
    """A running simulator. Look at ``world`` after ``world.advance()``; jump with ``clock.advance(s)``."""

    vercel_url: str
    metrics_url: str
    prometheus_url: str
    alertmanager_url: str
    site_url: str
    control_url: str
    token: str
    team_id: str
    project_id: str
    world: World
    clock: ScaledClock
    journal: Journal
    faults: Faults
    ready: Ready
    tokens: Tokens

    @property
    def auth(self) -> dict[str, str]:
        """The header that the host's API wants."""
        return {"Authorization": f"Bearer {self.token}"}


@asynccontextmanager
async def simulated(
    scenario: str = "healthy",
    seed: int = 1,
    speed: float = 1.0,
    origin: Millis = ORIGIN,
    account: Account | None = None,
) -> AsyncIterator[Simulated]:
    """A simulator on ephemeral ports of 127.0.0.1, gone when the block ends.

    A very small ``speed`` (1e-9) makes a world that stands still until the test moves ``clock``.
    """
    simulator = Simulator(scenario=scenario, seed=seed, speed=speed, origin=origin, account=account)
    async with simulator.serving() as ready:
        yield Simulated(
            vercel_url=ready.vercel_url,
            metrics_url=ready.metrics_url,
            prometheus_url=ready.prometheus_url,
            alertmanager_url=ready.alertmanager_url,
            site_url=ready.site_url,
            control_url=ready.control_url,
            token=ready.token,
            team_id=ready.team_id,
            project_id=ready.project_id,
            world=simulator.world,
            clock=simulator.clock,
            journal=simulator.journal,
            faults=simulator.faults,
            ready=ready,
            tokens=simulator.tokens,
        )
