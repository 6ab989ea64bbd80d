"""From the wish to the proof: asked for, approved by another, carried out once, looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.envelope import Actor
from console.flags.gate import Order
from console.flags.rules import SetShare
from console.outcome import End
from console.rollback import happened as h
from console.rollback.request import State
from tests.console.rollback.people import ASKING, asked_for, office, seen

pytestmark = pytest.mark.slow
CALM = 5.0
"""Times life's speed. The gate sends nothing that took 15 s to get ready: 0.75 s at twenty times."""


def rollbacks(effects: list[str]) -> list[str]:
    return [path for path in effects if "/rollback/" in path]


async def test_what_needs_another_is_asked_for_approved_and_done_once(tmp_path: Path) -> None:
    async with office(tmp_path, speed=CALM) as scene:
        ana = await scene.of("ana")
        name = await asked_for(ana)
        room = ana.session.requests()
        view = await seen(room, name)
        assert view.state is State.AWAITING_APPROVAL
        assert view.counted is not None
        assert view.counted.missing == ("1 more approval of: devops, qa, signed",)
        assert rollbacks(scene.effects()) == []

        refused = await scene.answer(room, name, "ana")
        assert "Nobody approves what they asked for" in refused.says
        refused = await scene.answer(room, name, "dev")
        assert "asks for devops, qa" in refused.says
        assert (await seen(room, name)).request.answers == ()

        assert (await scene.answer(room, name, "bo")).says == f"bo approved {name}."
        wanted = view.plan.steps[0].action.deployment_id  # type: ignore[union-attr]
        await ana.sees(lambda w: ana.recorded(h.RequestEnded), "carried out by the console that polls")
        view = await seen(room, name)
        assert view.state is State.SUCCEEDED, view.request.attempt
        assert len(rollbacks(scene.effects())) == 1
        [verified] = ana.recorded(h.RequestVerified)
        assert verified.found == "good"
        assert verified.lines == [f"3 of 3 domains serve {wanted}"]
        again = await room.execute(name)
        assert "done already" in again.says
        assert len(rollbacks(scene.effects())) == 1


async def test_a_no_closes_it_and_a_later_yes_does_not_open_it(tmp_path: Path) -> None:
    async with office(tmp_path, speed=CALM) as scene:
        ana = await scene.of("ana")
        name, room = await asked_for(ana), ana.session.requests()
        assert (await scene.answer(room, name, "bo", "deny", "wrong target")).says == f"bo denied {name}."
        assert (await seen(room, name)).state is State.DENIED
        late = await scene.answer(room, name, "jo")
        assert "is denied" in late.says
        assert "is denied" in (await room.execute(name)).says
        assert rollbacks(scene.effects()) == []


async def test_a_moved_production_voids_it_visibly(tmp_path: Path) -> None:
    async with office(tmp_path, speed=CALM) as scene:
        ana = await scene.of("ana")
        name, room = await asked_for(ana), ana.session.requests()
        scene.act("complete")
        await ana.sees(lambda w: ana.recorded(h.RequestVoided), "voided")
        view = await seen(room, name)
        assert view.state is State.SUPERSEDED
        assert "from_deployment_id" in (view.request.voided or "") or "active_canary" in (
            view.request.voided or ""
        )
        assert "is superseded" in (await scene.answer(room, name, "jo")).says


async def test_a_mere_stage_advance_leaves_it_standing(tmp_path: Path) -> None:
    free = "roles: [development, qa, devops, incident-response]\n    approvals: 0"
    policy = ASKING.replace(free, free.replace("approvals: 0", "approvals: 1\n    signature: none"))
    assert policy != ASKING
    async with office(tmp_path, policy=policy, speed=CALM) as scene:
        ana = await scene.of("ana")
        name, room = await asked_for(ana, "abort"), ana.session.requests()
        scene.act("advance")
        await ana.sees(lambda w: w.release.value and w.release.value.percentage == 25, "25 %")
        assert await room.tend() == ()
        assert (await seen(room, name)).state is State.AWAITING_APPROVAL
        assert (await scene.answer(room, name, "jo")).end.value == "done"
        await ana.sees(lambda w: ana.recorded(h.RequestEnded), "aborted")
        assert (await seen(room, name)).state is State.SUCCEEDED


async def test_withdrawn_revoked_and_broken_glass(tmp_path: Path) -> None:
    async with office(tmp_path, speed=CALM) as scene:
        ana = await scene.of("ana")
        jo = await scene.of("jo")
        name, room = await asked_for(ana), ana.session.requests()
        others, me, them = jo.session.requests(), Actor("ana", "a"), Actor("jo", "j")
        assert "Only ana can withdraw" in (await others.desk.withdraw(name, them, "no")).says
        assert (await room.desk.withdraw(name, me, "it was the network")).end.value == "done"
        assert (await seen(room, name)).state is State.WITHDRAWN

        name = await asked_for(ana)
        refused = await scene.answer(others, name, "jo", "break_glass", "nobody is awake")
        assert "only incident-response" in refused.says
        broken = await scene.answer(room, name, "ana", "break_glass", "nobody is awake")
        assert broken.end.value == "done", broken
        await ana.sees(lambda w: ana.recorded(h.RequestEnded), "carried out")
        view = await seen(room, name)
        assert view.state is State.SUCCEEDED, ana.recorded(h.RequestEnded)
        assert "broke the glass" in (view.request.attempt.authority if view.request.attempt else "")
        own = await room.desk.review(name, me, "justified", "it was")
        assert "Nobody reviews the glass that they broke" in own.says
        assert (await others.desk.review(name, them, "justified", "it was")).end.value == "done"


async def test_a_change_of_a_flag_is_asked_for_as_well(tmp_path: Path) -> None:
    roles = "[development, devops, incident-response, product-management]"
    flags = f"applies_to: {{action: [flag]}}\n    roles: {roles}"
    policy = ASKING.replace(f"{flags}\n    approvals: 0", f"{flags}\n    approvers: [qa]\n    approvals: 1")
    assert policy != ASKING
    async with office(tmp_path, policy=policy, speed=CALM) as scene:
        ana = await scene.of("ana")
        desk, room = ana.session.flags(), ana.session.requests()
        offer = await desk.gate.offer(desk.change("new-cart", SetShare("production", "on", 60)))
        assert any("Sending asks for it" in line for line in offer.lines)
        assert desk.gate.refusal(offer) is None
        [made] = await desk.perform(Order((offer,), "ramp", "new-cart"))
        assert made.outcome.end is End.AWAITING, made
        timed = await desk.perform(Order((offer,), "ramp", "new-cart", back_at=scene.clock.now() + 600_000))
        assert "cannot be asked for" in timed[0].outcome.says
        name = made.outcome.next.rpartition(" ")[2]
        before = (await desk.provider.get("new-cart")).token
        assert before == offer.plan.token, "nothing was sent"
        assert (await scene.answer(room, name, "bo")).end is End.DONE
        await ana.sees(lambda w: ana.recorded(h.RequestEnded), "carried out")
        assert (await seen(room, name)).state is State.SUCCEEDED
        assert (await desk.provider.get("new-cart")).token != before
