"""The app around the screens: opening, tabs, palette, help, messages, themes, refreshing and leaving."""

from __future__ import annotations

import asyncio
import contextvars
from dataclasses import replace

import pytest

from console.cockpit import Cockpit
from console.ports import StoreUnusable
from console.readings import Problem
from console.world import Mode, World
from screens import themes
from screens.app import CoalmineApp
from screens.ledger.screen import LedgerScreen
from screens.release.screen import ReleaseScreen
from tests.screens import worlds
from tests.screens.cockpit import PreparedCockpit
from tests.screens.running import Running, running
from tests.screens.text import screen_text


async def test_the_first_world_is_drawn_before_anything_is_open() -> None:
    never = asyncio.Event()

    async def opener() -> Cockpit:
        await never.wait()
        raise AssertionError

    app = CoalmineApp(worlds.host_down(), opener, monotonic=lambda: 0.0)
    async with app.run_test(size=(120, 34), notifications=True) as pilot:
        await pilot.pause()
        shown = screen_text(app)
        assert "… opening the ledger and asking the host, 0 s" in shown
        assert "bd41e0c" in shown
        assert "⧗ stale 70 s" in shown
        await pilot.press("A")
        await pilot.pause()
        assert "still opening" in screen_text(app)
        assert "still opening" in app.said[-1].text


async def test_a_store_that_cannot_be_opened_is_said_and_can_be_tried_again() -> None:
    attempts = []

    async def opener() -> Cockpit:
        attempts.append(1)
        if len(attempts) == 1:
            problem = Problem("refused", "The ledger cannot be written: no space left.", "Free some space.")
            raise StoreUnusable(problem)
        return PreparedCockpit(worlds.healthy())

    app = CoalmineApp(worlds.never_connected(), opener, monotonic=lambda: 0.0)
    async with app.run_test(size=(80, 24)) as pilot:
        session = Running(app, pilot, PreparedCockpit(worlds.healthy()))
        shown = await session.shows("! The ledger cannot be written: no space left.", "Free some space.")
        assert "1 Release" in shown
        await session.press("9", "1", "ctrl+r")
        await session.shows("✓ PROMOTE")
        assert len(attempts) == 2


async def test_an_unforeseen_failure_to_open_is_said_in_a_sentence() -> None:
    async def opener() -> Cockpit:
        raise RuntimeError("boom [red]")

    app = CoalmineApp(worlds.never_connected(), opener)
    async with app.run_test(size=(80, 24)) as pilot:
        session = Running(app, pilot, PreparedCockpit(worlds.healthy()))
        await session.shows("could not open: boom [red] (RuntimeError)", "ctrl+r")


async def test_numbers_and_clicks_go_to_the_screens() -> None:
    async with running(worlds.healthy(), size=(80, 24)) as session:
        await session.press("9")
        await session.until(lambda: isinstance(session.app.screen, LedgerScreen))
        await session.press("1")
        await session.until(lambda: isinstance(session.app.screen, ReleaseScreen))
        tabs = session.text.splitlines()[1]
        await session.pilot.click("#tabs", offset=(tabs.index("9 Ledger"), 0))
        await session.until(lambda: isinstance(session.app.screen, LedgerScreen))
        await session.press("escape")
        await session.until(lambda: isinstance(session.app.screen, ReleaseScreen))


async def test_a_click_on_a_key_at_the_foot_presses_it() -> None:
    async with running(worlds.healthy(), size=(80, 24)) as session:
        foot = session.text.splitlines()[-1]
        await session.pilot.click("#keys", offset=(foot.index("w why"), 0))
        await session.shows("judged 14:07")


async def test_the_status_line_says_who_where_how_old_and_what_keys_do() -> None:
    async with running(worlds.healthy()) as session:
        status = session.text.splitlines()[0]
        for part in (
            "coalmine",
            "shop ▸ production",
            "LIVE 11:42 left",
            "ana (devops)",
            "data 4 s",
            "ledger.db",
        ):
            assert part in status
        await session.show(worlds.read_only())
        assert "READ-ONLY" in session.text.splitlines()[0]
        await session.show(replace(worlds.healthy(), mode=Mode.DEMO, armed=None, speed=10.0))
        assert "DEMO ×10" in session.text.splitlines()[0]


async def test_ages_grow_between_two_worlds_and_at_the_worlds_own_speed() -> None:
    async with running(worlds.healthy()) as session:
        session.clock.seconds += 10
        session.app.draw()
        await session.shows("data 14 s", "LIVE 11:32 left")
        await session.show(replace(worlds.healthy(), speed=60.0))
        session.clock.seconds += 1
        session.app.draw()
        await session.shows("⧗ data 64 s prometheus", "stale 64 s")


async def test_a_source_that_falls_silent_is_seen_without_a_new_world() -> None:
    """The poller itself may hang: freshness is told by the clock, not by the poller."""
    async with running(worlds.healthy()) as session:
        session.clock.seconds += 6 * 60
        session.app.draw()
        shown = await session.shows("– data lost 6 min")
        assert "serves 25 %" not in shown
        assert "lost: was 0.5 % against 0.5 %" in shown


async def test_help_lists_the_live_keys_and_why_some_are_refused() -> None:
    cockpit = PreparedCockpit(worlds.read_only(), refusing="this session is not armed: press W")
    async with running(worlds.read_only(), cockpit=cockpit, size=(100, 40)) as session:
        await session.press("question_mark")
        shown = await session.shows("Keys of this screen")
        assert "Advance to the next stage" in shown
        assert shown.count("refused now: this session is not armed: press W") == 6
        await session.press("escape")
        assert "Keys of this screen" not in session.text
        session.cockpit.refusing = None
        await session.press("question_mark")
        assert "refused now" not in await session.shows("Keys of this screen")


async def test_every_theme_draws_every_pane() -> None:
    async with running(worlds.rollback(), size=(80, 24)) as session:
        for theme in (*(theme.name for theme in themes.THEMES), "nord", "ansi-light"):
            session.app.theme = theme
            assert "▼ ROLL BACK" in await session.drawn()


async def test_messages_are_kept_and_shown_as_plain_text() -> None:
    async with running(worlds.healthy(), size=(80, 24)) as session:
        session.app.say("[red]first[/] \x1b[2J", "error")
        session.app.say("second")
        await session.press("L")
        shown = await session.shows("Messages of this session")
        assert "14:08:00 ! [red]first[/] ␛[2J" in shown
        assert shown.index("second") < shown.index("[red]first")
        await session.press("q")
        assert "Messages of this session" not in session.text


async def test_ctrl_r_asks_every_source_now() -> None:
    async with running(worlds.healthy(), size=(80, 24)) as session:
        await session.press("ctrl+r")
        await session.until(lambda: session.cockpit.refreshed == 1)


async def test_q_quits_only_from_the_top_level() -> None:
    async with running(worlds.healthy(), size=(80, 24)) as session:
        await session.press("w")
        await session.press("q")
        assert session.app.is_running
        await session.until(lambda: isinstance(session.app.screen, ReleaseScreen))
        await session.press("q")
        await session.until(lambda: not session.app.is_running or session.app._exit)
    assert session.app.return_code == 0


async def test_ctrl_q_quits_from_anywhere() -> None:
    async with running(worlds.healthy(), size=(80, 24)) as session:
        await session.press("X", "ctrl+q")
        await session.until(lambda: not session.app.is_running or session.app._exit)
    assert session.app.return_code == 0


async def test_closing_lets_go_of_the_cockpit() -> None:
    async with running(worlds.healthy(), size=(80, 24)) as session:
        pass
    await session.app.close()
    await session.app.close()
    assert session.cockpit.closed
    session.cockpit.show(worlds.rollback())
    assert session.app.world.verdict == worlds.PROMOTE


async def test_what_a_picture_sets_off_belongs_to_the_app_whoever_tells_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The cockpit's own tasks know of no app; a timer started in their name would fail when it is due."""
    ticked = asyncio.Event()
    plain = CoalmineApp.show_world

    def setting_a_timer(app: CoalmineApp, world: World) -> None:
        plain(app, world)
        if world.verdict == worlds.ROLLBACK:
            app.set_timer(0.001, ticked.set)

    monkeypatch.setattr(CoalmineApp, "show_world", setting_a_timer)
    async with running(worlds.healthy(), size=(80, 24)) as session:
        contextvars.Context().run(session.cockpit.show, worlds.rollback())
        await asyncio.wait_for(ticked.wait(), 30)


async def test_a_terminal_too_small_gets_a_sentence() -> None:
    async with running(worlds.rollback(), size=(60, 16)) as session:
        for size in ((20, 5), (59, 30), (80, 15), (1, 1)):
            await session.pilot.resize_terminal(*size)
            await session.until(lambda: session.app.screen.has_class("-tiny"))
            await session.press("w", "escape")
            assert "▼" not in session.text
        await session.pilot.resize_terminal(20, 5)
        await session.shows("Coalmine needs")
        await session.pilot.resize_terminal(120, 34)
        await session.shows("▼ ROLL BACK", "● canary")
