"""The form of one change: what is typed is read at once, and what it would change stands under it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Input

from console.flags.changing import Change
from console.flags.edits import UNREADABLE, Unfit
from console.flags.forms import LONGEST_TYPED, Field, Form, read
from console.readings import Millis
from console.world import World
from screens.dialogs.base import Dialog
from screens.keys import hidden
from screens.paint import Line, Tone, paragraph, span
from screens.widgets.painted import Painted

Fits = Callable[[Change | None], tuple[str, ...]]
"""What a change would make different, in lines. Raises :class:`Unfit`."""
MOST = 5
"""Options, and lines of the difference, that stand there at once."""
FEWER = 3
"""As many where the terminal is low."""


class FormDialog(Dialog[Change]):
    """Dismissed with the change that was filled in, or with ``None``."""

    CSS_PATH = "dialogs.tcss"
    AUTO_FOCUS = ".first"
    BINDINGS: ClassVar[list[BindingType]] = [
        hidden("down", "option(1)", "form.next", "The next of what can be chosen in this field"),
        hidden("up", "option(-1)", "form.last", "The one before"),
    ]

    def __init__(self, key: str, form: Form, environment: str, fits: Fits) -> None:
        super().__init__()
        self._key, self._form, self._environment, self._fits = key, form, environment, fits
        self._change: Change | None = None
        self._problem = ""
        self._lines: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        with Vertical(classes="box -form"):
            yield Painted(id="title")
            empty = next((one.name for one in self._form.fields if not one.usual), "")
            for place, field in enumerate(self._form.fields):
                first = field.name == empty or (not empty and place == 0)
                yield self._row(field, "first" if first else "")
            with VerticalScroll(classes="scroll", can_focus=False):
                yield Painted(id="text")
            yield Painted(id="foot")
            yield Horizontal(
                Button("Back", id="cancel", compact=True),
                Button("Preview  enter", id="preview", compact=True, disabled=True),
                classes="buttons",
            )

    def _row(self, field: Field, classes: str) -> Horizontal:
        typed = Input(
            field.usual,
            id=f"field-{field.name}",
            classes=classes,
            compact=True,
            placeholder=field.hint,
            max_length=LONGEST_TYPED,
            select_on_focus=bool(field.options),
        )
        return Horizontal(Painted([(span(field.label, "quiet"),)], classes="label"), typed, classes="field")

    def on_mount(self) -> None:
        super().on_mount()
        self._read()

    # --- what is typed -------------------------------------------------------------------------

    @property
    def answers(self) -> dict[str, str]:
        """What stands in the fields."""
        return {
            one.name: self.query_one(f"#field-{one.name}", Input).value.strip() for one in self._form.fields
        }

    @property
    def field(self) -> Field | None:
        """The field that has the focus."""
        name = self.focused.id if isinstance(self.focused, Input) else None
        return next((one for one in self._form.fields if f"field-{one.name}" == name), None)

    def _read(self) -> None:
        self._change, self._problem, self._lines = None, "", ()
        try:
            change = read(self._form, self.answers)
            self._lines = self._fits(change)
            self._change = change
        except (Unfit, *UNREADABLE) as error:
            self._problem = str(error)
        self.refresh_world()

    @on(Input.Changed)
    def _changed(self) -> None:
        if self.ready:
            self._read()

    def action_option(self, step: int) -> None:
        """Put the next thing that can be chosen into the field."""
        field = self.field
        if field is None or not field.options:
            return
        typed = self.query_one(f"#field-{field.name}", Input)
        values = [one.value for one in field.options]
        at = values.index(typed.value) + step if typed.value in values else 0 if step > 0 else -1
        typed.value = values[at % len(values)]
        typed.action_end()

    # --- drawing -------------------------------------------------------------------------------

    def draw(self, world: World, now: Millis) -> None:
        cells = self.box_cells()
        title = f"{self._form.words} of {self._key} in {self._environment}"
        self.query_one("#title", Painted).show(paragraph(title, cells, "strong", bold=True, most=2))
        most = FEWER if self.has_class("-short") else MOST
        lines = [*self._about(cells - 2, most), *self._outcome(cells - 2, most)]
        self.query_one("#text", Painted).show(lines)
        self.query_one("#preview", Button).disabled = self._change is None
        says = "enter in the last field previews it; nothing is sent yet" if self._change else "not yet"
        self.query_one("#foot", Painted).show(paragraph(f"· {says}", cells, "quiet"))
        self.give_room(len(self._form.fields) + 6)

    def _about(self, cells: int, most: int) -> list[Line]:
        """What goes into the field, and what can be chosen (↑ ↓)."""
        field = self.field
        if field is None:
            return []
        chosen = " (↑ ↓ choose)" if field.options else ""
        lines = paragraph(f"{field.label}: {field.hint}{chosen}", cells, "quiet", most=2)
        typed = self.query_one(f"#field-{field.name}", Input).value
        values = [one.value for one in field.options]
        at = values.index(typed) if typed in values else 0
        start = max(min(at - most // 2, len(values) - most), 0)
        for one in field.options[start : start + most]:
            means = f"   {one.means}" if one.means else ""
            tone: Tone = "strong" if one.value == typed else "normal"
            head = "▸" if one.value == typed else " "
            lines += paragraph(f"{head} {one.value}{means}", cells, tone, indent=2, most=1)
        if len(values) > most:
            lines += paragraph(f"… {len(values)} in all", cells, "quiet", indent=2)
        return lines

    def _outcome(self, cells: int, most: int) -> list[Line]:
        """What it would change, or what is still wrong."""
        if self._change is None:
            return paragraph(f"… {self._problem}", cells, "caution", most=4)
        lines = list[Line]()
        for one in self._lines[:most]:
            lines += paragraph(one, cells, "strong", most=3)
        if len(self._lines) > most:
            lines += paragraph(f"and {len(self._lines) - most} more", cells, "quiet")
        return lines

    # --- leaving -------------------------------------------------------------------------------

    def take(self, event: events.Key) -> bool:
        """Enter is on to the next field at once; in the last one it is left to the field."""
        last = f"field-{self._form.fields[-1].name}"
        if event.key == "enter" and isinstance(self.focused, Input) and self.focused.id != last:
            self.focus_next()
            return True
        return super().take(event)

    @on(Input.Submitted)
    @on(Button.Pressed, "#preview")
    def _preview(self) -> None:
        if self._change is not None and not self.hidden:
            self.dismiss(self._change)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.leave()

    def on_descendant_focus(self) -> None:
        self.refresh_world()
