"""Events out of requests: given how many there were on both tracks, how many fell to this one.

Given ``K`` events together, the one track's number is binomial with share ``q r / (1 - q + q r)``, where
``q`` is its part of the requests and ``r`` the ratio of the rates (Przyborowski and Wilenski 1940). Against
the null ``r <= rho`` one poll's e-value for the alternative ``theta`` is

    log e = x log(theta / rho) - K [ log(1 - q + q theta) - log(1 - q + q rho) ].

Whatever multiplies both rates in a poll cancels. ``q`` may change with each poll. For requests that err or
not the exact law is hypergeometric, whose moments lie below (Hoeffding 1963), so that it stays valid.

Where most requests are events (hits of a cache, say) the others are counted, and the ratio is of those: a
fall from 98 to 96 per cent is a doubling of misses.

The two tracks enter as *high* and *low*: the one whose rate harm would raise, and the other. Where less is
worse the baseline is the high one. So exchanging tracks and direction changes nothing at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from console.canary.evidence.arrays import Floats
from console.canary.evidence.tilt import Grid, Tilt, weights

WORSE = np.array([1.2, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0])
"""Alternatives, as multiples of what is tolerated."""
DISASTER = np.array([1.5, 3.0, 8.0])
"""Alternatives while warming up, as multiples of the disaster."""
ABSOLUTE = np.array([0.05, 0.3])
"""Rates bet on, as parts of the negligible one."""

GRID = Grid(
    worse=slice(0, 7),
    disaster=slice(7, 10),
    promote=slice(10, 15),
    log_weights=weights((0.5, 1, 2, 2, 1, 1, 0.5), (1,) * 3, (7, 1.5, 0.5, 0.6, 0.4)),
    score=np.zeros(15, np.int64),
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked of each lane ``[lanes]``."""

    tolerance: Floats
    disaster: Floats
    margin: Floats
    """The three nulls, as ratios of high to low."""
    negligible: Floats
    """A rate of the high track under which there is no harm, whatever the ratio; 0 for none."""
    bounded: Floats
    """1 where events are a part of the requests, so that the others can be counted."""


@dataclass(frozen=True, slots=True)
class Events:
    """A block of both tracks ``[polls, lanes]``; NaN where a poll is missing."""

    high: Floats
    high_total: Floats
    low: Floats
    low_total: Floats
    canary_total: Floats


def tilt(terms: Terms, block: Events) -> Tilt:
    """The block's growth. The promotion has two roads: not worse by the margin, or negligible at all."""
    with np.errstate(invalid="ignore"):
        valid = (block.high_total > 0) & (block.low_total > 0) & np.isfinite(block.high + block.low)
    x, y = np.where(valid, block.high, 0.0), np.where(valid, block.low, 0.0)
    n, m = np.where(valid, block.high_total, 1.0), np.where(valid, block.low_total, 1.0)
    q, k = n / (n + m), x + y
    share = np.minimum(k / (n + m), 1.0)
    flipped = (terms.bounded > 0) & (share > 0.5)
    nulls, thetas = _alternatives(terms)
    x, k = np.where(flipped, m - y, x), np.where(flipped, n + m - k, k)
    q = np.where(flipped, 1 - q, q)
    growth = _log_ratio(x[..., None], k[..., None], q[..., None], nulls, thetas)
    equal = _log_ratio((k * q)[..., None], k[..., None], q[..., None], nulls[:, 10:11], thetas[:, 10:11])
    absolute, absolute_equal = _absolute(terms.negligible, block.high, n, k, q, flipped, valid)
    everything = np.concatenate([growth, absolute], axis=-1)
    return Tilt(
        growth=np.where(valid[..., None], everything, 0.0),
        residual=np.where(valid, x - k * q, 0.0)[..., None],
        information=np.where(valid, k * q * (1 - q), 0.0)[..., None],
        part=np.where(valid, q, 0.0)[..., None],
        valid=valid,
        requests=np.where(valid, block.canary_total, 0.0),
        expected=np.where(valid, np.maximum(k * q, n * terms.negligible), 0.0),
        if_equal=np.where(valid, np.maximum(equal[..., 0], absolute_equal), 0.0),
    )


def _alternatives(terms: Terms) -> tuple[Floats, Floats]:
    """Nulls and thetas of each lane ``[lanes, 13]``."""
    margin = terms.margin[:, None]
    nulls = np.concatenate(
        [terms.tolerance[:, None] * np.ones(7), terms.disaster[:, None] * np.ones(3), margin * np.ones(3)],
        axis=-1,
    )
    thetas = np.concatenate(
        [
            terms.tolerance[:, None] * WORSE,
            terms.disaster[:, None] * DISASTER,
            np.concatenate([np.ones_like(margin), np.sqrt(margin), 0.6 * np.ones_like(margin)], axis=-1),
        ],
        axis=-1,
    )
    return nulls, thetas


def _log_ratio(x: Floats, k: Floats, q: Floats, null: Floats, theta: Floats) -> Floats:
    gain: Floats = x * np.log(theta / null) - k * (np.log1p(q * (theta - 1)) - np.log1p(q * (null - 1)))
    return gain


def _absolute(
    negligible: Floats,
    events: Floats,
    n: Floats,
    k: Floats,
    q: Floats,
    flipped: np.ndarray,
    valid: np.ndarray,
) -> tuple[Floats, Floats]:
    """Against "the high track's rate is ``negligible`` or more": ``x log(p/d) + n (d - p)``, Poisson.

    This is how a canary without any event, beside a baseline without any, can ever be found good.
    """
    limit = np.where(flipped, 0.0, negligible)
    x = np.where(valid, events, 0.0)[..., None]
    growth = x * np.log(ABSOLUTE) + (n * limit)[..., None] * (1 - ABSOLUTE)
    on = (limit > 0)[..., None]
    equal = (k * q)[..., None] * np.log(ABSOLUTE) + (n * limit)[..., None] * (1 - ABSOLUTE)
    return np.where(on, growth, 0.0), np.where(on, equal, -np.inf).max(axis=-1)
