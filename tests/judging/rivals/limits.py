"""Absolute limits measured at an interval, as Argo Rollouts' analysis runs do it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tests.judging.families import Array

Failed = NDArray[np.bool_]


def over(values: Array, limit: float) -> Failed:
    """Which measurements fail. One that is not a number does not: it is an error, not a failure."""
    return np.nan_to_num(values, nan=-math.inf) > limit


def aborted_after(failed: Failed, failure_limit: int = 0) -> Array:
    """After how many measurements each run (a row) is aborted; infinity if never.

    A metric fails when *more* than ``failure_limit`` of its measurements failed, in a row or not.
    """
    many = np.cumsum(failed, axis=1) > failure_limit
    return np.where(many.any(axis=1), many.argmax(axis=1) + 1.0, math.inf)


def tuned(values: Array, failure_limit: int, rate: float) -> float:
    """The lowest limit at which no more than the share ``rate`` of these good runs (rows) is aborted.

    A run is aborted when its ``failure_limit + 1`` highest measurements are over the limit.
    """
    lowest_of_them = np.sort(np.nan_to_num(values, nan=-math.inf), axis=1)[:, -1 - failure_limit]
    allowed = math.floor(rate * len(values))
    return float(np.sort(lowest_of_them)[len(values) - 1 - allowed])
