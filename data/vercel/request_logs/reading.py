"""Pages of request logs, read newest first, and what of a window they really cover. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from console.canary.measures import Window
from console.readings import Millis
from data.vercel.request_logs.models import Row


@dataclass(frozen=True, slots=True)
class Covered:
    """Requests of one deployment: all of those in ``span``, which may be only the newest part of a window.

    ``cached`` of those ``looked_up``, of which the logs say whether the edge's cache answered them.
    """

    span: Window
    total: int
    failed: int
    cached: int = 0
    looked_up: int = 0


@dataclass(slots=True)
class Reading:
    """Rows of one deployment's window as page after page comes in.

    Where reading stops before the window's beginning, only the time after the oldest row is covered: all
    of its requests were seen, good and bad. What lies before was not looked at, and counts for nothing.
    """

    window: Window
    _seen: dict[str, tuple[Millis, bool, bool | None]] = field(default_factory=dict)
    _oldest: Millis | None = None
    ordered: bool = True
    """Whether every page was newest first and older than the one before."""

    def add(self, rows: Sequence[Row]) -> int:
        """Take a page; how many of its rows are new. Raises ``ValueError`` for a row without a moment."""
        new = 0
        for row in rows:
            at = row.at
            if self._oldest is not None and at > self._oldest and row.requestId not in self._seen:
                self.ordered = False
            self._oldest = at if self._oldest is None else min(self._oldest, at)
            if row.requestId not in self._seen:
                new += 1
                failed = row.statusCode is not None and 500 <= row.statusCode <= 599
                self._seen[row.requestId] = at, failed, row.cached
        return new

    def covered(self, *, whole: bool) -> Covered | None:
        """What was seen. ``whole``: the last page was read; ``None`` where the rest covers no time."""
        start = self.window.start
        if not whole:
            if not self.ordered or self._oldest is None:
                return None
            start = max(start, self._oldest)  # others of that millisecond may be on the next page
        span = Window(start, self.window.end)
        if span.end <= span.start:
            return None
        inside = [(bad, cached) for at, bad, cached in self._seen.values() if span.start < at <= span.end]
        known = [cached for _, cached in inside if cached is not None]
        return Covered(span, len(inside), sum(bad for bad, _ in inside), sum(known), len(known))
