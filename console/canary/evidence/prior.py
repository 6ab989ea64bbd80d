"""What production's own past says about its noise, before a release is judged (analysis sheet, E7)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from console.canary.evidence.arrays import Floats

SHORT_LAGS, LONG_LAGS = 24, 100
"""Polls over which noise adds up: the longer window where the history shows noise that lasts so long."""
LASTING = 0.5
"""Noise lasts if of its autocovariance at 8 polls more than this part is left at 24."""
LEAST_POLLS = 48
"""A shorter stretch says too little of what lasts."""
WITH_HISTORY, WITHOUT = 60.0, 20.0
"""``a0``: how many polls the prior weighs."""
CROWDED = 30.0
"""Events a poll from which on shared swings look like clumps, and history knows better."""
MOST_CLUMPED = 20.0


@dataclass(frozen=True, slots=True)
class History:
    """What releases without harm showed: 1, 1 and infinity where there is too little of them."""

    long_run: float
    """Long-run variance of the residuals over their information."""
    single: float
    """Variance of a poll's residual over its information."""
    information: float
    """The mean information of a poll."""

    @property
    def known(self) -> bool:
        """Whether there was enough."""
        return bool(np.isfinite(self.information))


NO_HISTORY = History(1.0, 1.0, np.inf)


def of_history(residuals: list[Floats], informations: list[Floats]) -> History:
    """The noise in releases without harm.

    Each array is one stretch ``[polls]`` without its missing polls. Bartlett window of 24 lags about each
    stretch's mean, or where noise lasts of 100 about the mean of all (a stretch's own mean is then a part of
    the noise); pooled, plus half a standard error, for ten hours are a short history.
    """
    kept = [(r, v) for r, v in zip(residuals, informations, strict=True) if len(r) > LEAST_POLLS]
    information = sum(float(v.sum()) for _, v in kept)
    polls = sum(len(r) for r, _ in kept)
    if information <= 0:
        return NO_HISTORY
    mean = sum(float(r.sum()) for r, _ in kept) / polls
    centred = [r - mean for r, _ in kept]
    lasts = _lasts(centred, polls)
    if not lasts:
        centred = [r - r.mean() for r, _ in kept]
    lags = min(LONG_LAGS if lasts else SHORT_LAGS, min(len(r) for r in centred) // 2)
    variance = sum(_bartlett(r, lags) for r in centred)
    error = np.sqrt(4 / 3 * (lags + 1) / polls)
    at_once = sum(float(((r - r.mean()) ** 2).sum()) for r, _ in kept) / information
    long_run = max(1.0, variance / information * (1 + 0.5 * error))
    return History(long_run, min(max(1.0, at_once * (1 + 0.5 * error)), long_run), information / polls)


def _lasts(centred: list[Floats], polls: int) -> bool:
    """Whether noise is still there after 24 polls, beyond chance and in the shape of one that goes on."""
    at = {lag: sum(float(r[lag:] @ r[: len(r) - lag]) for r in centred) for lag in (0, 8, 24)}
    certain = at[24] > 2 * at[0] / np.sqrt(polls)
    return certain and at[24] > LASTING * at[8]


def _bartlett(r: Floats, lags: int) -> float:
    total = float(r @ r)
    for lag in range(1, lags + 1):
        total += 2 * (1 - lag / (lags + 1)) * float(r[lag:] @ r[:-lag])
    return max(total, 0.0)


def fano(counts: Floats) -> float:
    """How clumped counts are: mean of ``(y_t - y_t-1)² / (y_t + y_t-1)``, 1 for Poisson at any slow level.

    The largest 5 % are left out, and the rest divided by 0.759, the mean of a chi-square (1) cut there.
    """
    counts = counts[np.isfinite(counts)]
    if len(counts) < 20:
        return 1.0
    both = counts[1:] + counts[:-1]
    ratio = np.sort((counts[1:] - counts[:-1])[both > 0] ** 2 / both[both > 0])
    if len(ratio) < 10:
        return 1.0
    kept = ratio[: max(1, int(np.ceil(len(ratio) * 0.95)))]
    return min(MOST_CLUMPED, max(1.0, float(kept.mean()) / 0.759))


def own_noise(means: Floats, variances: Floats, sizes: Floats) -> float:
    """How much a track's mean score wanders between polls beyond what its sample explains, as a variance."""
    good = np.isfinite(means) & (sizes > 1)
    if good.sum() < 20:
        return 0.0
    explained = float((variances[good] / sizes[good]).mean())
    return max(0.0, float(means[good].var()) - explained)
