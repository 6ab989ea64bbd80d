"""The control interface: the journal, the truth, the clock, and trouble on purpose."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from data.simulator import answers, schemas
from tests.data.simulator.asking import Asking, asking
from tests.simulated import ORIGIN


async def journal(ask: Asking) -> list[answers.RequestEntry]:
    return answers.Requests.model_validate_json((await ask.control("GET", "requests")).text).requests


async def test_the_journal_holds_every_request_in_order_with_what_it_did() -> None:
    async with asking() as ask:
        canary = (await ask.release())["canaryDeployment"]["id"]
        await ask.rolling("approve-stage", nextStageIndex=1, canaryDeploymentId=canary)
        await ask.rolling("approve-stage", nextStageIndex=1, canaryDeploymentId=canary)
        await ask.query("vector(1)")
        await ask.http.get(ask.sim.metrics_url)
        seen = await journal(ask)
        assert [(e.port, e.method, e.status, e.did) for e in seen] == [
            ("vercel", "GET", 200, None),
            ("vercel", "POST", 200, f"advanced the release of {canary} to stage 1"),
            ("vercel", "POST", 400, None),
            ("prometheus", "GET", 200, None),
            ("metrics", "GET", 200, None),
        ]
        assert seen[0].query == {"teamId": ask.sim.team_id}
        assert {e.at_ms for e in seen} == {ORIGIN}
        text = (await ask.control("GET", "requests")).text
        assert ask.sim.token not in text


async def test_a_request_whose_sender_dies_over_it_never_arrived() -> None:
    async with asking() as ask:
        canary = (await ask.release())["canaryDeployment"]["id"]
        body = f'{{"nextStageIndex": 1, "canaryDeploymentId": "{canary}"}}'.encode()
        path = f"/v1/projects/{ask.sim.project_id}/rolling-release/approve-stage"
        url = httpx.URL(ask.sim.vercel_url + path)
        head = (
            f"POST {path}?teamId={ask.sim.team_id} HTTP/1.1\r\nHost: {url.host}:{url.port}\r\n"
            f"Authorization: {ask.sim.auth['Authorization']}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        for sent, arrived in ((body[:-1], False), (body, True)):
            reader, writer = await asyncio.open_connection(url.host, url.port)
            writer.write(head + sent)
            await writer.drain()
            if arrived:
                assert b" 200 " in await reader.readline()
            writer.close()
            await writer.wait_closed()
            assert any(e.method == "POST" for e in await journal(ask)) == arrived
            assert (await ask.release())["activeStage"]["index"] == (1 if arrived else 0)


async def test_truth_follows_the_world() -> None:
    async with asking() as ask:
        before = await ask.truth()
        assert before.scenario == "healthy"
        assert before.share_percent == pytest.approx(5)
        assert before.tracks["canary"].error_ratio == before.tracks["baseline"].error_ratio < 0.01
        assert before.release is not None
        assert set(before.domains.values()) == {before.release.base_id} == {before.serving_id}
        assert before.visitors_on_canary / before.visitors == pytest.approx(0.05, abs=0.01)
        await ask.control("POST", "scenario", name="error-spike")
        await ask.control("POST", "clock", advance_s=120)
        during = await ask.truth()
        assert (during.now_ms, during.scenario) == (ORIGIN + 120_000, "error-spike")
        canary = during.tracks["canary"]
        assert 0.06 < canary.error_ratio < 0.1
        assert canary.last_60_s.errors / canary.last_60_s.requests == pytest.approx(
            canary.error_ratio, abs=0.05
        )
        assert during.tracks["baseline"].error_ratio == before.tracks["baseline"].error_ratio
        await ask.control("POST", "act", action="complete")
        await ask.control("POST", "clock", advance_s=60)
        after = await ask.truth()
        assert set(after.domains.values()) == {before.release.canary_id}
        assert (set(after.tracks), after.share_percent) == ({"baseline"}, 0)
        assert after.release is not None
        assert (after.release.state, after.release.active_stage_index) == ("COMPLETE", None)


async def test_somebody_else_acts_from_the_dashboard() -> None:
    async with asking() as ask:
        release = await ask.release()
        canary, base = release["canaryDeployment"]["id"], release["currentDeployment"]["id"]
        advanced = await ask.control(
            "POST", "act", action="advance", next_stage_index=1, canary_deployment_id=canary, person="mia"
        )
        assert advanced.json()["did"] == f"mia advanced the release of {canary} to stage 1"
        aborted = await ask.control("POST", "act", action="abort", baseline_deployment_id=base)
        assert aborted.status_code == 200
        assert (await ask.release())["state"] == "ABORTED"
        await ask.control("POST", "clock", advance_s=10)
        waiting = next(d.id for d in ask.sim.world.project.deployments.values() if d.substate == "STAGED")
        started = await ask.control("POST", "act", action="start", deployment_id=waiting)
        assert started.status_code == 200
        assert (await ask.release())["canaryDeployment"]["id"] == waiting
        for action in ("promote", "complete", "rollback"):
            target = base if action == "rollback" else waiting
            done = await ask.control("POST", "act", action=action, deployment_id=target)
            assert done.status_code == (200 if action != "complete" else 400), done.text
        await ask.control("POST", "clock", advance_s=10)
        assert ask.sim.world.project.serving_id == base


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("scenario", {"name": "../../etc/passwd"}, "There is no scenario"),
        ("scenario", {}, "name"),
        ("clock", {"advance_s": -1}, "advance_s"),
        ("clock", {"advance_s": 1e9}, "advance_s"),
        ("fault", {"path": "/", "kind": "explode"}, "kind"),
        ("fault", {"path": "/", "kind": "drop", "times": 0}, "times"),
        ("fault", {"path": "/", "kind": "drop", "colour": "red"}, "colour"),
        ("act", {"action": "advance", "person": "eve"}, "eve"),
        ("act", {"action": "advance", "next_stage_index": 3}, "next stage"),
        ("act", {"action": "start"}, "deployment_id"),
        ("act", {"action": "destroy"}, "action"),
    ],
)
async def test_bad_requests_are_explained_and_do_nothing(path: str, body: dict[str, Any], says: str) -> None:
    async with asking() as ask:
        before = await ask.truth()
        answer = await ask.control("POST", path, **body)
        assert answer.status_code == 400
        assert says in answers.ControlError.model_validate_json(answer.text).error
        assert await ask.truth() == before


# --- faults ---------------------------------------------------------------------------------------


async def advance(ask: Asking) -> httpx.Response:
    release = ask.sim.world.project.release
    assert release is not None
    return await ask.rolling(
        "approve-stage", nextStageIndex=release.active_index + 1, canaryDeploymentId=release.canary_id
    )


@pytest.mark.parametrize(
    ("kind", "effect", "happens"),
    [
        ("status", None, False),
        ("status", "done", True),
        ("drop", None, True),
        ("drop", "none", False),
        ("garbage", None, True),
        ("garbage", "none", False),
        ("truncate", None, True),
        ("truncate", "none", False),
    ],
)
async def test_a_fault_spoils_the_answer_and_its_effect_says_whether_it_happened(
    kind: str, effect: str | None, happens: bool
) -> None:
    async with asking() as ask:
        fault = {"path": "approve-stage", "kind": kind, "times": 1} | ({"effect": effect} if effect else {})
        assert (await ask.control("POST", "fault", **fault)).json() == {"waiting": 1}
        if kind == "status":
            assert (await advance(ask)).status_code == 503
        elif kind == "garbage":
            answer = await advance(ask)
            assert answer.status_code == 200
            with pytest.raises(ValueError):
                answer.json()
        else:
            with pytest.raises(httpx.RemoteProtocolError if kind == "truncate" else httpx.TransportError):
                await advance(ask)
        entry = (await journal(ask))[0]
        assert (entry.fault, entry.did is not None) == (kind, happens)
        assert (entry.status is None) == (kind in ("drop", "truncate"))
        assert (await ask.release())["activeStage"]["index"] == (1 if happens else 0)
        assert (await advance(ask)).status_code == 200


async def test_a_truncated_answer_begins_like_the_real_one() -> None:
    async with asking() as ask:
        await ask.control("POST", "fault", path="/v2/user", kind="truncate")
        request = ask.http.build_request("GET", f"{ask.sim.vercel_url}/v2/user", headers=ask.sim.auth)
        answer = await ask.http.send(request, stream=True)
        assert int(answer.headers["content-length"]) > 500
        parts = answer.aiter_raw()
        got = await anext(parts)
        with pytest.raises(httpx.RemoteProtocolError):
            await anext(parts)
        await answer.aclose()
        assert got.startswith(b'{"user": {"id": "usr_ana"')


async def test_a_delay_takes_the_clients_time_and_then_answers() -> None:
    async with asking() as ask:
        await ask.control("POST", "fault", path="/v2/user", kind="delay", seconds=0.2)
        began = time.monotonic()
        assert (await ask.vercel("GET", "/v2/user")).status_code == 200
        assert time.monotonic() - began >= 0.2
        await ask.control("POST", "fault", path="/v2/user", kind="delay", seconds=5)
        with pytest.raises(httpx.ReadTimeout):
            await ask.vercel("GET", "/v2/user", timeout=0.1)


async def test_faults_are_spent_in_order_by_path_and_method_on_every_port() -> None:
    async with asking() as ask:
        await ask.control("POST", "fault", path="/v2/user", kind="status", status=429, retry_after=7, times=2)
        await ask.control("POST", "fault", path="/metrics", kind="status", status=500)
        await ask.control("POST", "fault", path="/api/v1/query", kind="status")
        await ask.control("POST", "fault", path="rolling-release", kind="status", status=502, method="POST")
        limited = await ask.vercel("GET", "/v2/user")
        assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")
        assert limited.json()["error"]["code"] == "rate_limited"
        assert limited.headers["x-vercel-id"]
        assert (await ask.vercel("GET", "/v2/user")).status_code == 429
        assert (await ask.vercel("GET", "/v2/user")).status_code == 200
        assert (await ask.http.get(ask.sim.metrics_url)).status_code == 500
        assert (await ask.http.get(ask.sim.metrics_url)).status_code == 200
        unavailable = await ask.query("1")
        assert (unavailable.status_code, unavailable.json()["errorType"]) == (503, "unavailable")
        assert (await ask.query("1")).status_code == 200
        assert (await ask.release())["state"] == "ACTIVE"
        assert (await advance(ask)).status_code == 502


async def test_a_brownout_falls_on_a_share_of_the_requests_the_same_way_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def statuses() -> list[int]:
        async with asking(scenario="api-brownout") as ask:
            return [(await ask.vercel("GET", "/v2/user")).status_code for _ in range(60)]

    async def at_once(_: float) -> None: ...

    monkeypatch.setattr("data.simulator.faults.asyncio.sleep", at_once)
    first = await statuses()
    assert first == await statuses()
    assert {200, 429, 503} == set(first)
    assert 8 <= first.count(503) <= 24
    assert 3 <= first.count(429) <= 16


async def test_an_outage_of_the_metrics_is_an_outage_of_the_ports_too() -> None:
    async with asking(scenario="metrics-outage") as ask:
        assert (await ask.http.get(ask.sim.metrics_url)).status_code == 200
        ask.sim.clock.advance(30)
        assert (await ask.http.get(ask.sim.metrics_url)).status_code == 503
        assert (await ask.query("1")).status_code == 200
        ask.sim.clock.advance(60)
        with pytest.raises(httpx.TransportError):
            await ask.query("1")
        ask.sim.clock.advance(240)
        assert (await ask.http.get(ask.sim.metrics_url)).status_code == 200
        assert (await ask.query("1")).status_code == 200


async def test_tokens_are_made_for_anybody_with_fewer_rights_and_taken_back() -> None:
    async with asking() as ask:

        async def status(token: str, path: str) -> int:
            headers = {"Authorization": f"Bearer {token}"}
            return (await ask.vercel("GET", path, headers=headers)).status_code

        project, whose = f"/v9/projects/{ask.sim.project_id}", {}
        for rights, seen in (("all", 200), ("no-project", 403), ("no-team", 403)):
            token = (await ask.act("issue_token", person="jo", rights=rights))["token"]
            headers = {"Authorization": f"Bearer {token}"}
            whose[rights] = (await ask.vercel("GET", "/v2/user", headers=headers)).json()["user"]["username"]
            assert await status(token, project) == seen, rights
            assert await status(token, "/v7/deployments") == seen, rights
        assert set(whose.values()) == {"jo"}
        await ask.act("revoke_token")
        refused = await ask.vercel("GET", "/v2/user")
        assert (refused.status_code, refused.json()["error"]["invalidToken"]) == (403, True)
        assert await status(token, "/v2/user") == 200, "the others stay"
        assert (await ask.control("POST", "act", action="revoke_token")).status_code == 400


async def test_whoever_the_token_belongs_to_acts() -> None:
    async with asking() as ask:
        token = (await ask.act("issue_token", person="sam"))["token"]
        headers = {"Authorization": f"Bearer {token}"}
        path = f"/v1/projects/{ask.sim.project_id}/rolling-release/approve-stage"
        canary = (await ask.release())["canaryDeployment"]["id"]
        sent = {"nextStageIndex": 1, "canaryDeploymentId": canary}
        assert (await ask.vercel("POST", path, json=sent, headers=headers)).status_code == 200
        told = (await ask.vercel("GET", "/v3/events")).json()["events"][0]
        assert told["principalId"] == "usr_sam"


def test_the_committed_schemas_are_those_of_the_models(repository: Path) -> None:
    folder = repository / "docs" / "schemas" / "simulator"
    assert {
        file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.json")
    } == schemas.schemas(), "run: python -m data.simulator.schemas docs/schemas/simulator"
