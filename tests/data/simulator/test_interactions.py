"""What becomes of a release under way when somebody does something else: the host's table, row by row."""

from __future__ import annotations

import pytest

from tests.data.simulator.asking import Asking, asking


async def older(ask: Asking) -> str:
    """A deployment that was production before the base."""
    base = (await ask.release())["currentDeployment"]["id"]
    found = await ask.deployments()
    return [key for key, d in found.items() if d["isRollbackCandidate"] and key != base][2]


async def test_promoting_the_canary_completes_the_release() -> None:
    async with asking() as ask:
        canary = (await ask.release())["canaryDeployment"]["id"]
        assert (await ask.promote(canary)).status_code == 201
        assert (await ask.release())["state"] == "COMPLETE"
        ask.sim.clock.advance(10)
        assert set((await ask.truth()).domains.values()) == {canary}


async def test_promoting_another_deployment_queues_it_until_the_release_has_ended() -> None:
    async with asking() as ask:
        release, other = await ask.release(), await ask.staged()
        answer = await ask.promote(other)
        assert (answer.status_code, answer.text) == (202, "")
        assert (await ask.release()) == release | {
            "queuedDeploymentId": other,
            "updatedAt": (await ask.release())["updatedAt"],
        }
        await ask.rolling("complete", canaryDeploymentId=release["canaryDeployment"]["id"])
        ask.sim.clock.advance(10)
        following = await ask.release()
        assert (following["state"], following["canaryDeployment"]["id"]) == ("ACTIVE", other)
        assert following["currentDeployment"]["id"] == release["canaryDeployment"]["id"]


async def test_starting_the_canary_again_changes_nothing_and_another_is_refused() -> None:
    async with asking() as ask:
        release = await ask.release()
        again = await ask.rolling("start", canaryDeploymentId=release["canaryDeployment"]["id"])
        assert (again.status_code, again.json()["rollingRelease"]) == (200, release)
        other = await ask.rolling("start", canaryDeploymentId=await ask.staged())
        assert (other.status_code, other.json()["error"]["code"]) == (409, "conflict")
        assert await ask.release() == release


@pytest.mark.parametrize("to_base", [True, False], ids=["base", "older"])
async def test_a_rollback_aborts_and_pins_production(to_base: bool) -> None:
    async with asking() as ask:
        release = await ask.release()
        base, canary = release["currentDeployment"]["id"], release["canaryDeployment"]["id"]
        target = base if to_base else await older(ask)
        assert (await ask.rollback(target)).status_code == 201
        ended = await ask.release()
        assert (ended["state"], ended["activeStage"], ended["nextStage"]) == ("ABORTED", None, None)
        ask.sim.clock.advance(10)
        project = await ask.project()
        assert project["autoAssignCustomDomains"] is False
        assert project["targets"]["production"]["id"] == target
        job = project["lastAliasRequest"]
        assert (job["type"], job["jobStatus"], job["toDeploymentId"]) == ("rollback", "succeeded", target)
        assert (job["fromDeploymentId"], job["fromRollingReleaseId"]) == (base, canary)


async def test_a_rollback_to_the_canary_is_refused() -> None:
    async with asking() as ask:
        release = await ask.release()
        assert (await ask.rollback(release["canaryDeployment"]["id"])).status_code == 422
        assert await ask.release() == release


async def test_a_push_to_production_waits_as_queued() -> None:
    async with asking() as ask:
        release = await ask.release()
        pushed = (await ask.act("deploy", build_s=40))["deployment_id"]
        ask.sim.clock.advance(180)
        waiting = await ask.release()
        assert (waiting["state"], waiting["queuedDeploymentId"]) == ("ACTIVE", pushed)
        assert waiting["canaryDeployment"] == release["canaryDeployment"]
        await ask.act("complete")
        ask.sim.clock.advance(10)
        assert (await ask.release())["canaryDeployment"]["id"] == pushed


async def test_after_a_rollback_a_push_stays_staged_until_somebody_promotes() -> None:
    async with asking() as ask:
        await ask.act("abort")
        pushed = (await ask.act("deploy", build_s=40))["deployment_id"]
        ask.sim.clock.advance(180)
        assert (await ask.release())["state"] == "ABORTED"
        assert (await ask.deployments())[pushed]["readySubstate"] == "STAGED"
        assert (await ask.promote(pushed)).status_code == 201
        assert (await ask.project())["autoAssignCustomDomains"] is True
        assert (await ask.release())["canaryDeployment"]["id"] == pushed


async def test_a_new_configuration_is_for_the_next_release_only() -> None:
    async with asking() as ask:
        release = await ask.release()
        stages = [{"targetPercentage": 20, "duration": 3}, {"targetPercentage": 100}]
        answer = await ask.vercel(
            "PATCH",
            "/v1/projects/shop/rolling-release/config",
            json={"target": "production", "stages": stages},
        )
        assert answer.status_code == 200
        assert await ask.release() == release
        await ask.act("abort")
        ask.sim.clock.advance(10)
        await ask.promote(await ask.staged())
        following = await ask.release()
        assert following["advancementType"] == "automatic"
        assert [(s["targetPercentage"], s["duration"]) for s in following["stages"]] == [
            (20, 180),
            (100, None),
        ]


async def test_without_a_template_the_release_goes_on_and_the_next_promote_is_plain() -> None:
    async with asking() as ask:
        canary = (await ask.release())["canaryDeployment"]["id"]
        answer = await ask.vercel("DELETE", "/v1/projects/shop/rolling-release/config")
        assert (answer.status_code, answer.json()) == (200, {"rollingRelease": None})
        assert (await ask.release())["state"] == "ACTIVE"
        await ask.rolling("complete", canaryDeploymentId=canary)
        ask.sim.clock.advance(10)
        waiting = await ask.staged()
        assert (await ask.rolling("start", canaryDeploymentId=waiting)).status_code == 422
        assert (await ask.promote(waiting)).status_code == 201
        ask.sim.clock.advance(10)
        assert set((await ask.truth()).domains.values()) == {waiting}
        assert (await ask.release())["state"] == "COMPLETE"


async def test_a_paused_release_stands_still_until_it_is_continued() -> None:
    async with asking() as ask:
        await ask.act(
            "configure",
            config={"stages": [{"targetPercentage": 50, "duration": 5}, {"targetPercentage": 100}]},
        )
        await ask.act("abort")
        ask.sim.clock.advance(10)
        await ask.promote(await ask.staged())
        ask.sim.clock.advance(240)
        await ask.act("pause")
        ask.sim.clock.advance(600)
        paused = await ask.release()
        assert (paused["state"], paused["substate"], paused["currentCanaryPercentage"]) == (
            "ACTIVE",
            "PAUSED",
            50,
        )
        assert (await ask.truth()).release.paused  # type: ignore[union-attr]
        await ask.act("continue")
        ask.sim.clock.advance(59)
        assert (await ask.release())["activeStage"]["index"] == 0
        ask.sim.clock.advance(2)
        assert (await ask.release())["state"] == "COMPLETE"
        events = (await ask.vercel("GET", "/v3/events")).json()["events"]
        kinds = [event["type"].removeprefix("project-rolling-release-") for event in events[:4]]
        assert kinds == ["completed", "timer", "continued", "paused"]


async def test_a_linear_stage_shifts_visitors_over_its_duration() -> None:
    async with asking() as ask:
        stages = [
            {"targetPercentage": 10, "requireApproval": True},
            {"targetPercentage": 60, "duration": 10, "linearShift": True},
        ]
        await ask.act("configure", config={"stages": [*stages, {"targetPercentage": 100}]})
        await ask.act("abort")
        ask.sim.clock.advance(10)
        await ask.promote(await ask.staged())
        ask.sim.clock.advance(120)
        await ask.act("advance")
        shares = []
        for _ in range(4):
            ask.sim.clock.advance(150)
            share = (await ask.truth()).share_percent
            told = (await ask.release()).get("currentCanaryPercentage", share)
            assert told == pytest.approx(share, abs=0.1)
            shares.append(round(share))
        assert shares[:3] == [22, 35, 48]
        assert (await ask.release())["state"] == "COMPLETE"
