"""Choosing what to change of a flag, and where; then its form. Nothing is sent from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from console.actions import Impossible
from console.flags.changing import Change
from console.flags.choices import forms
from console.flags.edits import UNREADABLE, Raw, Unfit
from console.flags.forms import Form, Known
from console.flags.model import Flag
from console.flags.provider import Held, Version
from console.flags.telling import standing
from console.ports import SourceError
from console.readings import Millis
from console.world import World
from screens import clean, paint
from screens.dialogs.base import Dialog
from screens.dialogs.form import FormDialog
from screens.dialogs.moves import Moves
from screens.keys import hidden, shown
from screens.paint import paragraph, span
from screens.widgets.painted import Painted

if TYPE_CHECKING:
    from console.flags.provider import FlagProvider

VERSIONS = 30
"""Versions that can be chosen to be brought back."""
Wanted = tuple[str, Change | None]
"""The environment, and the change; ``None`` is turning off."""


class ChangeDialog(Moves, Dialog[Wanted]):
    """Dismissed with what is wanted of the flag, which is reviewed then, or with ``None``."""

    CSS_PATH = "dialogs.tcss"
    AUTO_FOCUS = "#options"
    BINDINGS: ClassVar[list[BindingType]] = [
        shown(
            "right,l", "where(1)", "change.next_environment", "next environment", "In the next environment"
        ),
        hidden("left,h", "where(-1)", "change.last_environment", "In the environment before"),
        hidden("j", "move(1)", "change.down", "The change below"),
        hidden("k", "move(-1)", "change.up", "The change above"),
        hidden("g", "end(0)", "change.first", "The first change"),
        hidden("G", "end(1)", "change.last", "The last change"),
        hidden("ctrl+d", "half(1)", "change.half_down", "Half a page down"),
        hidden("ctrl+u", "half(-1)", "change.half_up", "Half a page up"),
    ]

    def __init__(
        self, flag: Flag, environment: str, provider: FlagProvider, segments: tuple[Raw, ...] | None
    ) -> None:
        """``flag``: as it was read last; what is chosen is planned for it as it is then."""
        super().__init__()
        self._flag, self._provider, self._segments = flag, provider, segments or ()
        there = [str(one) for one in flag.raw.get("environments") or ()]
        self._places = there or [environment]
        self.environment = environment if environment in self._places else self._places[0]
        self._versions: tuple[Version, ...] | None = None
        self._forms: dict[str, Form] = {}
        self._says = ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Painted(id="text")
            yield OptionList(id="options", markup=False, compact=True)
            yield Painted(id="foot")

    def on_mount(self) -> None:
        super().on_mount()
        self._fill()
        self.read()

    @work(exclusive=True, group="versions", exit_on_error=False)
    async def read(self) -> None:
        """Ask for the versions that could be brought back."""
        try:
            self._versions = tuple(await self._provider.history(self._flag.key, limit=VERSIONS))
        except (SourceError, Impossible) as error:
            self._versions = ()
            says = error.problem.what if isinstance(error, SourceError) else str(error)
            self._says = f"No old version can be brought back: {says}"
        if self.ready:
            self._fill()

    @property
    def known(self) -> Known:
        """What the forms are made of."""
        can = self._provider.capabilities
        return Known(self._flag, self.environment, can, self._segments, self._versions or ())

    def _fill(self) -> None:
        """The changes that make sense here; the marked one stays marked."""
        options = self.options
        before = options.highlighted_option
        self._forms = {one.name: one for one in forms(self.known)}
        options.clear_options()
        for name, one in self._forms.items():
            options.add_option(Option(paint.plain((span(one.words),)), id=name))
        names = list(self._forms)
        kept = before.id if before is not None else None
        options.highlighted = names.index(kept) if kept in names else 0 if names else None
        self.refresh_world()

    def draw(self, world: World, now: Millis) -> None:
        cells = self.box_cells()
        others = "   ← → another environment" if len(self._places) > 1 else ""
        text = paragraph(f"CHANGE {self._flag.key}", cells, "strong", bold=True, most=2)
        text += paragraph(f"in {self.environment}{others}", cells, most=2)
        text += paragraph(standing(self._flag, self.environment, now).words, cells, "quiet", most=3)
        self.query_one("#text", Painted).show(text)
        says = self._says or self._hint()
        below = paragraph(says, cells, "caution" if self._says else "quiet", most=4)
        self.query_one("#foot", Painted).show(below)
        self.options.styles.max_height = max(self.size.height - len(text) - len(below) - 4, 3)

    def _hint(self) -> str:
        if not self._forms:
            return "Nothing of it can be changed here: it has parts of no form that is known."
        reading = "   … its versions are being read" if self._versions is None else ""
        return f"enter goes on; nothing is sent before you have seen what it would do{reading}"

    # --- choosing ------------------------------------------------------------------------------

    def action_where(self, step: int) -> None:
        """Another environment; what can be changed there may be something else."""
        at = self._places.index(self.environment)
        self.environment = self._places[(at + step) % len(self._places)]
        self._says = ""
        self._fill()

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        form = self._forms.get(event.option.id or "")
        if form is None:
            return
        self._says = ""
        if form.fields:
            self.app.push_screen(FormDialog(self._flag.key, form, self.environment, self.fits), self._filled)
            return
        try:
            change = None if form.make is None else form.make({})
            self.fits(change)
        except (Unfit, *UNREADABLE) as error:
            self._says = clean.clean(str(error))
            self.refresh_world()
        else:
            self.dismiss((self.environment, change))

    def fits(self, change: Change | None) -> tuple[str, ...]:
        """What would differ, for the flag as it was read last. Raises :class:`Unfit`."""
        from console.flags.differing import difference_lines

        wish = self._provider.off(self._flag, self.environment) if change is None else change
        made = self._provider.plan(Held(self._flag, ""), wish).change
        return difference_lines(made.before, made.after)

    def _filled(self, change: Change | None) -> None:
        if change is not None:
            self.dismiss((self.environment, change))
