"""The Vercel client on the simulator: a whole release by hand, and a host that fails in the middle."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from console.canary.stages import Release, ReleaseState
from console.ports import EffectRefused, EffectUnknown, SourceError
from data.http import Limits, Secret, Transport
from data.simulator.answers import FaultRequest
from data.vercel.client import VercelClient
from data.vercel.follow import to_the_end
from data.vercel.router import VercelRouter
from tests.simulated import Simulated, simulated


@asynccontextmanager
async def console(
    token: str | None = None, team: str | None = None, project: str | None = None
) -> AsyncIterator[tuple[Simulated, VercelRouter]]:
    async with simulated(speed=1e-9) as sim:
        transport = Transport(sim.clock, limits=Limits(retries=0, read_s=2.0))
        try:
            client = VercelClient(
                transport,
                token=Secret(token or sim.token),
                team_id=team or sim.team_id,
                api_url=sim.vercel_url,
            )
            yield sim, VercelRouter(client, project or sim.project_id)
        finally:
            await transport.aclose()


def fault(sim: Simulated, path: str, kind: str) -> None:
    sim.faults.add(FaultRequest.model_validate({"path": path, "kind": kind, "times": 1}))


def posts(sim: Simulated) -> list[str]:
    return [entry.path for entry in sim.journal.entries if entry.method == "POST" and entry.port == "vercel"]


async def running(router: VercelRouter) -> Release:
    release = await router.release()
    assert release is not None
    return release


async def test_everything_can_be_read() -> None:
    async with console() as (sim, router):
        account, project, release = await router.account(), await router.project(), await running(router)
        template = await router.template()
        assert account.username
        assert project.id == sim.project_id
        assert project.account_id == sim.team_id
        assert project.rolling_releases
        assert [stage.percentage for stage in release.stages] == [5, 25, 50, 100]
        assert (release.active, release.percentage) == (True, 5)
        assert template is not None
        assert [stage[0] for stage in template.stages] == [5, 25, 50, 100]
        assert release.canary is not None
        canary = await router.deployment(release.canary.id)
        assert canary.commit_sha
        assert canary.author
        assert canary.commit_message
        activity = await router.activity(0)
        assert activity
        assert [entry.at for entry in activity] == sorted(entry.at for entry in activity)
        assert {entry.kind for entry in activity} & {"project-rolling-release-started"}


async def test_a_release_is_taken_to_the_end() -> None:
    async with console() as (sim, router):
        await router.project()
        seen = []
        release = await running(router)
        while release.active:
            assert release.canary is not None
            assert release.next_stage is not None
            seen.append(release.percentage)
            await router.advance(release.canary.id, release.next_stage.index)
            sim.clock.advance(30)
            release = await running(router)
        assert seen == [5, 25, 50]
        assert release.state is ReleaseState.COMPLETE


async def test_complete_from_the_first_stage() -> None:
    async with console() as (sim, router):
        canary = (await running(router)).canary
        assert canary is not None
        await router.complete(canary.id)
        assert (await running(router)).state is ReleaseState.COMPLETE
        sim.clock.advance(60)
        assert (await router.project()).serving_id == canary.id


async def test_abort_and_follow_it_to_its_end() -> None:
    async with console() as (sim, router):
        before = (await router.project()).alias_job
        release = await running(router)
        assert release.baseline is not None
        assert release.canary is not None
        await router.abort(release.baseline.id, "errors 4.6 × the baseline")

        class Moving:
            """The world's clock, moved by waiting."""

            now, monotonic = sim.clock.now, sim.clock.monotonic

            async def sleep(self, seconds: float) -> None:
                sim.clock.advance(seconds)

        job = await to_the_end(router, Moving(), release.baseline.id, before=before)
        assert (job.kind, job.status) == ("rollback", "succeeded")
        assert job.from_release_canary_id == release.canary.id
        project = await router.project()
        assert project.serving_id == release.baseline.id
        assert project.auto_assign_domains is False
        assert (await running(router)).state is ReleaseState.ABORTED


async def test_a_stale_advance_is_refused_and_changes_nothing() -> None:
    async with console() as (_, router):
        release = await running(router)
        assert release.canary is not None
        with pytest.raises(EffectRefused):
            await router.advance(release.canary.id, 3)
        with pytest.raises(EffectRefused):
            await router.advance("dpl_somebody_else", 1)
        assert (await running(router)).percentage == 5


@pytest.mark.parametrize("kind", ["drop", "garbage", "truncate"])
async def test_an_advance_without_a_readable_answer_is_unknown_and_sent_once(kind: str) -> None:
    async with console() as (sim, router):
        release = await running(router)
        assert release.canary is not None
        fault(sim, f"/v1/projects/{sim.project_id}/rolling-release/approve-stage", kind)
        with pytest.raises(EffectUnknown):
            await router.advance(release.canary.id, 1)
        assert len(posts(sim)) == 1


async def test_a_bad_token_another_team_and_an_unknown_project_are_told_apart() -> None:
    async def said(**wrong: str) -> str:
        async with console(**wrong) as (_, router):
            with pytest.raises(SourceError) as raised:
                await router.project()
            return raised.value.problem.kind

    assert await said(token="tok_wrong_one") in ("unauthorised", "forbidden")
    assert await said(team="team_other") in ("forbidden", "not_found")
    assert await said(project="prj_unknown") == "not_found"


async def test_what_a_brownout_breaks_heals_by_itself() -> None:
    async with console() as (sim, router):
        for kind in ("status", "garbage", "truncate", "drop"):
            fault(sim, f"/v1/projects/{sim.project_id}/rolling-release", kind)
            with pytest.raises(SourceError):
                await router.release()
            assert (await router.project()).id == sim.project_id
            assert (await running(router)).active
