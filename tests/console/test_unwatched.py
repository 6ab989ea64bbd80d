"""Gaps in watching: found, recorded once, and said by decisions that reach back over them."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import events
from console.canary.catalogue import ERROR_RATE, LATENCY_P95
from console.canary.limits import Evidence, Limits, Poll, Rules, judge
from console.canary.measures import Histogram, Ratio
from console.canary.stages import Release, ReleaseState
from console.canary.verdict import Word
from console.readings import Freshness, Rhythm
from console.unwatched import least_gap, of_release, says, with_gaps
from console.world import Unwatched
from tests.console.consoles import Console, Consoles, consoles, until
from tests.screens.worlds import CANARY, MINUTE, NOW, RELEASE

LEAST = MINUTE
GAP = Unwatched(NOW - 10 * MINUTE, NOW)
OVER = replace(RELEASE, state=ReleaseState.COMPLETE, updated_at=NOW - 4 * MINUTE)
OTHER = replace(RELEASE, canary=replace(CANARY, id="dpl_other"), started_at=NOW - 3 * MINUTE)


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (RELEASE, RELEASE, (CANARY.id, GAP)),
        (RELEASE, OVER, (CANARY.id, Unwatched(GAP.since, NOW - 4 * MINUTE))),
        (RELEASE, replace(OVER, updated_at=GAP.since + 5_000), None),
        (RELEASE, OTHER, (CANARY.id, GAP)),
        (RELEASE, None, (CANARY.id, GAP)),
        (OVER, OTHER, ("dpl_other", Unwatched(NOW - 3 * MINUTE, NOW))),
        (None, OTHER, ("dpl_other", Unwatched(NOW - 3 * MINUTE, NOW))),
        (OVER, OVER, None),
        (None, None, None),
    ],
)
def test_which_release_ran_unseen_and_how_long(
    before: Release | None, after: Release | None, found: object
) -> None:
    assert of_release(GAP, before, after, LEAST) == found


@given(st.integers(0, 60 * MINUTE), st.integers(0, 60 * MINUTE), st.booleans())
def test_what_is_found_lies_in_the_gap_and_is_never_short(begun: int, ended: int, over: bool) -> None:
    after = replace(OVER if over else RELEASE, started_at=NOW - begun, updated_at=NOW - ended)
    for before in (None, RELEASE):
        found = of_release(GAP, before, after, LEAST)
        if found is not None:
            assert GAP.since <= found[1].since < found[1].until <= GAP.until
            assert found[1].until - found[1].since > LEAST


def test_a_source_within_its_own_rhythm_is_no_gap() -> None:
    assert least_gap([]) == MINUTE
    assert least_gap([Rhythm.of(2_000), Rhythm.of(60_000)]) == 4 * MINUTE


def test_it_is_said_in_local_time_with_the_day_where_it_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kathmandu")  # 5:45 ahead of UTC: 14:08 there is 19:53
    time.tzset()
    assert says(GAP) == "nobody watched from 19:43 to 19:53 (10 min)"
    night = Unwatched(NOW - 20 * 60 * MINUTE, NOW)
    assert says(night) == "nobody watched from 30 Jul 23:53 to 31 Jul 19:53 (20 h 0 min)"


# --- decisions ---------------------------------------------------------------------------------------

RULES = Rules(100, 3, 5, {"error_rate": Limits(2.0, None), "latency_p95": Limits(None, 1.3)})


def polls(bad: int) -> list[Evidence]:
    """Ten minutes of polls, one a check, a minute apart, every one with ``bad`` errors in a hundred."""
    starts = [NOW - minute * MINUTE for minute in range(10, 0, -1)]
    quick = Histogram((0.1, 1.0), (90.0, 10.0))
    errors = [Poll(at, at + MINUTE, Ratio(0, 100), Ratio(bad, 100)) for at in starts]
    slow = [Poll(at, at + MINUTE, quick, quick) for at in starts]
    return [
        Evidence(ERROR_RATE, errors, Freshness.FRESH, Freshness.FRESH),
        Evidence(LATENCY_P95, slow, Freshness.FRESH, Freshness.FRESH),
    ]


@pytest.mark.parametrize(
    ("bad", "word", "minutes_ago", "told"),
    [
        (0, Word.PROMOTE, 4, True),  # five good checks reach five minutes back
        (0, Word.PROMOTE, 6, False),
        (9, Word.ROLLBACK, 2, True),  # three bad ones reach three
        (9, Word.ROLLBACK, 4, False),
    ],
)
def test_a_decision_says_what_it_did_not_see(bad: int, word: Word, minutes_ago: int, told: bool) -> None:
    evidence = polls(bad)
    verdict = judge(RULES, evidence, NOW, None)
    assert verdict.word is word
    gap = Unwatched(NOW - (minutes_ago + 1) * MINUTE, NOW - minutes_ago * MINUTE)
    said = with_gaps(verdict, [gap], evidence, RULES)
    assert (says(gap) in said.reasons) is told
    assert said.reasons[: len(verdict.reasons)] == verdict.reasons
    assert with_gaps(verdict, [], evidence, RULES) == verdict


def test_what_is_no_decision_has_its_own_reasons() -> None:
    evidence = polls(0)
    holding = judge(replace(RULES, passes=20), evidence, NOW, None)
    assert holding.word is Word.HOLD
    assert with_gaps(holding, [GAP], evidence, RULES) == holding


# --- whole sessions ----------------------------------------------------------------------------------


LONG = 5 * MINUTE
"""Longer than any pause of a machine that is busy with other things, at the speed of these worlds."""


def told(one: Console) -> list[events.WatchResumed]:
    """The long gaps that were recorded."""
    return [gap for gap in one.recorded(events.WatchResumed) if gap.until - gap.since > LONG]


async def watching(scene: Consoles, one: Console) -> None:
    """The host has answered since now, and there are values of both tracks."""
    begun = scene.clock.now()
    await one.sees(lambda w: w.first_values and (w.release.at or 0) > begun, "values")


def sleep_over(scene: Consoles, seconds: float) -> None:
    """The machine sleeps: for every process the clock is later at once."""
    scene.clock.advance(seconds)  # type: ignore[attr-defined]


@pytest.mark.slow
async def test_a_console_closed_while_a_release_runs_is_a_gap(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.started()
        await watching(scene, one)
        assert told(one) == []  # the first console of all missed nothing that it could know of
        last = one.world.release.at or 0
        await one.session.close()
        sleep_over(scene, 900)
        first, second = await scene.started(), await scene.started()
        await until(lambda: told(first), "the gap")
        await watching(scene, first)
        [gap] = told(second)
        assert last <= gap.since
        assert gap.until - gap.since >= 900_000
        world = await first.sees(lambda w: w.unwatched, "the gap in the picture")
        assert Unwatched(gap.since, gap.until) in world.unwatched
        assert first.stores.ledger.read(stream=f"release:{gap.canary_id}")


@pytest.mark.slow
async def test_a_machine_that_slept_is_a_gap_each_time(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.started()
        await watching(scene, one)
        sleep_over(scene, 600)
        await until(lambda: told(one), "the gap")
        [gap] = told(one)
        assert 600_000 <= gap.until - gap.since < 700_000
        sleep_over(scene, 400)
        await until(lambda: len(told(one)) == 2, "the second gap")
        assert told(one)[1].since >= gap.until


@pytest.mark.slow
async def test_all_sources_silent_is_a_gap_once_the_host_is_back(tmp_path: Path) -> None:
    async with consoles(tmp_path, speed=60) as scene:
        one = await scene.started()
        await watching(scene, one)
        scene.fault("/", "drop", 100_000, effect="none")
        await one.sees(lambda w: all(s.state.value == "lost" for s in w.sources), "both lost")
        assert told(one) == []
        scene.sim.faults._waiting.clear()
        await until(lambda: told(one), "the gap")
        assert len(told(one)) == 1


@pytest.mark.slow
async def test_one_source_that_answers_is_somebody_watching(tmp_path: Path) -> None:
    async with consoles(tmp_path, speed=60) as scene:
        one = await scene.started()
        await watching(scene, one)
        scene.fault("/api/v1", "drop", 100_000, effect="none")
        await one.sees(lambda w: one.state_of("prometheus") == "lost", "metrics lost")
        scene.sim.faults._waiting.clear()
        await watching(scene, one)
        assert told(one) == []


async def test_without_a_release_nothing_was_missed(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.started()
        await watching(scene, one)
        scene.act("abort")
        await one.sees(lambda w: w.release.value and not w.release.value.active, "aborted")
        sleep_over(scene, 900)
        slept = scene.clock.now()
        await one.sees(lambda w: (w.release.at or 0) > slept, "an answer of afterwards")
        assert told(one) == []
