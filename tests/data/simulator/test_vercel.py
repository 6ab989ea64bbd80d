"""The host's API over real connections: its fields, envelopes, pages, headers and effects."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from data.simulator import vercel_gate
from tests.data.simulator.asking import asking
from tests.simulated import ORIGIN


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "unauthorized"),
        ({"Authorization": "Bearer wrong"}, 403, "forbidden"),
        ({"Authorization": "Bearer ünknown".encode()}, 403, "forbidden"),
    ],
)
async def test_without_the_token_nothing_is_told(headers: dict[str, str], status: int, code: str) -> None:
    async with asking() as ask:
        for path in ("/v2/user", f"/v9/projects/{ask.sim.project_id}", "/no/such/path"):
            answer = await ask.vercel("GET", path, headers=headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
            assert ask.sim.token not in answer.text


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("/v9/projects/nothing", {}, 404),
        ("/v9/projects/shop", {"teamId": "team_of_somebody_else"}, 403),
        ("/v2/teams/team_of_somebody_else", {}, 403),
        ("/teams/globex", {}, 404),
        ("/v13/deployments/dpl_nothing", {}, 404),
        ("/v7/deployments", {"projectId": "prj_nothing"}, 404),
        ("/v7/deployments", {"limit": "0"}, 400),
        ("/v7/deployments", {"limit": "101"}, 400),
        ("/v7/deployments", {"until": "yesterday"}, 400),
        ("/v3/events", {"since": "1795000000000"}, 400),
        ("/v1/projects/shop/rolling-release", {"state": "RUNNING"}, 400),
        ("/v4/aliases/nothing.example", {}, 404),
        ("/v1/nothing", {}, 404),
    ],
)
async def test_refusals_come_in_the_hosts_envelope(path: str, params: dict[str, str], status: int) -> None:
    async with asking() as ask:
        answer = await ask.vercel("GET", path, params=params)
        assert answer.status_code == status
        assert set(answer.json()) == {"error"}
        assert set(answer.json()["error"]) == {"code", "message"}
        assert answer.headers["content-type"].startswith("application/json")


async def test_a_project_belongs_to_its_team_not_to_the_person() -> None:
    async with asking() as ask:
        answer = await ask.http.get(f"{ask.sim.vercel_url}/v9/projects/shop", headers=ask.sim.auth)
        assert answer.status_code == 404
        answer = await ask.http.get(f"{ask.sim.vercel_url}/v9/projects/shop?slug=acme", headers=ask.sim.auth)
        assert answer.status_code == 200


async def test_who_am_i_and_my_team() -> None:
    async with asking() as ask:
        user = (await ask.vercel("GET", "/v2/user")).json()["user"]
        assert (user["id"], user["username"], user["defaultTeamId"]) == ("usr_ana", "ana", ask.sim.team_id)
        for path in (f"/v2/teams/{ask.sim.team_id}", "/teams/acme", f"/teams/{ask.sim.team_id}"):
            team = (await ask.vercel("GET", path)).json()
            assert (team["id"], team["slug"], team["saml"]["enforced"]) == (ask.sim.team_id, "acme", False)
        teams = (await ask.vercel("GET", "/v2/teams")).json()
        assert [t["id"] for t in teams["teams"]] == [ask.sim.team_id]
        members = (await ask.vercel("GET", f"/v3/teams/{ask.sim.team_id}/members")).json()["members"]
        assert [m["username"] for m in members] == ["ana", "jo", "mia", "sam"]


async def test_the_project_says_what_serves_and_how_it_is_released() -> None:
    async with asking() as ask:
        project = await ask.project()
        release = await ask.release()
        assert (project["id"], project["name"], project["accountId"]) == (
            ask.sim.project_id,
            "shop",
            ask.sim.team_id,
        )
        assert project["targets"]["production"]["id"] == release["currentDeployment"]["id"]
        assert project["autoAssignCustomDomains"] is True
        assert project["lastAliasRequest"] is None
        assert "rollbackDescription" not in project
        stages = project["rollingRelease"]["stages"]
        assert [s["targetPercentage"] for s in stages] == [5, 25, 50, 100]
        assert "duration" not in stages[0]
        assert project["link"]["productionBranch"] == "main"
        domains = (await ask.vercel("GET", "/v9/projects/shop/domains")).json()
        assert [d["name"] for d in domains["domains"]] == [a["domain"] for a in project["alias"]]
        projects = (await ask.vercel("GET", "/v10/projects", params={"search": "sho"})).json()["projects"]
        assert [p["id"] for p in projects] == [ask.sim.project_id]
        billing = (await ask.vercel("GET", "/v1/projects/shop/rolling-release/billing")).json()
        assert (billing["availableSlots"], billing["reason"]) == ("unlimited", "unlimited_slots")
        config = (await ask.vercel("GET", "/v1/projects/shop/rolling-release/config")).json()
        assert config["rollingRelease"] == project["rollingRelease"]


@pytest.mark.parametrize("version", ["v6", "v7"])
async def test_deployments_are_paged_newest_first_until_there_are_no_more(version: str) -> None:
    async with asking() as ask:
        seen: list[dict[str, Any]] = []
        params: dict[str, str] = {"projectId": ask.sim.project_id, "limit": "7"}
        while True:
            page = (await ask.vercel("GET", f"/{version}/deployments", params=params)).json()
            seen += page["deployments"]
            assert page["pagination"]["count"] == len(page["deployments"]) <= 7
            if page["pagination"]["next"] is None:
                break
            params["until"] = str(page["pagination"]["next"])
        created = [d["created"] for d in seen]
        assert created == sorted(created, reverse=True)
        assert len({d["uid"] for d in seen}) == len(seen) == len(ask.sim.world.project.deployments) >= 25
        newer = await ask.vercel("GET", f"/{version}/deployments", params={"since": str(created[3])})
        assert [d["uid"] for d in newer.json()["deployments"]] == [d["uid"] for d in seen[:3]]
        assert ORIGIN - created[-1] > 14 * 24 * 3_600_000


async def test_deployments_by_state_target_and_whether_one_can_roll_back_to_them() -> None:
    async with asking() as ask:

        async def listed(**params: str) -> list[dict[str, Any]]:
            answer = await ask.vercel("GET", "/v7/deployments", params={"limit": "100", **params})
            found: list[dict[str, Any]] = answer.json()["deployments"]
            return found

        assert {d["state"] for d in await listed()} == {"READY", "ERROR", "CANCELED"}
        assert {d["readyState"] for d in await listed(state="ERROR,CANCELED")} == {"ERROR", "CANCELED"}
        assert {d["target"] for d in await listed(target="preview")} == {None}
        assert {d["readySubstate"] for d in await listed(target="production", state="READY")} == {
            "ROLLING",
            "STAGED",
            "PROMOTED",
        }
        candidates = await listed(rollbackCandidate="true")
        assert len(candidates) > 10
        assert all(d["isRollbackCandidate"] for d in candidates)
        serving = (await ask.release())["currentDeployment"]["id"]
        assert serving not in {d["uid"] for d in candidates}


async def test_one_deployment_by_id_and_by_address_with_its_commit() -> None:
    async with asking() as ask:
        canary = (await ask.release())["canaryDeployment"]
        for name in (canary["id"], canary["url"]):
            one = (await ask.vercel("GET", f"/v13/deployments/{name}")).json()
            assert (one["id"], one["projectId"], one["team"]["id"]) == (
                canary["id"],
                ask.sim.project_id,
                ask.sim.team_id,
            )
            assert one["readySubstate"] == "ROLLING"
            assert len(one["meta"]["githubCommitSha"]) == 40
            assert one["meta"]["githubCommitMessage"]
            assert one["meta"]["githubCommitAuthorName"]
            assert "uid" not in one


async def test_a_release_through_all_its_stages() -> None:
    async with asking() as ask:
        first = await ask.release()
        canary = first["canaryDeployment"]["id"]
        assert (first["state"], first["substate"], first["advancementType"]) == (
            "ACTIVE",
            None,
            "manual-approval",
        )
        assert (first["activeStage"]["index"], first["nextStage"]["index"]) == (0, 1)
        for index in (1, 2):
            answer = await ask.rolling("approve-stage", nextStageIndex=index, canaryDeploymentId=canary)
            assert answer.status_code == 200
            assert answer.json()["rollingRelease"] == await ask.release()
            assert (await ask.release())["activeStage"]["index"] == index
            stale = await ask.rolling("approve-stage", nextStageIndex=index, canaryDeploymentId=canary)
            assert stale.status_code == 400
        last = (await ask.rolling("approve-stage", nextStageIndex=3, canaryDeploymentId=canary)).json()
        assert (last["rollingRelease"]["state"], last["rollingRelease"]["nextStage"]) == ("COMPLETE", None)
        ask.sim.clock.advance(5)
        project = await ask.project()
        assert project["targets"]["production"]["id"] == canary
        assert project["lastAliasRequest"]["type"] == "promote"
        assert project["lastAliasRequest"]["jobStatus"] == "succeeded"
        assert (await ask.rolling("complete", canaryDeploymentId=canary)).status_code == 404
        by_state = "/v1/projects/shop/rolling-release"
        assert (await ask.vercel("GET", by_state, params={"state": "COMPLETE"})).json()["rollingRelease"]
        assert (await ask.vercel("GET", by_state, params={"state": "ACTIVE"})).json()[
            "rollingRelease"
        ] is None


@pytest.mark.parametrize("version", ["v1", "v9"])
async def test_an_abort_is_followed_to_its_end(version: str) -> None:
    async with asking() as ask:
        release = await ask.release()
        base, canary = release["currentDeployment"]["id"], release["canaryDeployment"]["id"]
        path = f"/{version}/projects/{ask.sim.project_id}/rollback/{base}"
        answer = await ask.vercel("POST", path, params={"description": "errors at checkout"}, json={})
        assert (answer.status_code, answer.content) == (201, b"")
        ended = await ask.release()
        assert (ended["state"], ended["activeStage"], ended["nextStage"]) == ("ABORTED", None, None)
        seen, moving = [], []
        for _ in range(30):
            project = await ask.project()
            seen.append(project["lastAliasRequest"]["jobStatus"])
            aliases = (await ask.vercel("GET", f"/{version}/projects/shop/rollback/aliases")).json()[
                "aliases"
            ]
            moving.append([a["status"] for a in aliases].count("completed"))
            ask.sim.clock.advance(0.1)
        assert list(dict.fromkeys(seen)) == ["pending", "in-progress", "succeeded"]
        assert list(dict.fromkeys(moving)) == [0, 1, 2, 3]
        project = await ask.project()
        assert project["lastAliasRequest"] == {
            "type": "rollback",
            "jobStatus": "succeeded",
            "requestedAt": ended["updatedAt"],
            "fromDeploymentId": base,
            "toDeploymentId": base,
            "fromRollingReleaseId": canary,
        }
        assert project["autoAssignCustomDomains"] is False
        assert project["rollbackDescription"]["description"] == "errors at checkout"
        assert project["rollbackDescription"]["username"] == "ana"
        assert (await ask.vercel("POST", path, json={})).status_code == 409


async def test_start_and_promote_over_the_wire() -> None:
    async with asking() as ask:
        canary = (await ask.release())["canaryDeployment"]["id"]
        again = await ask.rolling("start", canaryDeploymentId=canary)
        assert again.status_code == 200
        listed = await ask.vercel("GET", "/v7/deployments", params={"target": "production", "state": "READY"})
        waiting = next(d["uid"] for d in listed.json()["deployments"] if d["readySubstate"] == "STAGED")
        assert (await ask.rolling("start", canaryDeploymentId=waiting)).status_code == 409
        promote = f"/v10/projects/{ask.sim.project_id}/promote"
        assert (await ask.vercel("POST", f"{promote}/{waiting}", json={})).status_code == 202
        assert (await ask.release())["queuedDeploymentId"] == waiting
        assert (await ask.vercel("POST", f"{promote}/{canary}", json={})).status_code == 201
        ask.sim.clock.advance(5)
        following = await ask.release()
        assert (following["state"], following["canaryDeployment"]["id"]) == ("ACTIVE", waiting)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"canaryDeploymentId": "x"},
        {"nextStageIndex": "1", "canaryDeploymentId": "x"},
        {"nextStageIndex": True},
    ],
)
async def test_bodies_that_lack_something_are_refused(body: dict[str, Any]) -> None:
    async with asking() as ask:
        before = await ask.release()
        answer = await ask.rolling("approve-stage", **body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")
        path = "/v1/projects/shop/rolling-release/complete"
        for content in (b"not json", b"[1]"):
            assert (await ask.vercel("POST", path, content=content)).status_code == 400
        assert await ask.release() == before


async def test_the_activity_names_who_did_what_also_outside_the_console() -> None:
    async with asking() as ask:
        release = await ask.release()
        canary = release["canaryDeployment"]["id"]
        await ask.control("POST", "act", action="advance", next_stage_index=1, canary_deployment_id=canary)
        ask.sim.clock.advance(1)
        await ask.rolling("approve-stage", nextStageIndex=2, canaryDeploymentId=canary)
        params = {"projectIds": ask.sim.project_id, "types": "project-rolling-release-approved", "limit": "5"}
        events = (await ask.vercel("GET", "/v3/events", params=params)).json()["events"]
        assert [(e["principalId"], e["createdAt"]) for e in events] == [
            ("usr_ana", ORIGIN + 1_000),
            ("usr_jo", ORIGIN),
        ]
        mine = await ask.vercel("GET", "/v3/events", params={**params, "principalId": "usr_jo"})
        assert len(mine.json()["events"]) == 1
        recent = {"since": "2026-11-18T11:06:41Z"}  # one second after the world's beginning
        assert len((await ask.vercel("GET", "/v3/events", params=recent)).json()["events"]) == 1
        pages = (await ask.vercel("GET", "/v3/events", params={"limit": "100"})).json()["events"]
        assert "project-rolling-release-started" in {e["type"] for e in pages}
        elsewhere = await ask.vercel("GET", "/v3/events", params={"projectIds": "prj_other"})
        assert elsewhere.json()["events"] == []


async def test_aliases_tell_which_deployment_a_host_serves_and_which_would_move() -> None:
    async with asking() as ask:
        serving = (await ask.release())["currentDeployment"]["id"]
        aliases = (await ask.vercel("GET", "/v4/aliases", params={"projectId": ask.sim.project_id})).json()[
            "aliases"
        ]
        assert {a["deploymentId"] for a in aliases} == {serving}
        one = (await ask.vercel("GET", f"/v4/aliases/{aliases[0]['alias']}")).json()
        assert one == aliases[0]
        stays = await ask.vercel("GET", "/v4/aliases", params={"rollbackDeploymentId": serving})
        assert stays.json()["aliases"] == []


async def test_headers_tell_the_limit_the_request_and_the_worlds_time() -> None:
    async with asking() as ask:
        first = await ask.vercel("GET", "/v2/user")
        second = await ask.vercel("GET", "/v2/user")
        left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in (first, second)]
        assert left[0] - left[1] == 1
        assert int(first.headers["X-RateLimit-Limit"]) == vercel_gate.RATE_LIMIT
        assert 0 < int(first.headers["X-RateLimit-Reset"]) - ORIGIN // 1000 <= 60
        assert first.headers["x-vercel-id"] != second.headers["x-vercel-id"]
        assert parsedate_to_datetime(first.headers["Date"]).timestamp() * 1000 == ORIGIN
        ask.sim.clock.advance(3_600)
        later = await ask.vercel("GET", "/v2/user")
        assert parsedate_to_datetime(later.headers["Date"]).timestamp() * 1000 == ORIGIN + 3_600_000


async def test_too_many_requests_in_a_minute_are_refused_until_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(vercel_gate, "RATE_LIMIT", 3)
    async with asking() as ask:
        statuses = [(await ask.vercel("GET", "/v2/user")).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        refused = await ask.vercel("GET", "/v2/user")
        assert refused.json()["error"]["code"] == "rate_limited"
        ask.sim.clock.advance(int(refused.headers["Retry-After"]))
        assert (await ask.vercel("GET", "/v2/user")).status_code == 200
