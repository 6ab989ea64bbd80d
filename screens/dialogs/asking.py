"""A dialog that asks for words and sends once: fields, what still holds it, Cancel focused, the answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button, Input

from console.outcome import End, Outcome
from console.readings import Millis
from console.world import World
from screens.context import console
from screens.dialogs.base import Dialog
from screens.dialogs.review_text import outcome_lines
from screens.paint import Line, paragraph, span
from screens.widgets.painted import Painted

if TYPE_CHECKING:
    from console.cockpit import Cockpit

LONGEST_REASON = 500


def reason_row(*, id: str | None = None) -> Horizontal:  # noqa: A002 (Textual's own name for it)
    """The field that every act asks for."""
    field = Input(
        id="reason",
        compact=True,
        placeholder="why, for the ledger",
        max_length=LONGEST_REASON,
        select_on_focus=False,
    )
    return Horizontal(Painted([(span("REASON", "quiet"),)], classes="label"), field, classes="field", id=id)


def buttons(send: str, key: str) -> Horizontal:
    """Cancel, and the one that sends (as ``key`` does), disabled until nothing holds it."""
    return Horizontal(
        Button("Cancel", id="cancel", compact=True),
        Button(f"{send}  {key}", id="send", compact=True, disabled=True),
        classes="buttons",
    )


class SendingDialog(Dialog[None]):
    """Fields and two buttons; subclasses say what sending is. Typing into a field draws anew."""

    CSS_PATH = "dialogs.tcss"
    AUTO_FOCUS = "#cancel"

    def action_send(self) -> object:
        """Send it, if nothing holds it."""
        raise NotImplementedError

    @on(Input.Changed)
    def _changed(self) -> None:
        self.touched()
        self.refresh_world()

    def touched(self) -> None:
        """A field was changed; nothing by default."""

    def take(self, event: events.Key) -> bool:
        if event.key == "enter" and isinstance(self.focused, Input):
            self.focus_next()  # at once: what is typed behind it belongs to the next field
            return True
        return super().take(event)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.leave()

    @on(Button.Pressed, "#send")
    def _send(self) -> None:
        self.action_send()


class AskingDialog(SendingDialog):
    """Asks a reason (and more, if a subclass has more rows); closes when it is done, says why when not."""

    FIELDS = ("reason",)
    SEND: ClassVar[str] = "Record"
    DOES: ClassVar[str] = "records it"
    """What the key that sends does, to be read after it."""

    def __init__(self) -> None:
        super().__init__()
        self.outcome: Outcome | None = None
        self.sending = False

    def inside(self) -> Iterable[Widget]:
        """Text, fields, foot and buttons, from top to bottom."""
        yield Painted(id="text")
        yield reason_row()
        yield from self.more_fields()
        yield Painted(id="foot")
        yield buttons(self.SEND, self.sends_by())

    def more_fields(self) -> Iterable[Widget]:
        """Rows under the reason; none by default."""
        return ()

    def text(self, world: World, cells: int) -> list[Line]:
        """What it does, and what happens if nothing is pressed."""
        raise NotImplementedError

    async def ask(self, cockpit: Cockpit, reason: str) -> Outcome:
        """Do it. Never raises for what a person can be told."""
        raise NotImplementedError

    @property
    def reason(self) -> str:
        """The reason as typed, without the space around it."""
        return self.query_one("#reason", Input).value.strip()

    def held(self) -> str | None:
        """What still keeps it from being sent, in words."""
        if self.sending:
            return "asking the gate"
        return None if self.reason else "a reason is needed"

    def draw(self, world: World, now: Millis) -> None:
        cells = self.box_cells()
        self.query_one("#text", Painted).show(self.text(world, cells))
        held = self.held()
        self.query_one("#send", Button).disabled = held is not None
        lines = paragraph(f"· {held or f'{self.sends_by()} {self.DOES}'}", cells, "quiet")
        if self.outcome is not None and not self.sending:
            lines = outcome_lines(self.outcome, cells)
        self.query_one("#foot", Painted).show(lines)

    def touched(self) -> None:
        self.outcome = None

    @work(exclusive=True, group="asking", exit_on_error=False)
    async def action_send(self) -> None:
        """Ask once; a second press while it is under way does nothing."""
        app = console(self)
        if self.hidden or self.held() is not None or app.cockpit is None:
            return
        self.sending = True
        self.refresh_world()
        try:
            self.outcome = await self.ask(app.cockpit, self.reason)
        except Exception as error:  # a fault of ours must not end the console
            self.outcome = Outcome(End.NOT_SENT, f"{type(error).__name__}: {error}")
        finally:
            self.sending = False
        if self.outcome.end is End.DONE:
            app.say(self.outcome.says)
            self.leave()
        else:
            self.refresh_world()
