"""Who visits the shop: every visitor has a bucket that decides the track, and an appetite of their own."""

from __future__ import annotations

import math
import random
from bisect import bisect_left
from itertools import accumulate

BUCKETS = 10_000
VISITORS = 8_000


class Population:
    """The visitors of the world, ordered by bucket.

    A rolling release at ``p`` percent sends the buckets below ``p`` percent to the canary. It is a share
    of visitors: heavy visitors make the share of requests differ a little from it. Because buckets never
    change, raising the percentage only ever moves visitors towards the canary.
    """

    def __init__(self, seed: int) -> None:
        rng = random.Random(f"coalmine visitors {seed}")
        visitors = sorted((rng.randrange(BUCKETS), rng.lognormvariate(0.0, 0.6)) for _ in range(VISITORS))
        self._buckets = [bucket for bucket, _ in visitors]
        self._appetite = [0.0, *accumulate(appetite for _, appetite in visitors)]

    @property
    def size(self) -> int:
        return len(self._buckets)

    def below(self, percentage: float) -> int:
        """How many visitors a canary at ``percentage`` percent gets."""
        return bisect_left(self._buckets, percentage / 100 * BUCKETS)

    def visitors(self, visits: int) -> int:
        """How many different visitors so many visits come from, on average, if everybody is as likely."""
        return min(visits, round(self.size * -math.expm1(-visits / self.size)))

    def request_share(self, percentage: float) -> float:
        """The share of all requests, 0 to 1, that those visitors make."""
        return self._appetite[self.below(percentage)] / self._appetite[-1]
