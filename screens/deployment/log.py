"""The log on the screen: draws only the rows on show, follows the newest line until somebody looks back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from console.host import BuildLine
from screens import paint
from screens.deployment.log_text import MARGIN, row, text_of, wrapped
from screens.keys import hidden
from screens.paint import Line
from screens.widgets.painted import Toned


class LogView(Toned, ScrollView, can_focus=True, inherit_bindings=False):
    """Lines oldest first, long ones in several rows."""

    DEFAULT_CSS = "LogView { scrollbar-size-vertical: 1; overflow-x: hidden; overflow-y: auto; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        hidden("j,down", "move(1)", "log.down", "A row down"),
        hidden("k,up", "move(-1)", "log.up", "A row up; the log stands still then"),
        hidden("pagedown,ctrl+f", "page(1)", "log.page_down", "A page down"),
        hidden("pageup,ctrl+b", "page(-1)", "log.page_up", "A page up"),
        hidden("ctrl+d", "page(0.5)", "log.half_down", "Half a page down"),
        hidden("ctrl+u", "page(-0.5)", "log.half_up", "Half a page up"),
        hidden("g,home", "top", "log.top", "The first line"),
        hidden("G,end", "follow", "log.follow", "The newest line, and follow from there"),
    ]

    class Moved(Message):
        """What is on show, or whether it follows, has changed."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self.following = True
        self.kept: list[BuildLine] = []
        """The lines on show: all, or those that the filter keeps."""
        self._starts: list[int] = []
        """The first row of each kept line."""
        self._rows = 0
        self._cells = 0
        self._found: int | None = None
        self._keep: Callable[[str], bool] | None = None

    # --- what is shown -------------------------------------------------------------------------

    def begin(self, lines: Sequence[BuildLine], keep: Callable[[str], bool] | None) -> None:
        """Show ``lines`` from the first, those that ``keep`` keeps (``None``: all)."""
        self._keep = keep
        self.kept, self._found = [], None
        self._forget_rows()
        self.add(lines)
        self.refresh()

    def add(self, lines: Sequence[BuildLine]) -> None:
        """Show more lines below; what is on show stays where it is unless the end is followed."""
        keep = self._keep
        new = lines if keep is None else [line for line in lines if keep(text_of(line))]
        self.kept.extend(new)
        self._count(new)
        self.virtual_size = Size(self.size.width, self._rows)
        if self.following:
            self._to(self._rows)
        self.refresh()

    def _forget_rows(self) -> None:
        self._starts, self._rows = [], 0
        self._cells = max(self.scrollable_content_region.width - MARGIN, 8)

    def _count(self, lines: Sequence[BuildLine]) -> None:
        for line in lines:
            self._starts.append(self._rows)
            self._rows += len(wrapped(line, self._cells))

    def on_resize(self, event: events.Resize) -> None:
        """Long lines take other rows now; the line at the top stays there."""
        top = self._line_at(self.scroll_offset.y)
        self._forget_rows()
        self._count(self.kept)
        self.virtual_size = Size(self.size.width, self._rows)
        if self.following:
            self._to(self._rows)
        elif self.kept:
            self._to(self._starts[min(top, len(self._starts) - 1)])

    def _line_at(self, y: int) -> int:
        return max(bisect_right(self._starts, y) - 1, 0)

    def line_of(self, y: int) -> Line:
        """Row ``y`` of the log."""
        if not 0 <= y < self._rows:
            return paint.EMPTY
        index = self._line_at(y)
        line, part = self.kept[index], y - self._starts[index]
        return row(line, part, wrapped(line, self._cells)[part], index == self._found)

    def render_line(self, y: int) -> Strip:
        return self.strip(self.line_of(self.scroll_offset.y + y), self.size.width)

    # --- moving --------------------------------------------------------------------------------

    def _to(self, y: int) -> None:
        self.scroll_to(y=max(min(y, self._rows - self.size.height), 0), animate=False, immediate=True)

    def _by(self, rows: int) -> None:
        if rows < 0:
            self.following = False
        self._to(self.scroll_offset.y + rows)
        self.post_message(self.Moved())

    def action_move(self, rows: int) -> None:
        self._by(rows)

    def action_page(self, pages: float) -> None:
        self._by(int(pages * max(self.size.height - 1, 1)))

    def action_top(self) -> None:
        self._by(-self._rows)

    def action_follow(self) -> None:
        self.following, self._found = True, None
        self._to(self._rows)
        self.refresh()
        self.post_message(self.Moved())

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.following = False
        self.post_message(self.Moved())

    def next_error(self) -> bool:
        """Go to the error below the one gone to last, after the last to the first; if there is one."""
        found = [index for index, line in enumerate(self.kept) if line.error]
        if not found:
            return False
        after = -1 if self._found is None else self._found
        self._found = next((index for index in found if index > after), found[0])
        self.following = False
        self._to(self._starts[self._found] - max(self.size.height // 3, 0))
        self.refresh()
        self.post_message(self.Moved())
        return True
