"""Screen modes: what ``+`` and ``_`` give to the pane in hand, at both ends of the sizes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screens.ledger.list import EventList
from screens.ledger.screen import LedgerScreen
from screens.release.layout import PLOT_MIN_ROWS, Hand, share
from screens.release.screen import ReleaseScreen
from screens.screen_mode import ScreenMode, after
from screens.widgets.plot import Plot
from tests.screens import worlds
from tests.screens.running import Running, running

MODES = st.sampled_from(list(ScreenMode))
HANDS: st.SearchStrategy[Hand] = st.sampled_from(["plots", "events"])


@given(st.integers(60, 300), st.integers(5, 120), st.integers(0, 30), MODES, HANDS)
def test_rows_are_never_shared_out_twice(
    cells: int, rows: int, fixed: int, mode: ScreenMode, hand: Hand
) -> None:
    room = share(cells, rows, fixed, mode, hand)
    free = max(rows - fixed, 0)
    assert room.plot_rows + room.events + room.gaps <= free
    if room.plots:
        assert room.plot_rows // (room.plots if room.stacked else 1) >= PLOT_MIN_ROWS
    if mode is not ScreenMode.NORMAL:
        assert room.plot_rows + room.events == free


@given(MODES, st.integers(-5, 5))
def test_the_modes_go_round_and_come_back(mode: ScreenMode, steps: int) -> None:
    assert after(after(mode, steps), -steps) is mode


def release(session: Running) -> ReleaseScreen:
    assert isinstance(session.app.screen, ReleaseScreen)
    return session.app.screen


def plot_rows(session: Running) -> list[int]:
    return [plot.size.height for plot in session.app.screen.query(Plot) if plot.display]


@pytest.mark.parametrize(("size", "in_full"), [((80, 24), 3), ((200, 50), 3)])
async def test_plots_grow_until_they_have_the_screen(size: tuple[int, int], in_full: int) -> None:
    async with running(worlds.rollback(), size=size) as session:
        await session.drawn()
        normal = plot_rows(session)
        await session.press("plus")
        await session.shows("half: plots", "stage 2", "ROLL BACK")
        await session.until(lambda: max(plot_rows(session)) > max(normal))
        await session.press("plus")
        shown = await session.shows("full: plots", "ROLL BACK")
        assert "stage 2" not in shown
        await session.until(lambda: len(plot_rows(session)) == in_full)
        await session.drawn()
        assert sum(plot_rows(session)) >= (size[1] - 6 if size[0] < 100 else 3 * (size[1] - 6))
        await session.press("plus")
        await session.until(lambda: plot_rows(session) == normal)
        assert "full" not in session.text.splitlines()[0]
        await session.press("underscore")
        await session.shows("full: plots")


async def test_events_grow_once_they_are_moved_in() -> None:
    async with running(worlds.rollback(), size=(80, 24)) as session:
        before = session.text.count("prometheus lost")
        await session.press("j", "plus")
        shown = await session.shows("half: events", "prometheus lost: no answer for 5 min")
        assert before == 0
        assert "latency p95" in shown
        await session.press("plus")
        shown = await session.shows("full: events", "ana put policy")
        assert "latency p95" not in shown
        await session.press("tab")
        await session.shows("full: plots")
        await session.press("escape", "escape")
        await session.shows("stage 2")
        assert release(session).screen_mode is ScreenMode.NORMAL


async def test_home_without_a_release_gives_the_rows_to_its_events() -> None:
    async with running(worlds.no_release_ever(), size=(80, 24)) as session:
        await session.press("plus", "plus")
        await session.shows("full: events")
        assert session.text.splitlines()[-1].startswith(" ")


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_the_ledger_shows_the_event_below_the_list_or_the_list_alone(size: tuple[int, int]) -> None:
    async with running(worlds.rollback(), size=size) as session:
        await session.press("9")
        await session.until(lambda: isinstance(session.app.screen, LedgerScreen))
        rows = session.app.screen.query_one(EventList)
        await session.press("plus")
        await session.shows("half: event below", "schema 1")
        await session.until(lambda: rows.size.width == size[0])
        await session.press("plus")
        shown = await session.shows("full: list")
        assert "schema 1" not in shown
        assert rows.size.width == size[0]
        await session.press("1", "9")
        await session.shows("full: list")
        await session.press("1")
        await session.until(lambda: isinstance(session.app.screen, ReleaseScreen))
        assert "full" not in session.text.splitlines()[0]
