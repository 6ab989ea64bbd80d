"""What the scripts in the shop's pages have told the host: views, web vitals, visits and custom events.

They name no deployment, so the counts are of all of them together, taken every five seconds. An outage of
the application's own metrics does not touch them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from console.readings import Millis
from data.simulator import telemetry
from data.simulator.samples import RETENTION_MS

PURCHASE = "purchase"
"""The custom event of a session that ended in one; the others are the features, by their names."""


def _places(name: str) -> tuple[int, ...]:
    return tuple(place for place, (series, _) in enumerate(telemetry.COLUMNS) if series == name)


_VIEWS = _places(telemetry.VIEWED)
_LCP, _INP = _places(f"{telemetry.LCP}_bucket"), _places(f"{telemetry.INP}_bucket")
_USED = _places(telemetry.USED)
_ENDED, _BOUGHT = _places(telemetry.SESSIONS), _places(telemetry.CONVERTED)
_KEPT = (*_VIEWS, *_LCP, *_INP, *_USED, *_ENDED, *_BOUGHT)
_AT = {place: at for at, place in enumerate(_KEPT)}


def _cut(row: Sequence[float], places: tuple[int, ...]) -> list[int]:
    return [round(row[_AT[place]]) for place in places]


@dataclass(frozen=True, slots=True)
class Seen:
    """What happened in a span of time."""

    views: dict[tuple[str, str], int]
    """By browser and kind of device."""
    lcp: list[int]
    inp: list[int]
    """Observations by bucket (:data:`data.simulator.appmodel.LCP_BOUNDS` and so on), not cumulative."""
    visits: int
    """Sessions that ended."""
    events: dict[str, int]
    """Custom events by name."""


class Visits:
    """Counts that only grow, with their past."""

    def __init__(self) -> None:
        self._times: list[Millis] = []
        self._rows: list[array[float]] = []

    def take(self, at: Millis, counted: Iterable[Sequence[float]]) -> None:
        """Note the counts so far, of all targets in the order of :data:`telemetry.COLUMNS`."""
        rows = list(counted)
        self._times.append(at)
        self._rows.append(array("d", (sum(row[place] for row in rows) for place in _KEPT)))
        oldest = at - RETENTION_MS
        if self._times[0] < oldest - 60_000:
            gone = bisect_right(self._times, oldest) - 1  # the newest of the old is where counting begins
            if gone > 0:
                del self._times[:gone], self._rows[:gone]

    def between(self, start: Millis, end: Millis) -> Seen:
        """What happened in ``(start, end]``."""
        now, before = self._row(end), self._row(start)
        grown = [after - was for after, was in zip(now, before, strict=True)]
        names = [_label(place) for place in _VIEWS]
        events = dict(zip((_label(place)[0] for place in _USED), _cut(grown, _USED), strict=True))
        return Seen(
            {(name[0], name[1]): n for name, n in zip(names, _cut(grown, _VIEWS), strict=True)},
            _apart(_cut(grown, _LCP)),
            _apart(_cut(grown, _INP)),
            sum(_cut(grown, _ENDED)),
            events | {PURCHASE: sum(_cut(grown, _BOUGHT))},
        )

    def moved(self, by: Millis) -> Visits:
        """The same counts ``by`` milliseconds later, apart from these."""
        copy = Visits()
        copy._times = [at + by for at in self._times]
        copy._rows = list(self._rows)
        return copy

    def _row(self, at: Millis) -> Sequence[float]:
        place = bisect_right(self._times, at) - 1
        if place >= 0:
            return self._rows[place]
        return self._rows[0] if self._rows else array("d", bytes(8 * len(_KEPT)))


def _label(place: int) -> tuple[str, ...]:
    return tuple(value for _, value in telemetry.COLUMNS[place][1])


def _apart(cumulative: list[int]) -> list[int]:
    return [high - low for low, high in zip((0, *cumulative[:-1]), cumulative, strict=True)]
