"""The evaluator against every recorded answer of the host's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from console.flags.evaluating import Evaluated, evaluate
from console.flags.hashing import boundaries, bucket
from console.flags.javascript import UNDEFINED

VECTORS = json.loads((Path(__file__).parents[2] / "data/flags/vectors.json").read_text())
REST = VECTORS["rest"]
CASES = [
    *VECTORS["vectors"],
    *(
        {
            **case,
            "definition": REST["packed"]["definitions"].get(case["flag"]),
            "segments": REST["packed"]["segments"],
        }
        for case in REST["vectors"]
    ),
]


def found(case: dict[str, Any]) -> Evaluated:
    return evaluate(
        case["definition"],
        case["environment"],
        case["entities"],
        segments=case.get("segments"),
        now_ms=case.get("now_ms", 0),
        default=case.get("default_value", UNDEFINED),
        flag=case["flag"],
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_every_recorded_answer_is_given(case: dict[str, Any]) -> None:
    expected, answer = case["expect"], found(case)
    assert not answer.doubts
    assert answer.step
    if "throws" in expected:
        assert (answer.error, answer.message) == (expected["throws"], expected["throws_message"])
        return
    value = UNDEFINED if expected.get("value_undefined") else expected["value"]
    assert answer.value == value
    assert type(answer.value) is type(value)
    assert (answer.variant_id, answer.reason) == (expected["variant_id"], expected["reason"])
    assert (answer.outcome, answer.error) == (expected.get("outcome_type"), expected.get("error_code"))
    if "experiment" in expected:
        assert answer.experiment is not None
        assert {k: v for k, v in answer.experiment.items() if v is not None} == expected["experiment"]


@pytest.mark.parametrize("case", VECTORS["hash"], ids=str)
def test_every_recorded_hash_is_given(case: dict[str, Any]) -> None:
    assert bucket(case["text"], case["seed"]) == case["xxh32"]


@pytest.mark.parametrize("case", VECTORS["boundaries"], ids=str)
def test_every_recorded_boundary_is_given(case: dict[str, Any]) -> None:
    assert boundaries(case["weights"]) == case["boundaries"]


@pytest.mark.parametrize("case", VECTORS["distributions"], ids=str)
def test_every_recorded_split_gives_the_same_counts(case: dict[str, Any]) -> None:
    split = {"type": "split", "base": ["user", "id"], "weights": case["weights"], "defaultVariant": 0}
    definition = {
        "variants": list(range(3)),
        "seed": case["seed"],
        "environments": {"p": {"fallthrough": split}},
    }
    counts = [0] * len(case["weights"])
    for number in range(case["ids_from"], case["ids_to"] + 1):
        counts[evaluate(definition, "p", {"user": {"id": f"user-{number}"}}).value] += 1
    assert counts == case["counts"]


@pytest.mark.parametrize("case", VECTORS["rollout_distributions"], ids=str)
def test_every_recorded_rollout_gives_the_same_counts(case: dict[str, Any]) -> None:
    rollout = {
        "type": "rollout",
        "base": ["user", "id"],
        "startTimestamp": 0,
        "rollFromVariant": 0,
        "rollToVariant": 1,
        "defaultVariant": 0,
        "slots": [[case["promille"], 1000]],
    }
    definition = {"variants": [0, 1], "seed": case["seed"], "environments": {"p": {"fallthrough": rollout}}}
    ids = range(case["ids_from"], case["ids_to"] + 1)
    got = [evaluate(definition, "p", {"user": {"id": f"user-{one}"}}, now_ms=5).value for one in ids]
    assert sum(got) == case["roll_to_count"]
