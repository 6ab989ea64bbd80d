"""The list of metrics: rows under the headings of their families, which the mark passes over."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from textual import events

from screens.widgets.rows import Draw, Rows


class FamilyRows(Rows):
    """Rows of which some are headings: those are never marked."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self.is_heading: Callable[[Hashable], bool] = lambda key: False

    def show(self, keys: Sequence[Hashable], draw: Draw) -> None:
        """As :class:`Rows`; what was marked stays so, and where it is gone the next metric is."""
        before = self.marked
        super().show(keys, draw)
        at = list(keys).index(before) if before in keys else self.at
        self.at = self._beside(at, 1)

    def _beside(self, at: int, step: int) -> int:
        """``at``, or the next row that is no heading: in the direction of ``step`` if there is one."""
        for way in (step, -step):
            place = at
            while 0 <= place < len(self.keys):
                if not self.is_heading(self.keys[place]):
                    return place
                place += way
        return at

    def mark_key(self, key: Hashable) -> None:
        """Mark the row of ``key``, if it is here."""
        if key in self.keys:
            self.at = list(self.keys).index(key)

    def action_mark(self, step: int) -> None:
        at = max(min(self.at + step, len(self.keys) - 1), 0)
        self.at = self._beside(at, 1 if step > 0 else -1)
        if self.at == self._beside(0, 1):
            self.scroll_to(y=0, animate=False, immediate=True)  # its heading, too

    def action_mark_end(self, end: int) -> None:
        self.action_mark(len(self.keys) if end else -len(self.keys))

    def on_click(self, event: events.Click) -> None:
        at = max(min(self.scroll_offset.y + event.y, len(self.keys) - 1), 0)
        self.at = self._beside(at, 1)
