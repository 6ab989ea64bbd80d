"""A stretch of traffic: how many requests, and into which cells they fall."""

from __future__ import annotations

import math
import random
from array import array
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field

from console.readings import Millis
from data.simulator import shop
from data.simulator.samples import RETENTION_MS, Target


def stream(seed: int, tick: int, number: int) -> random.Random:
    """The random numbers of one deployment in one tick; they depend on nothing else."""
    return random.Random((seed * 0x9E3779B1 + tick + 2**31) << 12 | number)


def poisson(rng: random.Random, mean: float) -> int:
    """A Poisson draw by inversion, in parts, because the sum of Poisson draws is one."""
    drawn = 0
    while mean > 0:
        part = min(mean, 25.0)
        mean -= part
        chance = reached = math.exp(-part)
        mark, k = rng.random(), 0
        while mark > reached and k < 400:
            k += 1
            chance *= part / k
            reached += chance
        drawn += k
    return drawn


def serve(
    rng: random.Random, target: Target, mean: float, behaviour: shop.Behaviour, cold: float
) -> tuple[int, int]:
    """Let about ``mean`` requests happen on ``target``; how many came, and how many were answered 5xx.

    ``cold`` is the chance that a request meets a cold function.
    """
    count = poisson(rng, mean)
    if count == 0:
        return 0, 0
    cold_ones = min(count, poisson(rng, count * cold))
    errors = 0
    for requests, table in (
        (count - cold_ones, shop.table(behaviour)),
        (cold_ones, shop.table(behaviour, True)),
    ):
        if requests == 0:
            continue
        drawn = Counter(rng.choices(shop.CELLS, cum_weights=table.cumulative, k=requests))
        for cell, hits in drawn.items():
            target.hits[cell] += hits
            target.seconds[shop.CELL_ROUTE[cell]] += hits * table.mean_s[cell]
            if shop.CELL_IS_ERROR[cell]:
                errors += hits
    return count, errors


@dataclass(slots=True)
class Tally:
    """The world's own count of a deployment's requests and errors, apart from all metrics."""

    times: array[int] = field(default_factory=lambda: array("q"))
    requests: array[int] = field(default_factory=lambda: array("q"))
    errors: array[int] = field(default_factory=lambda: array("q"))

    def add(self, at: Millis, requests: int, errors: int) -> None:
        """Note what happened in the tick that ended at ``at``."""
        self.times.append(at)
        self.requests.append((self.requests[-1] if self.requests else 0) + requests)
        self.errors.append((self.errors[-1] if self.errors else 0) + errors)
        if self.times[0] < at - 2 * RETENTION_MS:
            gone = bisect_right(self.times, at - RETENTION_MS)
            del self.times[:gone], self.requests[:gone], self.errors[:gone]

    def moved(self, by: Millis) -> Tally:
        """The same counts ``by`` milliseconds later, apart from these."""
        return Tally(array("q", (at + by for at in self.times)), self.requests[:], self.errors[:])

    def between(self, start: Millis, end: Millis) -> tuple[int, int]:
        """Requests and errors of the ticks that ended in ``(start, end]``."""
        low, high = bisect_right(self.times, start) - 1, bisect_right(self.times, end) - 1
        if high < 0:
            return 0, 0
        before = (self.requests[low], self.errors[low]) if low >= 0 else (0, 0)
        return self.requests[high] - before[0], self.errors[high] - before[1]
