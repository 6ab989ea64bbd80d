"""The app on a prepared world, headless, and ways to wait for what it shows."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from textual.pilot import Pilot

from console.cockpit import Cockpit
from console.world import World
from screens import narration
from screens.app import CoalmineApp
from screens.look import Look
from screens.release.screen import ReleaseScreen
from screens.room import FAULT
from screens.widgets import plot_raster
from screens.widgets.building import Building
from tests.screens.cockpit import PreparedCockpit
from tests.screens.text import screen_text

PATIENCE_S = 60.0


@dataclass
class Clock:
    """Seconds that move when a test moves them."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Running:
    """A running app, its pilot, and the cockpit behind it."""

    app: CoalmineApp
    pilot: Pilot[int]
    cockpit: PreparedCockpit
    clock: Clock = field(default_factory=Clock)

    @property
    def text(self) -> str:
        """What stands on the screen. A pane that could not be drawn is a failure."""
        shown = screen_text(self.app)
        assert FAULT not in shown, shown
        return shown

    async def press(self, *keys: str) -> None:
        """Press ``keys``, and let what follows from them happen."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, holds: Callable[[], object], what: str = "") -> None:
        """Wait until ``holds()`` is true."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, f"{what or holds} never held:\n{screen_text(self.app)}"
            await self.pilot.pause()

    async def shows(self, *texts: str) -> str:
        """The screen, once each of ``texts`` is on it."""
        await self.until(lambda: all(text in screen_text(self.app) for text in texts), str(texts))
        return self.text

    async def drawn(self) -> str:
        """The screen, once every plot on show has its lines."""
        top = self.app.top()
        await self.until(lambda: not isinstance(top, ReleaseScreen) or top.plots is not None, "plots")
        on_show = (top, self.app.screen)
        await self.until(
            lambda: not any(box.wanting() for one in on_show for box in one.query(Building)), "lines"
        )
        await self.pilot.pause()
        return self.text

    async def show(self, world: World) -> None:
        """Publish ``world`` as the cockpit does."""
        self.cockpit.show(world)
        await self.pilot.pause()


@asynccontextmanager
async def running(
    world: World,
    *,
    size: tuple[int, int] = (120, 34),
    cockpit: PreparedCockpit | None = None,
    first: World | None = None,
    look: Look | None = None,
    keep_copy: Callable[[str], Path | None] = lambda text: None,
) -> AsyncIterator[Running]:
    """The app, joined to a cockpit that serves ``world``; its clock stands until a test moves it."""
    plot_raster.load()
    narration.load()
    behind = cockpit or PreparedCockpit(world)

    async def opener() -> Cockpit:
        return behind

    clock = Clock()
    app = CoalmineApp(first or world, opener, look=look, keep_copy=keep_copy, monotonic=clock)
    async with app.run_test(size=size) as pilot:
        session = Running(app, pilot, behind, clock)
        await session.until(lambda: app.opening.state == "open", "the cockpit open")
        await pilot.pause()
        yield session
