"""Production watched after a release: begun from what the host says, judged, recorded, and taken up again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from console import events
from console.bake import Baking
from console.bake_begin import changed, is_new, last_begun, last_word
from console.canary.stages import ReleaseState
from console.commands.report import release_lines, release_report
from console.commands.status import exit_code
from console.commands.status_line import status_line
from console.host import Candidate
from console.project import AliasJob, Project
from tests.console.consoles import Console, consoles, until
from tests.screens.worlds import BASELINE, CANARY, ENGINE, RELEASE, ledger

AS_IN_LIFE = {"PROMETHEUS__SCRAPE_S": "15", "POLL__METRICS_S": "15", "POLL__RELEASE_S": "10"}
LONG_S = 240.0
"""Real seconds: much is asked of the simulated Prometheus in the test's own process."""
MIN = 60_000
PROJECT = Project("prj", "shop", "team", CANARY.id, True, None, True)
DONE = replace(RELEASE, state=ReleaseState.COMPLETE, started_at=10 * MIN, updated_at=50 * MIN)


def says(one: Console) -> str:
    bake = one.world.bake
    return "" if bake is None else bake.says(one.world.now)


@pytest.mark.slow
async def test_a_completed_release_bakes_and_another_console_goes_on_with_it(tmp_path: Path) -> None:
    async with consoles(tmp_path, "healthy", speed=60) as scene:
        one = await scene.started(**AS_IN_LIFE)
        await one.sees(lambda w: w.release.value and w.release.value.active, "the release")
        assert says(one) == ""
        scene.act("complete")
        await until(lambda: says(one).startswith("baking"), "a bake", LONG_S)
        [began] = one.recorded(events.BakeBegan)
        assert began.how == "completion"
        assert began.until - began.since == 30 * MIN
        assert began.past_until < began.since, "the hour before lies before the release"
        first = one.world.bake
        await one.session.close()
        scene.opened.remove(one)
        other = await scene.started(**AS_IN_LIFE)
        await until(lambda: says(other).startswith("baking"), "the same bake", LONG_S)
        assert other.world.bake is not None
        assert other.world.bake.of.since == began.since
        assert other.world.bake.read >= (first.read if first else 0), "the past was read again"
        assert len(other.recorded(events.BakeBegan)) == 1
        assert any("  bake      baking" in line for line in release_lines(other.world))
        assert status_line(other.world, sound=True).find("baking") > 0
        assert exit_code(other.world) == 0


@pytest.mark.slow
async def test_what_goes_bad_after_everyone_has_it_is_told_with_the_past_and_only_told(
    tmp_path: Path,
) -> None:
    async with consoles(tmp_path, "late-harm", speed=60) as scene:
        one = await scene.started(**AS_IN_LIFE)
        await one.sees(lambda w: w.release.value and w.release.value.active, "the release")
        scene.act("complete")
        await until(lambda: one.world.bake and one.world.bake.worse, "worse than its past", LONG_S)
        bake = one.world.bake
        assert bake is not None
        assert bake.verdict.metrics[0].metric_id == "error_rate"
        assert "worse than the hour before" in bake.verdict.reasons[0]
        assert "the weaker kind of evidence" in bake.verdict.reasons[-1]
        assert bake.verdict.since - bake.of.since >= 6 * MIN, "not before the harm began"
        await until(
            lambda: "rollback" in [each.word for each in one.recorded(events.BakeJudged)],
            "the record",
            LONG_S,
        )
        banners = [each.text for each in one.world.banners]
        assert any("worse than its own past" in text and "R rolls back" in text for text in banners)
        outside = [each.outside for each in one.world.banners]
        assert any("coalmine release rollback" in text for text in outside)
        report = release_report(one.world)["bake"]
        assert report["verdict"]["word"] == "rollback"
        assert report["metrics"][0]["state"] == "worse"
        assert exit_code(one.world) == 1
        assert "ROLL BACK (own past)" in status_line(one.world, sound=True)
        assert scene.effects() == [], "nothing is rolled back by itself"


@pytest.mark.slow
async def test_a_sound_one_is_baked_in_the_end_and_then_left_in_peace(tmp_path: Path) -> None:
    async with consoles(tmp_path, "healthy", speed=60) as scene:
        one = await scene.started(**AS_IN_LIFE, JUDGE__BAKE_MINUTES="8")
        await one.sees(lambda w: w.release.value and w.release.value.active, "the release")
        scene.act("complete")
        await until(lambda: says(one).startswith("baked for 8 min: nothing worse"), "the end", LONG_S)
        words = [each.word for each in one.recorded(events.BakeJudged)]
        assert words[-1] == "promote"
        assert "rollback" not in words
        bake = one.world.bake
        assert bake is not None
        assert bake.lacking == ("yesterday", "last week"), "the simulated world is an hour old"


@pytest.mark.slow
async def test_switched_off_nothing_bakes(tmp_path: Path) -> None:
    async with consoles(tmp_path, "healthy", speed=60) as scene:
        one = await scene.started(**AS_IN_LIFE, JUDGE__BAKE_MINUTES="0")
        scene.act("complete")
        await one.sees(lambda w: w.release.value and not w.release.value.active, "its end")
        until_then = one.world.now + 3 * MIN
        await one.sees(lambda w: w.now > until_then, "three minutes")
        assert one.world.bake is None
        assert one.recorded(events.BakeBegan) == []


def served(project: Project = PROJECT, **more: int) -> Candidate:
    return Candidate(replace(CANARY, id=project.serving_id or ""), **more)  # type: ignore[arg-type]


def test_the_newest_change_that_led_to_what_serves_is_the_one() -> None:
    length = 30 * MIN
    assert changed(PROJECT, DONE, (), length) == Baking(CANARY.id, 50 * MIN, 80 * MIN, "completion", 10 * MIN)
    job = AliasJob("promote", "succeeded", 60 * MIN, BASELINE.id, CANARY.id)
    found = changed(replace(PROJECT, alias_job=job), DONE, [served(ready_at=5 * MIN)], length)
    assert found == Baking(CANARY.id, 60 * MIN, 90 * MIN, "promote", 60 * MIN)
    plain = changed(PROJECT, None, [served(ready_at=70 * MIN)], length)
    assert plain == Baking(CANARY.id, 70 * MIN, 100 * MIN, "deployment", 70 * MIN)
    back = replace(PROJECT, serving_id=BASELINE.id)
    aborted = replace(DONE, state=ReleaseState.ABORTED)
    assert changed(back, aborted, (), length) == Baking(BASELINE.id, 50 * MIN, 80 * MIN, "abort", 10 * MIN)


@pytest.mark.parametrize("status", ["pending", "in-progress", "failed", "skipped"])
def test_a_move_that_did_not_succeed_began_nothing(status: str) -> None:
    job = AliasJob("rollback", status, 60 * MIN, BASELINE.id, CANARY.id)  # type: ignore[arg-type]
    assert changed(replace(PROJECT, alias_job=job), None, (), MIN) is None


def test_while_a_release_runs_or_nothing_is_known_nothing_bakes() -> None:
    assert changed(PROJECT, RELEASE, [served(ready_at=5 * MIN)], MIN) is None
    assert changed(replace(PROJECT, serving_id=None), DONE, (), MIN) is None
    assert changed(PROJECT, None, (), MIN) is None
    other = replace(DONE, canary=BASELINE)
    assert changed(PROJECT, other, (), MIN) is None


def test_the_stream_says_what_bakes_and_what_was_said_of_it() -> None:
    began = events.BakeBegan(
        deployment_id="dpl_b", since=5 * MIN, until=35 * MIN, how="promote", past_until=5 * MIN
    )
    word = events.BakeJudged(
        deployment_id="dpl_b", word="no_data", before="none", since=6 * MIN, reasons=["no past"]
    )
    again = began.model_copy(update={"since": 90 * MIN, "until": 120 * MIN})
    story = ledger(*(("bake:dpl_b", one, ENGINE, 7 * MIN) for one in (began, word)))
    before = last_begun(story)
    assert before == Baking("dpl_b", 5 * MIN, 35 * MIN, "promote", 5 * MIN)
    assert last_word(story, 5 * MIN) == "no_data"
    assert not is_new(replace(before, since=5 * MIN + 30_000), before)
    later = ledger(*(("bake:dpl_b", one, ENGINE, 7 * MIN) for one in (began, word, again)))
    assert last_begun(later) == Baking("dpl_b", 90 * MIN, 120 * MIN, "promote", 5 * MIN)
    assert last_word(later, 90 * MIN) == "none"
    assert last_begun([]) is None
