"""Durations in buckets: does one track's part of the pool lie further up than it should?

In each poll both tracks are pooled, and each bucket gets a score that depends on the pool alone. Were the
tracks alike, the one would be a sample drawn from the pool. Two sorts of score:

- *normal scores* ``a`` of the mid-rank find shifts of the whole. Were each observation of the pool taken by
  the high track by itself with chance ``q``, its part of all, the sum ``S`` of its scores would have the
  generating function ``prod (1 - q + q exp(lambda a))``. That exactly as many are taken as were makes it
  larger by the quotient of two chances at most, ``sqrt(N q (1 - q) / sum p (1 - p))`` with ``p`` the tilted
  chances (both by the normal approximation; exponential tilting as in Hájek's conditional sampling). So

      log e = lambda S - sum log(1 - q + q exp(lambda a)) - log⁺ sqrt(N q (1 - q) / sum p (1 - p)),

  the same for both tracks, and as sharp where they are equally large.
- *above the pool's 90, 95, 99 % point* finds damage of the tail only; that is a count out of a count, judged
  as :mod:`console.canary.evidence.conditional` does.

Against "slower by a factor at most" the faster track's histogram is moved by that factor before pooling.
As with events, the tracks are *high* (the one harm would raise) and *low*.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from console.canary.evidence import edges, normal
from console.canary.evidence.arrays import Floats
from console.canary.evidence.tilt import Grid, Tilt, weights

LAMBDAS = np.array([0.05, 0.1, 0.2, 0.4, 0.8])
TAILS = np.array([0.90, 0.95, 0.99])
ODDS = np.array([[1.5, 2.5], [1.5, 3.0], [2.0, 5.0]])
PROMOTING = np.array([-0.07, -0.14, -0.28])

_TAIL_SCORES = (1, 1, 2, 2, 3, 3)
GRID = Grid(
    worse=slice(0, 11),
    disaster=slice(11, 13),
    promote=slice(13, 16),
    log_weights=weights((2.4,) * 5 + (1.0,) * 6, (1,) * 2, (1,) * 3),
    score=np.array([0] * 5 + list(_TAIL_SCORES) + [0] * 5),
)
SCORES = 4


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked of each lane."""

    tolerance: edges.Move
    disaster: edges.Move
    margin: edges.Move
    """The three nulls, as moves of the low track."""
    high_is_canary: Floats
    """1 where the canary is the high track ``[lanes]``."""


@dataclass(frozen=True, slots=True)
class Histograms:
    """A block of both tracks ``[polls, lanes, buckets]``; NaN where a poll is missing."""

    high: Floats
    low: Floats


@dataclass(frozen=True, slots=True)
class Pool:
    """One poll's pool and what the high track had of it."""

    high: Floats
    pooled: Floats
    """``[polls, lanes, buckets]``, as ``high``."""
    part: Floats
    """The high track's part of the pool ``[polls, lanes, 1]``."""
    scores: Floats
    """Normal scores, centred ``[polls, lanes, buckets]``."""
    tails: Floats
    """How much of each bucket lies above each tail's point ``[polls, lanes, tails, buckets]``."""


def tilt(terms: Terms, block: Histograms, shape: Floats, warming: np.ndarray) -> Tilt:
    """The block's growth. ``shape`` ``[polls, lanes, buckets]``: the low track's counts up to this poll.

    ``warming`` ``[polls, lanes]``: the disaster is asked about in these polls only.
    """
    with np.errstate(invalid="ignore"):
        n_high, n_low = block.high.sum(axis=-1), block.low.sum(axis=-1)
        valid = (n_high > 0) & (n_low > 0)
    high = np.where(valid[..., None], block.high, 1.0)
    low = np.where(valid[..., None], block.low, 1.0)
    shape = np.where(valid[..., None], shape, 1.0)
    close = pooled(high, edges.moved(low, shape, terms.tolerance))
    body, residual, information = _body(close, LAMBDAS)
    tail, tail_residual, tail_information = _tails(close)
    far = pooled(high, edges.moved(low, shape, terms.margin))
    promote, _, _ = _body(far, PROMOTING)
    wanted = _if_equal(far, high, low)
    disaster = np.zeros((*valid.shape, 2))
    if warming.any():
        disaster, _, _ = _body(pooled(high, edges.moved(low, shape, terms.disaster)), LAMBDAS[2:4])
    growth = np.concatenate([body, tail, disaster, promote], axis=-1)
    known = valid[..., None]
    return Tilt(
        growth=np.where(known, growth, 0.0),
        residual=np.where(known, np.concatenate([residual[..., None], tail_residual], axis=-1), 0.0),
        information=np.where(known, np.concatenate([information[..., None], tail_information], axis=-1), 0.0),
        part=_parts(close),
        valid=valid,
        requests=np.where(valid, np.where(terms.high_is_canary > 0, n_high, n_low), 0.0),
        expected=np.full(valid.shape, np.inf),
        if_equal=np.where(valid, wanted, 0.0),
    )


def pooled(high: Floats, low: Floats) -> Pool:
    """The pool of two tracks, with its scores."""
    pool = high + low
    total = pool.sum(axis=-1, keepdims=True)
    reached = np.cumsum(pool, axis=-1)
    raw = normal.quantile(np.clip((reached - pool / 2) / total, 1e-9, 1 - 1e-9))
    scores = raw - (pool * raw).sum(axis=-1, keepdims=True) / total
    points = TAILS[:, None] * total[..., None]
    with np.errstate(invalid="ignore", divide="ignore"):
        tails = np.clip((reached[..., None, :] - points) / pool[..., None, :], 0.0, 1.0)
    tails = np.where(pool[..., None, :] > 0, tails, 0.0)
    return Pool(high, pool, high.sum(axis=-1, keepdims=True) / total, scores, tails)


def _body(pool: Pool, lambdas: Floats) -> tuple[Floats, Floats, Floats]:
    """Growth for each lambda, and the normal score's residual and its variance."""
    total = pool.pooled.sum(axis=-1)
    score = (pool.high * pool.scores).sum(axis=-1)
    chance = pool.part[..., 0] * (1 - pool.part[..., 0])
    variance = chance * (pool.pooled * pool.scores**2).sum(axis=-1)
    q = pool.part[..., None]
    odds = np.exp(lambdas[:, None] * pool.scores[..., None, :])
    mean = 1 - q + q * odds
    crowd = pool.pooled[..., None, :]
    tilted = (crowd * (q * odds / mean) * ((1 - q) / mean)).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        fixed = np.log(total * chance)[..., None] - np.log(tilted)
    cost = (crowd * np.log(mean)).sum(axis=-1) + np.where(tilted > 0, np.maximum(fixed, 0.0), 0.0) / 2
    return lambdas * score[..., None] - cost, score, variance


def _parts(pool: Pool) -> Floats:
    """The high track's part of the pool for the tails; 0 for the normal score, whose variance stays."""
    q = pool.part
    return np.concatenate([np.zeros_like(q), np.repeat(q, len(TAILS), axis=-1)], axis=-1)


def residuals(pool: Pool) -> tuple[Floats, Floats]:
    """The residuals of all four scores and their variances ``[polls, lanes, 4]``."""
    _, score, variance = _body(pool, LAMBDAS[:1])
    _, tails, tail_variances = _tails(pool)
    return (
        np.concatenate([score[..., None], tails], axis=-1),
        np.concatenate([variance[..., None], tail_variances], axis=-1),
    )


def _tails(pool: Pool) -> tuple[Floats, Floats, Floats]:
    """Growth for each tail's odds ``[.., 6]``, with residuals and variances ``[.., 3]``."""
    q = pool.part
    k = (pool.pooled[..., None, :] * pool.tails).sum(axis=-1)
    x = (pool.high[..., None, :] * pool.tails).sum(axis=-1)
    growth = x[..., None] * np.log(ODDS) - k[..., None] * np.log1p(q[..., None] * (ODDS - 1))
    return growth.reshape(*growth.shape[:-2], -1), x - k * q, k * q * (1 - q)


def _if_equal(far: Pool, high: Floats, low: Floats) -> Floats:
    """The promotion's growth, had both tracks the same distribution: the pool of the unmoved ones."""
    as_expected = Pool((high + low) * far.part, far.pooled, far.part, far.scores, far.tails)
    best: Floats = _body(as_expected, PROMOTING)[0].max(axis=-1)
    return best
