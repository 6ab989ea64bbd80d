"""What is said before the start: how long a decision takes at this traffic."""

from __future__ import annotations

import math

import pytest

from console.canary.ahead import Traffic, information, polls_to_promote, polls_to_rollback, smallest_ratio

SLOW = Traffic(canary=15, baseline=285, error_rate=0.005)
FAST = Traffic(canary=150, baseline=2850, error_rate=0.005)


def test_information_by_hand() -> None:
    """0.075 errors a poll on the canary's share, a doubling: about 0.075 (2 log 2 - 1) nats (sheet, E1)."""
    assert information(SLOW, 2.0, 1.0) == pytest.approx(0.075 * (2 * math.log(2) - 1), rel=0.12)
    assert information(FAST, 2.0, 1.0) == pytest.approx(10 * information(SLOW, 2.0, 1.0))


def test_more_harm_and_more_traffic_are_found_sooner_and_noise_costs() -> None:
    budget = 0.02
    times = [polls_to_rollback(SLOW, ratio, budget) for ratio in (1.05, 2, 4, 10)]
    assert times[0] == math.inf
    assert times[1] > times[2] > times[3] >= 1
    assert polls_to_rollback(FAST, 2, budget) < times[1] / 5
    noisy = Traffic(FAST.canary, FAST.baseline, FAST.error_rate, dispersion=3.0)
    assert polls_to_rollback(noisy, 2, budget) == pytest.approx(3 * polls_to_rollback(FAST, 2, budget))


def test_without_errors_or_traffic_nothing_is_in_sight() -> None:
    for nothing in (Traffic(15, 285, 0.0), Traffic(0, 285, 0.1)):
        assert polls_to_rollback(nothing, 2, 0.05) == math.inf
        assert polls_to_promote(nothing, 0.05) == math.inf


def test_what_cannot_be_settled_in_the_hour_is_known() -> None:
    ratio = smallest_ratio(SLOW, 240, 0.02)
    assert ratio is not None
    assert polls_to_rollback(SLOW, ratio * 1.01, 0.02) <= 240 < polls_to_rollback(SLOW, ratio * 0.98, 0.02)
    assert smallest_ratio(Traffic(1, 19, 0.0001), 10, 0.02) is None


def test_the_promotion_of_the_common_case_is_foretold() -> None:
    assert 10 < polls_to_promote(FAST, 0.05) < 20
    assert polls_to_promote(Traffic(150, 2850, 0.001), 0.05) >= 5 / 0.15
