"""Builds: they wait, build with a log, are ready or fail; checks hold them back; domains may stay behind."""

from __future__ import annotations

import json
from typing import Any

import pytest

from data.simulator.account import Account
from tests.data.simulator.asking import Asking, asking

PLAIN = Account(plan="hobby")


async def one(ask: Asking, deployment: str) -> dict[str, Any]:
    body: dict[str, Any] = (await ask.vercel("GET", f"/v13/deployments/{deployment}")).json()
    return body


async def log(ask: Asking, deployment: str, **params: str) -> list[str]:
    answer = await ask.vercel("GET", f"/v3/deployments/{deployment}/events", params=params)
    assert answer.status_code == 200
    return [item["text"] for item in answer.json()]


@pytest.mark.parametrize("fails", [False, True])
async def test_a_push_is_queued_built_and_ready_or_failed(fails: bool) -> None:
    async with asking(account=PLAIN) as ask:
        pushed = (await ask.act("deploy", build_s=60, fails=fails, message="Try it"))["deployment_id"]
        told = await one(ask, pushed)
        assert (told["readyState"], told["isInConcurrentBuildsQueue"], await log(ask, pushed)) == (
            "QUEUED",
            True,
            [],
        )
        assert (await ask.vercel("GET", f"/v11/deployments/{pushed}/builds")).json()["builds"][0][
            "readyState"
        ] == "QUEUED"
        ask.sim.clock.advance(32)
        assert (await one(ask, pushed))["readyState"] == "BUILDING"
        half = await log(ask, pushed)
        ask.sim.clock.advance(31)
        told, whole = await one(ask, pushed), await log(ask, pushed)
        assert told["readyState"] == ("ERROR" if fails else "READY")
        assert ("ready" in told, "buildErrorAt" in told, "errorMessage" in told) == (not fails, fails, fails)
        assert whole[: len(half)] == half
        assert len(half) < len(whole)
        assert whole[-1].startswith("Error:" if fails else "Deployment completed")
        assert await log(ask, pushed, direction="backward", limit="2") == whole[:-3:-1]


async def test_builds_take_turns() -> None:
    async with asking() as ask:
        first = (await ask.act("deploy", build_s=60))["deployment_id"]
        second = (await ask.act("deploy", build_s=10, target="preview"))["deployment_id"]
        ask.sim.clock.advance(40)
        assert [(await one(ask, d))["readyState"] for d in (first, second)] == ["BUILDING", "QUEUED"]
        ask.sim.clock.advance(25)
        assert [(await one(ask, d))["readyState"] for d in (first, second)] == ["READY", "BUILDING"]


async def test_the_log_can_be_followed_to_the_end_of_the_build() -> None:
    async with asking(speed=60.0) as ask:
        pushed = (await ask.act("deploy", build_s=60))["deployment_id"]
        texts, url = [], f"{ask.sim.vercel_url}/v3/deployments/{pushed}/events"
        params = {"teamId": ask.sim.team_id, "follow": "1"}
        async with ask.http.stream("GET", url, params=params, headers=ask.sim.auth) as answer:
            assert answer.headers["content-type"] == "application/stream+json"
            async for line in answer.aiter_lines():
                texts.append(json.loads(line)["text"])
        assert texts == await log(ask, pushed)
        assert texts[-1] == "Deployment completed"


async def test_a_build_is_canceled_once() -> None:
    async with asking() as ask:
        pushed = (await ask.act("deploy", build_s=60))["deployment_id"]
        ask.sim.clock.advance(20)
        canceled = await ask.vercel("PATCH", f"/v12/deployments/{pushed}/cancel")
        assert (canceled.status_code, canceled.json()["readyState"]) == (200, "CANCELED")
        assert (await ask.vercel("PATCH", f"/v12/deployments/{pushed}/cancel")).status_code == 400
        assert (await log(ask, pushed))[-1] == "Build canceled"
        ask.sim.clock.advance(300)
        assert (await one(ask, pushed))["readyState"] == "CANCELED"


async def test_in_a_plain_project_a_push_becomes_production_when_its_checks_are_done() -> None:
    async with asking(account=PLAIN) as ask:
        before = (await ask.truth()).serving_id
        pushed = (await ask.act("deploy", build_s=30))["deployment_id"]
        ask.sim.clock.advance(40)
        told = await one(ask, pushed)
        assert (told["readyState"], told["checksState"]) == ("READY", "running")
        assert told["checks"]["deployment-alias"]["state"] == "pending"
        assert (await ask.truth()).serving_id == before
        ask.sim.clock.advance(120)
        assert set((await ask.truth()).domains.values()) == {pushed}
        told = await one(ask, pushed)
        assert (told["checksConclusion"], told["checks"]["deployment-alias"]["state"]) == (
            "succeeded",
            "succeeded",
        )


async def test_a_red_check_holds_back_what_it_blocks() -> None:
    async with asking() as ask:
        waiting = await ask.staged()
        await ask.act("check", deployment_id=waiting, check="End-to-end: checkout")
        runs = (await ask.vercel("GET", f"/v2/deployments/{waiting}/check-runs")).json()["runs"]
        assert {r["name"]: (r["conclusion"], r["blocks"]) for r in runs} == {
            "Unit tests": ("succeeded", "deployment-alias"),
            "End-to-end: checkout": ("failed", "deployment-promotion"),
        }
        assert (await ask.deployments())[waiting]["checksConclusion"] == "failed"
        refused = await ask.promote(waiting)
        assert (refused.status_code, "End-to-end: checkout" in refused.text) == (422, True)
        await ask.act("check", deployment_id=waiting, check="End-to-end: checkout", conclusion="neutral")
        assert (await ask.promote(waiting)).status_code == 202
        blocked = (await ask.act("deploy", build_s=10))["deployment_id"]
        await ask.act("check", deployment_id=blocked, check="lighthouse")
        ask.sim.clock.advance(300)
        assert (await one(ask, blocked))["readySubstate"] == "STAGED"
        assert (await ask.release())["queuedDeploymentId"] == waiting
        listed = (await ask.vercel("GET", f"/v1/deployments/{blocked}/checks")).json()["checks"]
        assert {c["name"]: c["conclusion"] for c in listed} == {
            "Link checker": "succeeded",
            "Lighthouse": "failed",
        }


async def test_a_domain_that_stays_behind_is_told_and_can_be_moved_again() -> None:
    async with asking(account=PLAIN) as ask:
        serving = (await ask.truth()).serving_id
        [previous] = [k for k, d in (await ask.deployments()).items() if d["isRollbackCandidate"]]
        await ask.control("POST", "fault", path="www.", kind="stuck", times=1)
        await ask.rollback(previous)
        ask.sim.clock.advance(1)
        assert (await ask.project())["lastAliasRequest"]["jobStatus"] == "in-progress"
        ask.sim.clock.advance(9)
        assert (await ask.project())["lastAliasRequest"]["jobStatus"] == "failed"
        left = {name for name, served in (await ask.truth()).domains.items() if served == serving}
        assert left == {"www.shop.acme.example"}
        for version, alias in (
            ("v1", "www.shop.acme.example"),
            ("v9", {"alias": "www.shop.acme.example", "deploymentId": serving}),
        ):
            path = f"/{version}/projects/shop/rollback/aliases"
            failed = (await ask.vercel("GET", path, params={"failedOnly": "true"})).json()["aliases"]
            assert [(item["alias"], item["status"]) for item in failed] == [(alias, "failed")]
            assert len((await ask.vercel("GET", path)).json()["aliases"]) == 3
        would = (await ask.vercel("GET", "/v4/aliases", params={"rollbackDeploymentId": previous})).json()
        assert [item["alias"] for item in would["aliases"]] == ["www.shop.acme.example"]
        assert (await ask.rollback(previous)).status_code == 201
        ask.sim.clock.advance(10)
        assert set((await ask.truth()).domains.values()) == {previous}


async def test_the_reason_of_a_rollback_can_be_said_later() -> None:
    async with asking() as ask:
        base = (await ask.release())["currentDeployment"]["id"]
        path = f"/v1/projects/shop/rollback/{base}/update-description"
        assert (await ask.vercel("PATCH", path, json={"description": "x"})).status_code == 409
        await ask.rollback(base)
        assert "rollbackDescription" not in await ask.project()
        assert (await ask.vercel("PATCH", path, json={"description": "x" * 251})).status_code == 400
        assert (
            await ask.vercel("PATCH", path, json={"description": "errors at checkout"})
        ).status_code == 200
        note = (await ask.project())["rollbackDescription"]
        assert (note["description"], note["username"]) == ("errors at checkout", "ana")


async def test_variables_are_listed_without_their_secrets() -> None:
    async with asking() as ask:
        envs = (await ask.vercel("GET", "/v10/projects/shop/env")).json()["envs"]
        assert {v["key"]: bool(v["value"]) for v in envs if v["type"] == "sensitive"} == {
            "DATABASE_URL": False,
            "STRIPE_SECRET_KEY": False,
        }


@pytest.mark.parametrize("name", ["busy-day", "half-moved", "red-check"])
async def test_scenarios_of_what_people_do(name: str) -> None:
    async with asking(scenario=name) as ask:
        before = set(await ask.deployments())
        waiting = await ask.staged()
        ask.sim.clock.advance(500)
        after = await ask.deployments()
        pushed = sorted(after[key]["state"] for key in after.keys() - before)
        assert pushed == (["BUILDING", "ERROR", "READY"] if name == "busy-day" else [])
        refused = (await ask.promote(waiting)).status_code == 422
        assert refused is (name == "red-check")
        await ask.act("abort")
        ask.sim.clock.advance(10)
        status = (await ask.project())["lastAliasRequest"]["jobStatus"]
        assert status == ("failed" if name == "half-moved" else "succeeded")
