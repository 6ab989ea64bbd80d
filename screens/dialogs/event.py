"""One event in full, over the screen it was chosen on."""

from __future__ import annotations

from console.envelope import Recorded
from console.export import export_line
from console.readings import Millis
from console.world import World
from screens.dialogs.reading import ReadingDialog
from screens.event_text import event_text
from screens.paint import Line


class EventDialog(ReadingDialog):
    """Envelope and payload of the chosen event."""

    BY_LINE = True

    def __init__(self, event: Recorded) -> None:
        super().__init__()
        self.event = event
        self.heading = f"Event {event.seq} of the ledger"

    def copied(self) -> tuple[str, str]:
        return export_line(self.event), f"event {self.event.seq} as JSON"

    def lines(self, world: World, now: Millis, cells: int) -> list[Line]:
        return event_text(self.event, now, cells)
