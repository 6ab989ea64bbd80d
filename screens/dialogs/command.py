"""The command line: type a word, see what it may mean, press enter. It is the list of all actions, too."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from console.readings import Millis
from console.world import World
from screens import clean, paint
from screens.command.grammar import Offer, completed, offers
from screens.command.verbs import verbs
from screens.dialogs.base import Dialog
from screens.keys import hidden, key_text, live, refusals, shown
from screens.paint import paragraph, span
from screens.widgets.painted import Painted

if TYPE_CHECKING:
    from screens.app import CoalmineApp

LINE = 21
"""Cells of the column of words, at least."""
KEY = 8
HINT = "enter does it   tab completes   ↑ ↓ choose   esc closes"


def key_offers(screen: Screen[Any]) -> list[Offer]:
    """The live keys of ``screen``, each action once; the key's name (``release.why``) is its line."""
    app, refused = screen.app, refusals(screen)
    out: dict[str, Offer] = {}
    for active in live(screen):
        binding = active.binding
        if binding.id and binding.action not in out and not binding.id.startswith("app.palette"):
            run = partial(app.run_action, binding.action, active.node)
            does = binding.tooltip or binding.description
            out[binding.action] = Offer(binding.id, does, run, key_text(binding), refused.get(binding.action))
    return list(out.values())


def row(offer: Offer, line: int, cells: int) -> str:
    """One offer as a line of text: the word (or the key's name) in ``line`` cells, what it does, the key."""
    key = offer.key
    does = offer.does if offer.refused is None else f"not now: {offer.refused}   {offer.does}"
    columns = [(span(offer.line), line), (span(does), max(cells - line - KEY - 4, 8)), (span(key), KEY)]
    return paint.plain(paint.cut(paint.columns(columns), cells))


class CommandDialog(Dialog[None]):
    """Over ``below``, whose keys it lists. What is chosen runs after it has closed."""

    CSS_PATH = "dialogs.tcss"
    AUTO_FOCUS = "#line"
    BINDINGS: ClassVar[list[BindingType]] = [
        shown("enter", "run", "command.run", "do it", "Do what is marked"),
        shown("tab", "complete", "command.complete", "complete", "Take over the word that is marked"),
        hidden("down,ctrl+n", "move(1)", "command.down", "The line below"),
        hidden("up", "move(-1)", "command.up", "The line above"),
        hidden("pagedown", "move(8)", "command.page_down", "Some lines down"),
        hidden("pageup", "move(-8)", "command.page_up", "Some lines up"),
    ]

    def __init__(self, below: Screen[Any]) -> None:
        super().__init__()
        self._offers: list[Offer] = []
        self._for: str | None = None
        self._keys = key_offers(below)

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            with Horizontal(classes="line"):
                yield Painted([(span(":", "key"),)], classes="colon")
                yield Input(id="line", compact=True, placeholder="a word, or what you want to do")
            yield OptionList(id="options", markup=False, compact=True)
            yield Painted(id="foot")

    def on_mount(self) -> None:
        self.query_one("#options").can_focus = False
        super().on_mount()
        self._offer()

    def begin(self) -> None:
        """Let what is typed go into the field from the next key on."""
        self.set_focus(self.field)

    @property
    def field(self) -> Input:
        """What is typed into."""
        return self.query_one("#line", Input)

    def _offer(self) -> None:
        """List what the typed line may mean, the first marked; of an empty line nothing is."""
        typed = self.field.value
        if typed == self._for:
            return
        self._for = typed
        self._offers = offers(typed, verbs(cast("CoalmineApp", self.app)), self._keys)
        options = self.query_one("#options", OptionList)
        options.clear_options()
        cells = self.box_cells() - 2
        line = min(max([LINE, *(clean.width(one.line) for one in self._offers)]), cells // 2)
        options.add_options(Option(row(one, line, cells)) for one in self._offers)
        options.highlighted = 0 if self._offers and typed.strip() else None
        self.refresh_world()

    def draw(self, world: World, now: Millis) -> None:
        self.query_one("#options").styles.max_height = max(self.size.height - 6, 3)
        typed = clean.clean(self.field.value)
        says = HINT if self._offers else f"Nothing is called {typed}   esc closes"
        self.query_one("#foot", Painted).show(paragraph(says, self.box_cells(), "quiet"))

    # --- keys ----------------------------------------------------------------------------------

    @on(Input.Changed)
    def _changed(self) -> None:
        self._offer()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.action_run()

    @on(OptionList.OptionSelected)
    def _clicked(self) -> None:
        self.action_run()

    def action_move(self, step: int) -> None:
        options = self.query_one("#options", OptionList)
        if self._offers:
            at = -1 if options.highlighted is None else options.highlighted
            options.highlighted = min(max(at + step, 0), len(self._offers) - 1)

    def _marked(self) -> Offer | None:
        self._offer()  # what was typed last may not have been looked at yet
        at = self.query_one("#options", OptionList).highlighted
        return self._offers[at] if at is not None and at < len(self._offers) else None

    def action_complete(self) -> None:
        offer = self._marked()
        if offer is not None and not offer.key:
            self.field.value = completed(offer)
            self.field.cursor_position = len(self.field.value)

    def action_run(self) -> None:
        """Close, then do what is marked; where more has to be typed, ask for that."""
        offer = self._marked()
        if offer is None:
            return
        if offer.run is None:
            self.field.value = completed(offer)
            self.field.cursor_position = len(self.field.value)
            return
        app, run = self.app, offer.run
        self.leave()
        app.call_later(_do, run)


async def _do(run: Any) -> None:
    done = run()
    if hasattr(done, "__await__"):
        await done
