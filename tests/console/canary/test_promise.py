"""The promise, small: good releases are left alone at every look, and harm is found."""

from __future__ import annotations

import math
import os

import numpy as np
import pytest

from console.canary.recorded import judge_recording
from tests.console.canary import making
from tests.console.canary.making import Doc

pytestmark = pytest.mark.proof
SCALE = float(os.environ.get("PROOF_SCALE", "1"))
RUNS = max(40, round(1000 * SCALE))
POLLS = 240


def bound(alpha: float) -> int:
    """More alarms than these in ``RUNS`` happen in one of a thousand campaigns, where ``alpha`` holds."""
    total, at = 0.0, 0
    while total < 0.999:
        total += math.comb(RUNS, at) * alpha**at * (1 - alpha) ** (RUNS - at)
        at += 1
    return at - 1


def alarms(make: list[Doc]) -> bool:
    return judge_recording(making.recording(*make)).verdict == "rollback"


def swinging(dice: np.random.Generator) -> Doc:
    """Both tracks' true rates swing by a common factor in each poll, up to eightfold."""
    factor = np.exp(np.cumsum(dice.normal(0, 0.2, POLLS)).clip(-1, 2))
    n, m = dice.poisson(150, POLLS), dice.poisson(2850, POLLS)
    x, y = dice.binomial(n, 0.005 * factor), dice.binomial(m, 0.005 * factor)
    return making.ratio({"bad": y.tolist(), "total": m.tolist()}, {"bad": x.tolist(), "total": n.tolist()})


def test_equal_tracks_alarm_within_alpha_however_often_one_looks() -> None:
    dice = np.random.default_rng()
    found = sum(alarms([making.errors(dice, POLLS), making.latency(dice, POLLS)]) for _ in range(RUNS))
    assert found <= bound(0.05)


def test_a_common_factor_in_any_poll_keeps_the_alarms_within_alpha() -> None:
    dice = np.random.default_rng()
    assert sum(alarms([swinging(dice)]) for _ in range(RUNS)) <= bound(0.05)


def test_equal_tracks_of_equal_size_too() -> None:
    dice = np.random.default_rng()
    found = sum(
        alarms([
            making.latency(dice, POLLS, canary=1000, baseline=1000),
            making.gauge(dice, POLLS),
            making.queries(dice, POLLS),
            making.severities(dice, POLLS, worse="any"),
        ])
        for _ in range(RUNS)
    )  # fmt: skip
    assert found <= bound(0.05)


def test_a_canary_at_the_margin_is_promoted_within_alpha() -> None:
    dice = np.random.default_rng()
    found = 0
    for _ in range(RUNS):
        made = making.recording(making.errors(dice, POLLS, times=2.0), alpha=1e-9)
        found += "promote" in (judge_recording(made, trace=True).trace or ())
    assert found <= bound(0.05)


def test_fourfold_errors_are_found_in_minutes() -> None:
    dice = np.random.default_rng()
    runs = max(20, RUNS // 10)
    late = sum(
        (judge_recording(making.recording(making.errors(dice, POLLS, times=4))).decided_at or POLLS) > 20
        for _ in range(runs)
    )
    assert late <= runs // 4
