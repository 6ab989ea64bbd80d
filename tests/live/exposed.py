"""What a scrape of the simulated application would have stored, written into a real server instead.

The same series as at ``/metrics``, at the same moments, with the stale markers of a scrape that fails or does
not find a target any more; so that hours of it can be there in seconds.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Literal

from console.readings import Millis
from data.simulator.evaluate import SCRAPED_AS
from data.simulator.layout import Labels
from data.simulator.samples import Scraped
from data.simulator.world import World
from tests.remote_write import STALE, named, native_of, push, series_of

Form = Literal["classic", "native"]
Columns = tuple[tuple[str, Labels], ...]

SCHEMA = 3
"""Of native histograms: eight buckets for every doubling."""


@dataclass(frozen=True)
class Native:
    """A classic histogram's columns, as the native one that its application would have kept."""

    name: str
    labels: Labels
    buckets: tuple[int, ...]
    """Places of its cumulative buckets, in order."""
    spread: tuple[tuple[int, ...], ...]
    """For each of them the indices of the native buckets that lie in it."""

    def counts(self, row: Sequence[float]) -> dict[int, int]:
        """Observations by native bucket; each bucket's are dealt out in turn, so that no count ever falls."""
        found: dict[int, int] = {}
        before = 0.0
        for place, indices in zip(self.buckets, self.spread, strict=True):
            whole, rest = divmod(round(row[place] - before), len(indices))
            before = row[place]
            for turn, index in enumerate(indices):
                here = whole + (turn < rest)
                if here:
                    found[index] = found.get(index, 0) + here
        return found


@cache
def natives_of(columns: Columns) -> tuple[tuple[Native, ...], frozenset[int]]:
    """The histograms among them as native ones, and the places of all columns that they stand for."""
    classic: dict[tuple[str, Labels], list[tuple[float, int]]] = {}
    taken: set[int] = set()
    for place, (name, labels) in enumerate(columns):
        if name.endswith("_bucket"):
            own = tuple(one for one in labels if one[0] != "le")
            key = (name.removesuffix("_bucket"), own)
            classic.setdefault(key, []).append((float(dict(labels)["le"]), place))
            taken.add(place)
    families = {name for name, _ in classic}
    taken |= {
        place
        for place, (name, _) in enumerate(columns)
        if name.removesuffix("_sum") in families or name.removesuffix("_count") in families
    }
    made = []
    for (name, own), buckets in classic.items():
        buckets.sort()
        edges = [0.0, *(bound for bound, _ in buckets)]
        spread = tuple(_within(low, high) for low, high in pairwise(edges))
        made.append(Native(name, own, tuple(place for _, place in buckets), spread))
    return tuple(made), frozenset(taken)


def _within(low: float, high: float) -> tuple[int, ...]:
    """Indices of the native buckets whose upper edge lies above ``low`` and at most at ``high``.

    The lowest bucket is open downward: an octave stands for it. So does one for the highest.
    """
    if math.isinf(high):
        high = low * 2
    if low == 0:
        low = high / 2
    first, last = (math.floor(math.log2(edge) * 2**SCHEMA + 1e-9) for edge in (low, high))
    return tuple(range(first + 1, last + 1)) or (last,)


_PASTS: dict[tuple[int, Millis, Millis, Form], list[bytes]] = {}
"""What was written of a world's past: every scenario of a seed has the same."""


@dataclass
class Written:
    """Writes a world's series into the server at ``base``, histograms in one ``form``."""

    base: str
    world: World
    form: Form = "classic"
    _labels: dict[tuple[int, int], bytes] = field(default_factory=dict)
    _alive: dict[int, tuple[Scraped, frozenset[int]]] = field(default_factory=dict)
    """By target the places that the last scrape found there."""

    def past(self, every_ms: Millis) -> None:
        """All that the world has of the time before now, as if scraped that often."""
        key = (self.world.seed, self.world.epoch, every_ms, self.form)
        if key not in _PASTS:
            _PASTS[key] = [part for target in self.world.samples for part in self._past(target, every_ms)]
        push(self.base, _PASTS[key])

    def scrape(self, at: Millis) -> None:
        """What a scrape at ``at`` finds; stale markers for what only the one before found."""
        broken = any(
            effect.share >= 1 and effect.fault != "delay"
            for effect in self.world.running.endpoint_faults("metrics", at)
        )
        found = (
            {} if broken else {id(target): (target, target.row()) for target in self.world.samples.page(at)}
        )
        parts: list[bytes] = []
        alive: dict[int, tuple[Scraped, frozenset[int]]] = {}
        for key, (target, row) in found.items():
            alive[key] = (target, frozenset(self._there(target, row)))
            parts += self._series(target, [(at, row)])
        for key, (target, places) in self._alive.items():
            gone = places - alive[key][1] if key in alive else places
            parts += (series_of(self._named(target, place), [(at, STALE)]) for place in gone)
        self._alive = alive
        push(self.base, parts)

    def _past(self, target: Scraped, every_ms: Millis) -> Iterator[bytes]:
        rows = [
            (at, row)
            for at, row in zip(target.times, target.rows, strict=True)
            if at % every_ms == 0 and at < self.world.epoch
        ]
        if rows:
            yield from self._series(target, rows)

    def _there(self, target: Scraped, row: Sequence[float]) -> Iterator[int]:
        """Places of the plain series: in the native form histograms have none of their own."""
        layout = target.layout
        taken = natives_of(layout.columns)[1] if self.form == "native" else frozenset()
        return (p for p in range(len(layout.columns)) if p not in taken and layout.exists(p, row))

    def _series(self, target: Scraped, rows: Sequence[tuple[Millis, array[float]]]) -> Iterator[bytes]:
        layout = target.layout
        for place in self._there(target, rows[-1][1]):
            samples = [(at, row[place]) for at, row in rows if layout.exists(place, row)]
            yield series_of(self._named(target, place), samples)
        if self.form == "native":
            for number, one in enumerate(natives_of(layout.columns)[0]):
                counted = [(at, one.counts(row)) for at, row in rows]
                yield native_of(self._named_native(target, number, one), SCHEMA, counted)

    def _named(self, target: Scraped, place: int) -> bytes:
        key = (id(target), place)
        if key not in self._labels:
            name, own = target.layout.columns[place]
            self._labels[key] = named(dict((*own, *target.labels(), *SCRAPED_AS), __name__=name))
        return self._labels[key]

    def _named_native(self, target: Scraped, number: int, one: Native) -> bytes:
        key = (id(target), -1 - number)
        if key not in self._labels:
            labels = dict((*one.labels, *target.labels(), *SCRAPED_AS), __name__=one.name)
            self._labels[key] = named(labels)
        return self._labels[key]
