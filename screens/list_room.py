"""A room whose task is a list: ``/`` filters it, esc undoes step by step, ``y`` copies what is marked."""

from __future__ import annotations

from dataclasses import dataclass

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from screens import clean
from screens.context import console
from screens.copying import copy
from screens.paint import Line, Span, span
from screens.room import Room
from screens.widgets.filterline import FilterLine


@dataclass(frozen=True, slots=True)
class Copied:
    """What ``y`` puts on the clipboard, and what it is called when that is said."""

    text: str
    what: str


class ListRoom(Room):
    """Filters, steps back and copies; subclasses say what of. Its body has to hold a :class:`FilterLine`.

    Each has its own entries in the table of keys for them: what they are called there differs.
    """

    pattern = ""
    """What is filtered by; empty keeps all."""

    @property
    def rows(self) -> Widget:
        """The list: where the keys go after a filter was typed."""
        raise NotImplementedError

    # --- filtering -----------------------------------------------------------------------------

    @property
    def filter(self) -> FilterLine:
        """What is typed after ``/``."""
        return self.query_one(FilterLine)

    def action_filter(self) -> None:
        self.filter.begin()

    def filter_by(self, pattern: str) -> None:
        self.filter.put(pattern)

    def sieve(self) -> None:
        """The pattern is another: show what it keeps."""
        self.refresh_world()

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        if event.value != self.pattern:
            self.pattern = event.value
            self.sieve()

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.filter.done(self.rows)

    def matching(self, kept: int) -> Line:
        """How many the filter keeps, for a heading; nothing without a filter."""
        return (span(f"   {kept:,} match {clean.clean(self.pattern)}", "canary"),) if self.pattern else ()

    @staticmethod
    def nothing_matches() -> Line:
        """What stands where the marked row would be when the filter keeps none."""
        return (Span("Nothing matches; esc undoes the filter.", "quiet"),)

    # --- back ----------------------------------------------------------------------------------

    def action_back(self) -> None:
        """One step: the filter, what else the room has to undo, the room."""
        if not self.filter.undo(self.rows) and not self.step_back():
            self.leave()

    def step_back(self) -> bool:
        """Undo one thing of the room's own; whether there was one."""
        return False

    def leave(self) -> None:
        """Where the last esc leads."""
        self.app.switch_mode("release")

    # --- copying -------------------------------------------------------------------------------

    def copied(self) -> Copied | str:
        """What ``y`` copies, or in a sentence why there is nothing to copy (empty: it need not be said)."""
        raise NotImplementedError

    def action_copy(self) -> None:
        found = self.copied()
        if isinstance(found, Copied):
            copy(self.app, found.text, found.what)
        elif found:
            console(self).say(found, "warning")
