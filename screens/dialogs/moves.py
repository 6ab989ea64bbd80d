"""Moving in a dialog's list as in every other: a row, half a page, to its ends."""

from __future__ import annotations

from textual.screen import ModalScreen
from textual.widgets import OptionList


class Moves:
    """For dialogs with one list, ``#options``. Each has its own names for the keys."""

    @property
    def options(self) -> OptionList:
        """The list."""
        assert isinstance(self, ModalScreen)
        return self.query_one("#options", OptionList)

    def action_move(self, step: int) -> None:
        for _ in range(abs(step)):
            (self.options.action_cursor_down if step > 0 else self.options.action_cursor_up)()

    def action_end(self, last: int) -> None:
        (self.options.action_last if last else self.options.action_first)()

    def action_half(self, way: int) -> None:
        """Half of what is on show; it stops at the ends, where a step would go round."""
        options = self.options
        rows = max(options.size.height // 2, 1)
        able = [at for at, one in enumerate(options.options) if not one.disabled]
        if able:
            wanted = (options.highlighted or 0) + way * rows
            options.highlighted = min(able, key=lambda at: abs(at - wanted))
