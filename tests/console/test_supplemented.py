"""Sessions in which other sources stand in: shown once, with who answered, and never judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.metric_sources import SPEED_INSIGHTS, WEB_ANALYTICS
from console.world import MetricView, World
from data.simulator.account import Account
from screens.metrics.detail import about
from screens.metrics.found import Entry, entries
from screens.metrics.rows import row
from screens.metrics.state import sentence, state
from screens.paint import plain
from screens.sources.rows import detail
from tests.console.consoles import Console, consoles

pytestmark = [pytest.mark.slow]

VERCEL = {"PROMETHEUS__URL": ""}
NOTHING_PAID = Account(without=frozenset({"prometheus", "observability"}))


def view(world: World, name: str) -> MetricView:
    return next(one for one in world.all_metrics if one.metric.id == name)


def entry(world: World, name: str) -> Entry:
    return next(one for one in entries(world) if one.id == name)


def answered_by(world: World, name: str) -> str | None:
    found = [one for one in world.all_metrics if one.metric.id == name and one.together]
    return found[0].canary.source if found else None


def of_source(one: Console, world: World, name: str) -> str:
    [found] = [each for each in one.session.desk.sources(world) if each.id == name]
    return " ".join("\n".join(map(plain, detail(found, world.now, 90))).split())


async def test_the_free_sources_stand_in_once_for_both_tracks_and_say_so(tmp_path: Path) -> None:
    async with consoles(tmp_path, "error-spike", speed=60, account=NOTHING_PAID) as scene:
        one = await scene.started(**VERCEL)
        await one.sees(lambda w: answered_by(w, "page_load") == SPEED_INSIGHTS, "page load")
        world = await one.sees(lambda w: answered_by(w, "visits") == WEB_ANALYTICS, "visits")
        world = await one.sees(lambda w: w.verdict and w.verdict.word.value == "rollback", "rollback")
        load = view(world, "page_load")
        assert (load.metric.split, load.metric.guard, load.metric.required) == (False, False, False)
        assert load.canary == load.baseline
        assert world.verdict is not None
        stood_in = {each.metric.id for each in world.all_metrics if each.together}
        assert stood_in >= {"page_load", "time_to_interactive", "page_views", "conversion_rate"}
        assert not stood_in & {each.metric_id for each in world.verdict.metrics}
        assert not any(stood_in & point.metrics.keys() for point in world.evidence)
        shown = entry(world, "page_load")
        assert state(shown, world, world.now).word == "context"
        assert "Speed Insights tells no deployments apart" in sentence(shown, world, world.now)
        assert "both" in plain(row(shown, world, world.now, 120, False))
        said = " ".join("\n".join(map(plain, about(shown, world, world.now, 100))).split())
        assert "from Speed Insights" in said
        assert "before" in said
        assert "stands in for page load, time to interactive" in of_source(one, world, SPEED_INSIGHTS)
        assert "every 5 m" in of_source(one, world, WEB_ANALYTICS)


async def test_what_is_measured_by_deployment_is_asked_of_nobody_else(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.started()
        await one.sees(lambda w: w.all_metrics and all(v.canary.value for v in w.all_metrics), "all of them")
        world = await one.sees(lambda w: all(s.fresh_at for s in w.supplements), "that nobody was asked")
        assert scene.asked("web-analytics") == scene.asked("observability") == 0
        assert not [each for each in world.all_metrics if each.together]
        assert "measured by deployment already" in of_source(one, world, SPEED_INSIGHTS)


async def test_one_that_is_switched_off_takes_nothing_with_it(tmp_path: Path) -> None:
    less = Account(without=frozenset({"prometheus", "observability", "web-analytics"}))
    async with consoles(tmp_path, speed=60, account=less) as scene:
        one = await scene.started(**VERCEL)
        await one.sees(lambda w: answered_by(w, "page_load") == SPEED_INSIGHTS, "page load")
        world = await one.sees(lambda w: w.supplements[1].problem, "why not")
        assert "not enabled" in of_source(one, world, WEB_ANALYTICS)
        assert "Switch on Web Analytics" in of_source(one, world, WEB_ANALYTICS)
        assert world.metrics_source is not None
        assert world.metrics_source.problem is None
        assert {source.name for source in world.sources} == {"vercel", "request-logs"}


async def test_they_can_be_left_out(tmp_path: Path) -> None:
    async with consoles(tmp_path, speed=60, account=NOTHING_PAID) as scene:
        one = await scene.started(**VERCEL, METRICS__SUPPLEMENTS="false")
        world = await one.sees(lambda w: w.verdict, "a verdict")
        assert world.supplements == ()
        assert scene.asked("web-analytics") == 0
