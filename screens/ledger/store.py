"""The events the ledger screen has read so far: newest first, added by difference, older on demand."""

from __future__ import annotations

from collections.abc import Sequence

from console.envelope import Recorded


class Page:
    """A contiguous run of events, newest first; of all streams, or of one.

    ``complete`` once the oldest event there is has been read.
    """

    def __init__(self, stream: str | None = None) -> None:
        self.stream = stream
        self.events: list[Recorded] = []
        self.complete = False

    @property
    def newest(self) -> int:
        """The number of the newest event read; 0 before any."""
        return self.events[0].seq if self.events else 0

    @property
    def oldest(self) -> int | None:
        """The number of the oldest event read."""
        return self.events[-1].seq if self.events else None

    def offer(self, recent: Sequence[Recorded]) -> list[Recorded] | None:
        """Take what is new of ``recent`` (newest first), and return that.

        ``None`` when events between these and the ones already read may be missing: read a page.
        """
        mine = [event for event in recent if self.stream in (None, event.stream)]
        fresh = [event for event in mine if event.seq > self.newest]
        if not fresh:
            return []
        if not self.events or not self._joins(fresh[-1]):
            return None
        self.events[:0] = fresh
        return fresh

    def _joins(self, oldest_fresh: Recorded) -> bool:
        """Whether nothing can lie between the newest one read and ``oldest_fresh``."""
        if self.stream is not None:
            return oldest_fresh.version == self.events[0].version + 1
        return oldest_fresh.seq == self.newest + 1

    def newer(self, page: Sequence[Recorded]) -> bool:
        """Take a freshly read newest page; true if it reaches down to what was already there."""
        known = self.newest
        fresh = [event for event in page if event.seq > known]
        reaches = not self.events or len(fresh) < len(page)
        if reaches or (fresh and self._joins(fresh[-1])):
            self.events[:0] = fresh
            return True
        self.events, self.complete = list(page), False
        return False

    def older(self, page: Sequence[Recorded], asked: int) -> None:
        """Take a page before the oldest one read; fewer than ``asked`` means there are no more."""
        below = self.oldest
        self.events += [event for event in page if below is None or event.seq < below]
        self.complete = len(page) < asked or (bool(self.events) and self.events[-1].seq == 1)
