"""The template: two dialects, its rules, and the host's own gate acting on it."""

from __future__ import annotations

from typing import Any

import pytest

from data.simulator.account import Account
from data.simulator.records import TemplateStage
from tests.data.simulator.asking import Asking, asking

CONFIG = "/v1/projects/shop/rolling-release/config"
GATE = {"enabled": True, "dryRun": False, "action": "pause", "checks": [{"type": "error-rate-5xx"}]}
TWO = [{"targetPercentage": 10, "duration": 5}, {"targetPercentage": 100}]


async def test_both_dialects_mean_the_same() -> None:
    async with asking() as ask:
        for body in (
            {"enabled": True, "advancementType": "automatic", "stages": TWO},
            {"target": "production", "stages": TWO, "canaryResponseHeader": False},
        ):
            answer = await ask.vercel("PATCH", CONFIG, json=body)
            assert answer.status_code == 200
            assert ask.sim.world.project.template == (
                TemplateStage(10, False, 5.0),
                TemplateStage(100, False),
            )
        manual = {
            "enabled": True,
            "advancementType": "manual-approval",
            "stages": [{"targetPercentage": 7}, TWO[1]],
        }
        told = (await ask.vercel("PATCH", CONFIG, json=manual)).json()["rollingRelease"]
        assert told["stages"][0] == {"targetPercentage": 7, "requireApproval": True}
        assert told == (await ask.project())["rollingRelease"]
        assert (await ask.vercel("PATCH", CONFIG, json={"enabled": False})).json() == {"rollingRelease": None}
        kinds = [event.kind for event in ask.sim.world.project.events[-4:]]
        assert [kind.removeprefix("project-rolling-release-") for kind in kinds] == [
            "configured",
            "configured",
            "configured",
            "disabled",
        ]


async def test_the_gate_and_all_else_is_read_back_as_it_was_written() -> None:
    async with asking() as ask:
        check = {
            "type": "error-rate-5xx",
            "minSampleSize": 20,
            "ingestWatermarkSeconds": 45,
            "excludePaths": ["/cart"],
            "excludeStatusCodes": [504],
        }
        body = {
            "target": "production",
            "stages": [
                {"targetPercentage": 5, "requireApproval": False, "duration": 2, "linearShift": True},
                {"targetPercentage": 100, "requireApproval": True},
            ],
            "canaryResponseHeader": True,
            "gate": GATE | {"failureThreshold": 2, "windowSize": 4, "checks": [check]},
        }
        answer = await ask.vercel("PATCH", CONFIG, json=body)
        assert answer.json()["rollingRelease"] == body


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"stages": [{"targetPercentage": 10}]}, "100"),
        ({"stages": []}, "100"),
        ({"stages": [{"targetPercentage": 50}, {"targetPercentage": 50}, {"targetPercentage": 100}]}, "grow"),
        ({"stages": [{"targetPercentage": 500}, {"targetPercentage": 100}]}, "stages.0.targetPercentage"),
        ({"stages": [{"targetPercentage": "10"}, {"targetPercentage": 100}]}, "stages.0.targetPercentage"),
        ({"stages": TWO, "gate": GATE | {"action": "explode"}}, "gate.action"),
        ({"stages": TWO, "gate": {"enabled": True}}, "gate.action"),
        ({"stages": TWO, "advancementType": "manual-approval"}, "stages.0.duration"),
        ({"stages": [{"targetPercentage": 9}, TWO[1]], "advancementType": "automatic"}, "stages.0.duration"),
        ({"stages": TWO, "colour": "blue"}, "colour"),
    ],
)
async def test_what_is_wrong_is_named_and_changes_nothing(body: dict[str, Any], named: str) -> None:
    async with asking() as ask:
        before = (await ask.vercel("GET", CONFIG)).json()
        answer = await ask.vercel("PATCH", CONFIG, json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")
        assert named in answer.json()["error"]["message"]
        assert (await ask.vercel("GET", CONFIG)).json() == before


async def after_trouble(ask: Asking, **gate: Any) -> tuple[str, str | None]:
    """The release's state some minutes after errors began under a gate."""
    await ask.act("configure", config={"stages": [{"targetPercentage": 50}, TWO[1]], "gate": GATE | gate})
    await ask.act("abort")
    ask.sim.clock.advance(10)
    await ask.promote(await ask.staged())
    ask.sim.clock.advance(60)
    await ask.control("POST", "scenario", name="error-spike")
    ask.sim.clock.advance(400)
    release = await ask.release()
    return release["state"], release["substate"]


@pytest.mark.parametrize(
    ("gate", "state"),
    [
        ({}, ("ACTIVE", "PAUSED")),
        ({"action": "rollback"}, ("ABORTED", None)),
        ({"dryRun": True}, ("ACTIVE", None)),
        ({"enabled": False}, ("ACTIVE", None)),
        ({"checks": []}, ("ACTIVE", None)),
        ({"checks": [{"type": "error-rate-5xx", "minSampleSize": 1_000_000}]}, ("ACTIVE", None)),
        ({"checks": [{"type": "error-rate-5xx", "excludeStatusCodes": [500]}]}, ("ACTIVE", None)),
    ],
    ids=["pause", "rollback", "dry run", "off", "no checks", "too few requests", "excluded"],
)
async def test_the_hosts_own_gate_acts_in_the_world(
    gate: dict[str, Any], state: tuple[str, str | None]
) -> None:
    async with asking() as ask:
        assert await after_trouble(ask, **gate) == state
        release = (await ask.truth()).release
        assert release is not None
        tripped = state != ("ACTIVE", None) or gate == {"dryRun": True}
        assert (release.gate_tripped_at_ms is not None) is tripped
        newest = (await ask.vercel("GET", "/v3/events")).json()["events"][0]
        assert (newest["principalId"] == "usr_system") is (tripped and gate != {"dryRun": True})
        if "minSampleSize" in str(gate):
            assert set(release.gate_failing) == {None}


async def test_a_gate_leaves_a_healthy_canary_alone() -> None:
    async with asking(account=Account(gate="rollback", advancement="automatic")) as ask:
        ask.sim.clock.advance(600)
        release = await ask.release()
        assert (release["state"], release["activeStage"]["index"]) == ("ACTIVE", 1)
        assert release["advancementType"] == "automatic"
        truth = (await ask.truth()).release
        assert truth is not None
        assert set(truth.gate_failing) == {False}
