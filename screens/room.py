"""The frame of every numbered screen: status and tabs on top, keys at the foot, the task between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker

from console.offers import not_offered
from console.readings import Millis
from console.world import World
from screens.context import console
from screens.extent import sentence, too_small
from screens.faults import fault
from screens.keys import hidden, withheld
from screens.notices import notices
from screens.paint import Line, paragraph
from screens.screen_mode import ScreenMode, after, named
from screens.status import status_line, tabs_line
from screens.widgets.keyline import KeyLine
from screens.widgets.painted import Painted
from screens.widgets.rule import Rule
from screens.widgets.tabs import TabLine

FAULT = "this could not be drawn"


class Room(Screen[None]):
    """A numbered screen. Subclasses give the body and draw it from a world."""

    MODE: ClassVar[str] = ""
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        hidden("plus", "screen_mode(1)", "room.larger", "Screen mode: normal, half, full"),
        hidden("underscore", "screen_mode(-1)", "room.smaller", "Screen mode: the other way round"),
    ]
    ready = False
    """Whether its widgets are there to be drawn."""

    def compose(self) -> ComposeResult:
        yield Painted(id="tiny")
        with Vertical(id="frame"):
            yield Painted(id="status")
            yield TabLine(id="tabs")
            yield Rule()
            yield Painted(id="notices")
            with Vertical(id="body"):
                yield from self.body()
            yield Rule()
            yield KeyLine(id="keys")

    def body(self) -> Iterable[Widget]:
        """The widgets of the task."""
        raise NotImplementedError

    def draw(self, world: World, now: Millis) -> None:
        """Show ``world`` as it is at ``now``: with a new world, and once a second for the ages."""
        raise NotImplementedError

    def unable(self, action: str) -> str | None:
        """Why a key of this screen would do nothing now, by its action; ``None`` if it would."""
        return None

    def filter_by(self, pattern: str) -> None:
        """Keep what matches ``pattern``; all again if it is empty."""
        console(self).say("There is nothing to filter on this screen.", "warning")

    def resized(self) -> None:
        """Another screen mode is in force: drawn at once, and again when all have their new sizes."""
        self.refresh_world()
        self.call_after_refresh(self.refresh_world)

    @property
    def screen_mode(self) -> ScreenMode:
        """The screen mode in force here; each screen has its own, for as long as the console runs."""
        return console(self).screen_modes.get(self.MODE, ScreenMode.NORMAL)

    def screen_mode_says(self) -> str:
        """The screen mode in words, for the status line; empty while it is the normal one."""
        return "" if self.screen_mode is ScreenMode.NORMAL else self.screen_mode.value

    def action_screen_mode(self, step: int) -> None:
        self.set_screen_mode(after(self.screen_mode, step).value)

    def set_screen_mode(self, word: str) -> None:
        """Set the screen mode of that name."""
        mode = named(word)
        if mode is None:
            console(self).say(f"There is no screen mode {word}: normal, half or full.", "warning")
            return
        console(self).screen_modes[self.MODE] = mode
        self.resized()

    def refresh_world(self) -> None:
        """Draw everything from the app's present world; cheap when nothing changed."""
        if not (self.ready and self.app.is_running):
            return
        app = console(self)
        world, now, cells = app.picture, app.present(), self.size.width
        if too_small(self.size.width, self.size.height):
            self.set_class(True, "-tiny")
            self.query_one("#tiny", Painted).show(sentence(self.size.width, self.size.height))
            return
        self.set_class(False, "-tiny")
        self.pane("status", lambda: [status_line(world, now, cells, app.paused(), self.screen_mode_says())])
        line, places = tabs_line(
            self.MODE, cells, {"rollbacks": world.waiting.all, "incidents": len(world.incidents)}
        )
        self.query_one("#tabs", TabLine).show_tabs(line, places)
        rows = max(self.size.height // 4, 2)
        self.pane("notices", lambda: notices(world, app.opening, now, app.monotonic(), cells, rows))
        self.draw(world, now)
        self.query_one("#keys", KeyLine).show_keys()

    def pane(self, name: str, lines: Callable[[], Sequence[Line]]) -> int:
        """Draw a pane, and give its rows; what goes wrong in one is said there and spares the others."""
        pane = self.query_one(f"#{name}", Painted)
        try:
            drawn = lines()
        except Exception as error:  # whatever it is, the other panes must stay
            drawn = paragraph(
                f"! {name}: {FAULT} ({type(error).__name__}: {error})", self.size.width, "worse"
            )
        pane.show(drawn)
        return len(drawn)

    def on_mount(self) -> None:
        self.ready = True
        self.refresh_world()

    def withholds(self, action: str) -> str | None:
        """Why the gate's ``action`` is not offered here now; ``None`` if it is."""
        return not_offered(console(self).world, action)

    def on_key(self, event: events.Key) -> None:
        """A key whose verb is not offered says why, instead of nothing."""
        off = withheld(self).get(event.key)
        if off is not None:
            console(self).say(off[1], "warning")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        said = fault(event)
        if said is not None:
            console(self).say(said, "error")

    def on_unmount(self) -> None:
        self.ready = False

    def on_screen_resume(self) -> None:
        self.refresh_world()

    def on_resize(self, event: events.Resize) -> None:
        self.refresh_world()
