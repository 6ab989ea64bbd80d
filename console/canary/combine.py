"""From lanes to metrics, from metrics to the release."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from console.canary.evidence.arrays import Floats, Ints


def averaged(log_values: Floats, log_weights: Floats, starts: Ints, log_rest: Floats) -> Floats:
    """Weighted averages of neighbouring columns' e-values: an e-process, however they depend on each other.

    ``starts`` says where each group of columns begins; ``log_rest`` ``[groups]`` is the weight that nobody
    has, which stays what it was, 1. Never less powerful than giving each its part of alpha (Bonferroni).
    """
    sums = np.logaddexp.reduceat(log_values + log_weights, starts, axis=-1)
    return np.logaddexp(sums, log_rest)


def discoveries(evidence: Sequence[float], alpha: float) -> list[int]:
    """Which of several e-values (natural logs) may be named at a false discovery rate of ``alpha``.

    e-BH (Wang and Ramdas 2022): sorted down, as many as the largest ``k`` with the k-th at least ``m / (alpha
    k)``; valid under any dependence.
    """
    order = sorted(range(len(evidence)), key=lambda i: -evidence[i])
    named = 0
    for k, i in enumerate(order, start=1):
        if evidence[i] >= np.log(len(evidence) / (alpha * k)):
            named = k
    return order[:named]
