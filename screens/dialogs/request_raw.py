"""A request as JSON, as ``coalmine rollback show --json`` gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.readings import Millis
from console.rollback.telling import as_json
from console.world import World
from screens.dialogs.raw import as_text, wrapped
from screens.dialogs.reading import ReadingDialog
from screens.paint import Line

if TYPE_CHECKING:
    from console.rollback.counting import View


class RequestRaw(ReadingDialog):
    """The request as it was read when this was opened."""

    BY_LINE = True

    def __init__(self, view: View) -> None:
        super().__init__()
        self._text = as_text(as_json(view))
        self.heading = f"{view.id} as JSON"

    def copied(self) -> tuple[str, str]:
        return self._text, self.heading

    def lines(self, world: World, now: Millis, cells: int) -> list[Line]:
        return wrapped(self._text, cells)
