"""What this session sent, acts and every request, newest first, with the command that does the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input

from console.calls import Logged
from console.readings import Millis
from console.world import World
from screens import clean
from screens.context import console
from screens.copying import copy
from screens.dialogs.base import FRAME, Dialog
from screens.dialogs.call import CallDialog
from screens.dialogs.call_rows import Entry, command, entries, haystack, key, row
from screens.keys import hidden, shown, typing
from screens.log import Acted
from screens.matching import matcher
from screens.paint import Line, paragraph, span
from screens.present import count
from screens.widgets.filterline import FilterLine
from screens.widgets.painted import Painted
from screens.widgets.rows import Rows

HEADING = "Calls and commands of this session"
FURNITURE = 6
"""Rows of the box beside the list: border, title, foot and the blank rows between."""


class CallsDialog(Dialog[None]):
    """Reads the session's log while it is open, and costs nothing while it is not."""

    CSS_PATH = "dialogs.tcss"
    AUTO_FOCUS = "#rows"
    READS = True
    BINDINGS: ClassVar[list[BindingType]] = [
        shown("enter", "open", "calls.open", "detail", "All that is known of the marked line"),
        shown("y", "copy", "calls.copy", "copy command", "Copy the command of the marked line"),
        typing("slash", "filter", "calls.filter", "filter", "Keep what matches (a regular expression)"),
        hidden("q", "close", "calls.close", "Close this"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._read: tuple[int, int, str] | None = None
        self._all = 0
        self._kept: list[Entry] = []

    def compose(self) -> ComposeResult:
        with Vertical(classes="box -wide"):
            yield Painted(id="title")
            yield Rows(id="rows")
            yield FilterLine()
            yield Painted(id="foot")

    def box_cells(self) -> int:
        """As wide as the screen: addresses are long."""
        return max(self.size.width - FRAME, 1)

    @property
    def acts(self) -> Sequence[Acted]:
        return tuple(console(self).acts)

    @property
    def marked(self) -> Entry | None:
        """The marked line."""
        rows = self.query_one(Rows)
        return self._kept[rows.at] if 0 <= rows.at < len(self._kept) else None

    # --- drawing -------------------------------------------------------------------------------

    def draw(self, world: World, now: Millis) -> None:
        field, rows = self.query_one(FilterLine), self.query_one(Rows)
        self._take(field.value)
        rows.styles.height = max(min(len(self._kept), self.size.height - FURNITURE - field.open), 1)
        rows.show([key(one) for one in self._kept], self._row)
        self.query_one("#title", Painted).show([(span(HEADING, "strong", bold=True),)])
        self.query_one("#foot", Painted).show(self._foot(field.value))

    def _take(self, pattern: str) -> None:
        """Read the log again if it, or the filter, is another than at the last look."""
        app, acts = console(self), self.acts
        calls: Sequence[Logged] = ()
        number = 0
        if app.cockpit is not None:
            number = app.cockpit.desk.calls.count
        if self._read == (number, len(acts), pattern):
            return
        if app.cockpit is not None:
            calls = app.cockpit.desk.calls.newest_first()
        found, keep = entries(acts, calls), matcher(pattern)
        self._kept = [one for one in found if keep(haystack(one, acts))] if pattern else found
        self._all, self._read = len(found), (number, len(acts), pattern)

    def _row(self, index: int, cells: int, marked: bool) -> Line:
        return row(self._kept[index], console(self).present(), cells, marked)

    def _foot(self, pattern: str) -> list[Line]:
        cells = self.box_cells()
        if not self._all:
            says = "Nothing has been sent in this session. What is, stands here with its command."
            return paragraph(says, cells, "quiet")
        keys = "enter detail   y copies the command   / filters   esc closes"
        if pattern:
            keys = f"{len(self._kept)} of {self._all} match {clean.clean(pattern)}   {keys}"
        else:
            keys = f"{count(self._all, 'line')}   {keys}"
        return paragraph(keys, cells, "quiet", most=1)

    # --- actions -------------------------------------------------------------------------------

    def action_open(self) -> None:
        if self.marked is not None:
            self.app.push_screen(CallDialog(self.marked, self.acts))

    def action_copy(self) -> None:
        if self.marked is not None:
            copy(self.app, command(self.marked, self.acts), "the command of the marked line")

    def action_filter(self) -> None:
        self.query_one(FilterLine).begin()

    @on(Input.Changed, "#filter")
    def _filter_changed(self) -> None:
        self.refresh_world()

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.query_one(FilterLine).done(self.query_one(Rows))

    def action_back(self) -> None:
        """One step: the filter, then the dialog."""
        if not self.query_one(FilterLine).undo(self.query_one(Rows)):
            self.leave()

    def action_close(self) -> None:
        self.leave()
