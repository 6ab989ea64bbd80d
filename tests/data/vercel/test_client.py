"""What the Vercel client reads, and how it says that it could not."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from console.canary.stages import Advancement, Deployment, ReleaseState
from console.ports import Account, AliasJob, ReleaseTemplate, SourceError
from console.readings import Problem
from data.http import Limits, Secret, Transport
from data.vercel.client import VercelClient
from data.vercel.router import VercelRouter
from tests.data.hosts import (
    EPOCH,
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

TOKEN = "tok_very_secret_1"


def router_at(
    there: Host, asking: Transport, team: str | None = "team_1", project: str = "shop"
) -> VercelRouter:
    client = VercelClient(asking, token=Secret(TOKEN), team_id=team, api_url=there.url)
    return VercelRouter(client, project)


@asynccontextmanager
async def vercel(
    step: Step, team: str | None = "team_1", limits: Limits | None = None, project: str = "shop"
) -> AsyncIterator[tuple[Host, VercelRouter]]:
    async with host() as there, transport(limits=limits or Limits(retries=0)) as asking:
        there.says(step)
        yield there, router_at(there, asking, team, project)


READS: dict[str, Callable[[VercelRouter], Awaitable[object]]] = {
    "account": lambda router: router.account(),
    "project": lambda router: router.project(),
    "release": lambda router: router.release(),
    "template": lambda router: router.template(),
    "deployment": lambda router: router.deployment("dpl_canary"),
    "activity": lambda router: router.activity(1795000600000),
}


# --- what is read -----------------------------------------------------------------------------


async def test_the_account() -> None:
    async with vercel(says(doc.USER)) as (there, router):
        assert await router.account() == Account("usr_1", "ada", "ada@shop.example")
    assert there.asked[0].path == "/v2/user"


async def test_the_project() -> None:
    async with vercel(says(doc.PROJECT)) as (there, router):
        project = await router.project()
    assert there.asked[0].path == "/v9/projects/shop"
    assert there.asked[0].query == {"rollbackInfo": "true", "teamId": "team_1"}
    assert (project.id, project.serving_id, project.auto_assign_domains) == ("prj_1", "dpl_base", True)
    assert project.domains == ("shop.example",)
    assert project.production_branch == "main"
    assert project.rolling_releases
    assert project.alias_job == AliasJob(
        "rollback", "in-progress", 1795000900000, "dpl_base", "dpl_base", "dpl_canary"
    )
    assert "bypass_secret_value" not in repr(project)


async def test_a_bare_project() -> None:
    bare = {"id": "prj_1", "name": "shop", "accountId": "usr_1"}
    async with vercel(says(bare), team=None) as (there, router):
        project = await router.project()
    assert there.asked[0].query == {"rollbackInfo": "true"}
    assert project.serving_id is None
    assert project.auto_assign_domains is None
    assert project.alias_job is None
    assert not project.rolling_releases


async def test_the_running_release() -> None:
    async with vercel(says(doc.release())) as (there, router):
        release = await router.release()
    assert there.asked[0].path == "/v1/projects/shop/rolling-release"
    assert release is not None
    assert release.state is ReleaseState.ACTIVE
    assert release.advancement is Advancement.MANUAL
    assert release.baseline is not None
    assert release.baseline.id == "dpl_base"
    assert release.canary is not None
    assert release.canary.id == "dpl_canary"
    assert [stage.percentage for stage in release.stages] == [5, 25, 50, 100]
    assert release.stages[3].final
    assert release.stages[0].requires_approval
    assert (release.active_index, release.percentage) == (0, 5)
    assert release.next_stage is not None
    assert release.next_stage.percentage == 25


async def test_a_stored_percentage_goes_before_the_stages() -> None:
    shifting = doc.release(
        currentCanaryPercentage=17.25,
        substate="PAUSED",
        advancementType="automatic",
        activeStage=doc.stage(1, 25, duration=600, linearShift=True),
        stages=[doc.stage(0, 5), doc.stage(1, 25, duration=600, linearShift=True), doc.stage(2, 100)],
    )
    async with vercel(says(shifting)) as (_, router):
        release = await router.release()
    assert release is not None
    assert release.percentage == 17.25
    assert release.paused
    assert release.advancement is Advancement.AUTOMATIC
    assert release.stage is not None
    assert (release.stage.duration_s, release.stage.linear_shift) == (600, True)


@pytest.mark.parametrize("state", ["COMPLETE", "ABORTED"])
async def test_an_ended_release_splits_nothing(state: str) -> None:
    ended = doc.release(state=state, activeStage=doc.STAGES[3], nextStage=None, currentCanaryPercentage=100)
    async with vercel(says(ended)) as (_, router):
        release = await router.release()
    assert release is not None
    assert (release.active, release.active_index, release.percentage) == (False, None, None)


async def test_never_a_release_and_no_template() -> None:
    async with vercel(says({"rollingRelease": None})) as (_, router):
        assert await router.release() is None
        assert await router.template() is None


async def test_the_template_counts_in_minutes_and_shows_vercels_own_gate() -> None:
    async with vercel(says(doc.CONFIG)) as (there, router):
        template = await router.template()
    assert there.asked[0].path == "/v1/projects/shop/rolling-release/config"
    assert template == ReleaseTemplate(
        ((5, None, True), (25, 7.5, False), (100, None, False)), True, "rollback", True
    )


async def test_the_deployment_with_its_commit() -> None:
    async with vercel(says(doc.DEPLOYMENT)) as (there, router):
        deployment = await router.deployment("dpl_canary")
    assert there.asked[0].path == "/v13/deployments/dpl_canary"
    assert deployment == Deployment(
        id="dpl_canary",
        url="shop-b2.vercel.app",
        name="shop",
        created_at=1795000600000,
        ready_state="READY",
        target="production",
        commit_sha="4f2c9be",
        commit_message="Cache the cart\x1b[31m",
        author="Ada L.",
    )


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        (
            {"gitlabCommitSha": "aa", "gitlabCommitMessage": "m", "gitlabCommitAuthorName": "G"},
            ("aa", "m", "G"),
        ),
        ({"bitbucketCommitSha": "bb", "bitbucketCommitAuthorLogin": "bl"}, ("bb", None, "bl")),
        ({"gitCommitSha": "cc", "githubCommitSha": ""}, ("cc", None, "ada")),
        ({}, ("4f2c9be", None, "ada")),
        (None, ("4f2c9be", None, "ada")),
    ],
)
async def test_the_commit_of_any_provider(meta: object, expected: tuple[object, ...]) -> None:
    async with vercel(says({**doc.DEPLOYMENT, "meta": meta})) as (_, router):
        deployment = await router.deployment("dpl_canary")
    assert (deployment.commit_sha, deployment.commit_message, deployment.author) == expected


async def test_strange_ids_stay_inside_their_place_in_the_path() -> None:
    async with vercel(says(doc.DEPLOYMENT), project="a/../b?x") as (there, router):
        await router.deployment("../../v2/user#\x1b")
        assert there.asked[0].path == "/v13/deployments/../../v2/user#\x1b"
        assert there.asked[0].query == {"teamId": "team_1"}
        for wrong in ("..", ".", ""):
            with pytest.raises(SourceError) as raised:
                await router.deployment(wrong)
            assert raised.value.problem.kind == "unconfigured"
    assert len(there.asked) == 1


async def test_the_activity_is_paged_oldest_first_and_counted_once() -> None:
    newest = 1795001000000
    everything = [doc.event(n, newest - n * 1000) for n in range(230)]

    async def page(request: Any) -> Any:
        until = request.query.get("until")
        since = request.query["since"]
        assert since == "2026-11-18T11:06:40.000Z"
        before = [e for e in everything if until is None or _iso(e["createdAt"]) <= until]
        return await says({"events": before[:100]})(request)

    async with vercel(page) as (there, router):
        activity = await router.activity(1795000000000)
    assert [entry.id for entry in activity] == [f"evt_{n}" for n in reversed(range(230))]
    assert len(there.asked) == 3
    assert {asked.query["projectIds"] for asked in there.asked} == {"shop"}


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def test_the_activity_leaves_out_what_is_not_newer() -> None:
    async with vercel(says(doc.EVENTS)) as (_, router):
        activity = await router.activity(1795000700000)
    assert [entry.id for entry in activity] == ["evt_2"]
    assert activity[0].kind == "project-rolling-release-approved"
    assert activity[0].principal_id == "usr_1"


# --- what could not be read -------------------------------------------------------------------


async def failure(router: VercelRouter, read: str = "release") -> Problem:
    with pytest.raises(SourceError) as raised:
        await READS[read](router)
    assert TOKEN not in f"{raised.value}{raised.value!r}"
    assert raised.value.problem.what.endswith(".")
    assert raised.value.problem.next.endswith(".")
    return raised.value.problem


@pytest.mark.parametrize("read", list(READS))
@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (says({"error": {"code": "forbidden", "message": "Not authorized"}}, 401), "unauthorised"),
        (says({"error": {"code": "forbidden", "message": "x", "invalidToken": True}}, 403), "unauthorised"),
        (says({"error": {"code": "payment_required", "message": "Upgrade"}}, 402), "payment_required"),
        (says({"error": {"code": "forbidden", "message": "No access"}}, 403), "forbidden"),
        (says({"error": {"code": "not_found", "message": "Project not found"}}, 404), "not_found"),
        (says({"error": {}}, 409), "refused"),
        (says("nope", 422), "refused"),
        (says({"err": "slow down"}, 429), "rate_limited"),
        (says("<html>Bad gateway</html>", 502), "server_error"),
        (says(None, 307, {"Location": "https://login.example"}), "garbage"),
        (says("<html>hello</html>"), "garbage"),
        (says(b"\xff\xfe\x00"), "garbage"),
        (says(b""), "garbage"),
        (says([]), "garbage"),
        (says(b"[" * 5000), "garbage"),
        (truncates(), "unreachable"),
        (drops, "unreachable"),
        (large(10), "too_large"),
    ],
)
async def test_every_bad_answer_is_a_problem_in_words(read: str, step: Step, kind: str) -> None:
    async with vercel(step) as (_, router):
        assert (await failure(router, read)).kind == kind


async def test_a_slow_host_is_a_timeout() -> None:
    async with vercel(hangs, limits=Limits(read_s=0.05)) as (_, router):
        assert (await failure(router)).kind == "timeout"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            {"error": {"code": "not_found", "message": "Project not found."}},
            "Project not found. (not_found).",
        ),
        ({"err": {"message": "Other shape"}}, "Other shape."),
        ({"code": "bad", "message": "Top level"}, "Top level (bad)."),
        ({"error": "just words"}, "just words."),
        ("plain text", "plain text."),
        ("<!doctype html><h1>Oops</h1>", "an HTML page."),
        (
            {"error": {"message": f"token {TOKEN} is \x1b[31mbad\nreally"}},
            "token *** is \\x1b[31mbad really.",
        ),
        ({"error": {"message": 5, "code": ["x"]}}, "(404)."),
    ],
)
async def test_the_hosts_own_words_are_kept_as_data(body: object, words: str) -> None:
    async with vercel(says(body, 404)) as (_, router):
        problem = await failure(router)
    assert problem.what.endswith(words)


async def test_what_to_do_about_token_and_team() -> None:
    async with vercel(says({"error": {}}, 401)) as (_, router):
        assert "COALMINE_VERCEL__TOKEN" in (await failure(router)).next
    async with vercel(says({"error": {}}, 403)) as (_, router):
        assert "team_1" in (await failure(router)).next
    async with vercel(says({"error": {}}, 404), team=None) as (_, router):
        assert "no team is configured" in (await failure(router)).next
    async with vercel(says({"error": {"saml": True, "message": "m"}}, 403)) as (_, router):
        assert "single sign-on" in (await failure(router)).next


async def test_without_a_token_nothing_is_asked() -> None:
    async with host() as there, transport() as asking:
        there.says(says(doc.USER))
        router = VercelRouter(VercelClient(asking, token=None, api_url=there.url), "shop")
        problem = await failure(router, "account")
    assert problem.kind == "unconfigured"
    assert not there.asked


async def test_another_teams_project_is_refused_by_name() -> None:
    async with vercel(says({**doc.PROJECT, "accountId": "team_other"})) as (_, router):
        problem = await failure(router, "project")
    assert problem.kind == "forbidden"
    assert "team_other" in problem.what


async def test_a_long_limit_says_when_it_ends() -> None:
    async with vercel(says({"error": {}}, 429, {"Retry-After": "60"})) as (_, router):
        assert (await failure(router)).retry_at == EPOCH + 60_000


async def test_a_wrong_type_names_its_place() -> None:
    wrong = copy.deepcopy(doc.release())
    wrong["rollingRelease"]["stages"][2]["targetPercentage"] = "50"
    async with vercel(says(wrong)) as (_, router):
        problem = await failure(router)
    assert "rollingRelease.stages.2.targetPercentage" in problem.what
    assert "the rolling release of project shop" in problem.what


async def test_one_broken_read_leaves_the_others_alone() -> None:
    clock = StillClock()
    async with host() as there, transport(clock, Limits(retries=0)) as asking:
        there.says(says(doc.release()))
        there.routes["/v3/events"] = says("x", 500)
        router = router_at(there, asking)
        for _ in range(12):
            assert (await failure(router, "activity")).kind == "server_error"
            assert await router.release() is not None
