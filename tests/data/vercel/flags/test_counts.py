"""Evaluations of flags and the names of people, asked of the simulated host as of the real one."""

from __future__ import annotations

import pytest

from console.ports import SourceError
from data.simulator.account import Account
from data.vercel.flags.client import VercelFlags
from data.vercel.flags.counts import SPAN_MS, FlagCounts
from data.vercel.observability.client import ObservabilityClient, Scope
from tests.data.vercel.flags.serving import elsewhere, serving, spoil
from tests.simulated import Simulated

pytestmark = pytest.mark.slow


def counts_of(sim: Simulated, client: object) -> FlagCounts:
    async def whose() -> Scope:
        return Scope(sim.team_id, sim.project_id)

    return FlagCounts(ObservabilityClient(client), whose, sim.clock)  # type: ignore[arg-type]


async def test_each_variant_is_counted_as_it_was_served_before_and_after_a_change() -> None:
    async with serving() as (sim, client):
        counts = counts_of(sim, client)
        found = await counts.of("gift-cards")
        assert found.span_ms == SPAN_MS
        assert found.shares("production") == {"on": 1.0}
        assert found.by_environment["production"]["on"] > 1_000
        split = (await counts.of("new-cart")).shares("production")
        assert split is not None
        assert 0.1 < split["on"] < 0.3
        document = sim.world.project.flags.flags["gift-cards"].document
        production = {**document["environments"]["production"], "active": False}
        production["pausedOutcome"] = {"type": "variant", "variantId": "off"}
        elsewhere(sim, "flag", "gift-cards", {"environments": {"production": production}})
        changed_at = sim.world.project.flags.flags["gift-cards"].document["updatedAt"]
        sim.clock.advance(240)
        since = await counts.of("gift-cards", changed_at)
        assert since.shares("production") == {"off": 1.0}
        both = (await counts.of("gift-cards")).shares("production")
        assert both is not None
        assert set(both) == {"on", "off"}
        assert (await counts.of("nothing")).by_environment == {}


async def test_where_counts_are_not_offered_that_is_said() -> None:
    async with serving() as (sim, client):
        sim.world.project.account = Account(plan="hobby")
        with pytest.raises(SourceError, match="Observability Plus"):
            await counts_of(sim, client).of("new-cart")


async def test_the_team_s_people_are_known_by_name() -> None:
    async with serving() as (sim, client):
        flags = VercelFlags(client, sim.project_id)
        people = sim.world.project.people
        assert await flags.people() == {one.id: one.name for one in people}
        spoil(sim, "members", "status", status=403)
        with pytest.raises(SourceError):
            await flags.people()
