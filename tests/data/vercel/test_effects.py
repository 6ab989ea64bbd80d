"""What the Vercel client sends to change something, and what it makes of the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from console.ports import AliasJob, EffectNotSent, EffectRefused, EffectUnknown, SourceError
from data.http import Limits, Secret
from data.vercel.client import VercelClient
from data.vercel.follow import progress, to_the_end
from data.vercel.router import VercelRouter
from tests.data.hosts import (
    Host,
    Step,
    StillClock,
    drops,
    hangs,
    host,
    large,
    says,
    transport,
    truncates,
)
from tests.data.vercel import documents as doc
from tests.data.vercel.test_client import TOKEN, router_at, vercel

Effect = Callable[[VercelRouter], Awaitable[None]]
ADVANCE: Effect = lambda router: router.advance("dpl_canary", 1)  # noqa: E731
COMPLETE: Effect = lambda router: router.complete("dpl_canary")  # noqa: E731
ABORT: Effect = lambda router: router.abort("dpl_base", "errors 4.6 × the baseline")  # noqa: E731
EFFECTS = pytest.mark.parametrize("effect", [ADVANCE, COMPLETE, ABORT], ids=["advance", "complete", "abort"])
ANSWERED = pytest.mark.parametrize("effect", [ADVANCE, COMPLETE], ids=["advance", "complete"])


# --- what is sent -----------------------------------------------------------------------------


async def test_advance() -> None:
    async with vercel(says(doc.release())) as (there, router):
        await router.advance("dpl_canary", 1)
    [asked] = there.asked
    assert (asked.method, asked.path) == ("POST", "/v1/projects/shop/rolling-release/approve-stage")
    assert asked.json == {"nextStageIndex": 1, "canaryDeploymentId": "dpl_canary"}
    assert asked.query == {"teamId": "team_1"}
    assert asked.headers["Content-Type"] == "application/json"


async def test_complete() -> None:
    async with vercel(says(doc.release(state="COMPLETE"))) as (there, router):
        await router.complete("dpl_canary")
    [asked] = there.asked
    assert (asked.method, asked.path) == ("POST", "/v1/projects/shop/rolling-release/complete")
    assert asked.json == {"canaryDeploymentId": "dpl_canary"}


async def test_abort_is_a_rollback_to_the_baseline_with_the_reason_in_the_query() -> None:
    async with vercel(says(None, 201)) as (there, router):
        await router.abort("dpl_base", "errors 4.6 ×\nthe baseline & rising")
    [asked] = there.asked
    assert (asked.method, asked.path) == ("POST", "/v1/projects/shop/rollback/dpl_base")
    assert asked.query == {"teamId": "team_1", "description": "errors 4.6 × the baseline & rising"}
    assert asked.body == b""


async def test_a_long_reason_is_cut_where_vercel_would() -> None:
    async with vercel(says(None, 201)) as (there, router):
        await router.abort("dpl_base", "x" * 1000)
    assert len(there.asked[0].query["description"]) == 250


async def test_once_the_project_was_read_its_id_is_used() -> None:
    async with host() as there, transport() as asking:
        there.says(says(None, 201))
        there.routes["/v9/projects/shop"] = says(doc.PROJECT)
        router = router_at(there, asking)
        await router.project()
        await router.abort("dpl_base", "")
    assert there.asked[1].path == "/v1/projects/prj_1/rollback/dpl_base"
    assert there.asked[1].query == {"teamId": "team_1"}


# --- what the answer means --------------------------------------------------------------------


@EFFECTS
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 410, 422, 429])
async def test_a_no_is_a_refusal_with_the_hosts_reason(effect: Effect, status: int) -> None:
    async with vercel(says({"error": {"code": "c", "message": f"because {TOKEN}"}}, status)) as (
        there,
        router,
    ):
        with pytest.raises(EffectRefused) as raised:
            await effect(router)
    assert not isinstance(raised.value, EffectNotSent)
    assert "because ***" in raised.value.problem.what
    assert TOKEN not in str(raised.value)
    assert len(there.asked) == 1


@EFFECTS
@pytest.mark.parametrize(
    "step", [says("x", 500), says("x", 502), says("x", 503), says(None, 307), says("x", 408), drops, hangs]
)
async def test_no_clear_answer_means_unknown_and_is_never_repeated(effect: Effect, step: Step) -> None:
    async with vercel(step, limits=Limits(read_s=0.1)) as (there, router):
        with pytest.raises(EffectUnknown) as raised:
            await effect(router)
    assert "may or may not have happened" in raised.value.problem.next
    assert len(there.asked) == 1


@ANSWERED
@pytest.mark.parametrize(
    "step",
    [
        says("<html>"),
        says(b""),
        says({"rollingRelease": None}),
        says({"rollingRelease": {"state": 7}}),
        truncates(200),
        large(9),
    ],
)
async def test_a_success_without_its_document_is_unknown(effect: Effect, step: Step) -> None:
    async with vercel(step) as (there, router):
        with pytest.raises(EffectUnknown):
            await effect(router)
    assert len(there.asked) == 1


@pytest.mark.parametrize("step", [says(None, 201), says("<html>", 201), says({}, 202), truncates(201)])
async def test_an_accepted_abort_needs_no_document(step: Step) -> None:
    async with vercel(step) as (there, router):
        await router.abort("dpl_base", "reason")
    assert len(there.asked) == 1


@EFFECTS
async def test_what_never_left_is_not_sent(effect: Effect) -> None:
    async with host() as there:
        url = there.url
    async with transport() as asking:
        gone = VercelRouter(VercelClient(asking, token=Secret(TOKEN), api_url=url), "shop")
        with pytest.raises(EffectNotSent) as raised:
            await effect(gone)
        assert raised.value.problem.kind == "unreachable"
        without = VercelRouter(VercelClient(asking, token=None, api_url=url), "shop")
        with pytest.raises(EffectNotSent):
            await effect(without)
        nowhere = VercelRouter(VercelClient(asking, token=Secret(TOKEN), api_url=url), "..")
        with pytest.raises(EffectNotSent):
            await effect(nowhere)


async def test_an_abort_to_a_strange_id_reaches_no_other_path() -> None:
    async with vercel(says(None, 201)) as (there, router):
        for wrong in ("", ".", ".."):
            with pytest.raises(EffectNotSent):
                await router.abort(wrong, "reason")
        assert not there.asked
        await router.abort("x/../../v1", "reason")
    assert there.asked[0].path == "/v1/projects/shop/rollback/x/../../v1"


# --- following ----------------------------------------------------------------------------------

OLD = AliasJob("promote", "succeeded", 1795000100000, None, "dpl_old")


def project_with(status: str | None, to: str = "dpl_base", at: int = 1795000900000) -> Step:
    if status is None:
        job = {"type": "promote", "jobStatus": "succeeded", "requestedAt": OLD.requested_at}
        return says({**doc.PROJECT, "lastAliasRequest": {**job, "toDeploymentId": "dpl_old"}})
    job = {"type": "rollback", "jobStatus": status, "requestedAt": at}
    return says({**doc.PROJECT, "lastAliasRequest": {**job, "toDeploymentId": to}})


async def follow(there: Host, **more: float) -> tuple[list[str], StillClock]:
    clock = StillClock()
    async with transport(clock, Limits(retries=0)) as asking:
        steps = progress(router_at(there, asking), clock, "dpl_base", before=OLD, **more)
        return [job.status async for job in steps], clock


async def test_a_job_is_followed_to_its_end() -> None:
    async with host() as there:
        there.says(
            project_with(None),
            project_with("pending"),
            project_with("pending"),
            says("x", 500),
            project_with("in-progress"),
            project_with("succeeded"),
        )
        statuses, clock = await follow(there)
    assert statuses == ["pending", "in-progress", "succeeded"]
    assert all(1 <= slept <= 2 for slept in clock.slept)


@pytest.mark.parametrize("end", ["succeeded", "failed", "skipped"])
async def test_the_end_is_given_whatever_it_is(end: str) -> None:
    clock = StillClock()
    async with host() as there, transport(clock) as asking:
        there.says(project_with(None), project_with(end))
        job = await to_the_end(router_at(there, asking), clock, "dpl_base", before=OLD)
    assert job.status == end
    assert job.to_deployment_id == "dpl_base"


async def test_following_ends_at_the_deadline() -> None:
    async with host() as there:
        there.says(project_with("in-progress"))
        with pytest.raises(SourceError) as raised:
            await follow(there, deadline_s=20)
    assert raised.value.problem.kind == "timeout"
    assert "in-progress" in raised.value.problem.what
    assert 10 <= len(there.asked) <= 25


async def test_following_says_what_kept_it_from_seeing() -> None:
    async with host() as there:
        there.says(says({"error": {}}, 401))
        with pytest.raises(SourceError) as raised:
            await follow(there, deadline_s=5)
    assert raised.value.problem.kind == "unauthorised"


async def test_another_job_in_its_place_is_said() -> None:
    async with host() as there:
        there.says(project_with("pending"), project_with("pending", to="dpl_other", at=1795000950000))
        with pytest.raises(SourceError) as raised:
            await follow(there)
    assert raised.value.problem.kind == "refused"
    assert "dpl_other" in raised.value.problem.what
