"""The projects that a token reaches: of each scope, all pages, and none of somebody else's."""

from __future__ import annotations

import pytest
from aiohttp import web

from console.ports import SourceError
from data.http import Limits, Secret
from data.vercel.account_projects import Reachable, Team, projects, teams
from data.vercel.client import VercelClient
from tests.data.hosts import host, says, transport
from tests.simulated import simulated

ACME = Team("team_1", "acme")


def one(name: str, owner: str = "team_1") -> dict[str, str]:
    return {"id": f"prj_{name}", "name": name, "accountId": owner}


async def test_the_simulators_project_is_found_through_its_team() -> None:
    async with simulated() as world, transport() as asking:

        def client(team: str | None) -> VercelClient:
            return VercelClient(asking, token=Secret(world.token), team_id=team, api_url=world.vercel_url)

        [team] = await teams(client(None))
        assert (team.id, team.slug) == (world.team_id, "acme")
        [found] = await projects(client(team.id), team)
        assert (found.id, found.label) == (world.project_id, "acme/shop")
        assert await projects(client(None), None) == []


async def test_all_pages_are_read_and_a_page_that_repeats_ends_it() -> None:
    pages = {None: ("a", "7"), "7": ("b", "8"), "8": ("b", "8")}

    async def paged(request: web.Request) -> web.StreamResponse:
        name, following = pages[request.query.get("from")]
        return web.json_response({"projects": [one(name)], "pagination": {"next": following}})

    async with host() as there, transport() as asking:
        there.says(paged)
        client = VercelClient(asking, token=Secret("tok-secret"), team_id="team_1", api_url=there.url)
        assert await projects(client, ACME) == [Reachable("prj_a", "a", ACME), Reachable("prj_b", "b", ACME)]
        assert all(asked.query["teamId"] == "team_1" for asked in there.asked)


async def test_a_persons_own_projects_are_not_those_of_a_default_team() -> None:
    document = {"projects": [one("mine", "usr_ana"), one("theirs")], "pagination": {"next": None}}
    async with host() as there, transport() as asking:
        there.says(says(document))
        client = VercelClient(asking, token=Secret("tok-secret"), api_url=there.url)
        assert [found.name for found in await projects(client, None)] == ["mine"]


async def test_a_refusal_and_garbage_are_said() -> None:
    async with host() as there, transport(limits=Limits(retries=0)) as asking:
        client = VercelClient(asking, token=Secret("tok-secret"), api_url=there.url)
        for step, kind in (
            (says({"error": {"code": "forbidden", "message": "no"}}, 403), "forbidden"),
            (says({"projects": [{}]}), "garbage"),
        ):
            there.says(step)
            with pytest.raises(SourceError) as caught:
                await projects(client, None)
            assert caught.value.problem.kind == kind


def test_a_label_is_harmless() -> None:
    assert "\x1b" not in Reachable("prj_1", "a\x1b[2Jb", Team("team_1", "c\x1bd")).label
