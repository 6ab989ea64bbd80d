"""The rank judge: Mann-Whitney on points, with an interval for the shift, looked at again at every point.

It knows points (one a minute), not the requests behind them. The canary is *High* when the lower end of the
98 % interval for its shift against the baseline is above a quarter of the estimated (Hodges-Lehmann) shift.
Judged on a growing window, uncorrected for looking often, as its users do.

With the normal approximation, continuity and ties corrected, the interval's ends are order statistics of the
pairwise differences (Hodges and Lehmann 1963; Bauer 1972): shifting the canary by ``mu`` changes its rank sum
only where ``mu`` passes a difference. Below five points a side no difference is far enough out: the interval
has no lower end, and nothing can be said. The public implementation takes the smallest difference for it then
(``closed``), which is no 98 % interval any more: two points far apart are High, and many good releases too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from tests.judging.families import Array

LEVEL = 0.98
TOLERANCE = 0.25
QUANTILE = NormalDist().inv_cdf(1 - (1 - LEVEL) / 2)


@dataclass(frozen=True, slots=True)
class Shift:
    """The canary's shift against the baseline: lower end of the interval, estimate; one for each run."""

    lower: Array
    estimate: Array

    @property
    def high(self) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Whether the canary counts as worse."""
        return self.lower > TOLERANCE * np.abs(self.estimate)


def _ties(values: Array) -> Array:
    """Sum of t³ - t over the groups of equal values in each row."""
    runs, many = values.shape
    ordered = np.sort(values, axis=1)
    new = np.concatenate([np.ones((runs, 1), bool), ordered[:, 1:] != ordered[:, :-1]], axis=1)
    group = np.cumsum(new, axis=1) - 1 + np.arange(runs)[:, None] * many
    sizes = np.bincount(group.ravel(), minlength=runs * many).reshape(runs, many).astype(float)
    return np.asarray((sizes**3 - sizes).sum(axis=1))


def deviation(canary: Array, baseline: Array) -> Array:
    """Standard deviation of the rank sum in each row, when no value of one track equals one of the other."""
    n, m = canary.shape[1], baseline.shape[1]
    ties = _ties(canary) + _ties(baseline)
    return np.asarray(np.sqrt(n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1)))))


def z_of(canary: Array, baseline: Array) -> Array:
    """The corrected normal statistic of each row; positive where the canary is higher."""
    n, m = canary.shape[1], baseline.shape[1]
    over = canary[:, :, None] - baseline[:, None, :]
    u = (over > 0).sum(axis=(1, 2)) + (over == 0).sum(axis=(1, 2)) / 2
    both = np.concatenate([canary, baseline], axis=1)
    sigma = np.sqrt(n * m / 12 * (n + m + 1 - _ties(both) / ((n + m) * (n + m - 1))))
    off = u - n * m / 2
    # All values equal: there is no deviation, and nothing to say either.
    return np.asarray(np.where(sigma > 0, (off - np.sign(off) * 0.5) / np.where(sigma > 0, sigma, 1), 0.0))


def shift(canary: Array, baseline: Array, *, closed: bool = False) -> Shift:
    """The shift of each row of ``canary`` (runs, n) against that of ``baseline`` (runs, m); no NaN."""
    runs, n = canary.shape
    m = baseline.shape[1]
    differences = np.sort((canary[:, :, None] - baseline[:, None, :]).reshape(runs, n * m), axis=1)
    needed = np.ceil(n * m / 2 + 0.5 + QUANTILE * deviation(canary, baseline)).astype(int)
    row = np.arange(runs)
    there = needed <= n * m
    lower = np.where(there | closed, differences[row, n * m - np.minimum(needed, n * m)], -math.inf)
    return Shift(lower, np.median(differences, axis=1))


def first_high(canary: Array, baseline: Array, *, closed: bool = False) -> Array:
    """After how many points each run is first called High; infinity if never. Rows are runs."""
    found = np.full(len(canary), math.inf)
    for points in range(2, canary.shape[1] + 1):
        open_ = np.flatnonzero(np.isinf(found))
        if not len(open_):
            break
        high = shift(canary[open_, :points], baseline[open_, :points], closed=closed).high
        found[open_[high]] = points
    return found
