"""What would hang or harm: cycles, exploding patterns and trees, long values, marks that steer a terminal."""

from __future__ import annotations

from typing import Any

import pytest

from console.flags.evaluating import evaluate
from console.flags.patterns import search


def asked(conditions: list[Any], value: Any = "x", segments: Any = None) -> Any:
    rules = [{"conditions": conditions, "outcome": 1}]
    definition = {"variants": [0, 1], "environments": {"p": {"rules": rules, "fallthrough": 0}}}
    return evaluate(definition, "p", {"user": {"id": value}}, segments=segments)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "(.*a){25}$", "^(a|aa)+$"])
def test_an_exploding_pattern_ends_and_is_told(pattern: str) -> None:
    found = search(pattern, "", "a" * 5000 + "!")
    assert not found.matched
    assert not found.doubt or "did not end" in found.doubt


@pytest.mark.parametrize("pattern", ["(" * 5000 + ")" * 5000, "a" * 30_000, "[" * 3000, "\\", "(?<"])
def test_a_monstrous_pattern_is_answered(pattern: str) -> None:
    assert not search(pattern, "", "b").matched


def test_a_segment_that_asks_for_itself_raises_as_the_reference_does() -> None:
    segments = {
        one: {"rules": [{"conditions": [["segment", "eq", other]], "outcome": 1}]}
        for one, other in ("ab", "ba")
    }
    assert asked([["segment", "eq", "a"]], segments=segments).error == "RangeError"


def test_segments_that_ask_twice_for_the_next_are_asked_once() -> None:
    segments = {
        f"s{at}": {"rules": [{"conditions": [["segment", "!eq", f"s{at + 1}"]], "outcome": 1}] * 2}
        for at in range(50)
    } | {"s50": {"rules": []}}
    assert asked([["segment", "eq", "s0"]], segments=segments).reason in ("rule_match", "fallthrough")


def test_ten_thousand_targets_and_a_long_value_are_answered() -> None:
    listed = [f"user-{at}" for at in range(10_000)]
    targets = [{}, {"user": {"id": listed}}]
    definition = {
        "variants": [0, "x" * 200_000],
        "environments": {"p": {"targets": targets, "fallthrough": 0}},
    }
    found = evaluate(definition, "p", {"user": {"id": "user-9999"}})
    assert found.reason == "target_match"
    assert len(found.step) < 300


def test_marks_that_steer_a_terminal_are_written_out() -> None:
    step = asked([[["user", "id"], "!eq", "\x1b[2J\u202e"]]).step
    assert step.isprintable()
    assert "\\u" in step
