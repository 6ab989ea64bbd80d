"""The conditional-binomial e-process for errors with nothing against noise: what the families do to it.

No rival anybody uses: it shows that the streams are as hard as they are meant to be.
"""

from __future__ import annotations

import math

import numpy as np

from tests.judging.families import POLLS_A_MINUTE, Array
from tests.judging.streams import Pair

RATIOS = (1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0)
STARTS_EVERY = 5 * POLLS_A_MINUTE
"""Half of the weight is on the start; the rest on later starts, so many polls apart."""


def evidence(pair: Pair, tolerated: float = 1.05) -> Array:
    """Natural log of the e-process against "at most ``tolerated`` times": ``(runs, polls)``."""
    x, k = pair.canary.errors, pair.canary.errors + pair.baseline.errors
    requests = pair.canary.requests + pair.baseline.requests
    q = pair.canary.requests / np.maximum(requests, 1)
    polls = x.shape[1]
    starts = range(STARTS_EVERY, polls, STARTS_EVERY)
    late = math.log(0.5 / len(starts)) if starts else -math.inf
    parts = []
    for theta in RATIOS:
        of_poll = x * math.log(theta / tolerated) - k * (
            np.log1p(q * (theta - 1)) - np.log1p(q * (tolerated - 1))
        )
        total = np.cumsum(of_poll, axis=1)
        parts.append(total + math.log(0.5 if starts else 1.0))
        for start in starts:
            since = total - total[:, start - 1 : start]
            parts.append(np.where(np.arange(polls) < start, 0.0, since) + late)
    return np.asarray(np.logaddexp.reduce(parts, axis=0) - math.log(len(RATIOS)))


def alarm_after(pair: Pair, alpha: float = 0.05) -> Array:
    """After how many polls each run alarms; infinity if never."""
    crossed = evidence(pair) >= math.log(1 / alpha)
    return np.where(crossed.any(axis=1), crossed.argmax(axis=1) + 1.0, math.inf)
