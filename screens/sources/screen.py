"""The sources: a row each, and beside or under it all that is known of the marked one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget

from console.readings import Millis
from console.sources import Facts, SourceView, views
from console.world import World
from screens import paint
from screens.context import console
from screens.dialogs.source import SourceDialog, SourceRawDialog
from screens.keys import hidden, shown, typing
from screens.list_room import Copied, ListRoom
from screens.matching import matcher
from screens.paint import Line, span
from screens.sources.rows import detail, haystack, heading, row
from screens.widgets.filterline import FilterLine
from screens.widgets.painted import Painted
from screens.widgets.rows import Rows

BESIDE_FROM = 120
"""Cells from which the marked source stands beside the list, not under it."""
WHILE_OPENING = 2
"""Rows of which a console knows anything before it is open: those that are asked all the time."""


class SourcesScreen(ListRoom):
    """Draws what the cockpit knows of its sources; asks nobody."""

    MODE = "sources"
    CSS_PATH = "sources.tcss"
    AUTO_FOCUS = "#rows"
    BINDINGS: ClassVar[list[BindingType]] = [
        shown("enter", "open", "sources.open", "detail", "All that is known of the marked source"),
        typing("slash", "filter", "sources.filter", "filter", "Keep what matches (a regular expression)"),
        shown("y", "copy", "sources.copy", "copy next step", "Copy the next step (setting or command)"),
        hidden("d", "raw", "sources.raw", "The raw data of the marked source, as JSON"),
        hidden("escape", "back", "sources.back", "Undo the filter, then back to the release"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._all: tuple[SourceView, ...] = ()
        self._kept: list[SourceView] = []

    def body(self) -> Iterable[Widget]:
        yield Painted(id="summary")
        yield Painted(id="heading")
        with Vertical(id="panes"):
            yield Rows(id="rows")
            with VerticalScroll(id="detail", can_focus=False):
                yield Painted(id="marked")
        yield FilterLine()

    @property
    def rows(self) -> Rows:
        """The list."""
        return self.query_one(Rows)

    @property
    def marked(self) -> SourceView | None:
        """The marked source."""
        return next((one for one in self._kept if one.id == self.rows.marked), None)

    # --- drawing -------------------------------------------------------------------------------

    def draw(self, world: World, now: Millis) -> None:
        app = console(self)
        self.set_class(self.size.width >= BESIDE_FROM, "-wide")
        if app.cockpit is None:
            self._all = views(world, Facts())[:WHILE_OPENING]
        else:
            self._all = app.cockpit.desk.sources(world)
        keep = matcher(self.pattern)
        self._kept = [one for one in self._all if keep(haystack(one))]
        self.pane("summary", lambda: [self._summary()])
        self.pane("heading", lambda: [heading(self.rows.size.width or self.size.width)])
        self.rows.show([one.id for one in self._kept], self._row)
        self._detail(now)

    def _row(self, index: int, cells: int, marked: bool) -> Line:
        return row(self._kept[index], console(self).present(), cells, marked)

    def _summary(self) -> Line:
        works = sum(one.finding.state == "works" for one in self._all)
        bad = sum(one.finding.state in ("fails", "wrong") for one in self._all)
        parts = [span(" Sources", "strong", bold=True), span(f"   {works} of {len(self._all)} work", "quiet")]
        if bad:
            parts.append(span(f"   ! {bad} {'fails' if bad == 1 else 'fail'}", "worse", bold=True))
        parts += self.matching(len(self._kept))
        if console(self).cockpit is None:
            parts.append(span("   … the console is still opening", "quiet"))
        return paint.cut(tuple(parts), self.size.width)

    def _detail(self, now: Millis) -> None:
        view, pane = self.marked, self.query_one("#detail")
        cells = max(pane.size.width - 3, 20)
        if view is None:
            self.pane("marked", lambda: [self.nothing_matches()])
        else:
            self.pane("marked", lambda: detail(view, now, cells))

    @on(Rows.Marked)
    def _other_marked(self) -> None:
        if self.ready:
            self._detail(console(self).present())
            self.query_one("#detail", VerticalScroll).scroll_home(animate=False)

    # --- actions -------------------------------------------------------------------------------

    def action_open(self) -> None:
        if self.marked is not None:
            self.app.push_screen(SourceDialog(self.marked))

    def copied(self) -> Copied | str:
        view = self.marked
        if view is None or not view.finding.next:
            return "There is nothing to do about it."
        return Copied(view.finding.next, "the next step")

    def action_raw(self) -> None:
        if self.marked is not None:
            self.app.push_screen(SourceRawDialog(self.marked))
