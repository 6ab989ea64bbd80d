"""A sound canary moved from 5 to 50 % at once, and one that is beyond saving while it warms up."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.simulator.scenario import parse
from tests.live.course import Plan, play

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

COLD = """
title = "Ten times the visitors: for a minute the functions that start for them are slow"

[[effects]]
kind = "latency"
track = "canary"
factor = 3.0
for_s = 75
"""
BEYOND_SAVING = """
title = "Four of five requests fail"

[[effects]]
kind = "errors"
track = "canary"
share = 0.8
"""
RELATIVE = {"JUDGE__LATENCY_P95__MAX_RATIO": "1.3", "JUDGE__ERROR_RATE__MAX_RATIO": "2"}


@pytest.mark.parametrize("kind", ["both", "limits"])
async def test_ten_times_the_visitors_at_once_are_no_harm(kind: str, tmp_path: Path) -> None:
    plan = Plan(
        parse(COLD, "cold"),
        jumps=True,
        percentages=(5, 50, 100),
        minutes=20,
        settings={"JUDGE__KIND": kind, **RELATIVE},
    )
    told = await play(plan, tmp_path)
    assert told.first("rollback") is None
    assert told.complete, told.said[-1].verdict.reasons


@pytest.mark.parametrize("kind", ["both", "limits", "statistical"])
async def test_a_disaster_is_told_while_it_warms_up(kind: str, tmp_path: Path) -> None:
    plan = Plan(parse(BEYOND_SAVING, "disaster"), before_s=0, minutes=2.5, settings={"JUDGE__KIND": kind})
    bad = (await play(plan, tmp_path)).first("rollback")
    assert bad is not None, "the warm-up lasts three minutes"
    assert bad.culprits == ("error_rate",)
