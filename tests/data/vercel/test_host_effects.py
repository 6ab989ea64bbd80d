"""What the whole host sends to change something, and what it makes of the answer."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from console.host import Host
from console.ports import EffectNotSent, EffectRefused, EffectUnknown, ReleaseTemplate
from data.http import Limits, Secret
from data.vercel.client import VercelClient
from data.vercel.host import VercelHost
from tests.data import hosts
from tests.data.hosts import Step, StillClock, drops, hangs, large, says, transport, truncates
from tests.data.vercel import documents as doc
from tests.data.vercel import documents_host as more
from tests.data.vercel.hosting import host_at, hosting
from tests.data.vercel.test_client import TOKEN

CONFIG = "/v1/projects/prj_1/rolling-release/config"
TEMPLATE = ReleaseTemplate(((5, None, True), (50, 10, False), (100, None, False)))

Effect = Callable[[Host], Awaitable[object]]
EFFECTS: dict[str, Effect] = {
    "start": lambda host: host.start("dpl_2"),
    "configure": lambda host: host.configure(TEMPLATE),
    "switch off": lambda host: host.configure(None),
    "promote": lambda host: host.promote("dpl_2"),
    "rollback": lambda host: host.rollback("dpl_1", "errors 4.6 × the baseline"),
}
ALL = pytest.mark.parametrize("effect", EFFECTS.values(), ids=EFFECTS)


def reading(step: Step, present: Step | None = None) -> Step:
    """Answers the reads before an effect; the effect itself gets ``step``."""
    shown = present or says(more.CONFIG)

    async def answer(request: Any) -> Any:
        return await (shown if request.method == "GET" else step)(request)

    return answer


def sent(there: hosts.Host) -> list[hosts.Asked]:
    return [asked for asked in there.asked if asked.method != "GET"]


# --- what is sent -----------------------------------------------------------------------------


async def test_start() -> None:
    async with hosting(says(doc.release())) as (there, host):
        await host.start("dpl_2")
    [asked] = there.asked
    assert (asked.method, asked.path) == ("POST", "/v1/projects/prj_1/rolling-release/start")
    assert asked.json == {"canaryDeploymentId": "dpl_2"}
    assert asked.query == {"teamId": "team_1"}


async def test_configure_reads_first_and_sends_back_what_it_does_not_know() -> None:
    async with hosting(reading(says(more.CONFIG))) as (there, host):
        present = await host.template()
        assert present is not None
        await host.configure(replace(present, stages=((10, None, True), *present.stages[1:])))
    [asked] = sent(there)
    assert (asked.method, asked.path, asked.query) == ("PATCH", CONFIG, {"teamId": "team_1"})
    assert asked.headers["Content-Type"] == "application/json"
    expected = copy.deepcopy(more.CONFIG["rollingRelease"])
    expected["stages"][0]["targetPercentage"] = 10
    assert asked.json == expected


async def test_the_first_configuration() -> None:
    async with hosting(reading(says(more.CONFIG), says({"rollingRelease": None}))) as (there, host):
        await host.configure(TEMPLATE)
    assert sent(there)[0].json == {
        "target": "production",
        "stages": [
            {"targetPercentage": 5, "requireApproval": True},
            {"targetPercentage": 50, "duration": 10, "requireApproval": False},
            {"targetPercentage": 100, "requireApproval": False},
        ],
    }


@pytest.mark.parametrize("step", [says({"rollingRelease": None}), says({}), says(None), truncates()])
async def test_switching_off_needs_no_document(step: Step) -> None:
    async with hosting(step) as (there, host):
        await host.configure(None)
    [asked] = there.asked
    assert (asked.method, asked.path, asked.body) == ("DELETE", CONFIG, b"")


@pytest.mark.parametrize(("status", "expected"), [(201, "accepted"), (202, "queued"), (200, "accepted")])
async def test_promote(status: int, expected: str) -> None:
    async with hosting(says(None, status)) as (there, host):
        assert await host.promote("dpl_2") == expected
    [asked] = there.asked
    assert (asked.method, asked.path) == ("POST", "/v10/projects/prj_1/promote/dpl_2")
    assert asked.json == {}
    assert asked.query == {"teamId": "team_1"}


async def test_rollback_carries_its_reason_in_the_query() -> None:
    async with hosting(says(None, 201)) as (there, host):
        await host.rollback("dpl_1", "errors\n4.6 × & rising")
        await host.rollback("dpl_1", "x" * 1000)
        await host.rollback("dpl_1", " ")
    first, long, silent = there.asked
    assert (first.method, first.path, first.body) == ("POST", "/v1/projects/prj_1/rollback/dpl_1", b"")
    assert first.query == {"teamId": "team_1", "description": "errors 4.6 × & rising"}
    assert len(long.query["description"]) == 250
    assert "description" not in silent.query


async def test_a_named_project_is_looked_up_before_its_domains_move() -> None:
    async with hosting(says(None, 201), project="shop") as (there, host):
        there.routes["/v9/projects/shop"] = says(doc.PROJECT)
        await host.promote("dpl_2")
        await host.rollback("dpl_1", "r")
    assert [asked.path for asked in there.asked] == [
        "/v9/projects/shop",
        "/v10/projects/prj_1/promote/dpl_2",
        "/v1/projects/prj_1/rollback/dpl_1",
    ]


# --- what the answer means ----------------------------------------------------------------------


@ALL
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 410, 422, 429])
async def test_a_no_is_a_refusal_with_the_hosts_reason(effect: Effect, status: int) -> None:
    no = says({"error": {"code": "c", "message": f"because {TOKEN}"}}, status)
    async with hosting(reading(no)) as (there, host):
        with pytest.raises(EffectRefused) as raised:
            await effect(host)
    assert not isinstance(raised.value, EffectNotSent)
    assert "because ***" in raised.value.problem.what
    assert TOKEN not in str(raised.value)
    assert len(sent(there)) == 1


@ALL
@pytest.mark.parametrize(
    "step", [says("x", 500), says("x", 502), says("x", 503), says(None, 307), says("x", 408), drops, hangs]
)
async def test_no_clear_answer_means_unknown_and_is_never_repeated(effect: Effect, step: Step) -> None:
    async with hosting(reading(step), limits=Limits(read_s=0.1)) as (there, host):
        with pytest.raises(EffectUnknown) as raised:
            await effect(host)
    assert "may or may not have happened" in raised.value.problem.next
    assert len(sent(there)) == 1


@pytest.mark.parametrize("name", ["start", "configure"])
@pytest.mark.parametrize(
    "step",
    [
        says("<html>"),
        says(b""),
        says({}),
        says({"rollingRelease": None}),
        says({"rollingRelease": {"state": 7, "stages": 7}}),
        truncates(200),
        large(9),
    ],
)
async def test_a_success_without_its_document_is_unknown(name: str, step: Step) -> None:
    async with hosting(reading(step)) as (there, host):
        with pytest.raises(EffectUnknown):
            await EFFECTS[name](host)
    assert len(sent(there)) == 1


@ALL
async def test_what_never_left_is_not_sent(effect: Effect) -> None:
    async with hosts.host() as there:
        url = there.url
    async with transport(limits=Limits(retries=0)) as asking:
        client = VercelClient(asking, token=Secret(TOKEN), api_url=url)
        mute = VercelClient(asking, token=None, api_url=url)
        for unable in (
            VercelHost(client, "prj_1", StillClock()),
            VercelHost(client, "shop", StillClock()),
            VercelHost(client, "..", StillClock()),
            VercelHost(mute, "prj_1", StillClock()),
        ):
            with pytest.raises(EffectNotSent):
                await effect(unable)


@pytest.mark.parametrize("wrong", ["", ".", ".."])
async def test_an_id_that_cannot_be_one_moves_nothing(wrong: str) -> None:
    async with hosting(says(None, 201)) as (there, host):
        for effect in (host.promote(wrong), host.rollback(wrong, "r")):
            with pytest.raises(EffectNotSent):
                await effect
        assert not there.asked
        await host.promote("x/../../v1")
    assert there.asked[0].path == "/v10/projects/prj_1/promote/x/../../v1"


async def test_the_projects_of_others_are_not_moved() -> None:
    async with hosting(says(None, 201), project="shop") as (there, host):
        there.routes["/v9/projects/shop"] = says({**doc.PROJECT, "accountId": "team_other"})
        for effect in (host.promote("dpl_2"), host.rollback("dpl_1", "r")):
            with pytest.raises(EffectNotSent) as raised:
                await effect
            assert raised.value.problem.kind == "forbidden"
    assert not sent(there)


# --- what is already so -----------------------------------------------------------------------------

CURRENT = "The provided deploymentId (dpl_2) is already the current production deployment."


async def test_promoting_what_is_production_already_is_accepted() -> None:
    async with hosting(says({"error": {"code": "conflict", "message": CURRENT}}, 409)) as (there, host):
        assert await host.promote("dpl_2") == "accepted"
    assert len(there.asked) == 1


@pytest.mark.parametrize(
    ("message", "status"),
    [(CURRENT, 400), (CURRENT, 403), ("A promotion is already in progress.", 409), ("", 409)],
)
async def test_other_refusals_are_none_the_less(message: str, status: int) -> None:
    async with hosting(says({"error": {"code": "conflict", "message": message}}, status)) as (_, host):
        with pytest.raises(EffectRefused):
            await host.promote("dpl_2")


async def test_only_a_promotion_may_be_so_already() -> None:
    async with hosting(says({"error": {"message": CURRENT}}, 409)) as (_, host):
        with pytest.raises(EffectRefused):
            await host.rollback("dpl_2", "r")


# --- what is not even sent ----------------------------------------------------------------------


@pytest.mark.parametrize("shares", [(), (5, 5, 100), (50, 25, 100), (5, 25)])
async def test_impossible_stages_are_refused_before_anything_is_asked(shares: tuple[int, ...]) -> None:
    async with hosting(says("?", 500)) as (there, host):
        with pytest.raises(EffectRefused) as raised:
            await host.configure(ReleaseTemplate(tuple((share, None, True) for share in shares)))
    assert raised.value.problem.kind == "refused"
    assert "Nothing was sent" in raised.value.problem.next
    assert not there.asked


async def test_a_gate_without_an_action_is_refused_unsent() -> None:
    gate = replace(TEMPLATE, gate_enabled=True)
    async with hosting(reading(says("?", 500), says({"rollingRelease": None}))) as (there, host):
        with pytest.raises(EffectRefused):
            await host.configure(gate)
    assert not sent(there)


@pytest.mark.parametrize(
    "present",
    [
        says("x", 500),
        says({"error": {}}, 402),
        says("<html>"),
        says({}),
        says({"rollingRelease": []}),
        says({"rollingRelease": {"stages": [7]}}),
        says({"rollingRelease": {"gate": "on"}}),
        drops,
    ],
)
async def test_what_stands_must_be_read_before_it_is_replaced(present: Step) -> None:
    async with hosting(reading(says(more.CONFIG), present)) as (there, host):
        with pytest.raises(EffectNotSent):
            await host.configure(TEMPLATE)
    assert not sent(there)


async def test_no_effect_waits_for_a_log_that_is_being_followed() -> None:
    async with hosts.host() as there, transport(limits=Limits(retries=0, in_flight=1)) as asking:
        there.says(says(None, 201))
        there.routes["/v13/deployments/dpl_2"] = says({**doc.DEPLOYMENT, "readyState": "BUILDING"})
        there.routes["/v3/deployments/dpl_2/events"] = says([more.line(1, "x")])
        host = host_at(there, asking)
        lines = host.build_log("dpl_2", follow=True)
        await anext(lines)
        await host.rollback("dpl_1", "r")
        await lines.aclose()  # type: ignore[attr-defined]  # an async generator, which the port does not promise
    assert [asked.method for asked in there.asked] == ["GET", "GET", "POST"]
