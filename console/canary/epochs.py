"""Epochs: the evidence starts afresh when something else changed, and what that costs is fixed before.

Evidence never un-crosses, so after a flag change or a rollback nothing could be said to have recovered. An
epoch forgets it, but each new one is another chance for a false alarm. So the k-th has its own part of the
budget: four fifths for the first, ``1 / (5 k (k - 1))`` for the k-th, which adds up to 1 over all that may
ever come.
"""

from __future__ import annotations

import numpy as np

from console.canary.evidence.arrays import Floats, Ints


def budget_part(epoch: Ints) -> Floats:
    """The part of ``alpha`` for the ``epoch``-th epoch, counted from 1."""
    k = np.maximum(epoch, 1).astype(np.float64)
    return np.where(k == 1, 0.8, 1 / (5 * k * np.maximum(k - 1, 1)))
