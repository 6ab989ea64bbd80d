"""The row of numbered screens; a click on one goes there."""

from __future__ import annotations

from textual import events

from screens.paint import Line
from screens.widgets.painted import Painted


class TabLine(Painted):
    """Draws the tabs and remembers which columns belong to which."""

    _places: tuple[tuple[int, int, str], ...] = ()

    def show_tabs(self, line: Line, places: tuple[tuple[int, int, str], ...]) -> None:
        """Draw ``line``; ``places`` are (first column, after the last, mode)."""
        self._places = places
        self.show([line])

    def on_click(self, event: events.Click) -> None:
        for start, end, mode in self._places:
            if start <= event.x < end:
                self.app.switch_mode(mode)
