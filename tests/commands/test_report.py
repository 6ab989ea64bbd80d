"""``release show`` and ``status`` on prepared worlds: what the words and the keys say."""

from __future__ import annotations

import json
import math
from dataclasses import replace

from console.commands.report import release_lines, release_report
from console.world import World
from tests.screens import worlds
from tests.screens.measured import measured


def after_holding(world: World) -> World:
    return replace(world, verdict=worlds.holding().verdict)


def test_a_running_release_holds() -> None:
    lines = release_lines(worlds.holding())
    assert lines[0].startswith("shop: rolling release at 25 %")
    assert [line for line in lines if line.startswith("  verdict   hold: ")]
    report = release_report(worlds.holding())
    assert report["release"]["ended"] is None
    assert report["verdict"]["over"] is False


def test_the_metrics_of_a_verdict_are_told_so_that_a_script_can_act_on_them() -> None:
    world = measured()
    verdict = world.verdict
    assert verdict is not None
    told = json.loads(json.dumps(release_report(world), allow_nan=False))["verdict"]
    assert (told["judge"], told["evidence"], told["line"]) == ("statistical", verdict.evidence, verdict.line)
    assert {one["id"] for one in told["metrics"]} == {one.metric_id for one in verdict.metrics}
    worse = [one for one in told["metrics"] if one["state"] == "worse"]
    assert worse == told["metrics"][: len(worse)]
    for one in told["metrics"]:
        (said,) = [each for each in verdict.metrics if each.metric_id == one["id"]]
        assert (one["says"], one["effect"], one["interval"]) == (said.sentence, said.effect, said.interval)
        assert (one["evidence"], one["cell"], one["eta_ms"]) == (said.evidence, said.cell, said.eta_ms)
    (culprit,) = [one for one in worse if one["id"] == "error_rate"]
    assert culprit["evidence"] > culprit["line"] > told["line"]


def test_infinite_numbers_are_no_json_and_not_told() -> None:
    world = measured()
    assert world.verdict is not None
    odd = replace(
        world.verdict.metrics[0], evidence=-math.inf, ratio=math.inf, bounds=(1.5, math.inf), eta_ms=60_000
    )
    verdict = replace(world.verdict, metrics=(odd,))
    (told,) = release_report(replace(world, verdict=verdict))["verdict"]["metrics"]
    assert [told[key] for key in ("evidence", "ratio", "ratio_low", "ratio_high")] == [None, None, 1.5, None]
    assert told["eta_ms"] == 60_000


def test_a_promotion_with_care_says_so() -> None:
    world = worlds.healthy()
    assert world.verdict is not None
    careful = replace(world, verdict=replace(world.verdict, care=("split 16.7 % where 5 % is set",)))
    (line,) = [line for line in release_lines(careful) if line.startswith("  verdict")]
    assert line.startswith("  verdict   promote, with care (split 16.7 % where 5 % is set): ")
    assert release_report(careful)["verdict"]["care"] == ["split 16.7 % where 5 % is set"]


def test_a_completed_release_is_said_to_be_completed_and_holds_no_more() -> None:
    world = after_holding(worlds.complete())
    lines = release_lines(world)
    assert lines[0].startswith(
        "shop: rolling release completed 14:06 (2 min ago): the canary serves everyone"
    )
    (verdict,) = [line for line in lines if line.startswith("  verdict")]
    assert verdict.startswith("  verdict   completed 14:06; last verdict while it ran (14:07): hold: ")
    report = release_report(world)
    assert report["release"]["ended"] == {
        "how": "completed",
        "at": worlds.NOW - 2 * worlds.MINUTE,
        "since": "",
        "outcome": "the canary serves everyone",
    }
    assert report["verdict"]["over"] is True


def test_an_aborted_release_is_said_to_be_aborted() -> None:
    lines = release_lines(after_holding(worlds.aborted()))
    assert "aborted 14:06 (2 min ago): everyone has the baseline" in lines[0]
    assert not [line for line in lines if line.startswith("  verdict   hold")]
