"""A flag step on the real simulator: done once, refused, in conflict, cut off, taken up again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from console import events
from console.flags.changing import Give, ServeEveryone
from console.flags.gate import Order
from console.outcome import End
from console.runs.doing import Task
from console.runs.marks import marked
from tests.console.consoles import Console, Consoles, consoles, until
from tests.console.rollback.people import ASKING, PEOPLE, office
from tests.console.runs.stepping import driver, task

pytestmark = pytest.mark.slow
FLAG = "new-cart"


def pausing(variant: str = "off", flag: str = FLAG, **more: object) -> Task:
    fields = {"flag": flag, "set": {"pause_on": variant}, "capture_previous": True}
    return task("flag", {**fields, **more.pop("fields", {})}, **more)  # type: ignore[arg-type,dict-item]


def writes(scene: Consoles, flag: str = FLAG) -> int:
    """How often the host was asked to change the flag."""
    return sum(one.method == "PATCH" and one.path.endswith(flag) for one in scene.sim.journal.entries)


def served(scene: Consoles, flag: str = FLAG) -> tuple[bool, str]:
    """Whether its rules decide in production, and the variant of its pause."""
    entry = scene.sim.world.project.flags.flag(flag).document["environments"]["production"]
    return entry["active"], entry["pausedOutcome"]["variantId"]


async def test_it_is_done_once_and_offers_its_way_back(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.armed()
        at, it = driver(one), pausing(incident="INC-1")
        assert any("off for everyone" in line for line in await at.would(it))
        assert (await at.hands.by_kind["flag"].consent(it)).word is None, "what stops harm asks for no word"
        done = await at.do(it)
        assert (done.ended, served(scene), writes(scene)) == ("succeeded", (False, "off"), 1)
        assert done.links == (("flag", FLAG),)
        assert done.undo == "coalmine flags restore new-cart 2 --environment production --arm REASON"
        [intent] = one.recorded(events.FlagIntended)
        assert intent.reason == "Do the flag [RUN-1/a-flag/1]"
        assert (intent.what, intent.rule, intent.incident) == ("off", "stop-harm", "INC-1")
        again, resumed = await at.do(it), await at.resume(it)
        assert (again.ended, again.undo, resumed.ended) == ("succeeded", done.undo, "succeeded")
        other = await at.do(pausing(attempt=2))
        assert "Nothing had to be sent" in other.says
        assert writes(scene) == 1
        await _restored(one, 2)
        assert served(scene) == (True, "off")


async def _restored(one: Console, version: int) -> None:
    """What the way back says, done."""
    desk = one.session.flags()
    old = next(each for each in await desk.provider.history(FLAG, limit=10) if each.number == version)
    offer = await desk.gate.offer(desk.change(FLAG, old.restored(("production",))))
    [made] = await desk.perform(Order((offer,), "the way back", FLAG))
    assert made.outcome.end is End.DONE, made


async def test_what_is_no_off_waits_for_its_word(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        at, it = driver(await scene.armed()), pausing("semantic", "search-ranking")
        done = await at.do(it)
        assert (done.ended, writes(scene, "search-ranking")) == ("ask", 0)
        assert "'search-ranking' to be typed" in done.says
        assert await at.agree(it, "yes") == "The word to type is 'search-ranking'."
        assert (await at.do(it)).ended == "ask"
        done = await at.agreed(it)
        assert (done.ended, served(scene, "search-ranking")) == ("succeeded", (False, "semantic"))
        [intent] = at.console.recorded(events.FlagIntended)
        assert (intent.what, intent.rule) == ("change", "flags")


async def test_a_consent_is_to_what_was_shown(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.armed()
        at, it = driver(one), pausing("semantic", "search-ranking")
        assert await at.agree(it) is None
        desk = one.session.flags()
        offer = await desk.gate.offer(desk.kill("search-ranking", "production"))
        await desk.perform(Order((offer,), "somebody else"))
        done = await at.do(it)
        assert (done.ended, writes(scene, "search-ranking")) == ("ask", 1)
        assert "has moved since it was agreed to" in done.says


async def test_a_command_that_was_armed_has_agreed_beforehand(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        at = driver(await scene.armed(), agreed_beforehand=True)
        assert (await at.do(pausing("semantic", "search-ranking"))).ended == "succeeded"


async def test_refused_where_it_may_not_be_sent(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.started()
        await one.sees(lambda w: w.person.value, "who is there")
        at = driver(one)
        unarmed = await at.do(pausing())
        assert (unarmed.ended, "read-only" in unarmed.says) == ("ask", True)
        assert any(line.startswith("! Nothing was sent") for line in await at.would(pausing()))
        other = await at.do(pausing(person="jo"))
        assert (other.ended, "jo drives" in other.says) == ("ask", True)
        reading = await scene.started(READ_ONLY="1")
        await reading.sees(lambda w: w.person.value, "who is there")
        assert (await driver(reading).do(pausing())).ended == "ask"
        await one.session.arm("on call", 60)
        for wrong in (
            pausing(flag="no-such-flag"),
            pausing("violet"),
            pausing(fields={"environment": "moon"}),
            pausing(flag="../../deployments"),
            pausing("{{ evil }}"),
        ):
            assert (await at.do(wrong)).ended == "failed", wrong
            assert (await at.resume(wrong)).ended == "ask", wrong
            assert (await at.would(wrong))[0].startswith("! "), wrong
        assert [each for each in scene.sim.journal.entries if each.method == "PATCH"] == []


async def test_a_role_that_may_not_has_failed(tmp_path: Path) -> None:
    async with office(
        tmp_path, people=PEOPLE.replace("jo: {name: Jo, roles: [devops]", "jo: {name: Jo, roles: [qa]")
    ) as scene:
        one = await scene.of("jo")
        await one.session.arm("on call", 60)
        done = await driver(one).agreed(pausing("semantic", "search-ranking", person="jo"))
        assert (done.ended, "asks for one of" in done.says) == ("failed", True)
        assert writes(scene, "search-ranking") == 0


async def test_a_flag_that_somebody_changes_meanwhile_is_left_alone(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one, other = await scene.armed(), await scene.armed()
        at = driver(one)

        async def theirs() -> None:
            desk = other.session.flags()
            offer = await desk.gate.offer(
                desk.change(FLAG, Give("production", "on", "user", "id", ("qa-1",)))
            )
            [made] = await desk.perform(Order((offer,), "theirs", FLAG))
            assert made.outcome.end is End.DONE, made

        gate = one.session.flags().gate
        of_plan = gate.of_plan

        async def overtaken(*words: Any, **more: Any) -> Any:
            found = await of_plan(*words, **more)
            await theirs()
            return found

        gate.of_plan = overtaken  # type: ignore[method-assign]
        done = await at.do(pausing())
        assert (done.ended, writes(scene)) == ("failed", 1)
        assert "Nothing was sent" in done.says
        assert served(scene)[0] is True


@pytest.mark.parametrize("made", [True, False])
async def test_a_cut_connection_is_found_out(tmp_path: Path, made: bool) -> None:
    async with consoles(tmp_path) as scene:
        at = driver(await scene.armed())
        scene.fault(FLAG, "drop", method="PATCH", effect="done" if made else "none")
        done = await at.do(pausing())
        assert done.ended == ("succeeded" if made else "failed"), done
        assert writes(scene) == 1
        assert any("the host is being asked" in line for line in at.said)
        assert (await at.resume(pausing())).ended == done.ended
        assert writes(scene) == 1


async def test_resumed_without_an_intent_it_asks(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.armed()
        at = driver(one)
        done = await at.resume(pausing())
        assert (done.ended, writes(scene)) == ("ask", 0)
        assert "never sent anything" in done.says
        assert (await at.do(pausing(step="another"))).ended == "succeeded"
        assert (await at.resume(pausing())).ended == "succeeded", "the flag is as it was to be"


async def test_a_key_on_something_else_is_no_proof(tmp_path: Path) -> None:
    """Somebody gives the step's key as the reason of another change."""
    async with consoles(tmp_path) as scene:
        one = await scene.armed()
        desk, it = one.session.flags(), pausing()
        offer = await desk.gate.offer(desk.change(FLAG, ServeEveryone("production", "on")))
        await desk.perform(Order((offer,), marked("mine", it.key), FLAG))
        done = await driver(one).do(it)
        assert (done.ended, writes(scene)) == ("ask", 1)
        assert "about something else" in done.says


FLAGS_ASK = ASKING.replace(
    """    roles: [development, devops, incident-response, product-management]
    approvals: 0
""",
    """    roles: [development, devops, incident-response, product-management]
    approvers: [devops, qa]
    approvals: 1
    signature: required
""",
)


async def test_where_the_policy_wants_others_it_waits_for_them(tmp_path: Path) -> None:
    async with office(tmp_path, policy=FLAGS_ASK) as scene:
        one = await scene.of("ana")
        await one.session.arm("on call", 60)
        at, it = driver(one), pausing("semantic", "search-ranking")
        assert any("needs: Rule flags asks for 1 approval" in line for line in await at.would(it))
        assert await at.agree(it) is None
        doing = asyncio.ensure_future(at.do(it))
        name = await waited_for(one)
        assert writes(scene, "search-ranking") == 0
        assert (await scene.answer(one.session.requests(), name, "bo")).end is End.DONE
        done = await doing
        assert (done.ended, done.links) == ("succeeded", (("request", name),))
        assert served(scene, "search-ranking") == (False, "semantic")
        assert (await at.resume(it)).ended == "succeeded"
        assert writes(scene, "search-ranking") == 1


async def waited_for(one: Console) -> str:
    """The name of the newest request, once there is one."""
    found: list[str] = []

    def there() -> bool:
        found[:] = one.session.requests().desk.counting.ids()
        return bool(found)

    await until(there, "a request")
    return found[0]
