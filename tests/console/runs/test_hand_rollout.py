"""Rollout steps on the real simulator: hold and thaw, advance, complete, abort; refused, cut off, resumed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from console import events
from console.outcome import End
from console.runs.doing import Task
from console.runs.marks import marked
from data.simulator.control import truth_of
from tests.console.consoles import Consoles, consoles
from tests.console.rollback.people import ASKING, office
from tests.console.runs.stepping import driver, task
from tests.console.runs.test_hand_flag import waited_for

pytestmark = pytest.mark.slow


def rollout(verb: str, *, attempt: int = 1, person: str = "ana", step: str = "", **fields: object) -> Task:
    words = {"do": verb, "reason": "errors at checkout", **fields}
    return task("rollout", words, attempt=attempt, person=person, step=step or verb)  # type: ignore[arg-type]


def stands(scene: Consoles) -> tuple[str, int | None]:
    release = truth_of(scene.sim.world, 1.0).release
    assert release is not None
    return release.state, release.active_stage_index


async def test_hold_stops_what_widens_and_thaw_ends_it(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.armed()
        at = driver(one)
        assert "freezes changes" in (await at.would(rollout("hold")))[0]
        done = await at.do(rollout("hold"))
        assert (done.ended, done.undo) == ("succeeded", "coalmine release thaw --reason REASON")
        [frozen] = one.recorded(events.ReleaseFrozen)
        assert frozen.reason == "errors at checkout [RUN-1/hold/1]"
        for again in (await at.do(rollout("hold")), await at.resume(rollout("hold"))):
            assert (again.ended, again.undo) == (done.ended, done.undo)
        other = await at.do(rollout("hold", attempt=2))
        assert (other.ended, other.undo) == ("succeeded", ""), "it was not this attempt that froze"
        advance = rollout("advance")
        refused = await at.agreed(advance)
        assert (refused.ended, scene.effects()) == ("failed", [])
        assert "froze changes" in refused.says
        assert (await at.do(rollout("thaw"))).ended == "succeeded"
        assert len(one.recorded(events.ReleaseFrozen)) == 1
        assert (await at.resume(rollout("hold"))).ended == "succeeded", "it was held, whatever came later"
        assert (await at.resume(rollout("hold", attempt=2))).ended == "ask"
        assert len(one.recorded(events.ReleaseFrozen)) == 1


async def test_what_may_be_done_twice_is_done_where_it_never_was(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.armed()
        at = driver(one)
        assert (await at.resume(rollout("hold"))).ended == "ask"
        assert one.recorded(events.ReleaseFrozen) == []
        assert (await at.resume(rollout("hold", idempotent=True))).ended == "succeeded"
        assert len(one.recorded(events.ReleaseFrozen)) == 1
        wide = rollout("advance", idempotent=True)
        assert (await at.do(rollout("thaw"))).ended == "succeeded"
        assert (await at.resume(wide)).ended == "ask", "an old word is no consent"
        assert scene.effects() == []


async def test_advance_goes_to_the_stage_that_it_names(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.armed()
        at = driver(one)
        far = await at.agreed(rollout("advance", stage=50))
        assert (far.ended, scene.effects()) == ("failed", [])
        assert "the next stage is 25 %, and not 50 %" in far.says
        it = rollout("advance", stage=25)
        waiting = await at.do(it)
        assert (waiting.ended, "'25' to be typed" in waiting.says, scene.effects()) == ("ask", True, [])
        assert await at.agree(it, "24") is not None
        assert (await at.agreed(it)).ended == "succeeded"
        assert stands(scene) == ("ACTIVE", 1)
        assert (await at.do(it)).ended == "succeeded"
        assert (await at.resume(it)).ended == "succeeded"
        there = await at.do(rollout("advance", stage=25, attempt=2))
        assert "is at 25 % already" in there.says
        assert len(scene.effects()) == 1
        [intent] = one.recorded(events.ActionIntended)
        assert intent.reason == "errors at checkout [RUN-1/advance/1]"


async def test_a_consent_to_one_stage_is_none_to_the_next(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        at, it = driver(await scene.armed()), rollout("advance")
        assert await at.agree(it) is None
        scene.act("advance")
        done = await at.do(it)
        assert (done.ended, stands(scene), scene.effects()) == ("ask", ("ACTIVE", 1), [])


@pytest.mark.parametrize(("verb", "state"), [("complete", "COMPLETE"), ("abort", "ABORTED")])
async def test_it_ends_the_release_once(tmp_path: Path, verb: str, state: str) -> None:
    async with consoles(tmp_path) as scene:
        at, it = driver(await scene.armed()), rollout(verb)
        done = await (at.do(it) if verb == "abort" else at.agreed(it))
        assert (done.ended, stands(scene)[0], len(scene.effects())) == ("succeeded", state, 1)
        assert (await at.do(it)).ended == (await at.resume(it)).ended == "succeeded"
        late = await at.do(rollout(verb, attempt=2))
        assert "already" in late.says
        wrong = await at.do(rollout("advance"))
        assert (wrong.ended, len(scene.effects())) == ("failed", 1)


@pytest.mark.parametrize("made", [True, False])
@pytest.mark.parametrize(("verb", "path"), [("advance", "approve-stage"), ("abort", "/rollback/")])
async def test_a_cut_connection_is_found_out(tmp_path: Path, verb: str, path: str, made: bool) -> None:
    async with consoles(tmp_path) as scene:
        at, it = driver(await scene.armed()), rollout(verb)
        scene.fault(path, "drop", effect="done" if made else "none")
        done = await at.agreed(it)
        assert done.ended == ("succeeded" if made else "failed"), done
        assert len(scene.effects()) == 1
        assert (await at.resume(it)).ended == done.ended
        assert len(scene.effects()) == 1


async def test_refused_where_it_may_not_be_sent(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.started()
        await one.sees(lambda w: w.person.value, "who is there")
        at = driver(one)
        for verb in ("hold", "thaw", "advance", "abort", "complete"):
            unarmed = await at.agreed(rollout(verb))
            assert unarmed.ended == "ask", verb
            assert "read-only" in unarmed.says, verb
            assert (await at.do(rollout(verb, person="jo"))).ended == "ask"
        assert (scene.effects(), one.recorded(events.ReleaseFrozen)) == ([], [])


async def test_a_role_that_may_not_has_failed(tmp_path: Path) -> None:
    people = "version: 1\npeople:\n  ana: {name: Ana, roles: [qa], vercel: [usr_ana]}\n"
    async with consoles(tmp_path, people=people) as scene:
        at = driver(await scene.armed())
        for verb in ("advance", "complete", "thaw"):
            done = await at.agreed(rollout(verb))
            assert (done.ended, "asks for one of" in done.says) == ("failed", True), verb
        assert scene.effects() == []


async def test_a_key_on_something_else_is_no_proof(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one, it = await scene.armed(), rollout("complete")
        made = await one.session.preview("advance")
        reason = marked("mine", it.key)
        assert (await one.session.perform(made, reason, made.typed_word or "")).end is End.DONE
        done = await driver(one).do(it)
        assert (done.ended, len(scene.effects())) == ("ask", 1)
        assert "it is to advance" in done.says


async def test_where_the_policy_wants_others_it_waits_for_them(tmp_path: Path) -> None:
    policy = ASKING.replace(
        "    roles: [development, devops]\n    approvals: 0\n    up_to_percent: 99\n",
        "    roles: [development, devops]\n    approvals: 1\n    up_to_percent: 99\n",
    )
    async with office(tmp_path, policy=policy) as scene:
        one = await scene.of("ana")
        at, it = driver(one), rollout("advance", stage=25)
        assert await at.agree(it) is None
        doing = asyncio.ensure_future(at.do(it))
        name = await waited_for(one)
        assert scene.effects() == []
        assert (await scene.answer(one.session.requests(), name, "jo")).end is End.DONE
        done = await doing
        assert (done.ended, done.links, stands(scene)) == ("succeeded", (("request", name),), ("ACTIVE", 1))
        assert len(scene.effects()) == 1
