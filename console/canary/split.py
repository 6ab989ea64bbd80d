"""Whether the traffic is split as configured: a flag beside the verdict, never a verdict.

Given all requests of a poll, the canary's number is binomial with the share of its stage. Both directions are
watched, with a tenth more or less tolerated, as counts are (Lindon and Malek 2022). Visitors come in clumps,
so it is tempered by its own residuals as everything is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from console.canary.evidence.arrays import Flags, Floats, Ints
from console.canary.evidence.dispersion import Prior, Residuals, phi
from console.canary.evidence.starts import Wealth, grow

TOLERATED = 1.1
THETAS = np.array([1.3, 2.0, 5.0])
ALPHA = 0.01


@dataclass(frozen=True, slots=True)
class SplitState:
    wealth: Wealth
    residuals: Residuals
    flagged: Flags
    """Whether it was ever beyond doubt in this epoch ``[releases]``."""

    @classmethod
    def begin(cls, releases: int) -> SplitState:
        return cls(Wealth.fresh(releases, 6), Residuals.none(releases, 1), np.zeros(releases, bool))

    def restarted(self, releases: Flags) -> SplitState:
        return SplitState(self.wealth.restarted(releases), self.residuals, self.flagged & ~releases)


def watch(
    state: SplitState, canary: Floats, baseline: Floats, share: Floats, age: Ints
) -> tuple[SplitState, Flags]:
    """The state after a block, and at each poll whether the split is flagged; all ``[polls, releases]``."""
    with np.errstate(invalid="ignore"):
        valid = np.isfinite(canary + baseline) & (share > 0) & (share < 1) & (canary + baseline > 0)
    x, y = np.where(valid, canary, 0.0), np.where(valid, baseline, 0.0)
    s = np.where(valid, share, 0.5)
    total = x + y
    residual, information = (x - total * s)[..., None], np.where(valid, total * s * (1 - s), 0.0)[..., None]
    shape = (x.shape[1], 1)
    prior = Prior(
        np.ones(shape),
        np.full(shape, 0.002),
        np.ones(shape),
        np.full(shape, np.inf),
        np.full(shape, 20.0),
        np.ones(shape),
    )
    residuals, tempers = phi(prior, state.residuals, residual, information, np.zeros_like(residual), valid)
    growth = np.concatenate([_growth(x, total, s), _growth(y, total, 1 - s)], axis=-1) / tempers
    wealth, logs = grow(state.wealth, growth, age, np.full(6, 0.5))
    crossed = np.logaddexp.reduce(logs, axis=-1) - np.log(6) >= np.log(1 / ALPHA)
    flagged = np.logical_or.accumulate(np.concatenate([state.flagged[None], crossed]), axis=0)[1:]
    return SplitState(wealth, residuals, flagged[-1]), flagged


def _growth(x: Floats, total: Floats, share: Floats) -> Floats:
    q = share[..., None]
    gain: Floats = x[..., None] * np.log(THETAS / TOLERATED) - total[..., None] * (
        np.log1p(q * (THETAS - 1)) - np.log1p(q * (TOLERATED - 1))
    )
    return gain
