"""The way a person took through the numbered screens: the last one, and back and forth."""

from __future__ import annotations

KEPT = 50


class Trail:
    """Rooms in the order they were gone to, and where on that way the person stands."""

    def __init__(self, room: str) -> None:
        self._rooms = [room]
        self._at = 0
        self._last: str | None = None

    @property
    def here(self) -> str:
        """The room on show."""
        return self._rooms[self._at]

    def went(self, room: str) -> None:
        """Another room was gone to: what lay ahead is forgotten. The same room again is no step."""
        if room == self.here:
            return
        self._last = self.here
        self._rooms = [*self._rooms[: self._at + 1], room][-KEPT:]
        self._at = len(self._rooms) - 1

    def step(self, by: int) -> str | None:
        """Move ``by`` rooms along the way; the room there, or ``None`` where the way ends."""
        if not self.leads(by):
            return None
        self._last = self.here
        self._at += by
        return self.here

    def leads(self, by: int) -> bool:
        """Whether the way goes on ``by`` rooms from here."""
        return 0 <= self._at + by < len(self._rooms)

    @property
    def last(self) -> str | None:
        """The room that was on show before this one."""
        return self._last
