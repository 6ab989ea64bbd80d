"""At the console a step that widens exposure waits for a typed word: no word, a wrong one, the right one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from console.outcome import End
from console.runs.agreeing import Agreeing, Board
from console.runs.doing import Task
from console.runs.hands_of_session import hands_of
from tests.console.consoles import Console, Consoles, consoles, until
from tests.console.runs.test_hand_rollout import rollout, stands

pytestmark = pytest.mark.slow


def agreeing(one: Console, board: Board) -> Agreeing:
    clock = one.session._clock
    made = hands_of(one.session, clock, consents=board.consents)
    return Agreeing(made.by_kind["rollout"], board, clock)


async def begun(scene: Consoles, board: Board, one: Task) -> asyncio.Task[object]:
    console = await scene.armed()
    doing = asyncio.create_task(agreeing(console, board).do(one, lambda line: None))
    await until(lambda: one.run_id in board.pending)
    return doing


async def test_nothing_is_sent_before_the_word_and_one_thing_after_it(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        board, one = Board(), rollout("advance")
        waits: list[str] = []
        doing = await begun(scene, board, replace(one, waits=waits.append))
        shown = board.pending[one.run_id].consent
        assert shown.word
        assert waits == ["ana to agree to it"]
        for digest, typed in ((shown.digest, "no"), ("another", shown.word or "")):
            refused = board.agree(one.run_id, digest, typed)
            assert refused.end is End.REFUSED_HERE, refused
        assert scene.effects() == []
        assert board.agree(one.run_id, shown.digest, shown.word or "").end is End.DONE
        done = await doing
        assert done.ended == "succeeded", done  # type: ignore[attr-defined]
        assert len(scene.effects()) == 1
        assert stands(scene) == ("ACTIVE", 1)
        assert board.pending == {}
        assert board.agree(one.run_id, shown.digest, shown.word or "").end is End.REFUSED_HERE


async def test_what_stops_harm_waits_for_nobody(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        console, board = await scene.armed(), Board()
        done = await agreeing(console, board).do(rollout("abort"), lambda line: None)
        assert (done.ended, len(scene.effects()), board.pending) == ("succeeded", 1, {})


async def test_without_a_word_in_its_time_nothing_is_sent(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        console, board = await scene.armed(), Board()
        late = replace(rollout("advance"), deadline=console.session._clock.now() - 1)
        done = await agreeing(console, board).do(late, lambda line: None)
        assert (done.ended, scene.effects(), board.pending) == ("timed_out", [], {})


async def test_a_step_that_is_taken_away_asks_for_no_word_any_more(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        board, one = Board(), rollout("advance")
        doing = await begun(scene, board, one)
        doing.cancel()
        await asyncio.gather(doing, return_exceptions=True)
        assert (board.pending, scene.effects()) == ({}, [])
