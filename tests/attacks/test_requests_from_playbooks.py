"""The same attacks once more, with a step of a playbook as the door; and what a playbook's author might try.

A step that was begun is resumed on the request that the attacker has prepared under its key: nothing is sent.
Whoever writes a playbook writes its fields: none of them approves, names an approver, buys time, or reaches
another project, team or host.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from console.outcome import End
from console.playbooks.kinds import fields_of
from console.playbooks.model import Plain
from console.rollback.making import Wishes, planned
from console.rollback.request import State
from console.runs.doing import Done, Task
from console.runs.following import Following
from console.runs.marks import mark, marked
from tests.attacks.test_requests import ATTACKS, Attack, Vault
from tests.attacks.test_requests import keys as keys
from tests.attacks.test_requests import vault as vault
from tests.attacks.test_requests_everywhere import room_of
from tests.console.consoles import Console
from tests.console.rollback.people import PEOPLE, office, seen
from tests.console.runs.stepping import driver, task
from tests.console.runs.test_hand_flag import pausing
from tests.console.runs.test_hand_rollback import answered, begun, earlier, rolling_back
from tests.console.runs.test_hand_rollout import rollout

if TYPE_CHECKING:
    from console.ports import Clock

pytestmark = pytest.mark.slow
KEY = "RUN-1/a-rollback/1"


class Stopped(Exception):
    """It has waited long enough for the test."""


class Impatient:
    """The vault's time; whoever waits a few times has waited long enough, and each wait is six seconds."""

    def __init__(self, vault: Vault) -> None:
        self._vault, self._left = vault, 4

    def now(self) -> int:
        return self._vault.clock.now()

    def monotonic(self) -> float:
        return self._vault.clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        self._left -= 1
        if not self._left:
            raise Stopped
        self._vault.clock.shift += 6_000


def step(target: str = "dpl_old") -> Task:
    return rolling_back(target)


def with_fields(target: str, fields: dict[str, Plain]) -> Task:
    """A step to which its author has added these, or in which they stand in place of others."""
    return task("rollback", {**rolling_back(target).fields, **fields})


async def followed(vault: Vault, name: str) -> Done | None:
    """What a driver's step makes of a request; ``None`` where it only waits."""
    room = room_of(vault)
    following = Following(lambda: room, cast("Clock", Impatient(vault)))
    try:
        return await following.follow(name, step(), lambda said: None)
    except Stopped:
        return None


async def test_without_an_attack_the_step_carries_it_out_once(vault: Vault) -> None:
    name = await vault.ask()
    await vault.approve(name)
    for _ in range(2):
        done = await followed(vault, name)
        assert done is not None
        assert done.ended == "succeeded"
    assert len(vault.hands.sent) == 1


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
async def test_no_step_sends_anything(vault: Vault, attack: Attack) -> None:
    name = await attack(vault)
    done = await followed(vault, name)
    assert vault.hands.sent == []
    assert done is None or done.ended in ("failed", "ask", "timed_out")
    view = await vault.view(name)
    assert view.wrong or view.state is not State.APPROVED


# --- what the author of a playbook may write -----------------------------------------------------------


def of(console: Console) -> list[str]:
    return console.session.requests().desk.counting.ids()


SMUGGLED: dict[str, dict[str, Plain]] = {
    "approvers": {"approval": {"policy": "rollback", "approvers": ["ana"], "approvals": 0}},
    "approved by": {"approval": {"policy": "rollback", "approved_by": "bo", "signature": "none"}},
    "a laxer rule": {"approval": {"policy": "stop-harm"}},
    "break glass": {"approval": {"policy": "rollback"}, "break_glass": True, "again": True},
    "armed": {"approval": {"policy": "rollback"}, "armed": True, "person": "bo", "on_quorum": "execute"},
}


@pytest.mark.parametrize("smuggled", SMUGGLED.values(), ids=SMUGGLED)
async def test_no_field_stands_for_an_approval(tmp_path: Path, smuggled: dict[str, Plain]) -> None:
    async with office(tmp_path) as scene:
        scene.act("abort")
        one = await scene.of("ana")
        await one.session.arm("on call", 60)
        doing, name = await begun(driver(one), with_fields(await earlier(one), smuggled))
        room = one.session.requests()
        view = await seen(room, name)
        assert (view.state, view.request.opened.person) == (State.AWAITING_APPROVAL, "ana")
        assert ("rollback", 1) in [(rule, found.approvals) for rule, found in view.rules]
        own = await scene.answer(room, name, "ana")
        assert (own.end, own.says) == (End.REFUSED_HERE, "Nobody approves what they asked for.")
        weak = await scene.answer(room, name, "dev")
        assert weak.end is End.REFUSED_HERE
        assert (await room.execute(name)).end is End.REFUSED_HERE
        assert scene.effects() == []
        await answered(scene, one, name)
        assert (await doing).ended == "succeeded"
        assert len(scene.effects()) == 1


def test_the_format_has_no_such_fields() -> None:
    """So a playbook with one of them is not even valid."""
    assert set(fields_of("rollback")["approval"].shape.fields) == {"policy", "expires"}  # type: ignore[union-attr]
    smuggled = {name for fields in SMUGGLED.values() for name in fields} - {"approval"}
    assert not smuggled & set(fields_of("rollback"))


WRONG: dict[str, dict[str, Plain]] = {
    "another project": {"project": "prj_other"},
    "a rule that is not there": {"approval": {"policy": "none-at-all"}},
    "what does not serve": {"from": "dpl_nowhere"},
    "a value that was not filled in": {"to": "{{ canary }}"},
    "a way out of the path": {"to": "../../../v9/projects/prj_other/rollback/dpl_x"},
    "another host": {"to": "https://evil.example/dpl_x"},
    "no deployment": {"to": ""},
    "a flag as code": {"to": "new-cart"},
    "no scope": {"scope": "everything"},
    "a store of another team": {"scope": "config", "from": "ecfg_other", "to": "bak_000001"},
    "a command that is not configured": {"scope": "database", "database": "rm -rf /", "to": "now"},
    "a flag in another place": {"scope": "feature", "from": "../segments/x", "to": "off"},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_what_it_names_elsewhere_is_not_reached(tmp_path: Path, wrong: dict[str, Plain]) -> None:
    async with office(tmp_path) as scene:
        scene.act("abort")
        one = await scene.of("ana")
        await one.session.arm("on call", 60)
        at = driver(one, agreed_beforehand=True)
        it = with_fields(await earlier(one), wrong)
        done = await at.do(it)
        assert (done.ended, of(one), scene.effects()) == ("failed", [], []), done
        assert (await at.would(it))[0].startswith(("! ", "asks for the database"))
        assert (await at.resume(it)).ended == "ask"


async def test_a_reason_in_which_another_key_is_hidden_is_nobody_elses(tmp_path: Path) -> None:
    async with office(tmp_path) as scene:
        scene.act("abort")
        one = await scene.of("ana")
        other = f"calm {mark('RUN-9/roll/1')}\u202e\x1b[2J{mark('RUN-9/roll/1')} {'x' * 600}"
        doing, name = await begun(driver(one), rolling_back(await earlier(one), reason=other))
        submitted = (await seen(one.session.requests(), name)).request.submitted
        assert submitted is not None
        assert submitted.reason.endswith(mark(KEY))
        assert submitted.reason.isprintable()
        following = Following(one.session.requests, scene.clock)
        assert await following.found("RUN-9/roll/1") is None
        doing.cancel()
        await asyncio.wait([doing])


async def test_a_request_of_another_under_its_key_is_not_carried_out(tmp_path: Path) -> None:
    """Approved by a third, even: it is not what the step says."""
    async with office(tmp_path) as scene:
        scene.act("abort")
        one, other = await scene.of("ana"), await scene.of("jo")
        production = one.session.production
        serving = (await production.project()).serving_id
        fit = [each.deployment.id for each in await production.candidates(for_rollback=True)]
        first, second = [each for each in fit if each != serving][:2]
        plan, shown = await planned(other.session, Wishes("rollback", second))
        asked = await other.session.requests().ask(plan, shown, marked("mine", KEY), wait=True)
        assert asked.end is End.AWAITING
        [name] = of(one)
        await answered(scene, one, name)
        at = driver(one, agreed_beforehand=True)
        for done in (await at.do(rolling_back(first)), await at.resume(rolling_back(first))):
            assert (done.ended, scene.effects(), of(one)) == ("ask", [], [name])
            assert "about something else" in done.says


async def test_who_may_not_ask_asks_for_nothing(tmp_path: Path) -> None:
    people = PEOPLE.replace("jo: {name: Jo, roles: [devops]", "jo: {name: Jo, roles: [development]")
    async with office(tmp_path, people=people) as scene:
        scene.act("abort")
        one = await scene.of("jo")
        await one.session.arm("on call", 60)
        at = driver(one, agreed_beforehand=True)
        done = await at.do(rolling_back(await earlier(one), person="jo"))
        assert (done.ended, of(one), scene.effects()) == ("failed", [], [])
        as_ana = await at.do(rolling_back(await earlier(one), person="ana"))
        assert (as_ana.ended, of(one), scene.effects()) == ("ask", [], []), "nobody drives in another's name"


async def test_without_a_policy_no_step_does_anything(tmp_path: Path) -> None:
    async with office(tmp_path) as scene:
        one = await scene.of("ana")
        await one.session.arm("on call", 60)
        (scene.folder / "policy.yaml").unlink()
        await one.session.refresh()
        at = driver(one, agreed_beforehand=True)
        steps = (pausing(), rollout("hold"), rollout("abort"), rolling_back(await earlier(one)))
        for it in steps:
            assert (await at.do(it)).ended in ("ask", "failed"), it.step.kind
        changed = [each.path for each in scene.sim.journal.entries if each.method == "PATCH"]
        assert (scene.effects(), changed, of(one)) == ([], [], [])
