"""What the host itself has counted: every deployment's answers, cell by cell, every five seconds.

It is apart from the application's metrics, so that an outage of those does not touch it. Times are the ends
of the ticks; an interval is ``(start, end]``.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass, field

from console.readings import Millis
from data.simulator import shop
from data.simulator.samples import RETENTION_MS

_NOTHING = array("I", bytes(4 * len(shop.CELLS)))


@dataclass(slots=True)
class _Kept:
    times: list[Millis] = field(default_factory=list)
    rows: list[array[int]] = field(default_factory=list)


class Snapshots:
    """Counts of the cells of :mod:`data.simulator.shop` by deployment, growing with time."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._times: list[Millis] = []

    def take(self, at: Millis, hits: dict[str, list[int]]) -> None:
        """Note the counts so far; only deployments whose counts changed take room."""
        self._times.append(at)
        for deployment_id, cells in hits.items():
            kept = self._kept.setdefault(deployment_id, _Kept())
            row = array("I", cells)
            if not kept.rows or kept.rows[-1] != row:
                kept.times.append(at)
                kept.rows.append(row)
        oldest = at - RETENTION_MS
        if self._times[0] < oldest - 60_000:
            del self._times[: bisect_right(self._times, oldest)]
            for kept in self._kept.values():
                gone = bisect_right(kept.times, oldest) - 1  # the newest of the old is where counting begins
                if gone > 0:
                    del kept.times[:gone], kept.rows[:gone]

    def deployments(self) -> list[str]:
        """All that ever answered anything, in a stable order."""
        return sorted(self._kept)

    def between(self, deployment_id: str, start: Millis, end: Millis) -> list[int]:
        """How many answers fell into each cell in ``(start, end]``."""
        kept = self._kept.get(deployment_id)
        if kept is None:
            return list(_NOTHING)
        last, first = bisect_right(kept.times, end) - 1, bisect_right(kept.times, start) - 1
        if last < 0 or last == first:
            return list(_NOTHING)
        before = kept.rows[first] if first >= 0 else _NOTHING
        return [after - was for after, was in zip(kept.rows[last], before, strict=True)]

    def slots(self, start: Millis, end: Millis) -> list[tuple[Millis, Millis]]:
        """The intervals between two snapshots that end in ``(start, end]``, oldest first."""
        low = bisect_right(self._times, start)
        high = bisect_right(self._times, end)
        return [(self._times[place - 1], self._times[place]) for place in range(max(1, low), high)]

    def moved(self, by: Millis) -> Snapshots:
        """The same counts ``by`` milliseconds later, apart from these."""
        copy = Snapshots()
        copy._times = [at + by for at in self._times]
        for key, kept in self._kept.items():
            copy._kept[key] = _Kept([at + by for at in kept.times], list(kept.rows))
        return copy
