"""An incident as JSON, as ``coalmine incident show --json`` gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.incidents.telling import as_json
from console.readings import Millis
from console.world import World
from screens.dialogs.raw import as_text, wrapped
from screens.dialogs.reading import ReadingDialog
from screens.paint import Line

if TYPE_CHECKING:
    from console.incidents.incident import Incident


class IncidentRaw(ReadingDialog):
    """The incident as it was read when this was opened, dated by its newest event."""

    BY_LINE = True

    def __init__(self, incident: Incident) -> None:
        super().__init__()
        self._text = as_text(as_json(incident, incident.newest_at))
        self.heading = f"{incident.id} as JSON"

    def copied(self) -> tuple[str, str]:
        return self._text, self.heading

    def lines(self, world: World, now: Millis, cells: int) -> list[Line]:
        return wrapped(self._text, cells)
