"""The console on a prepared world, for a real terminal: ``python -m tests.screens.pty_app [HOW]``.

``HOW``: ``well``; ``hung`` (a thread hangs for ever and the cockpit never closes); ``broken`` (a fault
of the console's own ends it); ``ticking`` (its clock stands, and moves by a second with each ctrl+t);
``mouseless`` (the terminal keeps the mouse); ``busy`` (it draws without a pause); ``stuck`` (it draws no
more at all: its main thread hangs once a key is pressed).
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import os
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType

from console.cockpit import Cockpit, Opener
from console.world import Banner, World
from screens.app import CoalmineApp
from screens.look import Look
from screens.signals import run
from tests.screens import worlds
from tests.screens.cockpit import PreparedCockpit


class Hung(PreparedCockpit):
    """Answers nothing any more."""

    async def refresh(self) -> None:
        self.show(replace(self.present, banners=(Banner("info", "a thread hangs now"),)))
        await asyncio.to_thread(threading.Event().wait)

    async def close(self) -> None:
        await asyncio.Event().wait()


class Broken(PreparedCockpit):
    """Its answer ends the console."""

    def refusal(self, action: str) -> str | None:
        raise RuntimeError("a fault of our own")


class Ticking(CoalmineApp):
    """The console with a clock that only a key moves."""

    CSS_PATH = [Path(inspect.getfile(CoalmineApp)).parent / name for name in CoalmineApp.CSS_PATH]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+t", "second", show=False, priority=True)]

    def __init__(self, first: World, opener: Opener, look: Look | None = None) -> None:
        self.seconds = 0.0
        super().__init__(first, opener, look=look, monotonic=lambda: self.seconds)

    def action_second(self) -> None:
        self.seconds += 1
        self.tick()


class Busy(PreparedCockpit):
    """Asked once, it has something new for ever, as fast as that can be drawn."""

    async def refresh(self) -> None:
        for number in itertools.count():
            self.show(replace(self.present, banners=(Banner("info", f"busy, {number}"),)))
            await asyncio.sleep(0)


class Stuck(PreparedCockpit):
    """Takes the main thread with it."""

    async def refresh(self) -> None:
        os.write(2, b"stuck, now")
        threading.Event().wait()


def main(how: str) -> int:
    kinds: dict[str, type[PreparedCockpit]] = {"hung": Hung, "broken": Broken, "busy": Busy, "stuck": Stuck}
    cockpit = kinds.get(how, PreparedCockpit)(worlds.rollback())

    async def opener() -> Cockpit:
        return cockpit

    app = Ticking if how == "ticking" else CoalmineApp
    return run(app(worlds.healthy(), opener, look=Look(mouse=how != "mouseless")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "well"))
