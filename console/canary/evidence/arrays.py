"""The array types of the judge, and running sums that can be carried on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


def carried_sum(start: Floats, steps: Floats) -> Floats:
    """The sums after 0, 1, …, T steps: ``[T + 1, …]``; the first is ``start``.

    Added one by one, so that cutting the steps in two gives the very same numbers.
    """
    return np.add.accumulate(np.concatenate([start[None], steps]), axis=0)


def log_mean(log_values: Floats, log_weights: Floats) -> Floats:
    """log of the weighted sum of the exponentials over the last axis. An empty axis gives minus infinity."""
    if log_values.shape[-1] == 0:
        return np.full(log_values.shape[:-1], -np.inf)
    terms = log_values + log_weights
    top = terms.max(axis=-1)
    safe = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        total: Floats = safe + np.log(np.exp(terms - safe[..., None]).sum(axis=-1))
    return total
