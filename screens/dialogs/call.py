"""One line of the log of calls in full."""

from __future__ import annotations

from collections.abc import Sequence

from console.readings import Millis
from console.world import World
from screens.dialogs.call_rows import Entry, detail
from screens.dialogs.reading import ReadingDialog
from screens.log import Acted
from screens.paint import Line


class CallDialog(ReadingDialog):
    """Follows the time while it is open."""

    heading = "Sent in this session"

    def __init__(self, entry: Entry, acts: Sequence[Acted]) -> None:
        super().__init__()
        self.entry, self.acts = entry, acts

    def lines(self, world: World, now: Millis, cells: int) -> list[Line]:
        return detail(self.entry, self.acts, now, cells)
