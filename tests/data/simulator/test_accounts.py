"""Accounts with less: what each plan may do, and what it says where it may not."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from data.simulator.account import Account, missing
from tests.data.simulator.asking import Asking, asking

ROLLING = "/v1/projects/shop/rolling-release"
HOBBY = Account(plan="hobby")


def lacking(*parts: str, plan: str = "enterprise") -> Account:
    return Account(plan=plan, without=frozenset(parts))  # type: ignore[arg-type]


async def billing(ask: Asking) -> tuple[object, str]:
    answer = (await ask.vercel("GET", f"{ROLLING}/billing")).json()
    assert answer["message"]
    return answer["availableSlots"], answer["reason"]


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (HOBBY, (0, "plan_not_supported")),
        (Account(plan="pro"), (0, "no_available_slots")),
        (lacking("rolling-releases", plan="pro"), (1, "available_slots")),
        (lacking("slots", plan="pro"), (0, "no_available_slots")),
        (Account(), ("unlimited", "unlimited_slots")),
    ],
)
async def test_every_plan_has_its_slots(account: Account, said: tuple[object, str]) -> None:
    async with asking(account=account) as ask:
        assert await billing(ask) == said
        team = (await ask.vercel("GET", f"/v2/teams/{ask.sim.team_id}")).json()
        assert team["billing"]["plan"] == account.plan


@pytest.mark.parametrize("account", [HOBBY, lacking("slots", plan="pro")])
async def test_without_a_slot_there_is_no_release_and_none_can_be_had(account: Account) -> None:
    async with asking(account=account) as ask:
        assert (await ask.project())["rollingRelease"] is None
        answer = await ask.vercel("GET", ROLLING)
        assert (answer.status_code, answer.json()) == (200, {"rollingRelease": None})
        body = {"stages": [{"targetPercentage": 10}, {"targetPercentage": 100}]}
        refused = await ask.vercel("PATCH", f"{ROLLING}/config", json=body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
        assert (await ask.rolling("start", canaryDeploymentId=await ask.staged())).status_code == 403


async def test_a_free_slot_can_be_used() -> None:
    async with asking(account=lacking("rolling-releases", plan="pro")) as ask:
        assert (await ask.rolling("start", canaryDeploymentId=await ask.staged())).status_code == 422
        body = {"stages": [{"targetPercentage": 10}, {"targetPercentage": 100}]}
        assert (await ask.vercel("PATCH", f"{ROLLING}/config", json=body)).status_code == 200
        assert await billing(ask) == (0, "no_available_slots")
        waiting = await ask.staged()
        assert (await ask.rolling("start", canaryDeploymentId=waiting)).status_code == 200
        assert (await ask.truth()).tracks["canary"].deployment_id == waiting


async def test_on_hobby_a_rollback_goes_to_the_previous_deployment_only() -> None:
    async with asking(account=HOBBY) as ask:
        found = await ask.deployments()
        serving = (await ask.truth()).serving_id
        candidates = [key for key, d in found.items() if d["isRollbackCandidate"]]
        listed = await ask.vercel(
            "GET", "/v7/deployments", params={"rollbackCandidate": "true", "projectId": ask.sim.project_id}
        )
        assert [d["uid"] for d in listed.json()["deployments"]] == candidates
        [previous] = candidates
        others = [
            k
            for k, d in found.items()
            if d.get("readySubstate") == "PROMOTED" and k not in (serving, previous)
        ]
        refused = await ask.rollback(others[0])
        assert (refused.status_code, refused.json()["error"]["code"]) == (402, "payment_required")
        assert (await ask.rollback(previous)).status_code == 201
        ask.sim.clock.advance(10)
        assert set((await ask.truth()).domains.values()) == {previous}
        assert (await ask.project())["autoAssignCustomDomains"] is False
        assert (await ask.promote(serving)).status_code == 201
        ask.sim.clock.advance(10)
        assert set((await ask.truth()).domains.values()) == {serving}
        assert (await ask.project())["autoAssignCustomDomains"] is True


async def test_a_plain_project_has_a_past_in_which_the_newest_build_took_over() -> None:
    async with asking(account=HOBBY) as ask:
        truth = await ask.truth()
        assert (truth.release, list(truth.tracks), truth.share_percent) == (None, ["baseline"], 0)
        newest = (await ask.deployments())[truth.serving_id]
        [previous] = [k for k, d in (await ask.deployments()).items() if d["isRollbackCandidate"]]
        at = newest["aliasAssigned"]
        world = ask.sim.world
        assert world.counts(previous, at + 60_000, truth.now_ms) == (0, 0)
        assert world.counts(previous, at - 600_000, at - 60_000)[0] > 1_000
        assert world.counts(truth.serving_id, at + 60_000, truth.now_ms)[0] > 1_000


async def test_what_goes_wrong_with_a_canary_goes_wrong_with_the_newest_build_of_a_plain_project() -> None:
    async with asking(account=HOBBY, scenario="error-spike") as ask:
        ask.sim.clock.advance(300)
        assert (await ask.truth()).tracks["baseline"].error_ratio > 0.03
        [previous] = [k for k, d in (await ask.deployments()).items() if d["isRollbackCandidate"]]
        await ask.rollback(previous)
        ask.sim.clock.advance(10)
        assert (await ask.truth()).tracks["baseline"].error_ratio < 0.01


async def test_without_prometheus_nobody_answers_there() -> None:
    async with asking(account=lacking("prometheus")) as ask:
        for url in (ask.sim.metrics_url, ask.sim.prometheus_url):
            with pytest.raises(httpx.ConnectError):
                await ask.http.get(url)
        assert (await ask.vercel("GET", "/v2/user")).status_code == 200
        assert ask.sim.ready.without == ["prometheus"]


async def test_without_checks_or_skew_protection_nothing_is_said_of_them() -> None:
    async with asking(account=lacking("checks", "skew-protection")) as ask:
        assert "skewProtectionMaxAge" not in await ask.project()
        canary = (await ask.release())["canaryDeployment"]["id"]
        assert "checksState" not in (await ask.deployments())[canary]
        for path in (f"/v1/deployments/{canary}/checks", "/v2/projects/shop/checks"):
            assert (await ask.vercel("GET", path)).json() == {"checks": []}


async def test_the_same_seed_gives_the_same_world_on_every_plan() -> None:
    async def told() -> tuple[object, ...]:
        async with asking(account=HOBBY, scenario="busy-day", seed=5) as ask:
            ask.sim.clock.advance(300)
            await asyncio.sleep(0)
            return await ask.truth(), await ask.deployments(), (await ask.vercel("GET", "/v3/events")).json()

    assert await told() == await told()


def test_parts_to_do_without_are_checked() -> None:
    assert missing(("observability, prometheus", "slots")) == {"observability", "prometheus", "slots"}
    with pytest.raises(ValueError, match="no 'prometeus' to do without; there are observability"):
        missing(("prometeus",))
