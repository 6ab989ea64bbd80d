"""What the rooms of incidents have alike: they read again when the ledger has grown, and at first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING

from console.ports import StoreUnusable
from console.readings import Millis, Problem
from screens.context import console
from screens.two_panes import TwoPanes

if TYPE_CHECKING:
    from console.incidents.room import IncidentRoom
    from console.world import World
    from screens.asked import Asked

EVERY_S = 15.0
"""How often they are read while on show and nothing was recorded: requests run out without an event."""


class FollowsLedger(TwoPanes):
    """Reads in a worker, one at a time; the ledger's size says whether there is anything new."""

    read_at: Millis | None = None
    problem: Problem | None = None
    _reading = False
    _asked: float | None = None
    """Monotonic seconds of the last reading begun."""
    _grown = -1
    """The ledger's size at that time."""

    def due(self, world: World) -> bool:
        """Whether to read now; a picture that stands still is not read for."""
        app = console(self)
        if app.cockpit is None or self._reading or not self.is_current:
            return False
        stands = self.read_at is not None  # what was never read has nothing that could stand still
        if app.paused() and stands:
            return False
        grown = world.ledger_size != self._grown
        return self._asked is None or grown or app.monotonic() - self._asked >= EVERY_S

    async def reading(self, read: Callable[[IncidentRoom], Awaitable[None]], *modules: str) -> bool:
        """Do ``read``, with ``modules`` loaded beside the event loop; whether it could be read."""
        app = console(self)
        if app.cockpit is None or self._reading:
            return False
        self._reading, self._asked, self._grown = True, app.monotonic(), app.world.ledger_size
        try:
            for name in ("console.incidents.room", *modules):
                await asyncio.to_thread(import_module, name)
            await read(app.cockpit.incidents())
        except StoreUnusable as error:
            self.problem = error.problem
            return False
        else:
            self.problem, self.read_at = None, app.present()
            return True
        finally:
            self._reading = False

    def ask(self, asked: Asked, incident_id: str) -> None:
        """Open the dialog of one verb."""
        from screens.dialogs.verb import VerbDialog

        self.app.push_screen(VerbDialog(asked, incident_id), lambda _: self._after())

    def _after(self) -> None:
        self.read()

    def read(self) -> object:
        """Read again."""
        raise NotImplementedError
