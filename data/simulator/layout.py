"""The series of a target in their fixed order: a row of numbers is one sample of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Labels = tuple[tuple[str, str], ...]

SUFFIXES = ("", "_bucket", "_sum", "_count")
"""Of a family's series; a counter has none."""


@dataclass(frozen=True)
class Layout:
    """``columns``: name and own labels of each series. ``late``: places of those that exist only once they
    are above zero, as a counter of something that has never happened does not.
    """

    columns: tuple[tuple[str, Labels], ...]
    late: frozenset[int]
    places: dict[str, tuple[int, ...]]
    """By the name of the series."""

    @classmethod
    def of(cls, columns: Iterable[tuple[str, Labels]], late: Iterable[str] = ()) -> Layout:
        """``late``: names of families whose series are born late."""
        columns, late = tuple(columns), frozenset(late)
        places: dict[str, list[int]] = {}
        for place, (name, _) in enumerate(columns):
            places.setdefault(name, []).append(place)
        return cls(
            columns,
            frozenset(place for place, (name, _) in enumerate(columns) if name in late),
            {name: tuple(found) for name, found in places.items()},
        )

    def family(self, name: str) -> list[int]:
        """Places of all series of a family, in their order."""
        return sorted(place for suffix in SUFFIXES for place in self.places.get(name + suffix, ()))

    def exists(self, place: int, row: Sequence[float]) -> bool:
        """Whether the series is there in that sample."""
        return place not in self.late or row[place] > 0


def le(bound: float) -> str:
    """A bucket's bound as a label."""
    return "+Inf" if bound == float("inf") else repr(float(bound))


def histogram(name: str, bounds: Iterable[float], labels: Labels = ()) -> list[tuple[str, Labels]]:
    """The columns of a histogram: its buckets, sum and count."""
    buckets = [(name + "_bucket", (("le", le(bound)), *labels)) for bound in bounds]
    return [*buckets, (name + "_sum", labels), (name + "_count", labels)]
