"""The whole host on the simulator: choose, start, promote, roll back, and see the domains move."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from console.canary.stages import Release, ReleaseState
from console.host import Candidate
from console.ports import EffectRefused, SourceError
from data.http import Limits, Secret, Transport
from data.vercel.client import VercelClient
from data.vercel.host import VercelHost
from tests.simulated import Simulated, simulated


class Moving:
    """The world's clock, moved by waiting."""

    def __init__(self, sim: Simulated) -> None:
        self._sim = sim
        self.now, self.monotonic = sim.clock.now, sim.clock.monotonic

    async def sleep(self, seconds: float) -> None:
        self._sim.clock.advance(seconds)


@asynccontextmanager
async def console(project: str | None = None) -> AsyncIterator[tuple[Simulated, VercelHost]]:
    async with simulated(speed=1e-9) as sim:
        transport = Transport(sim.clock, limits=Limits(retries=0, read_s=5.0))
        try:
            client = VercelClient(
                transport, token=Secret(sim.token), team_id=sim.team_id, api_url=sim.vercel_url
            )
            yield sim, VercelHost(client, project or sim.project_id, Moving(sim))
        finally:
            await transport.aclose()


async def running(host: VercelHost) -> Release:
    release = await host.release()
    assert release is not None
    return release


async def ended(sim: Simulated, host: VercelHost) -> str:
    """Complete the release that runs; the id of what serves then."""
    canary = (await running(host)).canary
    assert canary is not None
    await host.complete(canary.id)
    sim.clock.advance(120)
    assert (await host.project()).serving_id == canary.id
    return canary.id


async def staged(host: VercelHost) -> Candidate:
    """The newest deployment that never had production traffic and could."""
    return next(
        one
        for one in await host.candidates(limit=100)
        if one.substate == "STAGED" and one.deployment.ready_state == "READY"
    )


async def test_what_can_be_chosen() -> None:
    async with console() as (_, host):
        candidates = await host.candidates(limit=100)
        serving = (await host.project()).serving_id
        assert {one.deployment.target for one in candidates} == {"production"}
        times = [one.deployment.created_at or 0 for one in candidates]
        assert times == sorted(times, reverse=True)
        assert all(one.branch and one.deployment.commit_sha for one in candidates)
        canary = (await running(host)).canary
        assert canary is not None
        assert [one.deployment.id for one in candidates if one.substate == "ROLLING"] == [canary.id]
        assert [one.deployment.id for one in await host.candidates(limit=3)] == [
            one.deployment.id for one in candidates[:3]
        ]
        back = await host.rollback_candidates()
        assert back
        assert all(one.rollback_candidate for one in back)
        assert serving not in {one.deployment.id for one in back}


async def test_the_preflight() -> None:
    async with console() as (_, host):
        assert (await host.slots()).reason == "unlimited_slots"
        assert await host.skew_protection_s() is None or (await host.skew_protection_s() or 0) > 0
        project = await host.project()
        assert project.domains
        for domain in project.domains:
            assert await host.serving(domain) == project.serving_id
        with pytest.raises(SourceError) as raised:
            await host.serving("nobody.example")
        assert raised.value.problem.kind == "not_found"


async def test_a_name_serves_as_well_as_the_id() -> None:
    async with console(project="shop") as (sim, host):
        by_name = await host.candidates(limit=5)
        assert len(by_name) == 5
        assert (await host.project()).id == sim.project_id


async def test_a_release_is_started_from_a_candidate() -> None:
    async with console() as (sim, host):
        await ended(sim, host)
        chosen = (await staged(host)).deployment.id
        await host.start(chosen)
        release = await running(host)
        assert release.active
        assert release.canary is not None
        assert release.canary.id == chosen
        await host.start(chosen)
        assert await running(host) == release
        with pytest.raises(EffectRefused):
            await host.start("dpl_unknown")


async def test_an_instant_rollback_moves_every_domain_it_said() -> None:
    async with console() as (sim, host):
        await ended(sim, host)
        target = (await host.rollback_candidates(1))[0].deployment.id
        moving = await host.moving_aliases(target)
        assert set((await host.project()).domains) <= set(moving)
        await host.rollback(target, "errors 4.6 × the baseline")
        under_way = await host.alias_moves("rollback", failed_only=False)
        assert {one.alias for one in under_way} >= set((await host.project()).domains)
        assert not await host.alias_moves("rollback", failed_only=True)
        sim.clock.advance(300)
        assert {one.status for one in await host.alias_moves("rollback", failed_only=False)} <= {"completed"}
        assert {await host.serving(domain) for domain in moving} == {target}
        project = await host.project()
        assert (project.serving_id, project.auto_assign_domains) == (target, False)


async def test_a_rollback_ends_a_release_and_a_promotion_ends_the_rollback() -> None:
    async with console() as (sim, host):
        release = await running(host)
        assert release.baseline is not None
        await host.rollback(release.baseline.id, "r")
        sim.clock.advance(300)
        assert (await running(host)).state is ReleaseState.ABORTED
        assert (await host.project()).auto_assign_domains is False
        assert await host.promote((await staged(host)).deployment.id) == "accepted"
        assert (await running(host)).active
        assert (await host.project()).auto_assign_domains is True


async def test_promotions_of_the_canary_of_another_and_of_what_serves() -> None:
    async with console() as (sim, host):
        waiting = (await staged(host)).deployment.id
        assert await host.promote(waiting) == "queued"
        release = await running(host)
        assert release.queued_deployment_id == waiting
        assert release.canary is not None
        assert await host.promote(release.canary.id) == "accepted"
        sim.clock.advance(300)
        before = await host.project()
        assert before.serving_id is not None
        assert await host.promote(before.serving_id) == "accepted"
        assert (await host.project()).serving_id == before.serving_id


async def test_what_the_host_refuses_it_says() -> None:
    async with console() as (_, host):
        never = (await staged(host)).deployment.id
        with pytest.raises(EffectRefused) as raised:
            await host.rollback(never, "r")
        assert never in raised.value.problem.what
        with pytest.raises(EffectRefused):
            await host.promote("dpl_unknown")
