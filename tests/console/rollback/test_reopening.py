"""What was carried out is somebody's again where production is not well after it, until it was looked at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from console.bake import Bake
from console.canary.verdict import Word
from console.event import Event
from console.outcome import End
from console.readings import Millis
from console.rollback import happened as h
from console.rollback.afterwards import reopened, waits
from console.rollback.closing import close
from console.rollback.counting import View
from console.rollback.reopening import SKEW_MS, led_to, reopened_by
from console.rollback.request import State
from console.rollback.telling import attempt_lines, standing_words
from console.world import Waiting
from tests.console.rollback.people import asked_for, office, seen
from tests.console.rollback.test_requests import CALM
from tests.screens import worlds
from tests.screens.request_room import BOOK, Requested, actor, requested
from tests.screens.worlds import NOW

MINUTE: Millis = 60_000
WORSE = "production is worse than its own past since then: error rate 2.1 % against 0.5 %"


def aim(view: View) -> str | None:
    """The deployment of these tests' plans."""
    return view.request.opened.lines[0].rpartition(" ")[2]


def bake(deployment: str, since: Millis, word: Word = Word.ROLLBACK) -> Bake:
    one = worlds.bake(word)
    return replace(one, of=replace(one.of, deployment_id=deployment, since=since))


def write(it: Requested, name: str, *events: Event, by: str = "jo") -> None:
    stream = h.stream_of(name)
    new = [one.new(actor(by), it.clock.now()) for one in events]
    it.ledger.append(stream, it.ledger.version(stream), new)


async def carried_out(it: Requested, target: str = "dpl_old", *, minutes: int = 2) -> str:
    """A request that was begun now and had succeeded so long after."""
    name = await it.ask(target=target)
    await it.answer(name, "bo")
    write(it, name, h.RequestClaimed(attempt=1, person="jo", authority="approved by bo (signed)"))
    began = h.StepBegan(attempt=1, index=0, action_id="a1")
    write(it, name, began, h.StepEnded(attempt=1, index=0, action_id="a1", outcome="done", says="Done."))
    it.clock.at += minutes * MINUTE
    good = h.RequestVerified(attempt=1, found="good", lines=["3 of 3"])
    write(it, name, good, h.RequestEnded(attempt=1, state="succeeded", says="3 of 3"))
    return name


async def test_a_bake_belongs_to_the_request_that_led_to_it() -> None:
    it = requested()
    first = await seen(it.room, await carried_out(it))
    it.clock.at += 20 * MINUTE
    other = await seen(it.room, await carried_out(it, "dpl_older"))
    views, end = (other, first), NOW + 2 * MINUTE
    for at in (NOW - SKEW_MS, NOW, end, end + SKEW_MS):
        assert led_to(bake("dpl_old", at), views, aim) is first
    for at in (NOW - SKEW_MS - 1, end + SKEW_MS + 1):
        assert led_to(bake("dpl_old", at), views, aim) is None
    assert led_to(bake("dpl_older", NOW), views, aim) is None
    assert led_to(bake("dpl_older", NOW + 23 * MINUTE), views, aim) is other
    waiting = await seen(it.room, await it.ask(target="dpl_old"))
    assert led_to(bake("dpl_old", NOW), (waiting,), aim) is None


async def test_it_is_reopened_once_and_waits_until_somebody_has_looked_at_it() -> None:
    it = requested()
    name = await carried_out(it)
    view = await seen(it.room, name)
    assert view.state is State.SUCCEEDED
    for word in (Word.HOLD, Word.PROMOTE, Word.NO_DATA):
        assert reopened_by(bake("dpl_old", NOW, word), view) is None
    event = reopened_by(bake("dpl_old", NOW), view)
    assert event is not None
    assert event.why.startswith(WORSE)
    assert not waits(view)
    write(it, name, event, replace_why(event, "again"))
    view = await seen(it.room, name)
    assert (view.state, reopened(view)) == (State.PARTIALLY_DONE, event.why)
    assert standing_words(view) == "partially done, reopened"
    assert f"! REOPENED: {event.why}" in attempt_lines(view)
    assert reopened_by(bake("dpl_old", NOW), view) is None, "once for each attempt"
    assert (await it.room.waiting()) == Waiting(reopened=1)
    assert [one.id for one in await it.room.desk.open()] == [name]

    write(it, name, h.RequestClosed(attempt=1, person="jo", why="never mind"), by="bo")
    assert waits(await seen(it.room, name)), "nobody closes it in another's name"
    nobody = await close(it.room.desk, lambda: BOOK, name, actor("mallory"), "x")
    assert "not listed" in nobody.says
    assert (await close(it.room.desk, lambda: BOOK, name, actor("bo"), " ")).end is End.REFUSED_HERE
    assert (await close(it.room.desk, lambda: BOOK, name, actor("bo"), "a provider")).says == (
        f"bo closed {name}."
    )
    view = await seen(it.room, name)
    assert (waits(view), view.state) == (False, State.PARTIALLY_DONE)
    assert (await it.room.waiting()) == Waiting()
    again = await close(it.room.desk, lambda: BOOK, name, actor("bo"), "once more")
    assert "was not reopened" in again.says


def replace_why(event: h.RequestReopened, why: str) -> h.RequestReopened:
    return event.model_copy(update={"why": why})


@pytest.mark.slow
async def test_a_domain_that_did_not_move_reopens_it(tmp_path: Path) -> None:
    async with office(tmp_path, speed=CALM) as scene:
        ana = await scene.of("ana")
        name, room = await asked_for(ana), ana.session.requests()
        scene.sim.world.project.stuck["shop"] = 1
        assert (await scene.answer(room, name, "bo")).end is End.DONE
        await ana.sees(lambda w: ana.recorded(h.RequestEnded), "carried out")
        view = await seen(room, name)
        assert view.state is State.PARTIALLY_DONE, view.request.attempt
        [event] = ana.recorded(h.RequestReopened)
        assert event.of == "verification"
        assert "not dpl_" in event.why
        await ana.sees(lambda w: w.waiting == Waiting(reopened=1), "it waits for somebody")
        again = await room.execute(name, again=True)
        assert again.end is not End.DONE, "the domain is stuck still"
        assert len(ana.recorded(h.RequestReopened)) == 2, "once for each attempt"
        assert (await room.answering.close(await seen(room, name), "moved by hand")).end is End.DONE
        await ana.sees(lambda w: w.waiting == Waiting(), "nothing waits any more")


@pytest.mark.slow
async def test_the_judge_reopens_what_led_to_a_worse_production(tmp_path: Path) -> None:
    async with office(tmp_path, speed=CALM) as scene:
        ana = await scene.of("ana")
        name, room = await asked_for(ana), ana.session.requests()
        assert (await scene.answer(room, name, "bo")).end is End.DONE
        world = await ana.sees(
            lambda w: ana.recorded(h.RequestEnded) and w.bake and w.bake.of.how == "rollback", "the bake"
        )
        assert world.bake is not None
        worse = replace(worlds.bake(Word.ROLLBACK), of=world.bake.of)
        await ana.session.desks.tend_requests(replace(world, bake=world.bake), ana.session.preview)
        assert ana.recorded(h.RequestReopened) == []
        for _ in range(2):
            await ana.session.desks.tend_requests(replace(world, bake=worse), ana.session.preview)
        [event] = ana.recorded(h.RequestReopened)
        assert (event.of, event.why.startswith(WORSE)) == ("bake", True)
        view = await seen(room, name)
        assert view.state is State.PARTIALLY_DONE
        await ana.sees(lambda w: w.waiting == Waiting(reopened=1), "it waits for somebody")
