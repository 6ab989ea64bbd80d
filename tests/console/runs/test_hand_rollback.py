"""Rollback steps on the real simulator: asked for once, approved by others, carried out, followed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from console.authorise import Allowed
from console.gate import Given
from console.outcome import End
from console.planning import Choice
from console.playbooks.model import Plain
from console.policy import SHIPPED_POLICY
from console.rollback.request import State
from console.runs.doing import Done, Task
from tests.console.consoles import Console, until
from tests.console.rollback.people import Office, office, seen
from tests.console.runs.stepping import Driver, driver, task
from tests.console.runs.test_hand_flag import served, waited_for

pytestmark = pytest.mark.slow


def rolling_back(
    to: str,
    *,
    attempt: int = 1,
    person: str = "ana",
    deadline: int | None = None,
    left: str = "",
    **fields: Plain,
) -> Task:
    words: dict[str, Plain] = {
        "scope": "code",
        "to": to,
        "approval": {"policy": "rollback", "expires": "15m"},
        "reason": "errors at checkout",
        **({"from": left} if left else {}),
        **fields,
    }
    return task("rollback", words, attempt=attempt, person=person, deadline=deadline)


async def earlier(one: Console) -> str:
    """A deployment that production can go back to."""
    production = one.session.production
    serving = (await production.project()).serving_id
    fit = await production.candidates(for_rollback=True)
    return next(each.deployment.id for each in fit if each.deployment.id != serving)


async def serving(one: Console) -> str | None:
    return (await one.session.production.project()).serving_id


async def begun(at: Driver, it: Task) -> tuple[asyncio.Future[Done], str]:
    """The step, under way, and the request that it has opened."""
    assert await at.agree(it) is None
    doing = asyncio.ensure_future(at.do(it))
    await until(lambda: doing.done() or at.console.session.requests().desk.counting.ids(), "a request")
    assert not doing.done(), doing.result()
    return doing, await waited_for(at.console)


async def answered(
    scene: Office, one: Console, name: str, person: str = "bo", decision: str = "approve"
) -> None:
    outcome = await scene.answer(one.session.requests(), name, person, decision)  # type: ignore[arg-type]
    assert outcome.end is End.DONE, outcome


async def test_asked_for_approved_carried_out_and_verified(tmp_path: Path) -> None:
    async with office(tmp_path) as scene:
        scene.act("abort")
        one = await scene.of("ana")
        target, at = await earlier(one), driver(one)
        it = rolling_back(target)
        lines = await at.would(it)
        assert any(target in line for line in lines)
        assert "approval by rule rollback: 1 of: devops, qa" in lines
        unconfirmed = await at.do(it)
        assert (unconfirmed.ended, one.session.requests().desk.counting.ids()) == ("ask", [])
        doing, name = await begun(at, it)
        view = await seen(one.session.requests(), name)
        assert view.request.submitted is not None
        assert view.request.submitted.reason == "errors at checkout [RUN-1/a-rollback/1]"
        await until(
            lambda: any("1 more approval of: devops, qa" in said for said in at.said), "the waiting told"
        )
        assert scene.effects() == []
        await answered(scene, one, name)
        done = await doing
        assert (done.ended, done.links) == ("succeeded", (("request", name),)), done
        assert done.undo == f"coalmine rollback undo {name} --reason REASON"
        assert any("approved by bo (signed)" in line for line in done.evidence)
        assert await serving(one) == target
        assert (await at.do(it)).ended == (await at.resume(it)).ended == "succeeded"
        assert len(scene.effects()) == 1
        assert one.session.requests().desk.counting.ids() == [name]
        there = await at.do(rolling_back(target, attempt=2))
        assert "serves" in there.says
        assert len(scene.effects()) == 1


async def test_from_a_rolling_release_to_its_baseline(tmp_path: Path) -> None:
    """As the shipped playbook has it: from the canary, to the baseline."""
    async with office(tmp_path) as scene:
        one = await scene.of("ana")
        release = (await one.session.production.situation("rollback")).release
        assert release is not None
        assert release.baseline is not None
        assert release.canary is not None
        at, it = driver(one), rolling_back(release.baseline.id, left=release.canary.id)
        doing, name = await begun(at, it)
        view = await seen(one.session.requests(), name)
        assert [rule for rule, _ in view.rules] == ["stop-harm", "rollback"], "both are met"
        assert view.state is State.AWAITING_APPROVAL
        await answered(scene, one, name)
        assert (await doing).ended == "succeeded"
        after = (await one.session.production.situation("rollback")).release
        assert after is not None
        assert not after.active
        assert await serving(one) == release.baseline.id


async def test_a_no_ends_it(tmp_path: Path) -> None:
    async with office(tmp_path) as scene:
        scene.act("abort")
        one = await scene.of("ana")
        at, it = driver(one), rolling_back(await earlier(one))
        doing, name = await begun(at, it)
        await answered(scene, one, name, "jo", "deny")
        done = await doing
        assert (done.ended, done.undo) == ("failed", "")
        assert done.says == f"{name} is denied: jo, seen it"
        assert any(line.startswith("production serves ") for line in done.evidence)
        assert (await at.resume(it)).ended == "failed"
        assert scene.effects() == []


async def test_nobody_in_time_and_a_late_yes_carries_nothing_out(tmp_path: Path) -> None:
    """``expires`` is shorter than what the policy gives; it is part of what is signed."""
    async with office(tmp_path) as scene:
        scene.act("abort")
        one = await scene.of("ana")
        it = rolling_back(await earlier(one), approval={"policy": "rollback", "expires": "2m"})
        doing, name = await begun(driver(one), it)
        submitted = (await seen(one.session.requests(), name)).request.submitted
        assert submitted is not None
        assert submitted.approve_by - scene.clock.now() <= 120_000
        scene.sim.clock.advance(121)
        done = await doing
        assert (done.ended, scene.effects()) == ("timed_out", [])
        refused = await scene.answer(one.session.requests(), name, "bo")
        assert (refused.end, scene.effects()) == (End.REFUSED_HERE, [])


async def test_more_time_than_the_policy_gives_is_not_to_be_had(tmp_path: Path) -> None:
    async with office(tmp_path) as scene:
        scene.act("abort")
        one = await scene.of("ana")
        it = rolling_back(await earlier(one), approval={"policy": "rollback", "expires": "7d"})
        doing, name = await begun(driver(one), it)
        submitted = (await seen(one.session.requests(), name)).request.submitted
        assert submitted is not None
        assert submitted.approve_by - scene.clock.now() <= 15 * 60_000
        scene.sim.clock.advance(15 * 60 + 1)
        assert (await doing).ended == "timed_out"


async def test_when_its_time_is_over_it_is_withdrawn(tmp_path: Path) -> None:
    async with office(tmp_path) as scene:
        scene.act("abort")
        one = await scene.of("ana")
        target = await earlier(one)
        at = driver(one)
        late = await at.agreed(rolling_back(target, deadline=scene.clock.now() - 1))
        assert (late.ended, one.session.requests().desk.counting.ids()) == ("timed_out", [])
        it = rolling_back(target, attempt=2, deadline=scene.clock.now() + 3_600_000)
        doing, name = await begun(at, it)
        doing.cancel()
        await asyncio.wait([doing])
        hurried = rolling_back(target, attempt=2, deadline=scene.clock.now() - 1)
        done = await at.resume(hurried)
        assert (done.ended, scene.effects()) == ("timed_out", [])
        assert (await seen(one.session.requests(), name)).state is State.WITHDRAWN


async def test_cancelled_while_it_waits_it_goes_on_waiting_when_resumed(tmp_path: Path) -> None:
    async with office(tmp_path) as scene:
        scene.act("abort")
        one, other = await scene.of("ana"), await scene.of("jo")
        target = await earlier(one)
        it = rolling_back(target)
        doing, name = await begun(driver(one), it)
        doing.cancel()
        await asyncio.wait([doing])
        assert (await seen(one.session.requests(), name)).state is State.AWAITING_APPROVAL
        taken_over = asyncio.ensure_future(driver(other).resume(rolling_back(target, person="jo")))
        await answered(scene, one, name)
        done = await taken_over
        assert (done.ended, len(scene.effects()), await serving(one)) == ("succeeded", 1, target)
        assert other.session.requests().desk.counting.ids() == [name]


async def test_resumed_without_a_request_it_asks(tmp_path: Path) -> None:
    async with office(tmp_path) as scene:
        scene.act("abort")
        one = await scene.of("ana")
        at, target = driver(one), await earlier(one)
        done = await at.resume(rolling_back(target))
        assert (done.ended, one.session.requests().desk.counting.ids()) == ("ask", [])
        there = await serving(one)
        assert (await at.resume(rolling_back(there or ""))).ended == "succeeded"


@pytest.mark.parametrize("made", [True, False])
async def test_a_cut_connection_is_found_out(tmp_path: Path, made: bool) -> None:
    async with office(tmp_path) as scene:
        scene.act("abort")
        one = await scene.of("ana")
        at, it = driver(one), rolling_back(await earlier(one))
        doing, name = await begun(at, it)
        scene.fault("/rollback/", "drop", effect="done" if made else "none")
        await answered(scene, one, name)
        done = await doing
        assert done.ended == ("succeeded" if made else "failed"), done
        assert len(scene.effects()) == 1
        assert (await at.resume(it)).ended == done.ended
        assert len(scene.effects()) == 1


async def test_production_that_moved_is_not_rolled_back(tmp_path: Path) -> None:
    async with office(tmp_path) as scene:
        scene.act("abort")
        one = await scene.of("ana")
        production = one.session.production
        fit = [each.deployment.id for each in await production.candidates(for_rollback=True)]
        first, second = [each for each in fit if each != await serving(one)][:2]
        at = driver(one)
        doing, name = await begun(at, rolling_back(first))
        preview = await one.session.preview("rollback", Choice(second))
        assert preview.action.NAME == "rollback"
        allowed = Allowed("rollback", "ana", "the test's own")
        moved = await one.session._gate.with_authority(preview.action, Given("somebody else", ()), allowed)
        assert moved.end is End.DONE, moved
        await scene.answer(one.session.requests(), name, "bo")
        done = await doing
        assert (done.ended, len(scene.effects()), await serving(one)) == ("failed", 1, second)


async def test_nobody_else_is_wanted_by_the_policy_then_it_wants_an_armed_session(tmp_path: Path) -> None:
    async with office(tmp_path, policy=SHIPPED_POLICY) as scene:
        scene.act("abort")
        one = await scene.of("ana")
        at, it = driver(one), rolling_back(await earlier(one))
        unarmed = await at.agreed(it)
        assert (unarmed.ended, "read-only" in unarmed.says, scene.effects()) == ("ask", True, [])
        assert one.session.requests().desk.counting.ids() == []
        await one.session.arm("on call", 60)
        done = await at.agreed(it)
        assert (done.ended, len(scene.effects())) == ("succeeded", 1)


async def test_a_flag_of_a_feature_goes_back(tmp_path: Path) -> None:
    async with office(tmp_path) as scene:
        one = await scene.of("ana")
        await one.session.arm("on call", 60)
        at = driver(one)
        it = rolling_back("off", scope="feature", left="new-cart", approval={"policy": "stop-harm"})
        assert (await at.hands.by_kind["rollback"].consent(it)).word is None
        done = await at.do(it)
        assert (done.ended, served(scene)) == ("succeeded", (False, "off")), done
        wide = rolling_back(
            "hybrid", attempt=2, scope="feature", left="search-ranking", approval={"policy": "flags"}
        )
        assert (await at.do(wide)).ended == "ask"
        assert (await at.agreed(wide)).ended == "succeeded"
        assert served(scene, "search-ranking") == (False, "hybrid")


async def test_a_store_goes_back_to_its_backup(tmp_path: Path) -> None:
    async with office(tmp_path) as scene:
        one = await scene.of("ana")
        await one.session.arm("on call", 60)
        at = driver(one)
        it = rolling_back(
            "bak_000002", scope="config", left="shop-config", approval={"policy": "all-traffic"}
        )
        assert any("shop-config" in line for line in await at.would(it))
        done = await at.agreed(it)
        assert done.ended == "succeeded", done
        assert (await at.resume(it)).ended == "succeeded"
        sent = [each.path for each in scene.sim.journal.entries if each.path.endswith("/restore")]
        assert len(sent) == 1
