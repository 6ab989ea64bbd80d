"""The picture is a function of the two stores and the time, and of nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from console.canary.catalogue import packaged
from console.canary.measures import Gauge, Quantile, Window
from console.canary.stages import Advancement, Deployment, Release, ReleaseState
from console.health import Source
from console.keeping import METRICS, RELEASE, Alive, Measured, dump, metric_key, together_key
from console.metric_sources import PROMETHEUS, SPEED_INSIGHTS
from console.picture import Picture, Self, Where, grown_old
from console.ports import Sample
from console.readings import Reading, Rhythm
from console.together import Together
from console.wiring import Stores, open_stores, where_of
from console.world import Banner, World
from data.clock import ScaledClock
from tests.console.consoles import consoles
from tests.screens import worlds
from tests.simulated import ORIGIN

NOBODY = Self(Reading.missing("vercel"), Reading.missing("vercel"))


def closed(stores: Stores) -> None:
    stores.ledger.close()
    stores.samples.close()


async def test_same_stores_and_time_make_the_same_world_whoever_builds_it(tmp_path: Path) -> None:
    async with consoles(tmp_path, "error-spike") as scene:
        one = await scene.armed()
        await one.sees(lambda w: w.verdict and w.verdict.word.value == "rollback", "rollback")
        assert (await one.session.perform(await one.session.preview("advance"), "ok", "25")).says
        await one.sees(lambda w: len(w.marks) == 2, "25 %, and the ledger knows when it began")
        aim = scene.target()
        where = where_of(aim)
        began, now = where.began, scene.clock.now()
        await one.session.close()
        stores = open_stores(aim.ledger_path, aim.clock)
        older = Picture(stores.ledger, stores.samples, where)
        moments = [now - 30_000, now - 10_000, now, now + 60_000]
        forward = [older.build(at, NOBODY) for at in moments]
        assert forward[2].verdict is not None
        assert len(forward[2].marks) == 2
        back = [older.build(at, NOBODY) for at in reversed(moments)]
        assert list(reversed(back)) == forward
        closed(stores)
        again = open_stores(aim.ledger_path, aim.clock)
        other = Picture(again.ledger, again.samples, replace(where, began=began))
        assert [other.build(at, NOBODY) for at in moments] == forward
        closed(again)


def empty(tmp_path: Path) -> tuple[Stores, Where, World]:
    clock = ScaledClock(ORIGIN, 1e-9)
    stores = open_stores(tmp_path / "ledger.db", clock)
    sources = (
        Source("vercel", "Vercel", RELEASE, Rhythm.of(5_000)),
        Source(PROMETHEUS, "Prometheus", METRICS, Rhythm.of(15_000)),
    )
    where = Where("scope", "shop", False, sources, ORIGIN)
    return stores, where, Picture(stores.ledger, stores.samples, where).build(ORIGIN, NOBODY)


def test_a_world_of_which_nothing_is_known_yet(tmp_path: Path) -> None:
    stores, _, world = empty(tmp_path)
    assert (world.project_label, world.mode.value, world.ledger_size) == ("shop", "read-only", 0)
    assert (world.verdict, world.release.value, world.metrics, world.banners) == (None, None, (), ())
    assert [s.state.value for s in world.sources] == ["starting", "starting"]
    closed(stores)


def test_a_world_that_cannot_be_built_anew_takes_back_what_it_says_of_the_present(tmp_path: Path) -> None:
    stores, _, world = empty(tmp_path)
    old = grown_old(world, ORIGIN + 3_600_000, Banner("error", "The disk is gone."))
    assert [s.state.value for s in old.sources] == ["lost", "lost"]
    assert [b.text for b in old.banners] == ["The disk is gone."]
    closed(stores)


async def test_a_project_without_a_release_is_known_to_have_none(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        scene.sim.world.project.release = None
        one = await scene.started()
        world = await one.sees(lambda w: w.release.at is not None, "that there is none")
        assert world.release.value is None
        assert world.release.problem is None


def test_what_stands_in_for_a_metric_is_in_the_picture(tmp_path: Path) -> None:
    stores, where, _ = empty(tmp_path)
    metric = packaged()["time_to_interactive"]
    here = f"{where.scope}/{RELEASE}"
    stores.samples.record([Sample(here, ORIGIN, ORIGIN, "vercel", dump(Release, worlds.RELEASE))])
    for end, instead in ((ORIGIN - 30_000, "INP"), (ORIGIN - 15_000, "")):
        body = dump(Measured, Measured(end - 15_000, end, end, Gauge(1.0, 15), instead=instead))
        key = f"{where.scope}/{metric_key(metric.id, worlds.CANARY.id)}"
        stores.samples.record([Sample(key, end, end, PROMETHEUS, body)])
        picture = Picture(stores.ledger, stores.samples, where).build(end, NOBODY)
        views = {view.metric.id: view for view in picture.all_metrics}
        assert views[metric.id].instead == instead
        assert views["page_load"].instead == ""
    closed(stores)


TWO = Release(
    ReleaseState.ACTIVE,
    Advancement.MANUAL,
    Deployment("dpl_base", "b.example"),
    Deployment("dpl_canary", "c.example"),
    (),
    0,
    5.0,
    ORIGIN - 600_000,
    ORIGIN - 600_000,
)
LOAD = Together(
    Window(ORIGIN - 420_000, ORIGIN - 60_000),
    Quantile(0.75, 1.9, 900),
    Window(ORIGIN - 960_000, ORIGIN - 600_000),
    Quantile(0.75, 1.8, 800),
)


def standing_in(tmp_path: Path, *more: Sample) -> World:
    """The picture of a release of which Speed Insights told page load, and why it has nothing else."""
    clock = ScaledClock(ORIGIN, 1e-9)
    stores = open_stores(tmp_path / "ledger.db", clock)
    sources = (Source(PROMETHEUS, "Prometheus", METRICS, Rhythm.of(15_000)),)
    instead = (Source(SPEED_INSIGHTS, "Speed Insights", SPEED_INSIGHTS, Rhythm.of(300_000)),)
    where = Where("here", "shop", False, sources, ORIGIN, supplements=instead)
    lacks = Alive("", {"time_to_interactive": "the schema has no INP"})
    kept = [
        kept_as(RELEASE, "vercel", dump(Release, TWO)),
        kept_as(SPEED_INSIGHTS, SPEED_INSIGHTS, dump(Alive, lacks)),
        kept_as(together_key("dpl_canary", "page_load"), SPEED_INSIGHTS, dump(Together, LOAD)),
        *more,
    ]
    stores.samples.record(kept)
    world = Picture(stores.ledger, stores.samples, where).build(ORIGIN, NOBODY)
    closed(stores)
    return world


def kept_as(key: str, source: str, body: str) -> Sample:
    return Sample(f"here/{key}", ORIGIN, ORIGIN, source, body)


def test_what_stands_in_is_context_and_what_does_not_says_why(tmp_path: Path) -> None:
    world = standing_in(tmp_path)
    views = {view.metric.id: view for view in world.all_metrics}
    load = views["page_load"]
    assert (load.together, load.canary.source) == (LOAD, SPEED_INSIGHTS)
    assert (load.metric.split, load.metric.guard) == (False, False)
    assert load.canary == load.baseline
    assert world.rhythm(SPEED_INSIGHTS).poll_ms == 300_000
    interactive = views["time_to_interactive"]
    assert interactive.canary.problem is not None
    assert "Speed Insights does not stand in: the schema has no INP." in interactive.canary.problem.what
    assert [one.note for one in world.supplements] == ["time_to_interactive: the schema has no INP."]
    assert [one.name for one in world.sources] == [PROMETHEUS]


def test_nothing_stands_in_for_what_is_measured_by_deployment(tmp_path: Path) -> None:
    own = Measured(ORIGIN - 15_000, ORIGIN, ORIGIN, Quantile(0.75, 2.0, 50))
    world = standing_in(
        tmp_path, kept_as(metric_key("page_load", "dpl_canary"), PROMETHEUS, dump(Measured, own))
    )
    [load] = [view for view in world.all_metrics if view.metric.id == "page_load"]
    assert load.together is None
    assert load.metric.guard
    assert load.canary.value == own.measure
    assert load.baseline.value is None
