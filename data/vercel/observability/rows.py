"""Rows of a query's answer as counts by deployment and minute. Pure; raises ``ValueError`` for garbage."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from console.canary.measures import Ratio, Window
from console.readings import Millis

MINUTE: Millis = 60_000
"""The finest bucket that Vercel has."""
LAG: Millis = 30_000
"""Vercel's own gate leaves out the newest 30 s; counts younger than this are still coming in."""
SILENCE: Millis = 180_000
"""With nothing newer to show that the counting has passed it, a minute counts as over after this long."""
LATEST: Millis = 253_402_300_799_999

Row = Mapping[str, object]


def rollup(metric: str, aggregation: str) -> str:
    """The column of a value: ``vercel_request_count_sum``."""
    return f"{metric}_{aggregation}".replace(".", "_").replace("/", "_")


def value(row: Row, column: str) -> float | None:
    """The rolled-up value; ``None`` where there is none (``null``)."""
    if column not in row:
        raise ValueError(f"a row has no {column}")
    found = row[column]
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or found < 0:
        raise ValueError(f"{column} is no amount")
    try:
        number = float(found)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{column} is no amount")
    return number


def text(row: Row, name: str) -> str | None:
    """A dimension as text; rows may name it in camel case, whatever was asked."""
    found = row[name] if name in row else row.get(camel(name), row.get(snake(name)))
    if found is None or found == "":
        return None
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise ValueError(f"{name} is neither text nor a whole number")
    return str(found)


def camel(name: str) -> str:
    """``deploymentId`` of ``deployment_id``."""
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def snake(name: str) -> str:
    """``deployment_id`` of ``deploymentId``."""
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


def moment(row: Row) -> Millis:
    """When the row's bucket begins."""
    found = row.get("timestamp")
    if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= LATEST:
        return found
    try:
        at = datetime.fromisoformat(found) if isinstance(found, str) else None
        if at is not None and at.tzinfo is not None:
            return round(at.timestamp() * 1000)
    except (ValueError, OverflowError):
        pass
    raise ValueError("a row's timestamp is no moment")


def failed(status: str | None) -> bool:
    """Whether a status is a server's error. Requests without a status are counted, and not as failed."""
    return status is not None and status.isdecimal() and len(status) == 3 and status[0] == "5"


@dataclass(frozen=True, slots=True)
class Counts:
    """Requests and 5xx by deployment and minute, as they stood at ``asked_at``.

    ``crowded``: a minute had as many groups as were asked for, so that some may be left out.
    """

    asked_at: Millis
    start: Millis
    end: Millis
    ids: frozenset[str]
    minutes: Mapping[str, Mapping[Millis, Ratio]]
    crowded: bool = False

    @property
    def newest(self) -> Millis | None:
        """The beginning of the newest minute in which anything was counted, of any deployment asked for."""
        return max(
            (at for line in self.minutes.values() for at, one in line.items() if one.total), default=None
        )

    def covers(self, ids: Iterable[str], window: Window) -> bool:
        """Whether it answers for that window, and was asked for when the window was over."""
        return (
            self.ids.issuperset(ids)
            and self.start <= window.start
            and window.end <= self.end
            and window.end <= settled(self.newest, self.asked_at)
        )

    def within(self, one: str, window: Window) -> Ratio | None:
        """What was counted in the whole minutes of the window; ``None`` if nothing at all ever was.

        Vercel counts at its edge: as long as it counts anything, a deployment that is not there had nothing.
        """
        newest = self.newest
        if newest is None or newest < window.start:
            return None
        line = self.minutes.get(one, {})
        inside = [line[at] for at in minutes(window) if at in line]
        return Ratio(sum(r.bad for r in inside), sum(r.total for r in inside))


def minutes(window: Window) -> range:
    """The beginnings of the whole minutes in a window."""
    return range(-(-window.start // MINUTE) * MINUTE, window.end - MINUTE + 1, MINUTE)


def settled(newest: Millis | None, now: Millis) -> Millis:
    """Until when the counts are complete: up to the newest minute with anything in it (later ones may be
    on their way), or so long ago that nothing more is to come; never within the last :data:`LAG`."""
    waited = now - SILENCE
    over = waited if newest is None else max(waited, newest)
    return min(over, now - LAG) // MINUTE * MINUTE


def counts(
    rows: Sequence[Row],
    column: str,
    deployment: str,
    status: str,
    ids: frozenset[str],
    span: Window,
    asked_at: Millis,
    limit: int,
) -> Counts:
    """The rows of a query by deployment and status, as :class:`Counts`."""
    tallies: dict[str, dict[Millis, Ratio]] = {one: {} for one in ids}
    groups: Counter[Millis] = Counter()
    for row in rows:
        amount, name, at = value(row, column), text(row, deployment), moment(row)
        groups[at] += 1
        if amount is None or name not in ids:
            continue
        at = at // MINUTE * MINUTE
        had = tallies[name].get(at, Ratio(0.0, 0.0))
        bad = amount if failed(text(row, status)) else 0.0
        tallies[name][at] = Ratio(had.bad + bad, had.total + amount)
    crowded = any(size >= limit for size in groups.values())
    return Counts(asked_at, span.start, span.end, ids, tallies, crowded)
