"""Another token for the host: typed or pasted where nobody sees it, or looked for where tokens are kept."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Input

from console.readings import Millis
from console.tokens import Tried
from console.world import World
from screens.context import console
from screens.dialogs.base import Dialog
from screens.keys import shown
from screens.paint import EMPTY, Line, paragraph, span
from screens.widgets.painted import Painted

FURNITURE = 6
"""Rows of the box that do not scroll: field, foot and buttons."""


class TokenDialog(Dialog[None]):
    """The host says whose a token is before it is taken; somebody else's asks for a second yes."""

    CSS_PATH = "dialogs.tcss"
    AUTO_FOCUS = "#token"
    FIELDS = ("token",)
    BINDINGS: ClassVar[list[BindingType]] = [
        shown("ctrl+s", "send", "token.send", "try it", "Try the token; take it if the host accepts it"),
        shown("ctrl+r", "search", "token.again", "look again", "Look where tokens are kept on this machine"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.tried: Tried | None = None
        self.asking = False
        self._searched = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            with VerticalScroll(classes="scroll", can_focus=False):
                yield Painted(id="text")
            with Horizontal(classes="field"):
                yield Painted([(span("TOKEN", "quiet"),)], classes="label")
                yield Input(
                    id="token",
                    compact=True,
                    password=True,
                    max_length=500,
                    placeholder="type or paste it; it is not shown and not kept",
                )
            yield Painted(id="foot")
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Look again  ctrl+r", id="search", compact=True)
                yield Button("Try it  ctrl+s", id="send", compact=True)

    def draw(self, world: World, now: Millis) -> None:
        cells = self.box_cells()
        self.give_room(FURNITURE)
        self.query_one("#text", Painted).show(self._text(world, cells))
        self.query_one("#foot", Painted).show(self._foot(cells))
        self.query_one("#send", Button).disabled = self.asking or not self._typed()
        self.query_one("#search", Button).disabled = self.asking

    def _text(self, world: World, cells: int) -> list[Line]:
        lines = paragraph(f"ANOTHER TOKEN for {world.project_label}", cells, "strong", bold=True)
        problem = world.account.problem
        if problem is not None:
            lines += paragraph(f"! {problem.what}", cells, "worse")
        lines.append(EMPTY)
        lines += paragraph(
            "https://vercel.com/account/tokens makes one. Vercel is asked whose it is and whether it reaches"
            " the project before it is taken, for this run only. ctrl+r looks in the settings, the Vercel"
            " CLI's login and the keyring instead.",
            cells,
        )
        return lines + paragraph("If nothing is pressed, everything stays as it is.", cells)

    def _foot(self, cells: int) -> list[Line]:
        if self.asking:
            return paragraph("… asking Vercel whose it is", cells, "quiet")
        tried = self.tried
        if tried is None:
            return paragraph("· ctrl+s tries it" if self._typed() else "· a token is needed", cells, "quiet")
        if tried.other is not None:
            key = "ctrl+r" if self._searched else "ctrl+s"
            says = f"? {tried.says} {key} again goes on as {tried.other}; the arming of this session ends."
            return paragraph(says, cells, "caution", bold=True)
        return paragraph(f"! {tried.says}", cells, "worse") + paragraph(tried.next, cells, indent=2)

    def _typed(self) -> str:
        return self.query_one("#token", Input).value.strip()

    # --- asking --------------------------------------------------------------------------------

    def action_send(self) -> None:
        if self._typed():
            self.ask(self._typed())

    def action_search(self) -> None:
        self.ask(None)

    @work(exclusive=True, group="token", exit_on_error=False)
    async def ask(self, text: str | None) -> None:
        """Have it tried. The same key again, after it was said whose it is, is a yes to that person."""
        app = console(self)
        if self.hidden or self.asking or app.cockpit is None:
            return
        same_key = self._searched == (text is None)
        as_other = self.tried.other if self.tried is not None and same_key else None
        self.asking, self._searched = True, text is None
        self.refresh_world()
        try:
            self.tried = await app.cockpit.desk.another_token(text, as_other=as_other)
        except Exception as error:  # a fault of ours must not end the console; its words may hold the token
            self.tried = Tried(False, f"Coalmine has a fault of its own: {type(error).__name__}.")
        finally:
            self.asking = False
        if self.tried.taken:
            app.say(self.tried.says)
            self.leave()
        else:
            self.refresh_world()

    def leave(self) -> None:
        self.query_one("#token", Input).value = ""
        super().leave()

    @on(Input.Changed)
    def _changed(self) -> None:
        if not self.asking and self.ready:
            self.tried = None
            self.refresh_world()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.action_send()

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.leave()

    @on(Button.Pressed, "#search")
    def _search(self) -> None:
        self.action_search()

    @on(Button.Pressed, "#send")
    def _send(self) -> None:
        self.action_send()
