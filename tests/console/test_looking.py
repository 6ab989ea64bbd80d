"""One deployment looked at closely, on the simulated host: read while somebody looks, and not after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from console.looking import LogState, Looking
from data.simulator import building
from tests.console.consoles import Consoles, consoles, until


@asynccontextmanager
async def looking(scene: Consoles, deployment_id: str) -> AsyncIterator[Looking]:
    one = scene.console().session.production.look(deployment_id)
    task = asyncio.create_task(one.run(lambda: None))
    try:
        yield one
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def pushed(scene: Consoles, *, fails: bool = False) -> str:
    project = scene.sim.world.project
    at = scene.sim.world.advance()
    return building.push(project, project.people[0], at, fails=fails, seconds=40.0).id


async def test_a_build_is_followed_to_its_end_with_detail_and_checks(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene, looking(scene, pushed(scene, fails=True)) as one:
        await until(
            lambda: one.log.state is LogState.FOLLOWING and len(one.log.lines) > 3, "lines as they come"
        )
        await until(lambda: one.log.state is LogState.ENDED, "the end")
        await until(lambda: one.detail.value and one.detail.value.candidate.deployment.ready_state == "ERROR")
        detail = one.detail.value
        assert detail is not None
        assert detail.candidate.ended_at is not None
        assert detail.candidate.error
        assert one.log.errors == sum(line.error for line in one.log.lines) > 0
        assert one.checks.value
        assert {check.version for check in one.checks.value} == {1, 2}
        assert one.detail.problem is None


@pytest.mark.slow
async def test_nobody_looks_and_nothing_is_asked(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        deployment = pushed(scene)
        async with looking(scene, deployment) as one:
            await until(lambda: one.log.lines, "the first lines")
        asked = scene.asked(deployment)
        later = scene.clock.now() + 60_000
        await until(lambda: scene.clock.now() > later, "a minute of the world")
        assert scene.asked(deployment) == asked


async def test_a_log_that_is_not_there_is_said_and_read_when_asked_for_again(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        serving = scene.sim.world.project.serving_id
        scene.fault(f"/v3/deployments/{serving}/events", "status", 1, status=404)
        async with looking(scene, serving) as one:
            await until(lambda: one.log.state is LogState.FAILED, "why not")
            assert one.log.problem is not None
            assert one.log.problem.kind == "not_found"
            await until(lambda: one.detail.value and one.checks.value, "the rest is read all the same")
            one.again()
            await until(lambda: one.log.state is LogState.ENDED, "the log")
            assert one.log.lines
            assert one.log.problem is None


@pytest.mark.slow
async def test_what_passes_is_tried_again_and_what_was_read_stays_until_then(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        deployment = pushed(scene)
        async with looking(scene, deployment) as one:
            await until(lambda: one.log.lines, "the first lines")
            scene.fault("/v3/deployments", "status", 400, status=500)
            await until(lambda: one.log.state is LogState.FAILED, "the failure")
            assert one.log.lines
            scene.sim.faults._waiting.clear()
            await until(lambda: one.log.state is LogState.ENDED, "the end by itself")
            texts = [line.text for line in one.log.lines]
            assert len(texts) == len(set(texts)), "nothing twice"


async def test_a_deployment_that_nobody_knows_has_a_problem_and_no_value(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene, looking(scene, "dpl_nowhere") as one:
        await until(lambda: one.detail.problem and one.checks.problem and one.log.problem, "the problems")
        assert one.detail.value is None
        assert one.every_s > 5
