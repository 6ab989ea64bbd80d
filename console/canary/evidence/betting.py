"""Gauges: bet, poll after poll, that the one track's value is above the other's.

``d`` is the difference in one poll, ``g = clip(d / s, -1, 1)`` with ``s`` 1.5 times the median step of the
tracks over the last polls (the sign of ``d`` until three steps are known), and the wealth is the average over
lambda of ``prod (1 + lambda g)`` (analysis sheet, E3; betting after Waudby-Smith and Ramdas 2024). If both
tracks are exchangeable given the past, ``g`` is symmetric, whatever trend they share. One poll gives log 2 at
most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from console.canary.evidence.arrays import Floats
from console.canary.evidence.tilt import Grid, Tilt, weights

LAMBDAS = np.array([0.2, 0.5, 0.95])
STEPS = 32
"""Steps (a poll of one track against its last) that the median is taken of, for each track."""

GRID = Grid(
    worse=slice(0, 3),
    disaster=slice(3, 4),
    promote=slice(4, 7),
    log_weights=weights((1,) * 3, (1,), (1,) * 3),
    score=np.zeros(7, np.int64),
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked of each lane ``[lanes]``, in the gauge's unit."""

    tolerance: Floats
    disaster: Floats
    """As a part of the low track's value."""
    margin: Floats
    """NaN: a tenth of the low track's value in the poll."""
    offset: Floats
    """By how much the high track was above the low one in releases that were good."""


@dataclass(frozen=True, slots=True)
class Values:
    """A block of both tracks ``[polls, lanes]``; NaN where a poll is missing."""

    high: Floats
    low: Floats


@dataclass(frozen=True, slots=True)
class Steps:
    """The last values of each track, ``[STEPS + 1, lanes, 2]``, oldest first; NaN where nothing is known."""

    last: Floats

    @classmethod
    def none(cls, lanes: int) -> Steps:
        return cls(np.full((STEPS + 1, lanes, 2), np.nan))


def tilt(terms: Terms, block: Values, steps: Steps) -> tuple[Tilt, Steps]:
    """The block's growth, and the values to go on with."""
    valid = np.isfinite(block.high) & np.isfinite(block.low)
    seen = np.concatenate([steps.last, np.stack([block.high, block.low], axis=-1)])
    scale = _scale(seen, len(block.high))
    high, low = np.where(valid, block.high, 0.0), np.where(valid, block.low, 0.0)
    apart = high - low - terms.offset
    margin = np.where(np.isnan(terms.margin), 0.1 * np.abs(low), terms.margin)
    worse = _clipped(apart - terms.tolerance, scale)
    disaster = _clipped(apart - terms.disaster * np.abs(low), scale)
    better = _clipped(margin - apart, scale)
    growth = np.concatenate(
        [
            np.log1p(LAMBDAS * worse[..., None]),
            np.log1p(LAMBDAS[1:2] * disaster[..., None]),
            np.log1p(LAMBDAS * better[..., None]),
        ],
        axis=-1,
    )
    equal = np.log1p(LAMBDAS * _clipped(margin, scale)[..., None]).max(axis=-1)
    result = Tilt(
        growth=np.where(valid[..., None], growth, 0.0),
        residual=np.where(valid, worse, 0.0)[..., None],
        information=np.where(valid, worse**2, 0.0)[..., None],
        part=np.zeros((*valid.shape, 1)),
        valid=valid,
        requests=np.where(valid, np.inf, 0.0),
        expected=np.full(valid.shape, np.inf),
        if_equal=np.where(valid, equal, 0.0),
    )
    return result, Steps(seen[-(STEPS + 1) :])


def _clipped(difference: Floats, scale: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        bet = np.clip(difference / scale, -1.0, 1.0)
    return np.where(np.isnan(scale) | (scale <= 0), np.sign(difference), bet)


def _scale(seen: Floats, polls: int) -> Floats:
    """1.5 times the median step before each poll ``[polls, lanes]``; NaN until three steps are known."""
    taken = np.abs(np.diff(seen, axis=0))
    windows = np.lib.stride_tricks.sliding_window_view(taken, STEPS, axis=0)[:polls]
    steps = windows.reshape(*windows.shape[:2], -1)
    known = np.isfinite(steps).sum(axis=-1)
    ordered = np.sort(np.where(np.isfinite(steps), steps, np.inf), axis=-1)
    at = np.maximum(known - 1, 0)
    low = np.take_along_axis(ordered, (at // 2)[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(ordered, ((at + 1) // 2)[..., None], axis=-1)[..., 0]
    return np.where(known >= 6, 0.75 * (low + high), np.nan)
