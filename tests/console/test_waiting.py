"""Waiting for a decision, a stage or the end: only what is fresh counts, and every way has a word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.canary.stages import Deployment, ReleaseState
from console.canary.verdict import Verdict, Word
from console.readings import Problem, Reading
from console.waiting import Began, Reached, Until, began, given_up, reached
from console.world import SourceState, World
from tests.screens import worlds
from tests.screens.worlds import CANARY, RELEASE

HERE = Began(CANARY.id, 1, worlds.NOW)
GONE = Problem("unreachable", "Vercel cannot be reached.", "Wait.")


def judged(word: Word, judged_at: int = worlds.NOW) -> World:
    return replace(worlds.healthy(), verdict=Verdict(word, 0, judged_at, ("because",), ()))


def with_release(**changes: object) -> World:
    world = worlds.healthy()
    return replace(world, release=replace(world.release, value=replace(RELEASE, **changes)))  # type: ignore[arg-type]


def test_it_begins_where_the_release_stands() -> None:
    assert began(Until.END, worlds.healthy()) == HERE


def test_nothing_to_wait_for_is_said_and_not_knowing_is_not_taken_for_it() -> None:
    world = worlds.healthy()
    for nothing in (
        with_release(state=ReleaseState.COMPLETE),
        replace(world, release=Reading(None, world.now, "vercel")),
    ):
        found = began(Until.END, nothing)
        assert isinstance(found, Reached)
        assert found.answer == "no data"
    assert began(Until.END, replace(world, release=Reading.missing("vercel"))) is None
    assert began(Until.END, replace(world, release=world.release.failed(GONE))) is None


@pytest.mark.parametrize(
    ("word", "answer"), [("promote", "done"), ("rollback", "failed"), ("hold", None), ("no_data", None)]
)
def test_a_decision_is_promote_or_rollback(word: str, answer: str | None) -> None:
    found = reached(Until.DECISION, HERE, judged(Word(word)))
    assert (found.answer if found else None) == answer
    assert reached(Until.STAGE, HERE, judged(Word(word))) is None
    assert reached(Until.END, HERE, judged(Word(word))) is None


def test_a_verdict_of_before_the_wait_is_no_answer() -> None:
    assert reached(Until.DECISION, HERE, judged(Word.PROMOTE, worlds.NOW - 1)) is None


def test_a_verdict_while_a_source_is_away_decides_nothing() -> None:
    world = judged(Word.PROMOTE)
    ill = replace(world, sources=tuple(replace(s, state=SourceState.FAILING) for s in world.sources))
    assert reached(Until.DECISION, HERE, ill) is None
    assert given_up(Until.DECISION, ill).answer == "no data"


def test_a_stage_is_reached_when_it_is_another() -> None:
    assert reached(Until.STAGE, HERE, with_release(active_index=1)) is None
    found = reached(Until.STAGE, HERE, with_release(active_index=2, percentage=50.0))
    assert found == Reached("done", "The release is at 50 %.")


@pytest.mark.parametrize("until", [Until.DECISION, Until.STAGE, Until.END])
def test_the_end_ends_every_wait_but_that_for_what_comes_after_it(until: Until) -> None:
    complete = reached(until, HERE, with_release(state=ReleaseState.COMPLETE))
    aborted = reached(until, HERE, with_release(state=ReleaseState.ABORTED))
    assert complete is not None
    assert complete.answer == "done"
    assert aborted is not None
    assert aborted.answer == ("done" if until is Until.END else "failed")


@pytest.mark.parametrize("until", list(Until))
def test_another_release_in_its_place_is_not_what_was_waited_for(until: Until) -> None:
    found = reached(until, HERE, with_release(canary=Deployment("dpl_other", "o.vercel.app")))
    assert found is not None
    assert found.answer == "failed"


@pytest.mark.parametrize("until", list(Until))
def test_an_old_or_failed_reading_decides_nothing(until: Until) -> None:
    over = with_release(state=ReleaseState.COMPLETE)
    assert reached(until, HERE, replace(over, release=over.release.failed(GONE))) is None
    assert reached(until, HERE, replace(over, now=over.now + 600_000)) is None
    assert given_up(until, replace(over, now=over.now + 600_000)).answer == "no data"


def test_when_the_time_is_up() -> None:
    assert given_up(Until.STAGE, worlds.healthy()).answer == "hold"
    assert given_up(Until.DECISION, judged(Word.HOLD)).answer == "hold"
    assert given_up(Until.DECISION, judged(Word.NO_DATA)).answer == "no data"
    assert given_up(Until.DECISION, replace(worlds.healthy(), verdict=None)).answer == "no data"


def test_baked_comes_after_the_end_and_worse_than_its_past_ends_it_at_once() -> None:
    assert began(Until.BAKED, worlds.healthy()) == HERE
    assert began(Until.BAKED, worlds.baking()) == Began(CANARY.id, None, worlds.NOW)
    assert reached(Until.BAKED, HERE, worlds.healthy()) is None
    assert reached(Until.BAKED, HERE, with_release(state=ReleaseState.COMPLETE)) is None
    assert reached(Until.BAKED, HERE, worlds.baking()) is None
    aborted = reached(Until.BAKED, HERE, with_release(state=ReleaseState.ABORTED))
    assert aborted == Reached("failed", "The release was aborted.")
    worse = reached(Until.BAKED, HERE, worlds.baking(Word.ROLLBACK))
    assert worse is not None
    assert worse.answer == "failed"
    assert "error rate 2.1 % against 0.5 %" in worse.says


@pytest.mark.parametrize(("word", "answer"), [(Word.PROMOTE, "done"), (Word.NO_DATA, "no data")])
def test_at_the_end_of_the_bake_its_word_is_the_answer(word: Word, answer: str) -> None:
    bake = worlds.bake(word, since=worlds.NOW - 30 * worlds.MINUTE)
    world = replace(worlds.baking(), bake=bake)
    found = reached(Until.BAKED, HERE, world)
    assert found is not None
    assert found.answer == answer
    earlier = replace(bake, verdict=replace(bake.verdict, judged_at=bake.of.until - 1))
    assert reached(Until.BAKED, HERE, replace(world, bake=earlier)) is None, "the last minute is not judged"


def test_where_nothing_bakes_there_is_nothing_to_wait_for() -> None:
    over = with_release(state=ReleaseState.COMPLETE)
    found = began(Until.BAKED, over)
    assert isinstance(found, Reached)
    assert found.answer == "no data"
    other = replace(worlds.bake(), of=replace(worlds.bake().of, deployment_id="dpl_other"))
    moved = reached(Until.BAKED, HERE, replace(over, bake=other))
    assert moved is not None
    assert moved.answer == "failed"
