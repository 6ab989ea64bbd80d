"""The prior of the dispersion for each family, from a metric's history and the hour before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from console.canary.evidence import betting, ranks
from console.canary.evidence.arrays import Floats
from console.canary.evidence.dispersion import Prior
from console.canary.evidence.prior import (
    CROWDED,
    WITH_HISTORY,
    WITHOUT,
    History,
    fano,
    of_history,
    own_noise,
)
from console.canary.lanes import Lane, bucketed, counted, valued
from console.canary.recording import AnyMetric
from console.canary.tracks import Track

EVENTS_SLOPE = 0.5
"""Without history: noise of a track's own, as a part of the information of a poll, for events."""
SCORE_SLOPES = np.array([0.02, 0.05, 0.05, 0.05])
"""The same for the normal score and the tails of durations."""


def _prior(shape: tuple[int, int]) -> Prior:
    return Prior(
        np.ones(shape),
        np.zeros(shape),
        np.ones(shape),
        np.full(shape, np.inf),
        np.full(shape, WITHOUT),
        np.ones(shape),
    )


def _remember(prior: Prior, at: tuple[int, int], history: History) -> None:
    prior.history[at], prior.at_once[at] = history.long_run, history.single
    prior.history_information[at], prior.strength[at] = history.information, WITH_HISTORY


def _borrow(prior: Prior, at: tuple[int, int], history: History) -> None:
    """For a cell, from the history of the whole: the noise of its track, which grows with information."""
    prior.slope[at] = (history.long_run - 1) / history.information
    prior.strength[at] = WITH_HISTORY


def _stretches(metric: AnyMetric) -> list[tuple[Track, Track]]:
    """The good past of a metric: baseline and canary."""
    return [(one.baseline, one.canary) for one in metric.history]


def events_prior(lanes: Sequence[Lane], metrics: Sequence[AnyMetric]) -> Prior:
    """Long-run variance of the residuals in good releases; Fano factor of production's own counts."""
    prior = _prior((len(lanes), 1))
    past: dict[tuple[object, ...], tuple[History, float, bool]] = {}
    for i, (lane, metric) in enumerate(zip(lanes, metrics, strict=True)):
        key = (lane.metric, lane.beyond, lane.only)
        if key not in past:
            known = [_event_residuals(lane, *pair) for pair in _stretches(metric)]
            history = of_history([r for r, _ in known], [v for _, v in known])
            past[key] = (history, *_clumps(lane, metric))
        history, clumped, crowded = past[key]
        prior.floor[i] = clumped
        if not history.known:
            prior.slope[i] = EVENTS_SLOPE
        elif lane.cell is not None:
            _borrow(prior, (i, 0), history)
        else:
            _remember(prior, (i, 0), history)
            prior.floor[i] = 1.0 if crowded else clumped
    return prior


def _event_residuals(lane: Lane, baseline: Track, canary: Track) -> tuple[Floats, Floats]:
    (y, m), (x, n) = counted(lane, baseline), counted(lane, canary)
    with np.errstate(invalid="ignore"):
        good = np.isfinite(x + y + n + m) & (n > 0) & (m > 0)
    x, y, n, m = x[good], y[good], n[good], m[good]
    q, k = n / (n + m), x + y
    return x - k * q, k * q * (1 - q)


def _clumps(lane: Lane, metric: AnyMetric) -> tuple[float, bool]:
    """The Fano factor of production's counts, and whether there are so many that swings would show in it."""
    past = metric.before
    if past is None and metric.history:
        past = metric.history[-1].baseline
    if past is None:
        return 1.0, False
    counts = counted(lane, past)[0]
    counts = counts[np.isfinite(counts)]
    crowded = bool(len(counts) and counts.mean() > CROWDED)
    return fano(counts), crowded


def buckets_prior(lanes: Sequence[Lane], metrics: Sequence[AnyMetric], widths: Sequence[int]) -> Prior:
    """The same of each score; without history, how much production's own mean score wanders between polls."""
    prior = _prior((len(lanes), ranks.SCORES))
    past: dict[int, list[tuple[History, float]]] = {}
    for i, (lane, metric) in enumerate(zip(lanes, metrics, strict=True)):
        if lane.metric not in past:
            past[lane.metric] = _scores_past(metric, widths[i])
        for score, (history, wander) in enumerate(past[lane.metric]):
            if not history.known:
                prior.slope[i, score] = max(SCORE_SLOPES[score], wander)
            elif lane.cell is not None:
                _borrow(prior, (i, score), history)
            else:
                _remember(prior, (i, score), history)
    return prior


def _scores_past(metric: AnyMetric, width: int) -> list[tuple[History, float]]:
    """For each score what good releases showed, and how much production's own mean wanders."""
    known = [_score_residuals(width, *pair) for pair in _stretches(metric)]
    found = []
    for score in range(ranks.SCORES):
        history = of_history([r[:, score] for r, _ in known], [v[:, score] for _, v in known])
        found.append((history, 0.0 if history.known else _wander(metric.before, width, score)))
    return found


def _score_residuals(width: int, baseline: Track, canary: Track) -> tuple[Floats, Floats]:
    high, low = bucketed(canary, width, width)[:, None], bucketed(baseline, width, width)[:, None]
    with np.errstate(invalid="ignore"):
        good = (high.sum(axis=-1) > 0)[:, 0] & (low.sum(axis=-1) > 0)[:, 0]
    r, v = ranks.residuals(ranks.pooled(high[good], low[good]))
    return r[:, 0], v[:, 0]


def _wander(before: Track | None, width: int, score: int) -> float:
    """The variance of production's own mean score beyond sampling, over the score's variance squared."""
    if before is None:
        return 0.0
    rows = bucketed(before, width, width)
    rows = rows[np.isfinite(rows).all(axis=1) & (rows.sum(axis=1) > 1)]
    if not len(rows):
        return 0.0
    whole = rows.sum(axis=0)[None, None]
    pool = ranks.pooled(whole, np.zeros_like(whole))
    scores = pool.scores[0, 0] if score == 0 else pool.tails[0, 0, score - 1]
    sizes = rows.sum(axis=1)
    means = rows @ scores / sizes
    spread = float((whole[0, 0] @ scores**2) / whole.sum() - (whole[0, 0] @ scores / whole.sum()) ** 2)
    if spread <= 0:
        return 0.0
    return own_noise(means, np.full(len(means), spread), sizes) / spread**2


def gauge_prior(lanes: Sequence[Lane], metrics: Sequence[AnyMetric]) -> tuple[Prior, Floats]:
    """Autocorrelation of the bets in good releases, and how far apart the tracks were in them."""
    prior, offsets = _prior((len(lanes), 1)), np.zeros(len(lanes))
    for i, (lane, metric) in enumerate(zip(lanes, metrics, strict=True)):
        pairs = [(valued(b), valued(c)) for b, c in ([] if lane.cell else _stretches(metric))]
        apart = [float(np.nanmean(c - b)) for b, c in pairs if np.isfinite(c - b).any()]
        if apart:
            offsets[i] = float(np.median(apart)) * (1 if lane.high_is_canary else -1)
        known = [_bets(b, c, offsets[i] * (1 if lane.high_is_canary else -1)) for b, c in pairs]
        history = of_history([r for r, _ in known], [v for _, v in known])
        if history.known:
            _remember(prior, (i, 0), history)
            prior.history_information[i] = np.inf
    return prior, offsets


def _bets(baseline: Floats, canary: Floats, offset: float) -> tuple[Floats, Floats]:
    one, nothing = np.ones(1), np.zeros(1)
    terms = betting.Terms(nothing, one, one, np.array([offset]))
    block = betting.Values(canary[:, None], baseline[:, None])
    tilt, _ = betting.tilt(terms, block, betting.Steps.none(1))
    return tilt.residual[tilt.valid][:, 0], tilt.information[tilt.valid][:, 0]
