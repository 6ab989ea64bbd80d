"""A room of two panes: a list, and beside or under it what is marked there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual import events
from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget

from console.readings import Problem
from screens.list_room import ListRoom
from screens.paint import Line, paragraph
from screens.screen_mode import ScreenMode
from screens.widgets.filterline import FilterLine
from screens.widgets.painted import Painted
from screens.widgets.steady_rows import SteadyRows

BESIDE_FROM = 120
"""Cells from which what is marked stands beside the list, not under it."""


class _ByWidth(Widget):
    """Has its room drawn again where its width is another: lines are broken and cut by it."""

    _cells = 0

    def on_resize(self, event: events.Resize) -> None:
        if event.size.width != self._cells and isinstance(room := self.screen, TwoPanes):
            self._cells = event.size.width
            room.refresh_world()


class ListPane(Vertical, _ByWidth):
    """Holds the list."""


class DetailPane(VerticalScroll, _ByWidth):
    """Holds what is marked."""


class TwoPanes(ListRoom):
    """Half mode has the list alone, full mode what is marked; the last esc but one undoes that."""

    AUTO_FOCUS = "#rows"
    MARKED: ClassVar[str]
    """What one row stands for, in a word."""
    DEFAULT_CSS = """
    TwoPanes #summary, TwoPanes #heading { height: 1; }
    TwoPanes #panes { height: 1fr; layout: vertical; }
    TwoPanes #list { width: 1fr; height: 1fr; }
    TwoPanes #rows { height: 1fr; }
    TwoPanes #detail {
        width: 1fr; height: 1fr; padding: 0 1; border-top: solid $rule; scrollbar-size-vertical: 1;
    }
    TwoPanes.-wide #panes { layout: horizontal; }
    TwoPanes.-wide #detail { width: 45%; padding: 0 0 0 2; border-top: none; border-left: solid $rule; }
    TwoPanes.-listed #detail { display: none; }
    TwoPanes.-alone #list { display: none; }
    TwoPanes.-alone #detail { width: 1fr; border-left: none; border-top: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._heights: dict[str, int | str] = {}
        """What the panes were given last."""

    def body(self) -> Iterable[Widget]:
        yield Painted(id="summary")
        yield Painted(id="empty")
        with Vertical(id="panes"):
            with ListPane(id="list"):
                yield Painted(id="heading")
                yield SteadyRows(id="rows")
            with DetailPane(id="detail", can_focus=False):
                yield Painted(id="marked")
        yield FilterLine()

    @property
    def rows(self) -> SteadyRows:
        """The list."""
        return self.query_one(SteadyRows)

    def screen_mode_says(self) -> str:
        words = {ScreenMode.HALF: "half: list", ScreenMode.FULL: f"full: {self.MARKED}"}
        return words.get(self.screen_mode, "")

    def lay_out(self, some: bool) -> None:
        """Which panes there are, and how they lie. ``some``: whether the list has any row."""
        mode = self.screen_mode
        self.set_class(self.size.width >= BESIDE_FROM, "-wide")
        self.set_class(mode is ScreenMode.HALF or not some, "-listed")
        self.set_class(mode is ScreenMode.FULL and some, "-alone")

    def share(self, pane: str, high: int | str) -> None:
        """Give ``#list`` or ``#detail`` so many rows, or what is left (``1fr``), if it has not."""
        if self._heights.get(pane) != high:
            self._heights[pane] = high
            self.query_one(pane).styles.height = high

    def share_list(self, rows: int, least: int) -> None:
        """Under a short list what is marked has the rest; a long one has half, none less than ``least``."""
        high: int | str = "1fr"
        if self.screen_mode is ScreenMode.NORMAL and rows and not self.has_class("-wide"):
            high = max(min(rows + 1, self.query_one("#panes").size.height // 2), least)
        self.share("#list", high)

    def why_empty(
        self, problem: Problem | None, read: bool, some: bool, none: Callable[[], str], cells: int
    ) -> list[Line]:
        """Why the list has no row, and what was wrong with reading it. ``none``: why, where it was read."""
        lines: list[Line] = []
        if problem is not None:
            lines += paragraph(f"! {problem.what} {problem.next}", cells, "caution", indent=1, most=3)
        if some or (problem is not None and not read):
            return lines
        return [*lines, *paragraph(none(), cells, "quiet", indent=1)]

    def detail_to_top(self) -> None:
        """Another row is marked: what is said of it begins at its beginning."""
        self.query_one("#detail", VerticalScroll).scroll_home(animate=False)

    def step_back(self) -> bool:
        if self.screen_mode is ScreenMode.NORMAL:
            return False
        self.set_screen_mode(ScreenMode.NORMAL.value)
        return True
