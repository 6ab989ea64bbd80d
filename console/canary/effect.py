"""How large the difference is, with an interval that holds at all looks together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from console.canary.evidence.arrays import Floats

RATIOS = np.exp(np.linspace(-np.log(64), np.log(64), 121))
"""Ratios that an interval's ends are read between (7 % apart)."""
OFFSETS = np.array([-40, -20, -10, -5, 5, 10, 20, 40])
"""Alternatives to each ratio, in steps of that grid."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Sums of each lane ``[lanes, numbers]``; what they mean is the family's."""

    sums: Floats

    def restarted(self, lanes: np.ndarray, nothing: Effect) -> Effect:
        """Begun again in the ``lanes`` that are true."""
        return Effect(np.where(lanes[:, None], nothing.sums, self.sums))

    def plus(self, steps: Floats) -> Effect:
        """With a block's ``[polls, lanes, numbers]`` added."""
        return Effect(self.sums + np.nan_to_num(steps, nan=0.0, posinf=0.0, neginf=0.0).sum(axis=0))


@dataclass(frozen=True, slots=True)
class Size:
    """High track against low: a factor, or a difference for a gauge; ``None`` where nothing is known."""

    value: float | None
    low: float | None
    high: float | None

    def turned(self, *, ratio: bool) -> Size:
        """The same with the tracks exchanged."""

        def of(x: float | None) -> float | None:
            if x is None:
                return None
            return -x if not ratio else (1 / x if x > 0 else None)

        return Size(of(self.value), of(self.high), of(self.low))


def ratio_steps(x: Floats, n: Floats, y: Floats, m: Floats, phi: Floats) -> Floats:
    """Per poll: Mantel and Haenszel's two sums, the tempered events, and what each ratio would cost."""
    total = n + m
    q, k = n / total, x + y
    cost = k[..., None] * np.log1p(q[..., None] * (RATIOS - 1)) / phi[..., None]
    return np.concatenate([np.stack([x * m / total, y * n / total, x / phi], axis=-1), cost], axis=-1)


def ratio_size(sums: Floats, alpha: float) -> Size:
    """The ratio of rates (Mantel and Haenszel 1959), and all ratios that no bet has made incredible so far.

    For each ratio a mixture of likelihood ratios against others is an e-process; those below ``1/alpha`` are
    kept (Robbins 1970; the inversion of the judge's own test).
    """
    ours, theirs, events = sums[:3]
    cost = sums[3:]
    value = float(ours / theirs) if theirs > 0 else None
    at = np.arange(len(RATIOS))[:, None]
    other = np.clip(at + OFFSETS, 0, len(RATIOS) - 1)
    gain = events * (np.log(RATIOS)[other] - np.log(RATIOS)[at]) - (cost[other] - cost[at])
    top = gain.max(axis=1)
    wealth = top + np.log(np.exp(gain - top[:, None]).mean(axis=1))
    kept = np.nonzero(wealth < np.log(1 / alpha))[0]
    if not len(kept) or (events <= 0 and not cost.any()):
        return Size(value, None, None)
    first, last = int(kept[0]), int(kept[-1])
    return Size(value, None if first == 0 else _edge(wealth, alpha, first, -1),
                None if last == len(RATIOS) - 1 else _edge(wealth, alpha, last, 1))  # fmt: skip


def _edge(wealth: Floats, alpha: float, at: int, step: int) -> float:
    inside, outside = wealth[at], wealth[at + step]
    part = float((np.log(1 / alpha) - inside) / (outside - inside)) if outside > inside else 0.0
    return float(np.exp(np.log(RATIOS[at]) * (1 - part) + np.log(RATIOS[at + step]) * part))


def shift_size(score: float, information: float, scale: float, factor: float, alpha: float) -> Size:
    """A factor of durations from the normal scores' sums (tempered): normal mixture interval (Robbins 1970).

    ``scale`` is the spread of the logarithm of durations, which turns a shift of normal scores into a factor;
    ``factor`` is what the low track had been moved by. A reading of the scores, so approximate.
    """
    if information <= 0:
        return Size(None, None, None)
    tuned = 20.0
    shift = score / information
    width = np.sqrt((information + tuned) * np.log((information + tuned) / tuned / alpha**2)) / information

    def of(z: float) -> float:
        return float(factor * np.exp(np.clip(scale * z, -20, 20)))

    return Size(of(shift), of(shift - width), of(shift + width))


def mean_size(n: float, total: float, squares: float, phi: float, alpha: float) -> Size:
    """The mean difference: asymptotic confidence sequence (Waudby-Smith, Arbour and others 2024)."""
    if n < 1:
        return Size(None, None, None)
    mean = total / n
    if n < 10:
        return Size(mean, None, None)
    sd = np.sqrt(max(squares / n - mean * mean, 0.0) * phi)
    r2 = (-2 * np.log(alpha) + np.log(1 - 2 * np.log(alpha))) / 60.0
    width = float(sd * np.sqrt(2 * (n * r2 + 1) / (n * n * r2) * np.log(np.sqrt(n * r2 + 1) / alpha)))
    return Size(mean, mean - width, mean + width)
