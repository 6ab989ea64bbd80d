"""What would stop the harm: suspects to turn off, the release to abort. Nothing is sent from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from console.actions import Impossible
from console.flags.incident import incident_of
from console.ports import SourceError, StoreUnusable
from console.readings import Millis
from console.world import World
from screens.context import console
from screens.dialogs.base import Dialog
from screens.dialogs.stopping_text import Move, head, moves, option_text
from screens.keys import hidden
from screens.paint import paragraph
from screens.widgets.painted import Painted

if TYPE_CHECKING:
    from console.cockpit import Cockpit
    from console.flags.suspecting import Kill, Suspects

READING = "… asking host and metrics which flags may be behind it"
HINT = "enter previews the marked one; nothing is sent from here"


class StopDialog(Dialog[Move]):
    """Dismissed with the move whose preview is wanted, or with ``None``."""

    CSS_PATH = "dialogs.tcss"
    AUTO_FOCUS = "#moves"
    BINDINGS: ClassVar[list[BindingType]] = [
        hidden("j", "move(1)", "stop.down", "The move below"),
        hidden("k", "move(-1)", "stop.up", "The move above"),
        hidden("ctrl+r", "read_again", "stop.again", "Ask host and metrics afresh"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._found: Suspects | None = None
        self._kills: tuple[Kill, ...] = ()
        self._moves: tuple[Move, ...] | None = None
        self._says = READING

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Painted(id="text")
            yield OptionList(id="moves", markup=False, compact=True)
            yield Painted(id="foot")

    def on_mount(self) -> None:
        super().on_mount()
        self.read()

    def action_read_again(self) -> None:
        self.read()

    @work(exclusive=True, group="suspects", exit_on_error=False)
    async def read(self) -> None:
        """Ask who is suspected and what turning each off would do; what needs no asking is there at once."""
        app = console(self)
        if app.cockpit is None:
            self.leave()
            return
        self._says = READING
        self.refresh_world()
        try:
            await self._ask(app.cockpit, app.world)
        except Impossible as error:
            self._says = f"No flag can be turned off: {error}"
        except (SourceError, StoreUnusable) as error:
            self._says = f"The flags are not known: {error.problem.what} {error.problem.next}"
        except Exception as error:  # a fault of ours must not hide the abort
            self._says = f"The flags are not known: {type(error).__name__}: {error}"
        else:
            self._says = ""
        self.refresh_world()

    async def _ask(self, cockpit: Cockpit, world: World) -> None:
        from screens.flags.reading import desk_of

        desk = await desk_of(cockpit)
        from console.flags.suspecting import kills_of, suspects_of
        from console.flags.telling import environment_of

        flags = (await desk.provider.list()).flags
        found = await suspects_of(desk, incident_of(world), world.now, flags)
        self._kills = await kills_of(desk, found, {one.key: environment_of(one) for one in flags})
        self._found = found

    def draw(self, world: World, now: Millis) -> None:
        cells = self.box_cells()
        self.query_one("#text", Painted).show(head(incident_of(world), cells))
        options = self.query_one("#moves", OptionList)
        options.styles.max_height = max(self.size.height - 9, 3)
        self._fill(options, moves(world, self._kills), cells - 2)
        said = [self._says] if self._says else list(self._found.unsaid if self._found else ())
        foot = [line for one in said for line in paragraph(one, cells, "quiet", most=2)]
        self.query_one("#foot", Painted).show([*foot, *paragraph(HINT, cells, "quiet")])

    def _fill(self, options: OptionList, found: tuple[Move, ...], cells: int) -> None:
        """Only what changed is drawn anew, and the mark stays on its move."""
        if found == self._moves:
            return
        at = options.highlighted
        marked = self._moves[at] if self._moves and at is not None else None
        self._moves = found
        options.clear_options()
        options.add_options([Option(option_text(one, cells), disabled=bool(one.barred)) for one in found])
        able = [place for place, one in enumerate(found) if not one.barred]
        same = [place for place in able if marked is not None and found[place].name == marked.name]
        options.highlighted = next(iter([*same, *able]), None)

    def action_move(self, step: int) -> None:
        options = self.query_one("#moves", OptionList)
        (options.action_cursor_down if step > 0 else options.action_cursor_up)()

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        if self._moves is not None and not self.hidden:
            self.dismiss(self._moves[event.option_index])
