"""A recording is checked on entry, and what is wrong is said with its place."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from console.canary.recorded import judge_recording
from console.canary.recording import BadRecording, read, schema
from tests.console.canary import making
from tests.console.canary.making import Doc


def one(**changes: Any) -> Doc:
    metric = making.errors(np.random.default_rng(1), 3)
    metric.update(changes)
    return metric


def text(metric: Doc, **more: Any) -> str:
    return json.dumps({"id": "r", "poll_seconds": 15, "metrics": [metric], **more})


def bad(*counts: float) -> Doc:
    return {"bad": list(counts), "total": [9] * len(counts)}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (text(one(canary=bad(1, -2, 3))), ["metric errors, canary, bad, poll 1", "reset"]),
        (text(one(canary=bad(1, float("nan"), 3))), ["metric errors, canary, bad, poll 1"]),
        (text(one(baseline=bad(1, 2, float("inf")))), ["metric errors, baseline, bad, poll 2"]),
        (text(one(canary=bad(1, 20, 3))), ["canary", "poll 1: bad is 20, more than the total"]),
        (text(one(canary={"bad": [1, 2], "total": [9, 9, 9]})), ["bad has 2 polls and total has 3"]),
        (text(one(canary={"bad": [1, 2], "total": [9, 9]})), ["metric errors, baseline: 3 polls", "has 2"]),
        (text(one(id="")), ["id"]),
        (text(one(tolerance=0.5)), ["metric errors", "factor from 1 on"]),
        (text(one(margin=1.01)), ["metric errors", "more than tolerance"]),
        (text(one(), guards=[{"metric": "no", "max": 1}]), ["no metric no"]),
        (text(one(), guards=[{"metric": "errors"}]), ["neither max nor min"]),
        (text(one(wieght=2)), ["metric errors, wieght"]),
        (text(one(kind="rate")), ["'rate'", "'ratio'"]),
        (json.dumps({"id": "r", "poll_seconds": 15, "metrics": [one(), one()]}), ["errors is there twice"]),
        (json.dumps({"id": "r", "poll_seconds": 0, "metrics": [one()]}), ["poll_seconds"]),
        ('{"id": "r", ', ["no JSON document"]),
        ("[]", ["object"]),
    ],
)  # fmt: skip
def test_faults_are_said_with_their_place(document: str, said: list[str]) -> None:
    with pytest.raises(BadRecording) as fault:
        judge_recording(read(document))
    for words in said:
        assert words in str(fault.value), str(fault.value)
    assert "pydantic" not in str(fault.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"bounds": [0.1, 0.5]}, 'end with "+Inf"'),
        ({"bounds": [0.5, 0.1, "+Inf"]}, "must rise"),
        (
            {"canary": {"counts": [[1, 2, 3], [1, 2], [1, 2, 3]]}},
            "canary, poll 1: 2 counts where there are 3",
        ),
        ({"canary": {"counts": [[1, 2, 3], [1, 2, -3], None]}}, "poll 1, bucket 2"),
    ],
)
def test_faults_of_histograms(changes: Doc, said: str) -> None:
    rows = {"counts": [[1, 2, 3]] * 3}
    metric = {"id": "h", "kind": "histogram", "bounds": [0.1, 0.5, "+Inf"], "baseline": rows, "canary": rows}
    with pytest.raises(BadRecording, match=said.replace("+", r"\+")):
        read(text({**metric, **changes}))


def test_a_dimension_without_cells_is_only_named() -> None:
    assert read(text(one(by="endpoint"))).metrics[0].by is not None


def test_the_schema_names_every_kind() -> None:
    printed = json.dumps(schema())
    for kind in ("ratio", "count", "set", "histogram", "categorical", "gauge"):
        assert f'"const": "{kind}"' in printed
