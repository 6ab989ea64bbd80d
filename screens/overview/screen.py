"""The overview: what a person who comes to the console has to see before anything else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from console.actions import Impossible
from console.ports import StoreUnusable
from console.readings import Millis, Problem
from console.world import World
from screens.context import console
from screens.keys import INCIDENT, MITIGATE, PLAYBOOKS, SOURCES, hidden, shown
from screens.paint import Line, span
from screens.room import Room
from screens.widgets.painted import Painted

if TYPE_CHECKING:
    from console.incidents.incident import Incident
    from console.rollback.counting import View
    from screens.flags.known import Known

WIDE = 120
"""Cells from which the panes stand side by side."""
FRAME_ROWS = 5
FLAGS_EVERY_S = 15.0
"""How often the flags are asked for: they change without an event of ours."""
NAMES = ("incident", "release", "approvals", "flags")
"""In the order of what presses."""
SHORT = {"incident": 5, "approvals": 4, "release": 7}
"""Rows that each pane has at most where they stand under one another; flags have the rest."""


class OverviewScreen(Room):
    """Reads requests and the worst incident when the ledger grows, flags from time to time."""

    MODE = "overview"
    CSS_PATH = "overview.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        shown("enter", "app.worst", "overview.worst", "worst first", "The worst thing now, wherever it is"),
        MITIGATE,
        PLAYBOOKS,
        INCIDENT,
        SOURCES,
        hidden("ctrl+r", "again", "overview.again", "Read everything again, and ask every source"),
        hidden("escape", "back", "overview.back", "Back to the release"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.views: tuple[View, ...] | None = None
        self.worst: Incident | None = None
        self.known: Known | None = None
        self.problem: Problem | None = None
        self._loaded = False
        self._grown = -1
        self._flags_at: float | None = None
        self._reading = {"ledger": False, "flags": False}

    def body(self) -> Iterable[Widget]:
        with Container(id="four"):
            for name in NAMES:
                yield Painted(id=f"pane-{name}", classes="pane")

    # --- reading -------------------------------------------------------------------------------

    def _due(self, world: World) -> None:
        app = console(self)
        if app.cockpit is None or not self.is_current or app.paused():
            return
        if world.ledger_size != self._grown and not self._reading["ledger"]:
            self._grown = world.ledger_size
            self.read()
        passed = self._flags_at is None or app.monotonic() - self._flags_at >= FLAGS_EVERY_S
        if passed and not self._reading["flags"]:
            self._flags_at = app.monotonic()
            self.read_flags()

    @work(group="overview", exit_on_error=False)
    async def read(self) -> None:
        """The requests that wait, and the worst incident."""
        app = console(self)
        if app.cockpit is None:
            return
        self._reading["ledger"] = True
        try:
            await self._load()
            for name in ("console.rollback.room", "console.incidents.room"):
                await asyncio.to_thread(import_module, name)
            going = app.world.incidents
            self.worst = await app.cockpit.incidents().desk.get(going[0].id) if going else None
            self.views, self.problem = await self._waiting(), None
        except Impossible as error:
            self.problem = Problem("unconfigured", str(error), "See coalmine doctor.")
        except StoreUnusable as error:
            self.problem = error.problem
        finally:
            self._reading["ledger"] = False
        self.refresh_world()

    async def _waiting(self) -> tuple[View, ...]:
        from console.rollback.afterwards import waits

        cockpit = console(self).cockpit
        assert cockpit is not None
        return tuple(one for one in await cockpit.requests().desk.open() if waits(one))

    @work(group="overview-flags", exit_on_error=False)
    async def read_flags(self) -> None:
        """The flags as their back-end has them."""
        app = console(self)
        if app.cockpit is None:
            return
        self._reading["flags"] = True
        try:
            await self._load()
            from screens.flags.known import Known
            from screens.flags.reading import read

            self.known = await read(app.cockpit, self.known or Known(), app.present())
        finally:
            self._reading["flags"] = False
        self.refresh_world()

    async def _load(self) -> None:
        for name in ("screens.overview.panes", "screens.incidents.page", "screens.flags.reading"):
            await asyncio.to_thread(import_module, name)
        self._loaded = True

    # --- drawing -------------------------------------------------------------------------------

    def draw(self, world: World, now: Millis) -> None:
        self._due(world)
        wide = self.size.width >= WIDE
        self.set_class(wide, "-wide")
        if not self._loaded:
            self.pane("pane-release", lambda: [(span(" … the overview is being read.", "quiet"),)])
            return
        free = self.size.height - FRAME_ROWS - len(self.query_one("#notices", Painted).lines)
        cells = self.size.width // 2 - 1 if wide else self.size.width
        panes = self._panes(world, now, cells)
        for name in NAMES:
            rows = free // 2 if wide else min(SHORT.get(name, free), free)
            rows = max(rows, 0)
            drawn = self.pane(f"pane-{name}", lambda name=name, rows=rows: panes[name](rows))  # type: ignore[misc]
            if not wide:
                free -= drawn

    def _panes(self, world: World, now: Millis, cells: int) -> dict[str, Callable[[int], list[Line]]]:
        from screens.flags.known import Known
        from screens.overview import panes

        known, opening = self.known or Known(), console(self).opening
        views = self.views
        waiting = "" if views is None else f"{len(views)}" if views else ""
        going = world.incidents

        def release(rows: int) -> list[Line]:
            lines = panes.release_lines(world, opening, now, cells)
            return panes.titled("1", "Release", "", lines, cells, rows)

        def incident(rows: int) -> list[Line]:
            lines = panes.incident_lines(going, self.worst, world, now, cells)
            return panes.titled("4", "Incidents", f"{len(going)} open" if going else "", lines, cells, rows)

        def approvals(rows: int) -> list[Line]:
            lines = panes.approval_lines(views, self.problem, world, now, cells)
            return panes.titled("3", "Waiting for somebody", waiting, lines, cells, rows)

        def flags(rows: int) -> list[Line]:
            lines = panes.flag_lines(known, now, cells)
            return panes.titled("2", "Flags touched", panes.flags_age(known, now), lines, cells, rows)

        return {"release": release, "incident": incident, "approvals": approvals, "flags": flags}

    # --- actions -------------------------------------------------------------------------------

    def action_again(self) -> None:
        self.read()
        self.read_flags()
        self.app.action_refresh()  # type: ignore[attr-defined]

    def action_back(self) -> None:
        self.app.switch_mode("release")
