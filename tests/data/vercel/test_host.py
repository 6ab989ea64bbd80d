"""What the whole host reads: deployments to choose from, checks, plan, domains; and how it fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from console.canary.stages import Deployment
from console.host import AliasMove, Candidate, Check, Host, Slots, Variable, Variables
from console.ports import SourceError
from console.readings import Problem
from data.http import Limits
from data.vercel.host import VercelHost
from tests.data import hosts
from tests.data.hosts import EPOCH, Step, drops, large, says, transport, truncates
from tests.data.vercel import documents as doc
from tests.data.vercel import documents_host as more
from tests.data.vercel.hosting import host_at, hosting
from tests.data.vercel.test_client import TOKEN

READS: dict[str, Callable[[Host], Awaitable[object]]] = {
    "candidates": lambda host: host.candidates(),
    "rollback_candidates": lambda host: host.rollback_candidates(),
    "checks": lambda host: host.checks("dpl_2"),
    "detail": lambda host: host.detail("dpl_2"),
    "slots": lambda host: host.slots(),
    "variables": lambda host: host.variables(),
    "skew": lambda host: host.skew_protection_s(),
    "moving": lambda host: host.moving_aliases("dpl_2"),
    "moves": lambda host: host.alias_moves("rollback", failed_only=False),
    "serving": lambda host: host.serving("shop.example"),
}


def nothing(kind: str) -> Step:
    return says(more.page(kind, []))


# --- deployments to choose from ---------------------------------------------------------------


async def test_candidates() -> None:
    async with hosting(says(more.DEPLOYMENTS)) as (there, host):
        newest, older = await host.candidates(target="production", limit=20)
    [asked] = there.asked
    assert asked.path == "/v7/deployments"
    assert asked.query == {"projectId": "prj_1", "target": "production", "limit": "20", "teamId": "team_1"}
    assert newest == Candidate(
        deployment=Deployment(
            id="dpl_2",
            url="shop-2.vercel.app",
            name="shop",
            created_at=1795000002000,
            ready_state="READY",
            target="production",
            commit_sha="4f2c9be",
            commit_message="Cache the cart",
            author="Ada L.",
        ),
        branch="feature/cart",
        substate="STAGED",
        rollback_candidate=False,
        checks_state="completed",
        checks_conclusion="succeeded",
        checks_alias_state="pending",
        creator="ada",
        source="git",
    )
    assert (older.substate, older.rollback_candidate) == ("PROMOTED", True)


async def test_rollback_candidates_are_asked_for_as_such() -> None:
    async with hosting(says(more.DEPLOYMENTS)) as (there, host):
        assert [one.deployment.id for one in await host.rollback_candidates(5)] == ["dpl_2", "dpl_1"]
    assert there.asked[0].query == {
        "projectId": "prj_1",
        "rollbackCandidate": "true",
        "limit": "5",
        "teamId": "team_1",
    }


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"errorMessage": "Command failed", "errorCode": "BUILD"}, "Command failed"),
        ({"errorCode": "BUILD"}, "BUILD"),
        ({"aliasError": {"code": "conflict", "message": "Domain is taken"}}, "Domain is taken"),
        ({"aliasError": {"code": "conflict"}}, "conflict"),
        ({"aliasError": None}, None),
    ],
)
async def test_why_a_deployment_cannot_be_chosen(said: dict[str, Any], expected: str | None) -> None:
    async with hosting(says(more.page("deployments", [more.listed(1, **said)]))) as (_, host):
        [found] = await host.candidates()
    assert found.error == expected


async def test_a_bare_deployment_and_one_of_next_year() -> None:
    bare = {"uid": "dpl_1", "state": "QUEUED", "gitSource": {"ref": "main"}}
    later = more.listed(2, readySubstate="TELEPORTED", softDeletedByRetention=True, isRollbackCandidate=True)
    async with hosting(says({"deployments": [bare, later]})) as (_, host):
        first, second = await host.candidates()
    assert (first.deployment.ready_state, first.branch) == ("QUEUED", "main")
    assert first.rollback_candidate is None
    assert second.substate is None
    assert second.rollback_candidate is False


@pytest.mark.parametrize(("limit", "sizes"), [(30, [30]), (100, [100]), (230, [100, 100, 30]), (0, [])])
async def test_no_more_is_asked_for_than_wanted(limit: int, sizes: list[int]) -> None:
    async def page(request: Any) -> Any:
        start = int(request.query.get("until", 1000))
        numbers = range(start, start - int(request.query["limit"]), -1)
        items = [more.listed(number) for number in numbers]
        return await says(more.page("deployments", items, numbers[-1] - 1))(request)

    async with hosting(page) as (there, host):
        found = await host.candidates(limit=limit)
    assert [int(asked.query["limit"]) for asked in there.asked] == sizes
    assert [one.deployment.id for one in found] == [f"dpl_{1000 - n}" for n in range(limit)]


async def test_a_host_that_sends_more_than_asked_for_is_cut() -> None:
    many = more.page("deployments", [more.listed(n) for n in range(9)], 17)
    async with hosting(says(many)) as (there, host):
        assert len(await host.candidates(limit=4)) == 4
    assert len(there.asked) == 1


async def test_where_the_host_takes_no_name_its_id_is_found_first() -> None:
    async with hosting(says(more.DEPLOYMENTS), project="shop") as (there, host):
        there.routes["/v9/projects/shop"] = says(doc.PROJECT)
        there.routes["/v4/aliases"] = says(more.ALIASES)
        await host.candidates()
        await host.moving_aliases("dpl_2")
    assert [asked.path for asked in there.asked] == ["/v9/projects/shop", "/v7/deployments", "/v4/aliases"]
    assert {asked.query["projectId"] for asked in there.asked[1:]} == {"prj_1"}


# --- checks -------------------------------------------------------------------------------------

OLD, NEW = "/v1/deployments/dpl_2/checks", "/v2/deployments/dpl_2/check-runs"


async def checks_of(old: Step, new: Step) -> list[Check]:
    async with hosting(says("?", 500)) as (there, host):
        there.routes |= {OLD: old, NEW: new}
        return await host.checks("dpl_2")


async def test_checks_of_both_kinds() -> None:
    found = await checks_of(says(more.CHECKS), says(more.RUNS))
    assert found == [
        Check(
            "check_1",
            "Lighthouse",
            "completed",
            "failed",
            True,
            url="https://checks.example/1",
            created_at=EPOCH,
        ),
        Check("check_2", "Links", "running", None, False),
        Check(
            "run_1",
            "e2e",
            "completed",
            "succeeded",
            True,
            "deployment-promotion",
            "https://ci.example/1",
            2,
            created_at=EPOCH + 1,
        ),
    ]
    assert [check.red for check in found] == [True, False, False]


@pytest.mark.parametrize("blocks", [None, "", "none"])
async def test_a_run_that_blocks_nothing(blocks: str | None) -> None:
    quiet = more.run(1, blocks=blocks, status="queued", conclusion=None)
    [found] = await checks_of(says({"checks": []}), says({"runs": [quiet]}))
    assert (found.blocking, found.red) == (False, False)


async def test_a_rerun_takes_the_place_of_the_run_before_it() -> None:
    runs = [
        more.run(3, checkId="chk_2", status="running", conclusion=None),
        more.run(2),
        more.run(1, conclusion="failed"),
        more.run(4, checkId=None, conclusion="failed"),
        more.run(5, checkId=None),
    ]
    found = await checks_of(says({"checks": []}), says({"runs": runs}))
    assert sorted((one.id, one.red) for one in found) == [
        ("run_2", False),
        ("run_3", True),
        ("run_4", True),
        ("run_5", False),
    ]


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_a_kind_that_the_account_has_not_is_no_failure(status: int) -> None:
    no = says({"error": {"code": "x"}}, status)
    assert [one.version for one in await checks_of(says(more.CHECKS), no)] == [1, 1]
    assert [one.version for one in await checks_of(no, says(more.RUNS))] == [2]
    with pytest.raises(SourceError):
        await checks_of(no, no)


@pytest.mark.parametrize(
    "step",
    [
        says("x", 500),
        says({"error": {}}, 401),
        says({"error": {"invalidToken": True}}, 403),
        says("<html>"),
        drops,
    ],
)
async def test_half_of_the_checks_never_pass_for_all(step: Step) -> None:
    no = says({"error": {}}, 404)
    for old, new in ((says(more.CHECKS), step), (step, says(more.RUNS)), (no, step), (step, no)):
        with pytest.raises(SourceError):
            await checks_of(old, new)


# --- plan and project -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (more.BILLING, Slots("available_slots", 3, "3 of 5 left")),
        (
            {"availableSlots": "unlimited", "reason": "unlimited_slots", "message": "m"},
            Slots("unlimited_slots", None, "m"),
        ),
        (
            {"availableSlots": 0, "reason": "no_available_slots", "enabledProjects": ["a"], "message": "m"},
            Slots("no_available_slots", 0, "m"),
        ),
        ({"reason": "plan_not_supported"}, Slots("plan_not_supported", 0)),
        ({"reason": "plan_not_supported", "availableSlots": 1}, Slots("plan_not_supported", 0)),
    ],
)
async def test_slots(said: object, expected: Slots) -> None:
    async with hosting(says(said)) as (there, host):
        assert await host.slots() == expected
    assert there.asked[0].path == "/v1/projects/prj_1/rolling-release/billing"


@pytest.mark.parametrize(
    "said",
    [{"reason": "available_slots"}, {"reason": "available_slots", "availableSlots": "unlimited"}],
)
async def test_a_number_that_is_missing_does_not_mean_unlimited(said: object) -> None:
    async with hosting(says(said)) as (_, host):
        with pytest.raises(SourceError) as raised:
            await host.slots()
    assert raised.value.problem.kind == "garbage"


@pytest.mark.parametrize(
    ("said", "expected"),
    [({"skewProtectionMaxAge": 43200}, 43200), ({}, None), ({"skewProtectionMaxAge": 0}, None)],
)
async def test_skew_protection(said: dict[str, Any], expected: int | None) -> None:
    async with hosting(says({**doc.PROJECT, **said})) as (_, host):
        assert await host.skew_protection_s() == expected


# --- domains ----------------------------------------------------------------------------------------


async def test_the_domains_that_would_move_are_all_read() -> None:
    async def page(request: Any) -> Any:
        number = {"b": 1, "c-2": 2}.get(request.query.get("until", ""), 0)
        names = [more.alias(f"{number}-{n}.shop.example") for n in range(3)]
        return await says(more.page("aliases", names, ["b", "c-2", None][number]))(request)

    async with hosting(page) as (there, host):
        found = await host.moving_aliases("dpl_2")
    assert found == [f"{number}-{n}.shop.example" for number in range(3) for n in range(3)]
    assert {asked.path for asked in there.asked} == {"/v4/aliases"}
    assert there.asked[0].query == {
        "rollbackDeploymentId": "dpl_2",
        "projectId": "prj_1",
        "limit": "100",
        "teamId": "team_1",
    }
    assert [asked.query.get("until") for asked in there.asked] == [None, "b", "c-2"]


async def test_pages_without_an_end_are_said_not_cut() -> None:
    circle = more.page("aliases", [more.alias("shop.example")], 7)
    async with hosting(says(circle)) as (there, host):
        with pytest.raises(SourceError) as raised:
            await host.moving_aliases("dpl_2")
    assert raised.value.problem.kind == "garbage"
    assert len(there.asked) == 2

    async def another(request: Any) -> Any:
        following = int(request.query.get("until", "0")) + 1
        return await says(more.page("aliases", [more.alias("shop.example")], following))(request)

    async with hosting(another) as (there, host):
        with pytest.raises(SourceError) as raised:
            await host.moving_aliases("dpl_2")
    assert raised.value.problem.kind == "too_large"
    assert len(there.asked) <= 100


@pytest.mark.parametrize("kind", ["promote", "rollback"])
async def test_the_domains_of_a_job(kind: Any) -> None:
    async with hosting(says(more.MOVES)) as (there, host):
        assert await host.alias_moves(kind, failed_only=False) == [
            AliasMove("shop.example", "completed"),
            AliasMove("www.shop.example", "failed"),
        ]
        assert await host.alias_moves(kind, failed_only=True) == [AliasMove("www.shop.example", "failed")]
    assert {asked.path for asked in there.asked} == {f"/v9/projects/prj_1/{kind}/aliases"}
    assert [asked.query.get("failedOnly") for asked in there.asked] == [None, "true"]


async def test_what_a_domain_serves() -> None:
    async with hosting(says(more.ALIAS)) as (there, host):
        assert await host.serving("shop.example") == "dpl_base"
        there.says(says(more.alias("old.example", deploymentId=None, redirect="shop.example")))
        assert await host.serving("old.example") is None
        there.says(says({"error": {"code": "not_found"}}, 404))
        with pytest.raises(SourceError) as raised:
            await host.serving("gone.example")
    assert raised.value.problem.kind == "not_found"
    assert "gone.example" in raised.value.problem.what
    assert there.asked[0].path == "/v4/aliases/shop.example"


async def test_variables_come_without_their_values() -> None:
    async with hosting(says(more.ENVS)) as (there, host):
        found = await host.variables()
    assert found == Variables(
        (
            Variable("NEXT_PUBLIC_SEARCH", "plain", ("production", "preview"), 1795000000000, 1795000001000),
            Variable("BANNER", "encrypted", ("preview",), None, None, "feature/cart"),
        )
    )
    [asked] = there.asked
    assert (asked.path, asked.query) == ("/v10/projects/prj_1/env", {"teamId": "team_1"})
    assert "eyJ2" not in repr(found)
    part = more.ENVS | {"pagination": {"count": 2, "next": 1795000000000, "prev": None}}
    async with hosting(says(part)) as (_, host):
        assert not (await host.variables()).whole


# --- what could not be read -------------------------------------------------------------------------


async def failure(host: VercelHost, read: str) -> Problem:
    with pytest.raises(SourceError) as raised:
        await READS[read](host)
    assert TOKEN not in f"{raised.value}{raised.value!r}"
    assert raised.value.problem.what.endswith(".")
    assert raised.value.problem.next.endswith(".")
    return raised.value.problem


@pytest.mark.parametrize("read", list(READS))
@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (says({"error": {"code": "forbidden", "message": TOKEN}}, 401), "unauthorised"),
        (says({"error": {"code": "payment_required", "message": "Upgrade"}}, 402), "payment_required"),
        (says({"error": {"code": "forbidden", "message": "No access"}}, 403), "forbidden"),
        (says({"error": {"code": "not_found", "message": "Not found"}}, 410), "not_found"),
        (says({"err": "slow down"}, 429), "rate_limited"),
        (says("<html>Bad gateway</html>", 502), "server_error"),
        (says("<html>hello</html>"), "garbage"),
        (says(b"[" * 5000), "garbage"),
        (says([]), "garbage"),
        (truncates(), "unreachable"),
        (drops, "unreachable"),
        (large(10), "too_large"),
    ],
)
async def test_every_bad_answer_is_a_problem_in_words(read: str, step: Step, kind: str) -> None:
    async with hosting(step) as (_, host):
        assert (await failure(host, read)).kind == kind


@pytest.mark.parametrize("wrong", ["", ".", ".."])
async def test_an_id_that_cannot_be_one_asks_nothing(wrong: str) -> None:
    async with hosting(says({})) as (there, host):
        for read in (host.checks(wrong), host.serving(wrong)):
            with pytest.raises(SourceError) as raised:
                await read
            assert raised.value.problem.kind == "unconfigured"
        with pytest.raises(SourceError):
            [_ async for _ in host.build_log(wrong, follow=True)]
    assert not there.asked


async def test_strange_text_stays_inside_its_place() -> None:
    async with hosting(says(more.ALIAS)) as (there, host):
        await host.serving("../../v2/user?x=1#\x1b")
        assert there.asked[0].path == "/v4/aliases/../../v2/user?x=1#\x1b"
        assert there.asked[0].query == {"teamId": "team_1"}
        there.says(nothing("aliases"))
        await host.moving_aliases("dpl_2&projectId=prj_other")
    assert there.asked[1].query["rollbackDeploymentId"] == "dpl_2&projectId=prj_other"
    assert there.asked[1].query["projectId"] == "prj_1"


async def test_it_is_the_whole_host_and_needs_no_team() -> None:
    async with hosts.host() as there, transport(limits=Limits(retries=0)) as asking:
        there.says(says(more.BILLING))
        whole: Host = host_at(there, asking, team=None)
        assert (await whole.slots()).available == 3
    assert there.asked[0].query == {}
