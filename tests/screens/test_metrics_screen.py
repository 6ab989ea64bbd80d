"""The metrics screen in use: marking, plotting, copying, filtering, its screen modes, and what it costs."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from console.world import World
from screens.dialogs.metric import MetricDialog
from screens.dialogs.raw import RawDialog
from screens.dialogs.why import WhyDialog
from screens.metrics.layout import share
from screens.metrics.screen import MetricsScreen
from screens.release.screen import ReleaseScreen
from screens.screen_mode import ScreenMode
from screens.sources.screen import SourcesScreen
from screens.widgets.plot import Plot
from tests.screens import worlds
from tests.screens.measured import lacking, measured
from tests.screens.running import Running, running
from tests.screens.worlds import NOW


async def on_metrics(session: Running) -> MetricsScreen:
    await session.press("7")
    await session.until(lambda: isinstance(session.app.screen, MetricsScreen))
    await session.drawn()
    assert isinstance(session.app.screen, MetricsScreen)
    return session.app.screen


def quiet() -> World:
    """The same without a culprit."""
    world = measured()
    assert world.verdict is not None
    kept = tuple(one for one in world.verdict.metrics if one.metric_id == "latency_p95")
    return replace(world, verdict=replace(world.verdict, metrics=kept))


@pytest.mark.parametrize("size", [(80, 24), (120, 34), (200, 50)])
async def test_it_opens_on_what_is_worse_with_its_sentence(size: tuple[int, int]) -> None:
    async with running(measured(), size=size) as session:
        screen = await on_metrics(session)
        shown = await session.shows("! 2 worse: error rate, new error types", "worse beyond doubt")
        assert screen.marked is not None
        assert screen.marked.id == "error_rate"
        assert "▸! worse        error rate" in shown
        assert "● 2.4 % against ○ 0.5 %" in shown
        if size[1] >= 34:
            assert "┆25%" in shown, "the plot stands beside or under the list"


@pytest.mark.slow
async def test_the_mark_passes_over_the_headings() -> None:
    async with running(quiet(), size=(80, 24)) as session:
        screen = await on_metrics(session)
        ids = [one.id for one in screen._all]
        seen = [screen.marked.id if screen.marked else None]
        for _ in range(len(ids) + 2):
            await session.press("j")
            if (now := screen.marked.id if screen.marked else None) != seen[-1]:
                seen.append(now)
        assert seen == ids
        await session.press("g")
        assert screen.marked is not None
        assert screen.marked.id == ids[0]
        await session.shows(" errors\n")
        await session.press("G")
        assert screen.marked.id == ids[-1]
        for key in ("k", "pageup", "ctrl+u", "ctrl+d", "pagedown", "up", "down"):
            await session.press(key)
            assert screen.marked is not None, key


async def test_the_next_that_is_worse_is_one_key_away() -> None:
    async with running(measured(), size=(120, 34)) as session:
        screen = await on_metrics(session)
        for wanted in ("new_errors", "error_rate"):
            await session.press("x")
            assert screen.marked is not None
            assert screen.marked.id == wanted


async def test_the_mark_stays_on_its_metric_while_worlds_arrive() -> None:
    async with running(quiet(), size=(80, 24)) as session:
        screen = await on_metrics(session)
        await session.press("j", "j", "j", "j", "j", "j")
        before = screen.marked.id if screen.marked else None
        await session.show(replace(quiet(), now=NOW + 5_000))
        assert screen.marked is not None
        assert screen.marked.id == before


async def test_the_query_is_copied_and_where_there_is_none_it_is_said() -> None:
    async with running(measured(), size=(80, 24)) as session:
        screen = await on_metrics(session)
        await session.press("y")
        assert session.app.clipboard.startswith(
            "sum by (deployment) (increase(http_requests_total{deployment=~"
        )
        await session.press("j")
        assert screen.marked is not None
        assert screen.marked.id == "probe_failures"
        await session.press("y")
        await session.until(lambda: any("no query to copy" in one.text for one in session.app.said))


@pytest.mark.slow
async def test_everything_of_a_metric_is_in_its_dialog_and_its_data_are_raw() -> None:
    async with running(measured(), size=(80, 24)) as session:
        await on_metrics(session)
        await session.press("enter")
        await session.until(lambda: isinstance(session.app.screen, MetricDialog))
        await session.shows("Metric: error_rate")
        await session.press("G")
        await session.shows("in force")
        await session.press("escape", "d")
        await session.until(lambda: isinstance(session.app.screen, RawDialog))
        text, _ = session.app.screen.copied()  # type: ignore[attr-defined]
        assert json.loads(text)["canary"]["value"]["bad"] == 276
        await session.press("escape", "w")
        await session.until(lambda: isinstance(session.app.screen, WhyDialog))
        await session.press("escape", "s")
        await session.until(lambda: isinstance(session.app.screen, SourcesScreen))


@pytest.mark.slow
async def test_it_is_filtered_and_left_like_the_other_lists() -> None:
    async with running(measured(), size=(80, 24)) as session:
        screen = await on_metrics(session)
        await session.press("slash", *"context", "enter")
        shown = await session.shows("2 match context", "database connections")
        assert "error severity" not in shown
        assert screen.marked is not None
        assert not screen.marked.metric.split
        await session.press("slash", *"zzz", "enter")
        await session.shows("Nothing matches")
        await session.press("escape")
        await session.shows("error severity")
        await session.press("plus", "escape")
        assert screen.screen_mode is ScreenMode.NORMAL
        await session.press("escape")
        await session.until(lambda: isinstance(session.app.screen, ReleaseScreen))


async def test_the_screen_modes_are_the_list_alone_and_the_plot_large() -> None:
    async with running(measured(), size=(80, 24)) as session:
        screen = await on_metrics(session)
        await session.press("plus")
        shown = await session.shows("half: list", "user experience")
        assert "worse beyond doubt" not in shown
        await session.press("plus")
        await session.until(lambda: screen.query_one(Plot).size.height > 6)
        shown = await session.drawn()
        assert "full: plot" in shown
        assert "● canary" in shown
        assert "┆25%" in shown
        assert "database connections" not in shown
        await session.press("plus")
        await session.shows("error severity")


@pytest.mark.parametrize("mode", list(ScreenMode))
def test_whatever_the_size_something_is_there(mode: ScreenMode) -> None:
    for cells in (60, 80, 120, 133, 134, 200):
        for rows in range(8, 60):
            room = share(cells, rows, mode)
            assert room.list or room.plot
            if room.list and not room.beside:
                assert rows - room.detail >= 6


async def test_a_plot_is_drawn_for_new_data_only_and_not_while_nobody_looks() -> None:
    async with running(measured(), size=(120, 34)) as session:
        screen = await on_metrics(session)
        plot = screen.query_one(Plot)
        built = plot.built
        for second in range(1, 4):
            session.clock.seconds = second
            session.app.tick()
            await session.pilot.pause()
        assert plot.built == built
        await session.press("1")
        await session.until(lambda: isinstance(session.app.screen, ReleaseScreen))
        other = measured()
        moved = tuple(replace(one, canary_line=one.canary_line[:-1]) for one in other.all_metrics)
        headline = tuple(
            one for one in moved if one.metric.id in ("error_rate", "latency_p95", "request_rate")
        )
        await session.show(replace(other, all_metrics=moved, metrics=headline, now=NOW + 1_000))
        await session.drawn()
        assert plot.built == built
        await session.press("7")
        await session.until(lambda: plot.built == built + 1)


async def test_what_the_source_lacks_and_what_nobody_measures_say_why() -> None:
    async with running(lacking(), size=(200, 50)) as session:
        await on_metrics(session)
        await session.shows(
            "the request logs know no browsers. Set prometheus.url.", "nobody measures this yet"
        )


@pytest.mark.parametrize(
    "world", [worlds.never_connected, worlds.no_release_ever, worlds.lost, worlds.hostile]
)
async def test_it_stands_on_any_world(world: object) -> None:
    made = world()  # type: ignore[operator]
    async with running(made, size=(80, 24)) as session:
        await on_metrics(session)
        assert "errors" in session.text


async def test_words_of_the_command_line_lead_there() -> None:
    async with running(measured(), size=(80, 24)) as session:
        await session.press("colon", *"metrics", "enter")
        await session.until(lambda: isinstance(session.app.screen, MetricsScreen))
        await session.press("colon", *"filter cache", "enter")
        await session.shows("1 match cache")
