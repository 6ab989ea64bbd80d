"""What a verb asks: a thing to choose, a line or two to type. Enter in the last line sends it.

It changes no production: it puts words into the ledger, and says before it is sent why it would be refused.
"""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Input

from console.outcome import End, Outcome
from console.readings import Millis
from console.world import World
from screens import paint
from screens.asked import Answers, Asked, Field
from screens.context import console
from screens.dialogs.asking import LONGEST_REASON, SendingDialog, buttons
from screens.dialogs.review_text import outcome_lines
from screens.keys import hidden, shown
from screens.paint import Line, Span, Tone, paragraph, span
from screens.widgets.painted import Painted

FRAME_ROWS = 7
"""Rows of the box that are neither text nor fields: foot, buttons, and what is blank between them."""

LABEL, MOST_LABEL = 10, 20
"""Cells of the labels, by the longest of them."""


class VerbDialog(SendingDialog):
    """One :class:`Asked`. ``about``: what it is about, for what is told of it afterwards."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        shown("ctrl+s", "send", "verb.send", "send", "Put it into the ledger"),
        hidden("down", "choose(1)", "verb.next", "The next of what can be chosen"),
        hidden("up", "choose(-1)", "verb.last", "The one before"),
    ]

    def __init__(self, asked: Asked, about: str) -> None:
        super().__init__()
        self.asked, self._of = asked, about
        self.at = asked.at
        self.sending = False
        self.outcome: Outcome | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="box -form"):
            yield Painted(id="title")
            with VerticalScroll(classes="scroll", can_focus=False):
                yield Painted(id="text")
            for field in self.asked.fields:
                yield Horizontal(
                    Painted([(span(field.label, "quiet"),)], classes="label"),
                    Input(
                        field.usual,
                        id=f"field-{field.name}",
                        compact=True,
                        placeholder=field.hint,
                        max_length=LONGEST_REASON,
                        select_on_focus=False,
                    ),
                    classes="field",
                    id=f"row-{field.name}",
                )
            yield Painted(id="foot")
            yield buttons(self.asked.send, self.sends_by())

    def on_mount(self) -> None:
        wide = max((len(one.label) for one in self.asked.fields), default=0) + 1
        for label in self.query(".field .label"):
            label.styles.width = min(max(wide, LABEL), MOST_LABEL)
        self._rows()
        super().on_mount()
        self._to_first()

    # --- what is chosen and typed --------------------------------------------------------------

    @property
    def choice(self) -> str:
        """What is chosen; empty where there is nothing to choose from."""
        return self.asked.choices[self.at].value if self.asked.choices else ""

    @property
    def fields(self) -> tuple[Field, ...]:
        """Those that go with what is chosen."""
        return self.asked.fields_of(self.choice)

    @property
    def answers(self) -> Answers:
        """What stands there now."""
        typed = {one.name: self._input(one).value.strip() for one in self.fields}
        return Answers(self.choice, typed)

    def _input(self, field: Field) -> Input:
        return self.query_one(f"#field-{field.name}", Input)

    def _rows(self) -> None:
        on = {one.name for one in self.fields}
        for one in self.asked.fields:
            self.query_one(f"#row-{one.name}").display = one.name in on

    def _to_first(self) -> None:
        """The focus is on what is to be typed first, or on the button where nothing is."""
        first = next((one for one in self.fields if not self._input(one).value), None)
        self.set_focus(self._input(first) if first is not None else self.query_one("#cancel"))

    def action_choose(self, step: int) -> None:
        """Mark the next of the choices; what is typed already stays where it belongs."""
        if not self.asked.choices or self.sending:
            return
        self.at = (self.at + step) % len(self.asked.choices)
        self.outcome = None
        self._rows()
        self._to_first()
        self.refresh_world()

    def touched(self) -> None:
        self.outcome = None

    # --- drawing -------------------------------------------------------------------------------

    def held(self, now: Millis) -> str | None:
        """What keeps it from being sent: something to be typed, or what the rules say."""
        if self.sending:
            return "writing it down"
        missing = self.asked.missing(self.answers)
        if missing is not None:
            return missing
        refused = self.asked.check(self.answers, now)
        if refused is None:
            return None
        following = "" if refused.next.startswith("--") else refused.next  # an option is none of this place
        return f"{refused.says} {following}".strip()

    def draw(self, world: World, now: Millis) -> None:
        cells = self.box_cells()
        self.query_one("#title", Painted).show(
            paragraph(self.asked.title, cells, "strong", bold=True, most=2)
        )
        self.query_one("#text", Painted).show(self._text(cells - 2))
        held = self.held(now)
        self.query_one("#send", Button).disabled = held is not None
        says = held or f"enter in the last line, or {self.sends_by()}, puts it into the ledger"
        lines = paragraph(f"· {says}", cells, "quiet", most=3)
        if self.outcome is not None and not self.sending:
            lines = outcome_lines(self.outcome, cells)
        self.query_one("#foot", Painted).show(lines)
        self.give_room(len(self.fields) + len(lines) + FRAME_ROWS - (3 if self.has_class("-short") else 0))

    def _text(self, cells: int) -> list[Line]:
        lines: list[Line] = []
        for one in self.asked.about:
            lines += paragraph(one, cells, most=3)
        choices = self.asked.choices
        most = max(min(len(choices), self.size.height - 12 - len(self.fields) - len(lines)), 3)
        start = max(min(self.at - most // 2, len(choices) - most), 0)
        for at, choice in list(enumerate(choices))[start : start + most]:
            tone: Tone = "strong" if at == self.at else "normal"
            mark = Span("▸ " if at == self.at else "  ", "key")
            lines.append(paint.cut((mark, span(choice.says, tone, bold=at == self.at)), cells))
        if len(choices) > 1:
            more = f", {len(choices)} in all" if len(choices) > most else ""
            lines += paragraph(f"  ↑ ↓ choose{more}", cells, "quiet")
        return lines

    # --- sending -------------------------------------------------------------------------------

    def take(self, event: events.Key) -> bool:
        """Enter in the last line sends; in another it goes on to the next."""
        last = self.fields[-1].name if self.fields else ""
        focused = self.focused
        if event.key == "enter" and isinstance(focused, Input) and focused.id == f"field-{last}":
            self.send_typed()
            return True
        if event.key == "enter" and not self.fields and focused is self.query_one("#cancel"):
            self.action_send()  # nothing is to be typed: what is chosen is meant
            return True
        return super().take(event)

    @work(exclusive=True, group="typed", exit_on_error=False)
    async def send_typed(self) -> None:
        """Send once every field has what was typed into it: on a slow line all of it comes at once."""
        for one in self.fields:
            there = asyncio.Event()
            self._input(one).call_later(there.set)
            await there.wait()
        self.action_send()

    def action_send(self) -> None:
        """Put it into the ledger, once, if nothing holds it."""
        app = console(self)
        if self.hidden or app.cockpit is None or self.held(app.present()) is not None:
            self.refresh_world()
            return
        self.sending = True
        self.refresh_world()
        answers, asked = self.answers, self.asked
        app.on_request(asked.line(answers), self._of, lambda cockpit: asked.do(cockpit, answers), self.told)

    def told(self, outcome: Outcome) -> bool:
        """Close when it is done; else keep the answer on show."""
        self.sending, self.outcome = False, outcome
        if outcome.end is End.DONE:
            self.leave()
            return True  # what it changed is on show; a toast would lie over it
        if self.ready:
            self.refresh_world()
        return self.ready and not self.hidden
