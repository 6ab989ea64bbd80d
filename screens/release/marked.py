"""The newest events as a list to go through: what a filter keeps of them, and which one is marked. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.envelope import Recorded


class Marked:
    """The mark stays on its event while new ones arrive; before the first move nothing is marked."""

    def __init__(self) -> None:
        self.pattern = ""
        self.seq: int | None = None
        """Number of the marked event, if one is."""
        self._for: tuple[object, str] | None = None
        self._kept: tuple[Recorded, ...] = ()

    def kept(self, recent: Sequence[Recorded]) -> tuple[Recorded, ...]:
        """What the filter keeps of ``recent`` (newest first); remembered until either changes."""
        if not self.pattern:
            return tuple(recent)
        if self._for is None or self._for[0] is not recent or self._for[1] != self.pattern:
            from screens.ledger.rows import matcher

            keep = matcher(self.pattern)
            self._kept = tuple(event for event in recent if keep(event))
            self._for = recent, self.pattern
        return self._kept

    def place(self, events: Sequence[Recorded]) -> int | None:
        """Where the marked event stands in ``events`` (0 = newest); ``None`` if it is not there."""
        return next((at for at, event in enumerate(events) if event.seq == self.seq), None)

    def move(self, events: Sequence[Recorded], step: int) -> None:
        """Mark the event ``step`` rows further down, or the newest if none is marked."""
        if events:
            place = self.place(events)
            at = 0 if place is None else min(max(place + step, 0), len(events) - 1)
            self.seq = events[at].seq

    def end(self, events: Sequence[Recorded], end: int) -> None:
        """Mark the newest (0) or the oldest (-1)."""
        if events:
            self.seq = events[end].seq
