"""A dialog that asks the host what would happen, then a reason and a typed word, then sends once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button, Input

from console.actions import Impossible
from console.ports import SourceError, StoreUnusable
from console.readings import Problem
from screens.context import console
from screens.dialogs.asking import SendingDialog, buttons, reason_row
from screens.paint import Line, span
from screens.widgets.painted import Painted

if TYPE_CHECKING:
    from console.cockpit import Cockpit

LONGEST_WORD = 300


class ConfirmingDialog(SendingDialog):
    """Subclasses say what is asked, what stands in the dialog, and what sending is."""

    FIELDS: ClassVar[tuple[str, ...]] = ("reason", "typed")
    REFUSALS: ClassVar[tuple[type[Exception], ...]] = (Impossible,)
    """What is raised where it cannot be done at all."""
    IMPOSSIBLE: ClassVar[str] = "Nothing was sent."
    """What to do next then."""
    AGAIN: ClassVar[tuple[str, ...]] = ("ready", "failed")
    """The stages in which it may be read again."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            with VerticalScroll(classes="scroll", can_focus=False):
                yield Painted(id="text")
            yield reason_row(id="reason-row")
            yield from self.more_fields()
            with Horizontal(classes="field", id="typed-row"):
                yield Painted(id="typed-label", classes="label")
                yield Input(id="typed", compact=True, max_length=LONGEST_WORD, select_on_focus=False)
            yield Painted(id="foot")
            yield self.choices()

    def more_fields(self) -> Iterable[Widget]:
        """Rows between the reason and the typed word; none by default."""
        return ()

    def choices(self) -> Horizontal:
        """The buttons."""
        return buttons("Send", self.sends_by())

    def on_mount(self) -> None:
        super().on_mount()
        self.read()

    # --- reading the host ----------------------------------------------------------------------

    @property
    def stage(self) -> str:
        """How far it has come."""
        raise NotImplementedError

    def begin(self) -> None:
        """The host is being asked."""
        raise NotImplementedError

    async def ask(self, cockpit: Cockpit) -> None:
        """Ask the host afresh, and keep what it would do. What it raises is told by :meth:`fail`."""
        raise NotImplementedError

    def fail(self, problem: Problem) -> None:
        """Why there is nothing to send."""
        raise NotImplementedError

    @work(exclusive=True, group="preview", exit_on_error=False)
    async def read(self) -> None:
        """Ask the host afresh what it would do."""
        app = console(self)
        if app.cockpit is None:
            self.leave()
            return
        self.begin()
        self.refresh_world()
        try:
            await self.ask(app.cockpit)
        except self.REFUSALS as error:
            self.fail(Problem("refused", str(error), self.IMPOSSIBLE))
        except (SourceError, StoreUnusable) as error:
            self.fail(error.problem)
        except Exception as error:  # a fault of ours must not end the console
            self.fail(Problem("internal", f"{type(error).__name__}: {error}", "ctrl+r asks again."))
        self.refresh_world()

    def action_read_again(self) -> None:
        """Start over from the host's present state, unless something is under way."""
        if self.stage in self.AGAIN:
            self.read()

    # --- what is typed and shown ---------------------------------------------------------------

    @property
    def reason(self) -> str:
        """As it was typed."""
        return self.query_one("#reason", Input).value

    @property
    def typed(self) -> str:
        """The word, as it was typed."""
        return self.query_one("#typed", Input).value

    def suggest(self, reason: str) -> None:
        """Put a reason where none was typed."""
        field = self.query_one("#reason", Input)
        field.value = field.value or reason

    def show(self, name: str, lines: list[Line]) -> None:
        self.query_one(f"#{name}", Painted).show(lines)

    def lay_out(self, ready: bool, label: str, below: list[Line], held: str | None) -> None:
        """Show the fields if it is ``ready`` (the word only with a ``label``), and the foot."""
        rows, typed = [*self.query(".field")], self.query_one("#typed-row")
        for row in rows:
            row.display = ready and (row is not typed or bool(label))
        self.show("typed-label", [(span(label, "quiet"),)])
        self.show("foot", below)
        blank = 0 if self.has_class("-short") else 1
        shown = sum(1 for row in rows if row.display)
        self.give_room(shown * (1 + blank) + (len(below) + blank if below else 0) + 1 + blank)
        send = self.query_one("#send", Button)
        send.disabled = held is not None
        send.display = self.stage in ("reading", "ready")
