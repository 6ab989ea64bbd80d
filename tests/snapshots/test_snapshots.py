"""The look of the screens, held by pictures: few and telling. ``make snapshots`` accepts a new look."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from console.canary.verdict import Word
from console.cockpit import Cockpit
from console.world import World
from screens import themes
from screens.app import CoalmineApp
from screens.dialogs.request import RequestDialog
from screens.flags.screen import FlagsScreen
from tests.screens import worlds
from tests.screens.cockpit import PreparedCockpit
from tests.screens.every import EVERY
from tests.screens.running import Running
from tests.screens.text import screen_text

Compare = Callable[..., bool]
Before = Callable[[Pilot[int]], Awaitable[None]]


def app_of(world: World) -> CoalmineApp:
    """The console on ``world``, its clock standing."""
    return app_with(PreparedCockpit(world))


def app_with(cockpit: PreparedCockpit) -> CoalmineApp:
    """The console on what ``cockpit`` serves, its clock standing."""

    async def opener() -> Cockpit:
        return cockpit

    return CoalmineApp(cockpit.present, opener, monotonic=lambda: 0.0)


def settled(*keys: str, shows: str = "? keys   : palette", theme: str = themes.DARK.name) -> Before:
    """Wait until all is open and drawn, press ``keys``, and wait for ``shows``."""

    async def before(pilot: Pilot[int]) -> None:
        app = pilot.app
        assert isinstance(app, CoalmineApp)
        session = Running(app, pilot, PreparedCockpit(app.world))
        await session.until(lambda: app.opening.state == "open")
        app.theme = theme
        await pilot.pause()
        await session.drawn()
        await session.press(*keys[:1])
        await told(session, app)
        await session.press(*keys[1:])
        await session.until(lambda: shows in screen_text(app), shows)
        await asked(session, app)
        await pilot.pause()

    return before


async def told(session: Running, app: CoalmineApp) -> None:
    """Where flags are on show, wait for the history of the marked one: it comes a moment later."""
    for screen in app.screen_stack:
        if isinstance(screen, FlagsScreen):
            await session.until(lambda: screen.past is not None)  # noqa: B023 (awaited within the turn)


async def asked(session: Running, app: CoalmineApp) -> None:
    """Where a request is on show, wait until it is known whether its plan still holds."""
    if isinstance(screen := app.screen, RequestDialog):
        await session.until(lambda: screen.it.held is not None)


SMALL, LARGE = (80, 24), (200, 50)
ROOMS = [name for name, shown in EVERY.items() if shown.room]
DIALOGS = [name for name, shown in EVERY.items() if not shown.room]


def compared(
    snap_compare: Compare,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    size: tuple[int, int],
    look: str,
) -> bool:
    """Whether the screen called ``name`` looks as its picture does."""
    if look == "no colour":
        monkeypatch.setenv("NO_COLOR", "1")
    shown = EVERY[name]
    cockpit = shown.cockpit()
    theme = themes.LIGHT.name if look == "light" else themes.DARK.name
    before = settled(*shown.keys, shows=shown.shows, theme=theme)
    return snap_compare(app_with(cockpit), terminal_size=size, run_before=before)


@pytest.mark.parametrize(
    "look",
    [
        "dark",
        pytest.param("light", marks=pytest.mark.slow),
        pytest.param("no colour", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("name", ROOMS)
def test_room(
    snap_compare: Compare, monkeypatch: pytest.MonkeyPatch, name: str, size: tuple[int, int], look: str
) -> None:
    assert compared(snap_compare, monkeypatch, name, size, look)


@pytest.mark.parametrize(
    ("size", "look"),
    [
        pytest.param(SMALL, "dark", id="small"),
        pytest.param(LARGE, "light", id="large", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("name", DIALOGS)
def test_dialog(
    snap_compare: Compare, monkeypatch: pytest.MonkeyPatch, name: str, size: tuple[int, int], look: str
) -> None:
    assert compared(snap_compare, monkeypatch, name, size, look)


def test_release_wide(snap_compare: Compare) -> None:
    assert snap_compare(app_of(worlds.rollback()), terminal_size=(120, 34), run_before=settled())


def test_release_stale_and_light(snap_compare: Compare) -> None:
    light = settled(theme=themes.LIGHT.name)
    assert snap_compare(app_of(worlds.stale()), terminal_size=(120, 34), run_before=light)


def test_release_lost(snap_compare: Compare) -> None:
    assert snap_compare(app_of(worlds.lost()), terminal_size=(80, 24), run_before=settled())


@pytest.mark.parametrize("size", [SMALL, (120, 34)], ids=["small", "wide"])
def test_baking(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(app_of(worlds.baking()), terminal_size=size, run_before=settled())


def test_worse_than_its_own_past(snap_compare: Compare) -> None:
    world = worlds.baking(Word.ROLLBACK)
    assert snap_compare(app_of(world), terminal_size=(80, 24), run_before=settled())


def test_no_release_ever(snap_compare: Compare) -> None:
    assert snap_compare(app_of(worlds.no_release_ever()), terminal_size=(80, 24), run_before=settled())


def test_too_small(snap_compare: Compare) -> None:
    small = settled(shows="Coalmine needs")
    assert snap_compare(app_of(worlds.rollback()), terminal_size=(20, 5), run_before=small)


def test_what_decides_reads_without_colour() -> None:
    """A control of the palette: each tone that carries a state differs from the plain text in light."""
    for theme in themes.THEMES:
        tones = {theme.variables[name] for name in ("canary", "baseline")}
        assert len(tones) == 2
