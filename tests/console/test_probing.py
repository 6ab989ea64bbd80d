"""Probes in a whole session: kept, shown as a metric of their own, and never the verdict's business."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.canary.headline import PROBED
from console.canary.measures import Ratio
from console.world import World
from data.vercel.probes import PIN
from tests.console.consoles import consoles
from tests.data.hosts import drops, host, says
from tests.data.vercel.test_probes import by_pin


def probed(world: World) -> list[Ratio | None]:
    views = [view for view in world.metrics if view.metric.id == PROBED]
    values = [reading.value for view in views for reading in (view.baseline, view.canary)]
    return [value for value in values if value is None or isinstance(value, Ratio)]


@pytest.mark.slow
async def test_both_deployments_are_probed_and_the_verdict_does_not_rest_on_it(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene, host() as application:
        release = scene.sim.world.project.release
        assert release is not None
        application.says(by_pin({release.base_id: says("ok"), release.canary_id: says("no", status=500)}))
        one = await scene.started(PROBES__URL=application.url, PROBES__EVERY_S="5")

        def all_fail(world: World) -> bool:
            found = probed(world)
            return len(found) == 2 and bool(found[0] and found[1]) and found[1].share == 1.0  # type: ignore[union-attr]

        world = await one.sees(all_fail, "the failing canary")
        assert probed(world)[0].share == 0.0  # type: ignore[union-attr]
        assert {s.name: s.state.value for s in world.sources}["probes"] == "ok"
        world = await one.sees(lambda w: w.verdict and w.verdict.word.value == "promote", "promote")
        assert PROBED not in {metric.metric_id for metric in world.verdict.metrics}  # type: ignore[union-attr]
        assert {asked.headers[PIN] for asked in application.asked} == {release.base_id, release.canary_id}


@pytest.mark.slow
async def test_an_application_that_nobody_reaches_is_its_own_panes_trouble(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene, host() as application:
        application.says(drops)
        one = await scene.started(PROBES__URL=application.url, PROBES__EVERY_S="5")
        world = await one.sees(
            lambda w: any(s.name == "probes" and s.problem for s in w.sources), "the trouble"
        )
        await one.sees(lambda w: w.verdict and w.verdict.word.value == "promote", "promote")
        assert all(value is None for value in probed(world))


async def test_without_an_address_there_are_none(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.started()
        world = await one.sees(lambda w: w.metrics, "metrics")
        assert [s.name for s in world.sources] == ["vercel", "prometheus"]
        assert probed(world) == []
