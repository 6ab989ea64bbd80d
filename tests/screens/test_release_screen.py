"""The release screen as a whole: every state at every size, its keys, its plots."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from console.readings import Reading
from console.world import SourceState, World
from screens.dialogs.event import EventDialog
from screens.dialogs.why_text import why_lines
from screens.release.plots import Plots
from screens.widgets.plot import Plot
from tests.screens import worlds
from tests.screens.running import Running, running
from tests.screens.text import screen_text
from tests.screens.worlds import MINUTE, NOW

SIZES = ((60, 16), (80, 24), (120, 34))


def check(session: Running, name: str) -> None:
    """Every row is as wide as the terminal, the frame is whole, and nothing acts on the terminal."""
    width, height = session.app.size
    shown = session.text
    rows = shown.split("\n")
    assert len(rows) == height, name
    assert all(cell_len(row) <= width for row in rows), name
    assert rows[2] == rows[-2] == "─" * width, name
    assert rows[0].startswith(" coalmine"), name
    assert rows[-1].rstrip().endswith("? keys   : palette"), name
    assert "\x1b" not in shown, name
    assert "\u202e" not in shown, name


@pytest.mark.parametrize("size", SIZES)
async def test_every_state_fits_every_size(size: tuple[int, int]) -> None:
    async with running(worlds.healthy(), size=size) as session:
        for name, world in worlds.ALL.items():
            await session.show(world())
            await session.drawn()
            check(session, f"{name} at {size}")


async def test_odd_sizes_while_resizing_are_whole_too() -> None:
    async with running(worlds.hostile(), size=(80, 24)) as session:
        for size in ((61, 17), (73, 19), (99, 30), (107, 21), (108, 40), (131, 23), (200, 50), (250, 70)):
            await session.pilot.resize_terminal(*size)
            await session.drawn()
            check(session, str(size))


async def test_what_must_be_seen_in_two_seconds() -> None:
    async with running(worlds.rollback()) as session:
        shown = await session.drawn()
        for part in (
            "● canary    bd41e0c",
            "serves 25 % of visitors",
            "▼ ROLL BACK   since 14:02 (6 min ago)",
            "! error rate     2.4 % against 0.5 %",
            "next: 50 %, needs approval",
            "✓ vercel <5 s   ✓ prometheus <5 s",
            "┆25%",
            "14:02  verdict hold → roll back",
            "A advance   C complete   X abort   w why",
        ):
            assert part in shown
        assert shown.count("● canary") == 4  # its line, and its end in three plots
        assert shown.count("○ baseline") == 4


async def test_a_new_world_is_drawn_at_once_and_only_what_changed() -> None:
    async with running(worlds.healthy()) as session:
        await session.drawn()
        built = [plot.built for plot in session.app.screen.query(Plot)]
        later = replace(worlds.healthy(), now=NOW + 1000, verdict=worlds.ROLLBACK)
        await session.show(later)
        assert "▼ ROLL BACK" in await session.drawn()
        assert [plot.built for plot in session.app.screen.query(Plot)] == built
        await session.show(worlds.rollback())
        await session.drawn()
        assert [plot.built for plot in session.app.screen.query(Plot)] == [built[0] + 1, *built[1:]]


async def test_ticks_repaint_no_plot_and_lay_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(worlds.healthy()) as session:
        await session.drawn()
        layouts: list[object] = []
        built = [plot.built for plot in session.app.screen.query(Plot)]
        screen = session.app.screen
        monkeypatch.setattr(
            type(screen), "_refresh_layout", lambda self, *args, **kwargs: layouts.append(self), raising=True
        )
        for _ in range(5):
            session.clock.seconds += 1
            session.app.draw()
            await session.pilot.pause()
        assert layouts == []
        assert [plot.built for plot in screen.query(Plot)] == built


async def test_one_plot_at_a_time_is_chosen_with_p_and_tab() -> None:
    async with running(worlds.healthy(), size=(80, 24)) as session:
        titles = []
        for key in ("", "p", "tab", "tab", "shift+tab"):
            if key:
                await session.press(key)
            shown = await session.drawn()
            titles += [
                title for title in ("error rate  %", "latency p95  ms", "requests  req/s") if title in shown
            ]
        assert titles == [
            "error rate  %",
            "latency p95  ms",
            "requests  req/s",
            "error rate  %",
            "requests  req/s",
        ]
        assert session.app.screen.query_one(Plots).count == 1


async def test_plots_out_of_sight_are_left_alone_until_they_are_seen() -> None:
    async with running(worlds.rollback()) as session:
        await session.drawn()
        plots = session.app.screen.query_one(Plots)
        await session.pilot.resize_terminal(80, 17)
        place = session.app.screen.query_one("#plots")
        await session.until(lambda: not place.display)
        built = [plot.built for plot in plots.query(Plot)]
        await session.show(worlds.healthy())
        assert plots.wanting() == []
        assert [plot.built for plot in plots.query(Plot)] == built
        await session.pilot.resize_terminal(120, 34)
        await session.until(lambda: place.display)
        assert "⡀" in await session.drawn()


async def test_stale_and_lost_plots_say_so() -> None:
    async with running(worlds.stale()) as session:
        assert (await session.drawn()).count("⧗ stale 43 s") >= 3
        await session.show(worlds.lost())
        assert (await session.drawn()).count("– lost since 14:00") == 3


async def test_the_marked_event_keeps_its_mark_while_others_arrive() -> None:
    async with running(worlds.healthy()) as session:
        await session.press("j", "down")
        marked = next(row for row in session.text.splitlines() if row.startswith("▸"))
        await session.show(worlds.rollback())
        assert marked in session.text.splitlines()
        await session.press("enter")
        await session.until(lambda: isinstance(session.app.screen, EventDialog))
        shown = await session.shows(
            "Event 7 of the ledger", "action_id     a-1", "hash", worlds.history()[6].hash[:40]
        )
        assert "(11 min ago)" in shown
        await session.press("escape", "g", "k", "G")
        assert session.text.splitlines()[-3].startswith("▸")


async def test_why_shows_the_evidence_and_follows_it() -> None:
    async with running(worlds.rollback(), size=(100, 40)) as session:
        await session.press("w")
        await session.shows("▼ ROLL BACK", "96 of 4,000 requests", "60 of 12,000 requests", "informs only")
        await session.show(worlds.lost())
        await session.shows("? NO DATA", "– (was 0.5 %)", "refused the connection")


def test_why_without_a_verdict_says_so() -> None:
    assert "No verdict" in why_lines(worlds.complete(), NOW, 80)[0][0].text


async def test_a_release_that_appears_takes_the_place_of_the_sentence() -> None:
    async with running(worlds.never_connected(), size=(80, 24)) as session:
        await session.shows("No release has been read yet")
        await session.show(worlds.healthy())
        shown = await session.drawn()
        assert "No release has been read yet" not in shown
        assert "✓ PROMOTE" in shown


def dead_host() -> World:
    """The host is down from the start; Prometheus answers."""
    return replace(worlds.unauthorised(), metrics=worlds.metrics(), recent=worlds.healthy().recent)


async def test_a_dead_source_degrades_its_own_pane_only() -> None:
    async with running(dead_host(), size=(80, 24)) as session:
        await session.shows("rejected the token (401)", "13:57  advanced")
        down = replace(worlds.SOURCES[1], state=SourceState.FAILING, fresh_at=None, problem=worlds.REFUSED)
        views = tuple(
            replace(v, canary=Reading.missing(worlds.METRICS), baseline=Reading.missing(worlds.METRICS))
            for v in worlds.metrics()
        )
        await session.show(replace(worlds.healthy(), metrics=views, sources=(worlds.SOURCES[0], down)))
        shown = await session.drawn()
        assert "● bd41e0c" in shown
        assert "✓ vercel <5 s" in shown
        assert "! prometheus has not answered yet" in shown


async def test_a_pane_that_cannot_be_drawn_says_so_and_spares_the_others() -> None:
    broken = replace(worlds.rollback(), verdict=object())  # type: ignore[arg-type]
    async with running(worlds.rollback(), size=(80, 24)) as session:
        session.cockpit.show(broken)
        await session.pilot.pause()
        shown = screen_text(session.app)
        assert "! verdict: this could not be drawn (AttributeError" in shown
        assert "● bd41e0c" in shown
        assert "✓ vercel <5 s" in shown


async def test_pending_actions_stand_above_everything_until_they_are_known() -> None:
    async with running(worlds.unknown(), size=(80, 24)) as session:
        await session.shows("? sent 12 s ago, no answer; asking the host", "… 1 pending")
        session.clock.seconds += 30
        session.app.draw()
        await session.shows("? sent 42 s ago")
        await session.show(worlds.healthy())
        assert "no answer" not in session.text


def test_the_worlds_of_these_tests_are_what_they_say() -> None:
    """A control: the prepared release has stood at 25 % for eleven minutes."""
    world = worlds.healthy()
    assert world.release.value == worlds.RELEASE
    assert world.now - world.marks[-1].at == 11 * MINUTE
