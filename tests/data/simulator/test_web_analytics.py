"""Web Analytics: the world's page views, visitors and events, who may ask, and nothing by deployment."""

from __future__ import annotations

from typing import Any

import pytest

from data.simulator.account import Account
from data.simulator.web_analytics import ROOT
from tests.data.simulator.asking import Asking, asking


async def look(ask: Asking, path: str, **params: Any) -> dict[str, Any]:
    answer = await ask.vercel("GET", f"{ROOT}/{path}", params={"projectId": ask.sim.project_id} | params)
    body: dict[str, Any] = answer.json()
    return body | {"status": answer.status_code}


async def test_page_views_and_visitors_are_the_worlds_and_groups_add_up() -> None:
    async with asking() as ask:
        ask.sim.clock.advance(120)
        now = (await ask.truth()).now_ms
        span = {"since": str(now - 600_000), "until": str(now - 60_000)}
        whole = await look(ask, "visits/count", **span)
        views, visitors = whole["data"]["pageviews"], whole["data"]["visitors"]
        seen = ask.sim.world.flow.visits.between(now - 600_000, now - 60_000)
        assert views == sum(seen.views.values()) > 20_000
        assert 0 < visitors < min(seen.visits, ask.sim.world.population.size)
        browsers = await look(ask, "visits/aggregate", **span, by="browserName", limit="3")
        assert [row["browserName"] for row in browsers["data"]] == ["chrome", "safari", "firefox", "Others"]
        assert sum(row["pageviews"] for row in browsers["data"]) == views
        one = await look(ask, "visits/count", **span, filter="deviceType eq 'mobile'")
        assert 0 < one["data"]["pageviews"] < views
        assert one["query"]["filter"] == "deviceType eq 'mobile'"
        by_hour = await look(ask, "visits/aggregate", **span, by="hour,deviceType")
        assert sum(row["pageviews"] for row in by_hour["data"]) == views
        assert all(row["timestamp"].endswith(":00:00.000Z") for row in by_hour["data"])


async def test_events_have_names_and_fewer_visitors_than_pages() -> None:
    async with asking() as ask:
        now = (await ask.truth()).now_ms
        span = {"since": str(now - 600_000), "until": str(now - 60_000)}
        events = await look(ask, "events/aggregate", **span, by="eventName")
        named = {row["eventName"]: row for row in events["data"]}
        assert {"purchase", "search", "gift_cards"} <= named.keys()
        assert named["search"]["count"] > named["gift_cards"]["count"] > 0
        bought = await look(ask, "events/count", **span, filter="eventName eq 'purchase'")
        assert bought["data"] == {key: named["purchase"][key] for key in ("count", "visitors")}
        everybody = (await look(ask, "visits/count", **span))["data"]["visitors"]
        assert 0 < bought["data"]["visitors"] < everybody
        empty = await look(ask, "events/count", **span, filter="eventName eq 'never'")
        assert empty["data"] == {"count": 0, "visitors": 0}


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("visits/aggregate", {}, 400),
        ("visits/aggregate", {"by": "hour,day"}, 400),
        ("visits/aggregate", {"by": "deploymentId"}, 400),
        ("visits/aggregate", {"by": "deviceType", "limit": "many"}, 400),
        ("visits/count", {"since": "yesterday"}, 400),
        ("visits/count", {"since": "2026-11-22", "until": "2026-11-21"}, 400),
        ("visits/count", {"filter": "deploymentId eq 'dpl_1'"}, 400),
        ("events/count", {"filter": "eventName eq"}, 400),
        ("visits/count", {"projectId": "prj_other"}, 404),
        ("visits/count", {"teamId": "team_other"}, 403),
    ],
)
async def test_a_wrong_question_is_refused(path: str, params: dict[str, str], status: int) -> None:
    async with asking() as ask:
        assert (await look(ask, path, **params))["status"] == status


async def test_who_has_not_switched_it_on_or_has_no_rights_is_told() -> None:
    async with asking(account=Account(plan="hobby")) as ask:
        assert (await look(ask, "visits/count"))["status"] == 200
        token = (await ask.act("issue_token", person="sam", rights="no-project"))["token"]
        told = await ask.vercel(
            "GET",
            f"{ROOT}/visits/count",
            params={"projectId": ask.sim.project_id},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert told.status_code == 403
    async with asking(account=Account(without=frozenset({"web-analytics"}))) as ask:
        told_off = await look(ask, "events/count")
        assert (told_off["status"], told_off["error"]["code"]) == (404, "not_found")
