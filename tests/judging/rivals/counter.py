"""A counter of failed checks that is never lowered, as Flagger keeps it."""

from __future__ import annotations

import math

import numpy as np

from tests.judging.families import Array
from tests.judging.rivals.limits import Failed


def rolled_back_after(failed: Failed, threshold: int = 1) -> Array:
    """At which tick each run (a row) is rolled back; infinity if never.

    Every failed check adds one, and good ones take nothing away. At ``threshold`` the release is rolled back,
    which the controller sees at its *next* tick; a run that ends before that tick is not rolled back.
    """
    full = np.cumsum(failed, axis=1) >= threshold
    ticks = np.where(full.any(axis=1), full.argmax(axis=1) + 2.0, math.inf)
    return np.where(ticks <= failed.shape[1], ticks, math.inf)
