"""The engine with the statistical judge on simulated releases: what it says, when, and what it keeps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from console import events
from console.canary.recorded import judge_recording
from console.canary.recording import read
from console.canary.verdict import MetricState
from console.keeping import RELEASE, JudgedPoll, evidence_key, load
from tests.console.consoles import Console, consoles, until

AS_IN_LIFE = {
    "PROMETHEUS__SCRAPE_S": "15",
    "POLL__METRICS_S": "15",
    "POLL__RELEASE_S": "10",
    "JUDGE__WARMUP_S": "60",
}
"""Polls as in life, so that a world sixty times as fast has time enough for each."""
LONG_S = 240.0

STATISTICAL = {**AS_IN_LIFE, "JUDGE__KIND": "statistical"}


def judged_by(one: Console) -> str:
    return one.world.verdict.judge if one.world.verdict else ""


def worst(one: Console) -> str:
    """The culprit that stands first."""
    verdict = one.world.verdict
    if verdict is None or not verdict.metrics or verdict.metrics[0].state is not MetricState.WORSE:
        return ""
    return verdict.metrics[0].metric_id


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scenario", "culprit"),
    [
        ("error-spike", "error_rate"),
        ("latency-regression", "latency_p95"),
        pytest.param("harm-browsers", "client_errors", marks=pytest.mark.slow),
        pytest.param("harm-database", "db_query_time", marks=pytest.mark.slow),
        pytest.param("harm-page-load", "page_load", marks=pytest.mark.slow),
    ],
)
async def test_harm_is_found_and_named(tmp_path: Path, scenario: str, culprit: str) -> None:
    async with consoles(tmp_path, scenario, speed=60) as scene:
        one = await scene.started(**STATISTICAL)
        await until(lambda: one.word == "rollback" and worst(one) == culprit, culprit, LONG_S)
        verdict = one.world.verdict
        assert verdict is not None
        assert verdict.judge == "statistical"
        assert verdict.evidence is not None
        assert verdict.line is not None
        assert verdict.evidence > verdict.line
        assert "worse beyond doubt" in verdict.reasons[0]
        assert verdict.metrics[0].canary.split()[0] not in ("–", "")


@pytest.mark.slow
async def test_a_sound_canary_is_promoted_and_all_of_it_can_be_judged_again(tmp_path: Path) -> None:
    async with consoles(tmp_path, "healthy", speed=60) as scene:
        one = await scene.started(**AS_IN_LIFE)
        await until(lambda: one.word == "promote", "promote", LONG_S)
        world = one.world
        assert judged_by(one) == "statistical"
        assert "not worse by the margin" in one.recorded(events.VerdictChanged)[-1].reasons[0]
        assert world.evidence
        assert {"error_rate", "latency_p95"} <= set(world.evidence[-1].metrics)
        assert all(a.at < b.at for a, b in zip(world.evidence, world.evidence[1:], strict=False))
        assert {view.metric.id for view in world.metrics} < {view.metric.id for view in world.all_metrics}
        assert len(world.all_metrics) >= 16
        again = await scene.started(**AS_IN_LIFE)  # which reads along, and takes over
        await one.session.close()
        scene.opened.remove(one)
        seen = world.evidence[-1].at
        await until(lambda: again.world.evidence and again.world.evidence[-1].at > seen + 60_000, "judged on")
        await until(lambda: again.word in ("promote", "hold"), "a verdict")


async def test_a_recording_of_the_release_has_the_evidence_that_the_engine_had(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from console.commands.release import command

    async with consoles(tmp_path, "error-spike", speed=60) as scene:
        one = await scene.started(**STATISTICAL)
        await until(lambda: one.word == "rollback", "rollback", LONG_S)
        scope = one.session._parts.where.scope
        await one.session.close()
        scene.opened.remove(one)
        stores = scene.console(changes=STATISTICAL).stores
        good, _ = stores.samples.latest(f"{scope}/{RELEASE}")[f"{scope}/{RELEASE}"]
        assert good is not None
        canary = json.loads(good.body or "{}")["canary"]["id"]
        [found] = stores.samples.latest(f"{scope}/{evidence_key(canary)}").values()
        assert found[0] is not None
        last = load(JudgedPoll, found[0].body)
        environ = {
            **{f"COALMINE_{name}": value for name, value in STATISTICAL.items()},
            "COALMINE_VERCEL__API_URL": scene.sim.vercel_url,
            "COALMINE_VERCEL__TEAM_ID": scene.sim.team_id,
            "COALMINE_VERCEL__PROJECT_ID": scene.sim.project_id,
            "COALMINE_PROMETHEUS__URL": scene.sim.prometheus_url,
            "COALMINE_STATE_DIR": str(tmp_path),
        }
        done = CliRunner().invoke(command, ["record"], env=environ)
        assert done.exit_code == 0, done.output
        answer = judge_recording(read(done.stdout), trace=True)
        assert answer.verdict == "rollback"
        assert last is not None
        assert answer.trace_evidence is not None
        assert answer.trace_evidence[-1] == pytest.approx(last.evidence, abs=1e-3)
        nobody = CliRunner().invoke(command, ["record", "dpl_nobody"], env=environ)
        assert nobody.exit_code == 4


@pytest.mark.slow
async def test_without_metrics_nothing_is_promoted(tmp_path: Path) -> None:
    async with consoles(tmp_path, "metrics-outage") as scene:
        one = await scene.started(JUDGE__KIND="statistical")
        await until(lambda: one.word == "no_data", "no data", LONG_S)
        await one.sees(lambda w: w.verdict and w.now - w.verdict.since > 60_000, "a minute without")
        assert {e.word for e in one.recorded(events.VerdictChanged)} <= {"hold", "no_data"}


@pytest.mark.slow
async def test_a_canary_that_fails_now_and_then_does_not_turn_the_verdict_to_and_fro(tmp_path: Path) -> None:
    async with consoles(tmp_path, "flapping", speed=60) as scene:
        one = await scene.started(**AS_IN_LIFE)
        await until(lambda: one.word == "rollback", "rollback", LONG_S)
        bad = one.world.now
        await one.sees(lambda w: w.now > bad + 9 * 60_000, "two more turns")
        told = [e.word for e in one.recorded(events.VerdictChanged)]
        after = told[told.index("rollback") :]
        assert set(after) <= {
            "rollback",
            "no_data",
        }  # the latter on a slow machine
        assert "promote" not in told


@pytest.mark.slow
async def test_with_hardly_any_traffic_it_says_how_long_it_will_take(tmp_path: Path) -> None:
    async with consoles(tmp_path, "low-traffic", speed=60) as scene:
        one = await scene.started(**AS_IN_LIFE)
        world = await one.sees(
            lambda w: (
                w.verdict and w.verdict.eta_ms and any("at this traffic" in r for r in w.verdict.reasons)
            ),
            "how long",
        )
        assert world.verdict is not None
        assert world.verdict.word.value == "hold"
        assert (world.verdict.eta_ms or 0) > 5 * 60_000


@pytest.mark.slow
async def test_the_limits_speak_beside_it_and_are_named(tmp_path: Path) -> None:
    async with consoles(tmp_path, "error-spike", speed=20) as scene:
        one = await scene.started(**AS_IN_LIFE, JUDGE__ALPHA="1e-300", JUDGE__ERROR_RATE__MAX="1")
        await until(lambda: one.word == "rollback", "rollback", LONG_S)
        assert judged_by(one) == "limits"
        assert one.world.verdict is not None
        assert "over the limit of 1.0 %" in one.world.verdict.reasons[0]
        assert "(limits)" in one.world.verdict.reasons[0]
