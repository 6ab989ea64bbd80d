"""A token that ends in mid-flight: said, asked for, tried before it is taken; nothing lost, nothing sent."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from console import events
from console.outcome import End
from console.world import World
from data.simulator.acting import perform
from data.simulator.answers import ActRequest
from data.vercel.login import cli_folders
from tests.console.consoles import Console, Consoles, consoles, until

KNOWN = "who is there"


def token_of(scene: Consoles, person: str, rights: str = "all") -> str:
    """A new token of somebody's."""
    asked = ActRequest.model_validate({"action": "issue_token", "person": person, "rights": rights})
    token = perform(scene.sim.world.project, asked, scene.sim.world.advance(), scene.sim.tokens).token
    assert token is not None
    return token


def revoke(scene: Consoles) -> None:
    assert scene.sim.tokens.revoke()


def says(*texts: str) -> Callable[[World], bool]:
    return lambda world: any(all(text in banner.text for text in texts) for banner in world.banners)


async def refused(scene: Consoles) -> Console:
    """An armed console of ana's with a release on show, whose token has been revoked."""
    one = await scene.armed()
    await one.sees(lambda w: w.release.value, "a release")
    revoke(scene)
    await one.sees(says("ctrl+t", "nothing can be sent"), "that it is refused")
    return one


async def test_it_is_said_and_nothing_is_sent_or_lost(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.armed()
        await one.sees(lambda w: w.release.value, "a release")
        preview = await one.session.preview("abort")
        known, size = one.world.release, one.world.ledger_size
        revoke(scene)
        world = await one.sees(says("refused the token", "What is shown is what was known last"), "refused")
        assert scene.sim.token not in repr(world)
        assert world.release.value == known.value
        assert world.ledger_size >= size
        await one.sees(
            lambda w: "Who you are is not known" in (one.session.refusal("abort") or ""), "no name"
        )
        assert (await one.session.perform(preview, "harm", "")).end is End.REFUSED_HERE
        assert scene.effects() == []


async def test_a_typed_token_is_tried_and_then_everything_goes_on(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await refused(scene)
        no = await one.session.desk.another_token("not a token")
        assert (no.taken, "no token" in no.says) == (False, True)
        wrong = await one.session.desk.another_token("AnotherOneThatNobodyMade")
        assert (wrong.taken, "AnotherOne" in repr(wrong)) == (False, False)
        assert "refused the token" in wrong.says
        asked = scene.sim.journal.seen
        new = token_of(scene, "ana")
        tried = await one.session.desk.another_token(f"  {new}\n")
        assert (tried.taken, tried.says) == (True, "Signed in as ana, with the token that was typed.")
        await one.sees(lambda w: w.release.at and w.release.problem is None and not says("ctrl+t")(w), "well")
        await one.sees(says("Signed in as ana"), "that it was taken")
        assert one.session.refusal("abort") is None, "the arming of the same person stays"
        assert scene.sim.journal.seen > asked
        assert new not in repr([each.call for each in one.session.desk.calls.newest_first()])
        assert (await one.session.desk.another_token(new)).taken is False


async def test_somebody_elses_is_said_and_ends_the_arming(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await refused(scene)
        jo = token_of(scene, "jo")
        tried = await one.session.desk.another_token(jo)
        assert (tried.taken, tried.other) == (False, "jo")
        assert "belongs to jo, not to ana" in tried.says
        assert one.recorded(events.SessionDisarmed) == []
        assert (await one.session.desk.another_token(jo, as_other="mia")).other == "jo"
        assert (await one.session.desk.another_token(jo, as_other="jo")).taken
        await one.sees(lambda w: w.person.value and w.person.value.key == "jo", KNOWN)
        assert one.world.armed is None
        [ended] = one.recorded(events.SessionDisarmed)
        assert (ended.person, "jo" in ended.why) == ("ana", True)
        assert "read-only" in (one.session.refusal("abort") or "")


@pytest.mark.parametrize(("rights", "says_so"), [("no-project", "project"), ("no-team", "team")])
async def test_one_that_does_not_reach_the_project_is_not_taken(
    tmp_path: Path, rights: str, says_so: str
) -> None:
    async with consoles(tmp_path) as scene:
        one = await refused(scene)
        tried = await one.session.desk.another_token(token_of(scene, "ana", rights))
        assert not tried.taken
        assert tried.says.startswith("Not taken: it is ana's, but ")
        assert says_so in tried.says
        assert tried.next
        assert "Who you are is not known" in (one.session.refusal("abort") or "")


async def test_another_person_is_not_taken_while_an_act_is_under_way(tmp_path: Path) -> None:
    async with consoles(tmp_path, speed=1) as scene:
        one = await scene.armed()
        await one.sees(lambda w: w.release.value, "a release")
        jo = token_of(scene, "jo")
        preview = await one.session.preview("abort")
        scene.fault("/rollback/", "delay", seconds=1.5)
        acting = asyncio.create_task(one.session.perform(preview, "harm", ""))
        await until(lambda: scene.effects(), "the request")
        tried = await one.session.desk.another_token(jo, as_other="jo")
        assert not tried.taken
        assert "under way" in tried.says
        assert (await acting).end is End.DONE
        assert (await one.session.desk.another_token(jo, as_other="jo")).taken


# --- picked up by itself -------------------------------------------------------------------------------


def sign_in(token: str) -> None:
    """What `vercel login` leaves behind."""
    folder = cli_folders(os.environ, Path.home(), sys.platform)[0]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "auth.json").write_text(json.dumps({"token": token}))


async def test_the_clis_new_login_is_picked_up_by_itself(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        scene.kept = "cli"
        sign_in(scene.sim.token)
        one = await refused(scene)
        await one.sees(says("vercel login", "picked up by itself"), "what to do")
        sign_in("ThisOneIsNoGoodEither")
        sign_in(token_of(scene, "ana"))
        await one.sees(says("Signed in as ana", "the Vercel CLI's login"), "the new one")
        await one.sees(lambda w: w.release.problem is None and one.session.refusal("abort") is None, "well")


async def test_the_clis_login_of_somebody_else_waits_for_a_yes(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        scene.kept = "cli"
        sign_in(scene.sim.token)
        one = await scene.armed()
        await one.sees(lambda w: w.release.value, "a release")
        sign_in(token_of(scene, "jo"))
        await one.sees(says("belongs to jo, not to ana", "ctrl+t"), "whose it is")
        assert one.session.refusal("abort") is None, "ana goes on with her own"
        tried = await one.session.desk.another_token(None)
        assert (tried.taken, tried.other) == (False, "jo")
        assert (await one.session.desk.another_token(None, as_other="jo")).taken
        await one.sees(lambda w: w.person.value and w.person.value.key == "jo", KNOWN)
        assert one.world.armed is None


async def test_a_token_that_loses_its_rights_is_said_and_comes_back_by_itself(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.armed()
        await one.sees(lambda w: w.release.value, "a release")
        scene.fault("/projects/", "status", 100_000, status=403)
        await one.sees(says("may not touch", "ctrl+t"), "what it may not")
        scene.sim.faults._waiting.clear()
        await one.session.refresh()
        await one.sees(lambda w: not says("ctrl+t")(w), "well")
