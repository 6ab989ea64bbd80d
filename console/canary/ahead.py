"""How long a decision will take, said before anything is measured: from the traffic alone.

Wald's reckoning (analysis sheet, E1): what a decision needs, ``log(1 / budget)`` and what the mixtures cost,
over the information of a poll. For errors, which are what is rare.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

MIXTURE_COST = 2.0
"""Natural logs that betting on several alternatives and several starts costs, about."""
PROMOTION_COST = 0.6


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests a poll of each track, the share of them that fails, how much noisier than chance they are."""

    canary: float
    baseline: float
    error_rate: float
    dispersion: float = 1.0

    @property
    def part(self) -> float:
        """The canary's part of the requests."""
        return self.canary / (self.canary + self.baseline)


def information(traffic: Traffic, true: float, null: float) -> float:
    """Growth of the evidence per poll (natural log) where the ratio is ``true`` and ``null`` is tested."""
    q = traffic.part
    events = traffic.error_rate * (traffic.canary * true + traffic.baseline)
    p, p0 = q * true / (1 - q + q * true), q * null / (1 - q + q * null)
    law = p * math.log(p / p0) + (1 - p) * math.log((1 - p) / (1 - p0))
    return events * law / traffic.dispersion


def polls_to_rollback(traffic: Traffic, ratio: float, budget: float, tolerance: float = 1.05) -> float:
    """Polls until ``ratio`` times the errors are found, on average; infinite where that is tolerated.

    ``budget`` is the part of ``alpha`` that this metric has.
    """
    if ratio <= tolerance or traffic.error_rate <= 0 or traffic.canary <= 0 or traffic.baseline <= 0:
        return math.inf
    return max(1.0, (math.log(1 / budget) + MIXTURE_COST) / information(traffic, ratio, tolerance))


def polls_to_promote(
    traffic: Traffic, alpha: float, margin: float = 2.0, expected_events: float = 5.0
) -> float:
    """Polls until a canary that is alike is promoted, on average: evidence, and floor of events."""
    if traffic.error_rate <= 0 or traffic.canary <= 0 or traffic.baseline <= 0:
        return math.inf
    evidence = (math.log(1 / alpha) + PROMOTION_COST) / information(traffic, 1.0, margin)
    return max(1.0, evidence, expected_events / (traffic.canary * traffic.error_rate))


def smallest_ratio(traffic: Traffic, polls: float, budget: float, tolerance: float = 1.05) -> float | None:
    """The smallest ratio that is found within ``polls`` on average; ``None`` if even twenty-fold is not."""
    low, high = tolerance, 20.0
    if polls_to_rollback(traffic, high, budget, tolerance) > polls:
        return None
    for _ in range(40):
        middle = math.sqrt(low * high)
        found = polls_to_rollback(traffic, middle, budget, tolerance) <= polls
        low, high = (low, middle) if found else (middle, high)
    return high
