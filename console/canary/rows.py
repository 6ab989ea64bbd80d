"""A live release poll by poll: what was measured of both tracks in the same window. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from console.canary.measures import Measure
from console.readings import Millis

LONGEST_HOLE = 480
"""Polls that a hole in the measurements is filled up with at most."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One metric in one poll; ``None`` where a track has nothing that may count."""

    baseline: Measure | None
    canary: Measure | None


@dataclass(frozen=True, slots=True)
class Row:
    """One poll of all metrics, by id. A metric that was not asked for in it is not there."""

    start: Millis
    end: Millis
    pairs: Mapping[str, Pair] = field(default_factory=dict)


def spaced(rows: Iterable[Row], poll_ms: Millis, last: Row | None = None) -> list[Row]:
    """``rows`` in the order of time with an empty one for each poll that is missing between them.

    What overlaps a row before it is left out: two consoles that relieve each other may have counted the same
    requests. ``last``: the row before them.
    """
    found: list[Row] = []
    for row in sorted(rows, key=lambda one: (one.end, one.start)):
        if last is not None:
            if row.start < last.end:
                continue
            missing = min(round((row.start - last.end) / poll_ms), LONGEST_HOLE)
            for number in range(missing):
                start = last.end + number * poll_ms
                found.append(Row(start, min(start + poll_ms, row.start)))
        found.append(row)
        last = row
    return found


def first_after(rows: Sequence[Row], at: Millis) -> int:
    """The place of the first row that ends after ``at``; as many as there are, if none does."""
    return next((place for place, row in enumerate(rows) if row.end > at), len(rows))
