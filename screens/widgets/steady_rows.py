"""A list whose mark stays on its row, also when others are changed and move above it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from screens.widgets.rows import Draw, Rows


class SteadyRows(Rows):
    """A key that acts on what is marked must never find something else under the mark."""

    _sought: Hashable = None
    """The row to be marked as soon as it is there."""

    def seek(self, key: Hashable) -> None:
        """Mark the row of that key, now or as soon as it is shown."""
        self._sought = key

    def show(self, keys: Sequence[Hashable], draw: Draw) -> None:
        """As :class:`Rows`; what is marked stays marked on the first row, too."""
        before = self.marked
        if self._sought in keys:
            before, self._sought = self._sought, None
        if keys == self.keys:
            super().show(keys, draw)
            if before is not None and before != self.marked:
                self.at = keys.index(before)
            return
        super().show(keys, draw)
        if before is not None and self.marked != before and before in keys:
            self.at = keys.index(before)
