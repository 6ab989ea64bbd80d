"""Builds, checks and configuration on the simulator: followed, read, and changed without a loss."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.ports import EffectRefused
from data.simulator import building
from tests.data.vercel.test_host_simulated import console, ended, running, staged
from tests.simulated import Simulated


def pushed(sim: Simulated, *, fails: bool = False) -> str:
    world = sim.world
    world.advance()
    person = world.project.people[0]
    return building.push(world.project, person, sim.clock.now(), fails=fails, seconds=40.0).id


@pytest.mark.parametrize("fails", [False, True])
async def test_a_build_is_followed_from_its_first_line_to_its_last(fails: bool) -> None:
    async with console() as (sim, host):
        deployment = pushed(sim, fails=fails)
        batches = [batch async for batch in host.build_log(deployment, follow=True)]
        assert (await host.deployment(deployment)).ready_state == ("ERROR" if fails else "READY")
        assert len(batches) > 5
        shown = [line for batch in batches for line in batch]
        [whole] = [batch async for batch in host.build_log(deployment, follow=False)]
        assert shown == list(whole)
        assert [line.at for line in shown] == sorted(line.at for line in shown)
        assert any(line.error for line in shown) is fails


async def test_checks_of_both_kinds_run_to_their_end() -> None:
    async with console() as (sim, host):
        deployment = pushed(sim)
        early = await host.checks(deployment)
        assert {check.version for check in early} == {1, 2}
        assert {check.conclusion for check in early} == {None}
        assert [check.red for check in early] == [check.blocking for check in early]
        assert any(check.blocking for check in early)
        sim.clock.advance(600)
        late = await host.checks(deployment)
        assert {check.id for check in late} == {check.id for check in early}
        assert not any(check.red for check in late)


async def test_a_configuration_is_changed_and_the_release_that_runs_is_not() -> None:
    async with console() as (_, host):
        before, release = await host.template(), await running(host)
        assert before is not None
        edited = replace(
            before,
            stages=((1, 10, False), (10, None, True), (100, None, False)),
            gate_enabled=True,
            gate_action="pause",
            gate_dry_run=True,
        )
        await host.configure(edited)
        after = await host.template()
        assert after is not None
        assert after.stages == edited.stages
        assert (after.gate_enabled, after.gate_action, after.gate_dry_run) == (True, "pause", True)
        assert await running(host) == release
        await host.configure(replace(after, stages=before.stages))
        again = await host.template()
        assert again == replace(after, stages=before.stages)


async def test_rolling_releases_are_switched_off_and_on_again() -> None:
    async with console() as (sim, host):
        await ended(sim, host)
        before = await host.template()
        assert before is not None
        await host.configure(None)
        assert await host.template() is None
        assert not (await host.project()).rolling_releases
        candidate = (await staged(host)).deployment.id
        with pytest.raises(EffectRefused):
            await host.start(candidate)
        await host.configure(before)
        assert await host.template() == before
        await host.start(candidate)
        assert (await running(host)).active


async def test_the_gate_of_the_checks_on_domains_is_read() -> None:
    async with console() as (sim, host):
        deployment = pushed(sim)
        states = []
        for seconds in (50, 300):
            sim.clock.advance(seconds)
            [one] = [c for c in await host.candidates() if c.deployment.id == deployment]
            states.append(one.checks_alias_state)
        assert states == ["pending", "succeeded"]


async def test_a_deployment_in_full_says_who_made_it_its_domains_and_how_its_build_went() -> None:
    async with console() as (sim, host):
        project = await host.project()
        serving = await host.detail(project.serving_id or "")
        mine = [one.domain for one in project.served if one.deployment_id == project.serving_id]
        assert list(serving.aliases) == mine == list(project.domains)
        assert not project.behind
        one = serving.candidate
        assert (one.source, one.deployment.id) == ("git", project.serving_id)
        assert one.creator
        assert one.building_at is not None
        assert one.ready_at is not None
        assert (one.inspector_url or "").startswith("https://")
        broken = pushed(sim, fails=True)
        assert (await host.detail(broken)).candidate.ended_at is None
        sim.clock.advance(600)
        late = await host.detail(broken)
        assert late.candidate.ended_at is not None
        assert late.candidate.error
