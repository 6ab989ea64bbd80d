"""The list of events: newest first, the mark on its event while others arrive."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from console.envelope import Recorded
from console.readings import Millis
from screens.ledger.rows import row
from screens.paint import Line
from screens.widgets.rows import Rows


class EventList(Rows):
    """The mark follows the newest event while it stands on it."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self.events: Sequence[Recorded] = ()
        self.now: Callable[[], Millis] = lambda: 0

    @property
    def marked(self) -> Recorded | None:
        """The marked event."""
        return self.events[self.at] if 0 <= self.at < len(self.events) else None

    @property
    def near_end(self) -> bool:
        """Whether the mark is within two pages of the oldest event read."""
        return self.at >= len(self.events) - 2 * max(self.size.height, 1)

    def show_events(self, events: Sequence[Recorded]) -> None:
        """Show ``events``: the mark stays on its event, or on the newest if it stood there."""
        self.events = events
        self.show([event.seq for event in events], self._row)

    def _row(self, index: int, cells: int, marked: bool) -> Line:
        return row(self.events[index], self.now(), cells, marked)
