"""What all dialogs share: a box over the screen, esc to leave, and the world kept up to date."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import ClassVar, TypeVar

from textual import events
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Input
from textual.worker import Worker

from console.readings import Millis
from console.world import World
from screens.context import console
from screens.extent import too_small
from screens.faults import fault
from screens.keys import key_text, live_key, sends, shown

T = TypeVar("T")
MAX_BOX = 100
OPENS_WITHIN_S = 1.0
"""So long a key waits for the dialog that is opening; then it goes on as Textual has it."""
FRAME = 4
"""Cells that border and padding of the box take at both sides together."""


class Dialog(ModalScreen[T]):
    """A dialog. Subclasses draw what follows the world in :meth:`draw`."""

    FIELDS: ClassVar[tuple[str, ...]] = ()
    """Ids of the inputs to fill, in their order."""
    READS: ClassVar[bool] = False
    """Whether it is only read: then it stands still with the picture. What acts never does."""
    SHORT: ClassVar[int] = 22
    """Rows under which it leaves out its blank rows."""
    ready = False
    """Whether its widgets are there to be drawn."""
    BINDINGS: ClassVar[list[BindingType]] = [
        shown("escape", "back", "dialog.back", "back", "Close this and change nothing"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._opened = asyncio.Event()

    def draw(self, world: World, now: Millis) -> None:
        """Bring the dialog up to date; nothing by default."""

    def box_cells(self) -> int:
        """Cells of text in a row of the box."""
        return max(min(self.size.width, MAX_BOX) - FRAME, 1)

    @property
    def hidden(self) -> bool:
        """Whether the terminal is too small to show it: then nothing may be sent from it either."""
        return too_small(self.size.width, self.size.height)

    def sends_by(self) -> str:
        """How the key is written that confirms this dialog."""
        own = Binding.make_bindings(type(self).BINDINGS)
        return next((live_key(self, one.id or "", key_text(one)) for one in own if sends(one)), "")

    def give_room(self, rest: int) -> None:
        """Let the scrolling part have what ``rest`` rows of the box, and its border, leave."""
        rows = max(self.size.height - 2 - rest, 1)
        for scroll in self.query(".scroll"):
            if scroll.styles.max_height is None or scroll.styles.max_height.value != rows:
                scroll.styles.max_height = rows

    def refresh_world(self) -> None:
        """Draw from the app's present world."""
        if self.ready and self.app.is_running:
            self.set_class(self.size.height < self.SHORT, "-short")
            self.set_class(self.hidden, "-tiny")
            app = console(self)
            self.draw(app.picture if self.READS else app.world, app.present())

    def on_mount(self) -> None:
        self.ready = True
        self.refresh_world()
        self.call_after_refresh(self._opened.set)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        said = fault(event)
        if said is not None:
            console(self).say(said, "error")

    def on_resize(self, event: events.Resize) -> None:
        self.refresh_world()

    async def mounted(self) -> None:
        """Wait until it can take keys: what was typed behind the key that opened it is meant for it."""
        if self._opened.is_set():
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(OPENS_WITHIN_S):
                await self._opened.wait()
        self._opened.set()  # its first frame may never be told: no second key waits for that

    def take(self, event: events.Key) -> bool:
        """Have the key before any widget has; true where nothing more is to be done with it.

        Typing goes to the first empty field, so that nobody has to look for it. Capital letters do not: one
        of them opened this dialog and may be pressed twice.
        """
        letter = event.character or ""
        if not self.ready or isinstance(self.focused, Input) or not (letter.islower() or letter.isdigit()):
            return False
        for name in self.FIELDS:
            field = self.query_one(f"#{name}", Input)
            if field.region.height and not field.value:
                self.set_focus(field)
                break
        return False

    def on_unmount(self) -> None:
        self.ready = False

    def action_back(self) -> None:
        self.leave()

    def action_page(self, way: int) -> None:
        """A page of what scrolls; each dialog has its own names for the keys."""
        for scroll in self.query(".scroll"):
            scroll.scroll_relative(y=way * max(scroll.size.height - 1, 1), animate=False)

    def leave(self) -> None:
        """Close with nothing; from here on it draws no more."""
        self.ready = False
        self._opened.set()
        self.dismiss(None)
