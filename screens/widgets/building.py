"""A box of plots that has their lines drawn: one a frame, on new data only; plotext is loaded when needed."""

from __future__ import annotations

import asyncio

from textual import constants, on, work
from textual.containers import Horizontal
from textual.worker import Worker

from screens.context import console
from screens.faults import fault
from screens.widgets import plot_raster
from screens.widgets.plot import Plot


class Building(Horizontal):
    """Whoever gave its plots something to show calls :meth:`ask`."""

    _building = False

    def wanting(self) -> list[Plot]:
        """The plots on show whose lines are not drawn yet."""
        if not all(node.display for node in self.ancestors_with_self):
            return []
        return [plot for plot in self.query(Plot) if plot.display and plot.wants_building()]

    @on(Plot.Wanting)
    def ask(self) -> None:
        """Have what wants building built after the next frame; loads plotext first where it must."""
        if self._building or not self.wanting():
            return
        if not plot_raster.loaded() and console(self.screen).opening.state == "opening":
            return  # the sources first: loading both at once makes the first live values wait
        self._building = True
        if plot_raster.loaded():
            # not call_after_refresh: that waits for the screen in front, and goes with it when it is closed
            self.set_timer(1 / constants.MAX_FPS, self._build_one)
        else:
            self._load()

    @work(exclusive=True, group="plotext", exit_on_error=False)
    async def _load(self) -> None:
        await asyncio.to_thread(
            plot_raster.load
        )  # if it fails, that is said once, and nothing is asked again
        self._building = False
        self.ask()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        said = fault(event)
        if said is not None:
            console(self.screen).say(said, "error")

    def _build_one(self) -> None:
        self._building = False
        for plot in self.wanting()[:1]:
            plot.build()
        self.ask()
