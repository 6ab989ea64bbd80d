"""The app that follows a cockpit: it draws what was known last, opens the cockpit, and speaks outside.

Rooms, keys and acting are :class:`screens.app.CoalmineApp`'s.
"""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from textual import events, work
from textual.app import App
from textual.widgets import Input
from textual.worker import Worker

from console.readings import Millis
from console.world import World
from screens.away import Away, Return
from screens.clean import clean
from screens.dialogs.over import dialog
from screens.driver import driver_class
from screens.faults import fault
from screens.opening import Opening
from screens.room import Room
from screens.signals import exit_on_signals, terminal_gone
from screens.terminal import Outside, speaks
from screens.terse import terse

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.screen import Screen

    from console.cockpit import Cockpit, Opener
    from screens.log import Said, Severity
    from screens.pause import Paused

SAID_KEPT = 500


class Follower(App[int]):
    """Draws ``first`` at once; a worker then opens the cockpit, whose worlds it follows to the end.

    ``more`` adds to ``first`` what could wait for the first paint. ``monotonic`` (seconds) moves the ages
    between two worlds; tests supply their own.
    """

    def __init__(
        self,
        first: World,
        open_cockpit: Opener,
        *,
        more: Callable[[World], World] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.monotonic = monotonic
        self.world = first
        self.cockpit: Cockpit | None = None
        self.opening = Opening("opening", monotonic())
        self.said: deque[Said] = deque(maxlen=SAID_KEPT)
        self.outside = Outside(None)
        self._open = open_cockpit
        self._more = more
        self._paused: Paused | None = None
        self._away = Away()
        self._return = Return(first.seen)
        self._received = monotonic()
        self._unwatch: Callable[[], None] | None = None
        super().__init__(driver_class=driver_class())

    # --- the world -----------------------------------------------------------------------------

    def present(self) -> Millis:
        """Now, in the world's own time."""
        passed = (self.monotonic() - self._received) * 1000 * self.world.speed
        return self.world.now + int(passed)

    @property
    def picture(self) -> World:
        """What the screens show: the newest world, or while paused the one that stands still."""
        if self._paused is None:
            return self.world
        from screens.pause import standing

        return standing(self._paused.picture, self.world)

    def paused(self) -> str:
        """How long the picture has stood still, in words; empty while it follows."""
        return "" if self._paused is None else self._paused.says(self.monotonic())

    def show_world(self, world: World) -> None:
        """Take ``world`` as what is known, and draw it wherever something is on show."""
        from screens.attention import calls

        before, self.world, self._received = self.world, world, self.monotonic()
        self.draw()
        with suppress(AttributeError, TypeError):  # a picture that cannot be drawn says so itself
            self.outside.show(world, self.present())
            if call := calls(before, world):
                self.bell()
                self.outside.call(call)
                self.say(call, "warning")
            if self.cockpit is not None and (told := self._return.told(world)):
                self.say(told)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        super()._display(screen, terse(renderable))

    def draw(self) -> None:
        """Bring every screen of the present stack up to date."""
        for screen in self.screen_stack:
            drawn = screen if isinstance(screen, Room) else dialog(screen)
            if drawn is not None:
                drawn.refresh_world()

    def action_pause(self) -> None:
        """Let the picture stand still, or follow the world again. Sources are read all the while."""
        from screens.pause import Paused

        self._paused = Paused(self.world, self.monotonic()) if self._paused is None else None
        self.draw()

    @work(exclusive=True, group="refresh", exit_on_error=False)
    async def action_refresh(self) -> None:
        """Ask every source now, or try to open again what could not be opened."""
        if self.opening.state == "failed":
            self.join()
        elif self.cockpit is not None:
            await self.cockpit.refresh()

    async def on_event(self, event: events.Event) -> None:
        """A key is done with before the next one is looked at: on a slow line many come at once.

        By Textual's own way a key goes down to the focused widget and up again through the queue of each
        above it; what was typed behind it is on its way by then, to where the focus was before.
        """
        fresh = isinstance(event, events.Key) and not event.is_forwarded
        if isinstance(event, events.Key) and fresh and await self._taken(event):
            return
        if fresh and not self.screen_stack:
            return  # one mode has gone, the next is not there yet: nobody is meant
        await super().on_event(event)

    async def _taken(self, event: events.Key) -> bool:
        """Whether a key was done with here: by the dialog in front, or by what it is bound to in a room."""
        if not self.screen_stack:
            return False
        self.app_focus = True  # Textual's own first step: it gives back the focus that a blur has taken
        front = dialog(self.screen)
        if front is not None:
            await front.mounted()
            return front.take(event)
        if not isinstance(self.screen, Room) or isinstance(self.focused, Input):
            return False
        return await self._check_bindings(event.key, priority=True) or await self._check_bindings(event.key)

    # --- life ----------------------------------------------------------------------------------

    def on_mount(self) -> None:
        exit_on_signals(self)
        self.set_interval(1, self.tick, name="ages")
        self.call_later(self.call_after_refresh, self.settle)

    def settle(self) -> None:
        """What waits for the first paint. (A refresh asked for while the app mounts shows nothing yet.)"""
        if speaks(os.environ, self.is_headless) and self._driver is not None:
            self.outside = Outside(self._driver.write)
        if self._more is not None:
            self.world = self._more(self.world)
        self.join()

    def on_unmount(self) -> None:
        if not terminal_gone(self):  # nothing would take it any more, and Textual would wait for that
            self.outside.leave()

    def on_app_blur(self) -> None:
        """Somebody looks elsewhere: what happens from here on is told on their return."""
        if self.cockpit is not None:  # before that nothing has been looked at
            self._away.leave(self.monotonic(), self.world.ledger_size)

    def on_app_focus(self) -> None:
        if told := self._away.back(self.monotonic(), self.world.recent):
            self.say(told)

    def tick(self) -> None:
        """Once a second: the ages move on, and a terminal that went away is noticed."""
        if terminal_gone(self):
            self.exit(None, 128 + signal.SIGHUP)
        else:
            self.draw()
            with suppress(AttributeError, TypeError):
                self.outside.show(self.world, self.present())

    @work(exclusive=True, group="cockpit", exit_on_error=False)
    async def join(self) -> None:
        """Open the cockpit; what goes wrong is said, and the console keeps running."""
        self.opening = Opening("opening", self.monotonic())
        self.draw()
        try:
            cockpit = await self._open()
        except Exception as error:  # whatever it is, a person must be told and the console must stay
            self.opening = self.opening.failed(error)
            self.say(self.opening.what, "error")
        else:
            self.cockpit = cockpit
            self.opening = Opening("open", self.opening.since)
            # in this app's context, whoever's task tells it: a timer that it starts must know its app
            mine = copy_context()
            self._unwatch = cockpit.watch(lambda world: mine.run(self.show_world, world))
            self.show_world(cockpit.world())
            return
        self.draw()

    async def close(self) -> None:
        """Let go of the cockpit; to be awaited after the terminal is restored."""
        if self._unwatch is not None:
            self._unwatch()
            self._unwatch = None
        cockpit, self.cockpit = self.cockpit, None
        if cockpit is not None:
            await cockpit.close()

    def keep(self, message: str, severity: Severity = "information") -> None:
        """Into the log of messages only: it stands on the screen already."""
        from screens.log import Said

        self.said.append(Said(self.present(), severity, clean(message)))

    def say(self, message: str, severity: Severity = "information") -> None:
        """A toast, kept in the log of messages. The text may come from outside."""
        self.keep(message, severity)
        self.notify(clean(message), severity=severity, markup=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        said = fault(event)
        if said is not None:
            self.say(said, "error")
