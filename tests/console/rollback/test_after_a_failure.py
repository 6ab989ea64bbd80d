"""After a failure, with real consoles and the simulated host: go on without a step, or undo what was done."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.outcome import End
from console.rollback import happened as h
from console.rollback.making import Wishes, planned
from console.rollback.request import State
from console.rollback.undoing import undo
from tests.console.consoles import Console
from tests.console.rollback.people import ASKING, PEOPLE, Office, asked_for, office, seen
from tests.console.rollback.test_requests import CALM, rollbacks

pytestmark = pytest.mark.slow
FLAG = "new-cart"
WIDE = "applies_to: {action: [start, advance, complete, promote, thaw, configure]}\n    roles: [devops]\n"
PROMOTING = ASKING.replace(
    f"{WIDE}    approvals: 0",
    f"{WIDE.replace(' thaw,', '')}    approvers: [qa]\n    approvals: 1\n    signature: required\n"
    "  thawing:\n    applies_to: {action: [thaw]}\n    roles: [devops]\n    approvals: 0",
)
"""The same, where what widens needs bo, too."""


def promotes(effects: list[str]) -> list[str]:
    return [path for path in effects if "/promote/" in path]


async def flag_and(scene: Office, one: Console, verb: str = "rollback", target: str | None = None) -> str:
    """An approved request: the new cart off, then ``verb``; nobody carries it out by itself. Its name."""
    production, room = one.session.production, one.session.requests()
    if target is None:
        serving = (await production.project()).serving_id
        fit = await production.candidates(for_rollback=True)
        target = next(c.deployment.id for c in fit if c.deployment.id != serving)
    plan, shown = await planned(one.session, Wishes(verb, target, (FLAG,)))
    asked = await room.ask(plan, shown, "errors at checkout", wait=True)
    name = asked.says.split()[0]
    assert (await scene.answer(room, name, "bo")).end is End.DONE, asked
    return name


async def test_without_the_step_that_the_host_refused_the_rest_is_done(tmp_path: Path) -> None:
    people = PEOPLE.replace("jo: {name: Jo, roles: [devops]", "jo: {name: Jo, roles: [development]")
    async with office(tmp_path, people=people, speed=CALM) as scene:
        ana = await scene.of("ana")
        room, name = ana.session.requests(), await flag_and(scene, ana)
        scene.fault(FLAG, "status", status=403, method="PATCH")
        outcome = await room.execute(name)
        assert f"coalmine rollback execute {name} --skip REASON" in outcome.next
        jo = await scene.of("jo")
        refused = await jo.session.requests().execute(name, skip="I am in a hurry")
        assert "lets one of devops, incident-response carry it out; jo is none" in refused.says
        assert rollbacks(scene.effects()) == []
        outcome = await room.execute(name, skip="the flag is another team's")
        assert "step 1 was left out by ana: the flag is another team's" in outcome.says
        assert "3 of 3 domains serve" in outcome.says
        assert len(rollbacks(scene.effects())) == 1
        assert (await seen(room, name)).state is State.PARTIALLY_DONE
        [skipped] = ana.recorded(h.StepSkipped)
        assert (skipped.index, skipped.person) == (0, "ana")


async def test_a_freeze_stops_what_comes_after_a_step_that_was_left_out(tmp_path: Path) -> None:
    async with office(tmp_path, policy=PROMOTING, speed=CALM) as scene:
        scene.act("abort", "jo")
        ana = await scene.of("ana")
        room, production = ana.session.requests(), ana.session.production
        serving = (await production.project()).serving_id
        fit = await production.candidates(for_rollback=True)
        other = next(c.deployment.id for c in fit if c.deployment.id != serving)
        name = await flag_and(scene, ana, "promote", other)
        scene.fault(FLAG, "status", status=403, method="PATCH")
        await room.execute(name)
        assert (await ana.session.arm("on call", 60)).end is End.DONE
        assert (await production.freeze("until the sale is over")).end is End.DONE
        outcome = await room.execute(name, skip="the flag is another team's")
        assert "froze changes" in outcome.says, outcome
        assert promotes(scene.effects()) == []
        assert (await seen(room, name)).state is State.FAILED


async def test_what_was_done_is_undone_as_a_request_of_its_own_the_last_step_first(tmp_path: Path) -> None:
    async with office(tmp_path, policy=PROMOTING, speed=CALM) as scene:
        scene.act("abort", "jo")
        ana = await scene.of("ana")
        room, desk = ana.session.requests(), ana.session.flags()
        before = (await ana.session.production.project()).serving_id
        raw = (await desk.provider.get(FLAG)).flag.raw["environments"]["production"]
        name = await flag_and(scene, ana)
        assert (await undo(ana.session, name, "it was not that")).says == (
            f"{name} is approved: nothing was done by it."
        )
        assert (await room.execute(name)).end is End.DONE
        asked = await undo(ana.session, name, "it was not that", wait=True)
        assert asked.end is End.AWAITING, asked
        again = await undo(ana.session, name, "it was not that")
        assert "RB-2 asks for exactly that already" in again.says
        view = await seen(room, "RB-2")
        assert view.plan is not None
        assert [step.policy_name[0] for step in view.plan.steps] == ["promote", "flag"]
        assert view.request.opened.title == "UNDO RB-1: 2 of 2 steps"
        assert "Nothing was sent" in asked.says
        assert promotes(scene.effects()) == []
        own = await scene.answer(room, "RB-2", "ana")
        assert "Nobody approves what they asked for" in own.says
        early = await room.execute("RB-2")
        assert (early.end, promotes(scene.effects())) == (End.REFUSED_HERE, [])

        assert (await ana.session.arm("on call", 60)).end is End.DONE
        assert (await ana.session.production.freeze("until the sale is over")).end is End.DONE
        assert (await scene.answer(room, "RB-2", "bo")).end is End.DONE
        frozen = await room.execute("RB-2")
        assert "froze changes" in frozen.says, frozen
        assert promotes(scene.effects()) == []
        assert (await ana.session.production.thaw("it is over")).end is End.DONE
        done = await room.execute("RB-2", again=True)
        assert done.end is End.DONE, done
        [sent] = promotes(scene.effects())
        assert sent.endswith(str(before))
        after = (await desk.provider.get(FLAG)).flag.raw["environments"]["production"]
        assert {**after, "revision": 0} == {**raw, "revision": 0}


async def test_what_cannot_be_undone_is_said_and_left_out(tmp_path: Path) -> None:
    async with office(tmp_path, speed=CALM) as scene:
        ana = await scene.of("ana")
        room = ana.session.requests()
        plan, shown = await planned(ana.session, Wishes("abort", None, (FLAG,)))
        asked = await room.ask(plan, shown, "errors at checkout", wait=True)
        assert (await room.execute(asked.next)).end is End.DONE
        undone = await undo(ana.session, asked.next, "it was not that", wait=True)
        view = await seen(room, undone.next)
        assert view.plan is not None
        assert [step.policy_name[0] for step in view.plan.steps] == ["flag"]
        left = view.request.opened.not_covered[0]
        assert left.startswith("step 2 of RB-1 stays (abort the rolling release")
        assert "start it anew" in left
        assert (await room.execute(undone.next)).end is End.DONE
        third = await undo(ana.session, asked.next, "once more")
        assert "has been changed since" in third.says or "Nothing of RB-1 can be undone" in third.says


async def test_what_production_no_longer_is_is_not_undone(tmp_path: Path) -> None:
    async with office(tmp_path, speed=CALM) as scene:
        ana = await scene.of("ana")
        name, room = await asked_for(ana), ana.session.requests()
        assert (await undo(ana.session, "RB-9", "x")).says == "There is no request RB-9."
        assert (await undo(ana.session, name, " ")).says == "A reason is required."
        assert (await scene.answer(room, name, "bo", "deny", "no")).end is End.DONE
        assert "nothing was done by it" in (await undo(ana.session, name, "x")).says
