"""A run as JSON, as ``coalmine playbook status --json`` gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.readings import Millis
from console.runs.telling import as_json
from console.world import World
from screens.dialogs.raw import as_text, wrapped
from screens.dialogs.reading import ReadingDialog
from screens.paint import Line

if TYPE_CHECKING:
    from console.runs.room import Seen


class RunRaw(ReadingDialog):
    """The run as it was read when this was opened."""

    BY_LINE = True

    def __init__(self, seen: Seen, now: Millis) -> None:
        super().__init__()
        self._text = as_text(as_json(seen.run, seen.playbook, seen.heard, now))
        self.heading = f"{seen.run.id} as JSON"

    def copied(self) -> tuple[str, str]:
        return self._text, self.heading

    def lines(self, world: World, now: Millis, cells: int) -> list[Line]:
        return wrapped(self._text, cells)
