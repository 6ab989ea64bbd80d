"""The normal distribution on arrays: its distribution function and the inverse, without scipy."""

from __future__ import annotations

import numpy as np

from console.canary.evidence.arrays import Floats

_A = (
    -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2,
    1.383577518672690e2, -3.066479806614716e1, 2.506628277459239,
)  # fmt: skip
_B = (
    -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2,
    6.680131188771972e1, -1.328068155288572e1, 1.0,
)  # fmt: skip
_C = (
    -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838,
    -2.549732539343734, 4.374664141464968, 2.938163982698783,
)  # fmt: skip
_D = (7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1.0)


def quantile(p: Floats) -> Floats:
    """The value a standard normal is below with probability ``p`` in (0, 1); to 1.2e-9 (Acklam 2003)."""
    tail = np.minimum(p, 1 - p)
    q = np.sqrt(-2 * np.log(np.minimum(tail, 0.02425)))
    outer = np.polyval(_C, q) / np.polyval(_D, q)
    d = p - 0.5
    inner = d * np.polyval(_A, d * d) / np.polyval(_B, d * d)
    return np.where(tail < 0.02425, np.where(p < 0.5, outer, -outer), inner)


def below(z: Floats) -> Floats:
    """The probability that a standard normal is below ``z``; to 7.5e-8 (Abramowitz and Stegun 26.2.17)."""
    x = np.abs(z)
    t = 1 / (1 + 0.2316419 * x)
    poly = t * np.polyval((1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.319381530), t)
    upper = np.exp(-x * x / 2) / np.sqrt(2 * np.pi) * poly
    result: Floats = np.where(z < 0, upper, 1 - upper)
    return result
