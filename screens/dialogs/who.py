"""Who gets what: a context is typed, and what it gets of a flag stands under it. Nothing is asked or sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Input

from console.flags.contexts import LONGEST, BadContext
from console.flags.edits import Raw
from console.flags.model import Flag
from console.readings import Millis
from console.world import World
from screens.context import console
from screens.dialogs.base import Dialog
from screens.dialogs.who_text import answers, lines_of, wrong_lines
from screens.keys import hidden
from screens.paint import Line, paragraph, span
from screens.present import when
from screens.widgets.painted import Painted


class WhoDialog(Dialog[None]):
    """Evaluates the flag as it was read when this was opened, with the evaluator of the host's own SDK."""

    CSS_PATH = "dialogs.tcss"
    AUTO_FOCUS = "#context"
    FIELDS = ("context",)
    BINDINGS: ClassVar[list[BindingType]] = [
        hidden("pagedown", "page(1)", "who.page_down", "A page down"),
        hidden("pageup", "page(-1)", "who.page_up", "A page up"),
    ]

    def __init__(self, flag: Flag, segments: Sequence[Raw] | None, first: str, read: Millis | None) -> None:
        super().__init__()
        self._flag, self._segments, self._first, self._read = flag, segments, first, read
        self._lines: list[Line] = []
        self._for: tuple[str, int] | None = None
        """The text and the cells that the lines were made for."""

    def compose(self) -> ComposeResult:
        context = Input(
            id="context",
            compact=True,
            placeholder='user.id=qa-1 user.plan=pro, or {"user": {"id": "qa-1"}}',
            max_length=LONGEST,
            select_on_focus=False,
        )
        context.cursor_blink = False  # calm: nothing moves while somebody reads
        with Vertical(classes="box"):
            yield Painted(id="title")
            with Horizontal(classes="field"):
                yield Painted([(span("CONTEXT", "quiet"),)], classes="label")
                yield context
            yield Painted(id="foot")
            with VerticalScroll(classes="scroll", can_focus=False):
                yield Painted(id="text")

    def draw(self, world: World, now: Millis) -> None:
        cells = self.box_cells()
        title = paragraph(f"WHO GETS WHAT of {self._flag.key}", cells, "strong", bold=True, most=2)
        self.query_one("#title", Painted).show(title)
        self.query_one("#foot", Painted).show(paragraph(self._note(now), cells, "quiet", most=3))
        text = self.query_one("#context", Input).value
        if self._for != (text, cells):  # the evaluation may take its time: once for what is typed
            self._for, self._lines = (text, cells), self._answered(text, now, cells - 2)
            self.query_one("#text", Painted).show(self._lines)
        self.give_room(8)

    def _note(self, now: Millis) -> str:
        gone = (
            " Its segments could not be read: rules that ask for one hold nobody."
            if self._segments is None
            else ""
        )
        return f"of the flag as it was read at {when(self._read, now)}; nothing is asked or sent.{gone}"

    def _answered(self, text: str, now: Millis, cells: int) -> list[Line]:
        try:
            context, found = answers(self._flag, self._segments or (), text, self._first, now)
        except BadContext as error:
            return wrong_lines(error, cells)
        return lines_of(context, found, cells)

    @on(Input.Changed, "#context")
    def _changed(self) -> None:
        self.refresh_world()

    @on(Input.Submitted, "#context")
    def _asked_again(self) -> None:
        """As of now: a timed rollout moves on."""
        self._for = None
        self.draw(console(self).world, console(self).present())
