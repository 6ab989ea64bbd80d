"""The database level: approved by two others, checked, rehearsed and run once, where it is configured."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from console.actions import Impossible
from console.envelope import Actor
from console.outcome import End
from console.policy import SHIPPED_POLICY
from console.rollback import happened as h
from console.rollback.command_happened import CommandIntended
from console.rollback.command_step import CommandStep
from console.rollback.making import Wishes, planned
from console.rollback.request import State
from tests.console.consoles import until
from tests.console.rollback.database import (
    RESTORE,
    approved,
    asked,
    carried_out,
    machine,
    schema,
    told,
)
from tests.console.rollback.people import ASKING, office, seen

pytestmark = pytest.mark.slow
CALM = 5.0


async def test_two_others_approve_it_and_it_is_checked_rehearsed_and_run_once(tmp_path: Path) -> None:
    database = schema(tmp_path)
    database.tell(dry_run={"prints": "would drop orders.note"}, run={"prints": "dropped orders.note"})
    async with office(tmp_path, speed=CALM) as scene:
        ana = await machine(scene, database.toml("--to", "$(rm -rf /); `x` > y"))
        name, room = await asked(ana, wait=False), ana.session.requests()
        assert database.done == ["check", "dry-run"], "when it is asked for, and nothing more"
        view = await seen(room, name)
        opened = view.request.opened
        assert "would drop orders.note" in "\n".join(opened.lines)
        assert f"what was written to the database since {RESTORE} may be lost" in opened.not_covered
        assert view.plan is not None
        [step] = view.plan.steps
        assert isinstance(step, CommandStep)
        assert (step.restore_point, step.declared_by) == (RESTORE, "ana")

        assert (await scene.answer(room, name, "dev")).end is End.DONE
        assert (await seen(room, name)).state is State.AWAITING_APPROVAL, "one is not enough"
        assert (await scene.answer(room, name, "jo")).end is End.DONE
        await ana.sees(lambda w: ana.recorded(h.RequestEnded), "carried out by the console that polls")
        view = await seen(room, name)
        assert view.state is State.SUCCEEDED, ana.recorded(h.RequestEnded)
        assert database.done == ["check", "dry-run", "check", "dry-run", "run"]
        assert database.record[-1]["words"] == ["run", "--to", "$(rm -rf /); `x` > y"], "no shell read it"
        assert database.record[-1]["cwd"] == str(scene.folder)
        [intended], [ended] = told(ana)
        assert (intended.rehearsed, intended.restore_point) == ("would drop orders.note", RESTORE)
        assert "approved by dev (signed), jo (signed)" in intended.authority
        assert (ended.outcome, ended.exit_code, ended.output) == ("done", 0, "dropped orders.note")
        assert "done already" in (await carried_out(ana, name)).says
        assert database.done.count("run") == 1


async def test_after_an_instant_rollback_it_is_the_last_step(tmp_path: Path) -> None:
    database = schema(tmp_path)
    async with office(tmp_path, speed=CALM) as scene:
        ana = await machine(scene, database.toml())
        serving = (await ana.session.production.project()).serving_id
        candidates = await ana.session.production.candidates(for_rollback=True)
        target = next(one.deployment.id for one in candidates if one.deployment.id != serving)
        name = await approved(scene, ana, verb="rollback", target_id=target)
        view = await seen(ana.session.requests(), name)
        assert view.plan is not None
        assert [step.level for step in view.plan.steps] == ["code", "database"]
        assert not [one for one in view.request.opened.not_covered if "the database, Edge" in one]
        done = await carried_out(ana, name)
        assert done.end is End.DONE, done
        assert "3 of 3 domains serve" in done.says
        assert "schema ended with 0" in done.says
        assert database.done.count("run") == 1


@pytest.mark.parametrize("word", ["check", "dry_run"])
async def test_what_ends_badly_before_it_is_not_run(tmp_path: Path, word: str) -> None:
    database = schema(tmp_path)
    async with office(tmp_path, speed=CALM) as scene:
        ana = await machine(scene, database.toml())
        name = await approved(scene, ana)
        database.tell(**{word: {"code": 3, "prints": "another migration\x1b[2J is there"}})
        what = word.replace("_", " ")
        outcome = await carried_out(ana, name)
        expected = f"its {what} ended with 3 (another migration\\x1b[2J is there)"
        assert expected in outcome.says, outcome
        assert (await seen(ana.session.requests(), name)).state is State.FAILED
        with pytest.raises(Impossible, match=f"{what} .* ended with 3"):
            await planned(ana.session, Wishes(database="schema", restore_point=RESTORE))
        assert "run" not in database.done
        assert told(ana) == ([], [])
        database.tell()
        assert (await carried_out(ana, name, again=True)).end is End.DONE
        assert database.done.count("run") == 1


async def test_one_that_fails_says_so_and_what_takes_it_back(tmp_path: Path) -> None:
    database = schema(tmp_path)
    database.tell(run={"code": 7, "prints": "constraint violated"})
    async with office(tmp_path, speed=CALM) as scene:
        ana = await machine(scene, database.toml())
        name = await approved(scene, ana)
        outcome = await carried_out(ana, name)
        assert outcome.end is End.REFUSED_BY_HOST
        assert "schema ended with 7 (constraint violated)" in outcome.says
        assert "Nothing was changed" not in outcome.next
        assert "schema.py undo" in outcome.next
        assert (await seen(ana.session.requests(), name)).state is State.FAILED
        [ended] = told(ana)[1]
        assert (ended.outcome, ended.exit_code) == ("refused", 7)


async def test_one_that_hangs_is_stopped_and_of_it_nothing_is_known(tmp_path: Path) -> None:
    database = schema(tmp_path)
    async with office(tmp_path, speed=CALM) as scene:
        ana = await machine(scene, database.toml(timeout="2s"))
        name = await approved(scene, ana)
        database.tell(run={"hangs": True})
        outcome = await carried_out(ana, name)
        assert outcome.end is End.UNKNOWN
        assert "did not end within 2 s and was stopped" in outcome.says
        assert (await seen(ana.session.requests(), name)).state is State.UNKNOWN
        assert (await carried_out(ana, name, again=True)).end is End.UNKNOWN
        assert database.done.count("run") == 1, "not by itself, and not because somebody goes on"


async def test_a_ledger_brings_no_command_to_a_machine(tmp_path: Path) -> None:
    database = schema(tmp_path)
    async with office(tmp_path, speed=CALM) as scene:
        ana = await machine(scene, database.toml())
        other = await machine(scene, database.toml("--everything"))
        bare = await machine(scene)
        name = await approved(scene, ana)
        refused = await carried_out(other, name)
        assert "is configured otherwise on this machine (run)" in refused.says
        refused = await carried_out(bare, name)
        assert "is not configured on this machine" in refused.says
        assert await bare.session.requests().moved(await seen(bare.session.requests(), name)) is None
        assert (await seen(ana.session.requests(), name)).state is State.APPROVED, "it holds all the same"
        assert "run" not in database.done
        assert (await carried_out(ana, name)).end is End.DONE
        with pytest.raises(Impossible, match=r"no command schema here: write \[database\.schema\]"):
            await planned(bare.session, Wishes(database="schema", restore_point=RESTORE))


async def test_beyond_its_horizon_it_is_neither_asked_for_nor_run(tmp_path: Path) -> None:
    database = schema(tmp_path)
    async with office(tmp_path, speed=CALM) as scene:
        late = await machine(scene, database.toml(horizon="1s"))
        with pytest.raises(Impossible, match="beyond its rollback horizon of 1 s"):
            await planned(late.session, Wishes(database="schema", restore_point=RESTORE))
        assert database.done == []
        serving = (await late.session.production.project()).serving_id
        assert serving is not None
        created = (await scene.opened[0].session._parts.router.deployment(serving)).created_at
        assert created is not None
        soon = (scene.clock.now() - created) // 1000 + 300
        ana = await machine(scene, database.toml(horizon=f"{soon}s"))
        name = await approved(scene, ana)
        scene.sim.clock.advance(301)
        outcome = await carried_out(ana, name)
        assert "beyond its rollback horizon" in outcome.says, outcome
        assert "run" not in database.done


async def test_of_two_who_run_one_command_one_gets_to(tmp_path: Path) -> None:
    database = schema(tmp_path)
    async with office(tmp_path, speed=CALM) as scene:
        ana, jo = await machine(scene, database.toml()), await machine(scene, database.toml())
        one, two = await approved(scene, ana), await approved(scene, ana)
        outcomes = await asyncio.gather(carried_out(ana, one), carried_out(jo, two))
        ran = [outcome for outcome in outcomes if outcome.end is End.DONE]
        assert len(ran) == database.done.count("run") == len(told(ana)[0]), outcomes
        assert ran, outcomes


async def test_an_intent_whose_session_died_is_unknown_and_not_run_again(tmp_path: Path) -> None:
    database = schema(tmp_path)
    async with office(tmp_path, speed=CALM) as scene:
        ana = await machine(scene, database.toml())
        name = await approved(scene, ana)
        view = await seen(ana.session.requests(), name)
        assert view.plan is not None
        [step] = view.plan.steps
        dead, now = Actor("ana", "dead"), scene.clock.now()
        claimed = h.RequestClaimed(attempt=1, person="ana", authority="approved by dev, jo")
        began = h.StepBegan(attempt=1, index=0, action_id="a1")
        intended = CommandIntended(
            action_id="a1",
            project_id=view.plan.project_id,
            name="schema",
            run=["x"],
            undo=["y"],
            restore_point=RESTORE,
            checked="",
            rehearsed="",
            person="ana",
            reason="errors",
            rule="database",
            authority="request RB-1: approved",
        )
        ledger = ana.stores.ledger
        ledger.append(h.stream_of(name), view.request.version, [claimed.new(dead, now), began.new(dead, now)])
        ledger.append(step.stream, 0, [intended.new(dead, now)])
        await until(lambda: ana.recorded(h.RequestEnded), "another session goes on with it")
        assert (await seen(ana.session.requests(), name)).state is State.UNKNOWN
        [ended] = told(ana)[1]
        assert ended.outcome == "unknown"
        assert "told no end" in ended.says
        assert (await carried_out(ana, name, again=True)).end is End.UNKNOWN
        assert "run" not in database.done


async def test_without_a_rule_or_enough_people_nothing_is_run_for_it(tmp_path: Path) -> None:
    database = schema(tmp_path)
    start, end = SHIPPED_POLICY.index("  database:"), SHIPPED_POLICY.index("  policy:")
    without = SHIPPED_POLICY[:start] + SHIPPED_POLICY[end:]
    wish = Wishes(database="schema", restore_point=RESTORE)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    async with office(tmp_path / "a", policy=without, speed=CALM) as scene:
        ana = await machine(scene, database.toml())
        with pytest.raises(Impossible, match=r"No rule of policy\.yaml covers database"):
            await planned(ana.session, wish)
    few = "version: 1\npeople:\n" + "".join(
        f"  {who}: {{name: {who}, roles: [{role}], vercel: [usr_{who}]}}\n"
        for who, role in (("ana", "devops"), ("jo", "devops"), ("bo", "qa"), ("dev", "qa"))
    )
    async with office(tmp_path / "b", policy=ASKING, people=few, speed=CALM) as scene:
        ana = await machine(scene, database.toml())
        with pytest.raises(Impossible, match=r"wants 2 approvals of others .* lists 1 who could"):
            await planned(ana.session, wish)
    assert database.done == []
