"""A list of marked rows: draws only those on show, and keeps the mark on its row while others arrive."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from screens import paint
from screens.keys import hidden
from screens.paint import Line
from screens.widgets.painted import Toned

Draw = Callable[[int, int, bool], Line]
"""A row from its index, its cells, and whether it is marked."""


class Rows(Toned, ScrollView, can_focus=True):
    """Rows known by their keys. On the first row the mark follows what comes in above it."""

    DEFAULT_CSS = "Rows { scrollbar-size-vertical: 1; overflow-x: hidden; overflow-y: auto; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        hidden("j,down", "mark(1)", "rows.down", "The row below"),
        hidden("k,up", "mark(-1)", "rows.up", "The row above"),
        hidden("pagedown,ctrl+f", "page(1)", "rows.page_down", "A page down"),
        hidden("pageup,ctrl+b", "page(-1)", "rows.page_up", "A page up"),
        hidden("ctrl+d", "page(0.5)", "rows.half_down", "Half a page down"),
        hidden("ctrl+u", "page(-0.5)", "rows.half_up", "Half a page up"),
        hidden("g,home", "mark_end(0)", "rows.first", "The first row"),
        hidden("G,end", "mark_end(-1)", "rows.last", "The last row"),
    ]
    at: reactive[int] = reactive(0, repaint=False)
    """Index of the marked row."""

    class Marked(Message):
        """Another row is marked."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self.keys: Sequence[Hashable] = ()
        self._draw: Draw = lambda index, cells, marked: paint.EMPTY
        self._drawn: dict[int, Line] = {}

    @property
    def marked(self) -> Hashable | None:
        """The key of the marked row, or what the list knows it by."""
        return self._key_at(self.at)

    @property
    def cells(self) -> int:
        """Cells of a row beside the scrollbar."""
        return self.scrollable_content_region.width

    def show(self, keys: Sequence[Hashable], draw: Draw) -> None:
        """Show the rows of ``keys``; only what reads differently is painted again."""
        self._draw = draw
        if keys == self.keys:
            self.tick()
            return
        before, following = self._key_at(self.at), self.at == 0
        top = self._key_at(self.scroll_offset.y)
        self.keys = keys
        self.virtual_size = Size(self.size.width, len(keys))
        self._drawn.clear()
        place = {key: index for index, key in enumerate(keys)}
        at = 0 if following or before is None else place.get(before, min(self.at, len(keys) - 1))
        self.set_reactive(Rows.at, max(min(at, len(keys) - 1), 0))
        if not following and top is not None and top in place:
            self.scroll_to(y=place[top], animate=False, immediate=True)
        self.refresh()
        self.post_message(self.Marked())

    def tick(self) -> None:
        """Paint again what reads differently now, and of each row only the cells that do."""
        top, cells = self.scroll_offset.y, self.size.width
        for y, drawn in list(self._drawn.items()):
            line = self._line(top + y) if y < self.size.height else drawn
            if line != drawn:
                runs = paint.differing(paint.fit(drawn, cells), paint.fit(line, cells))
                self.refresh(*(Region(start, y, end - start, 1) for start, end in runs))

    def _key_at(self, index: int) -> Hashable | None:
        return self.keys[index] if 0 <= index < len(self.keys) else None

    def _line(self, index: int) -> Line:
        if not 0 <= index < len(self.keys):
            return paint.EMPTY
        return self._draw(index, self.cells, index == self.at)

    def render_line(self, y: int) -> Strip:
        index = self.scroll_offset.y + y
        line = self._drawn[y] = self._line(index)
        strip = self.strip(line, self.size.width)
        return strip.apply_style(self.look("cursor")) if index == self.at and self.has_focus else strip

    def on_resize(self, event: events.Resize) -> None:
        self._drawn.clear()
        self.virtual_size = Size(self.size.width, len(self.keys))
        self.refresh()  # rows that are only kept would never be looked at again

    # --- moving --------------------------------------------------------------------------------

    def watch_at(self, old: int, new: int) -> None:
        for index in (old, new):
            self.refresh(Region(0, index - self.scroll_offset.y, self.size.width, 1))
        top, height = self.scroll_offset.y, max(self.size.height, 1)
        if new < top or new >= top + height:
            self.scroll_to(y=new if new < top else new - height + 1, animate=False, immediate=True)
        self.post_message(self.Marked())

    def action_mark(self, step: int) -> None:
        self.at = max(min(self.at + step, len(self.keys) - 1), 0)

    def action_page(self, pages: float) -> None:
        self.action_mark(int(pages * max(self.size.height - 1, 1)))

    def action_mark_end(self, end: int) -> None:
        self.at = max(len(self.keys) - 1, 0) if end else 0

    def on_click(self, event: events.Click) -> None:
        self.at = max(min(self.scroll_offset.y + event.y, len(self.keys) - 1), 0)
