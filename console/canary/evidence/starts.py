"""When the harm began is not known: the wealth is spread over all start times.

A wealth that was bet from the first poll on banks evidence for the null, and sees a regression of minute 20
late. Here a part of it waits, and a fixed part of that enters at each poll: ``E = waiting + Σ_s w_s
E_from_s``, an average of e-processes with weights fixed beforehand, so an e-process (analysis sheet, E4).
Poll 0 has weight ``first``, poll ``s`` has ``(1 - first) · H / ((s + H - 1)(s + H))``, which adds up to 1
over all time; so there is no horizon. All starts of one alternative share one number, because they all grow
alike once begun.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from console.canary.evidence.arrays import Floats, Ints, carried_sum

HALF = 80.0
"""Polls by which half of what waits at the start has entered (20 minutes at 15 s)."""


@dataclass(frozen=True, slots=True)
class Wealth:
    """Of each lane and alternative ``[lanes, alternatives]``, in logs."""

    grown: Floats
    """Growth since the start of one bet at poll 0."""
    entered: Floats
    """What entered so far, each part divided by the growth there was when it entered."""

    @classmethod
    def fresh(cls, lanes: int, alternatives: int) -> Wealth:
        return cls(np.zeros((lanes, alternatives)), np.full((lanes, alternatives), -np.inf))

    def restarted(self, lanes: np.ndarray) -> Wealth:
        """With nothing bet yet in the ``lanes`` that are true."""
        return Wealth(
            np.where(lanes[:, None], 0.0, self.grown), np.where(lanes[:, None], -np.inf, self.entered)
        )


def grow(wealth: Wealth, growth: Floats, age: Ints, first: Floats) -> tuple[Wealth, Floats]:
    """The wealth after a block, and its log at each poll, ``[polls, lanes, alternatives]``.

    ``growth`` is the log e-value of each poll; ``age`` ``[polls, lanes]`` counts polls since the epoch began;
    ``first`` ``[alternatives]`` is the part that enters at age 0, the rest waits.
    """
    grown = carried_sum(wealth.grown, growth)
    enters, waits = _weights(age, first)
    entered = np.logaddexp.accumulate(np.concatenate([wealth.entered[None], enters - grown[:-1]]), axis=0)[1:]
    total = np.logaddexp(grown[1:] + entered, waits)
    return Wealth(grown[-1], entered[-1]), total


def _weights(age: Ints, first: Floats) -> tuple[Floats, Floats]:
    """log of what enters at each poll, and of what still waits after it."""
    s = age[..., None].astype(np.float64)
    with np.errstate(divide="ignore"):
        log_first, log_rest = np.log(first), np.log1p(-first)
    later = log_rest + np.log(HALF) - np.log((s + HALF - 1) * (s + HALF))
    return np.where(s == 0, log_first, later), log_rest + np.log(HALF / (s + HALF))
