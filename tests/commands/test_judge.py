"""``coalmine judge``: one recording or many, from a file or a pipe; exit codes; schema."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.console.canary import making
from tests.console.canary.making import Doc


def judge(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "console", "judge", *words],
        input=given,
        capture_output=True,
        text=True,
        timeout=90,
    )


def document(name: str, metric: Doc) -> Doc:
    return {"id": name, "poll_seconds": 15, "metrics": [metric]}


@pytest.fixture(scope="module")
def docs() -> dict[str, Doc]:
    def dice() -> np.random.Generator:
        return np.random.default_rng(1)

    gone = {"bad": [None] * 9, "total": [None] * 9}
    return {
        "promote": document("good", making.errors(dice(), 80)),
        "rollback": document("bad", making.errors(dice(), 40, times=6)),
        "hold": document("young", making.errors(dice(), 2)),
        "no_data": document("gone", making.ratio({"bad": [1] * 9, "total": [99] * 9}, gone)),
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["promote"], 0),
        (["rollback"], 1),
        (["hold"], 3),
        (["no_data"], 4),
        (["promote", "hold"], 3),
        (["hold", "rollback", "promote"], 1),
        (["rollback", "no_data", "hold"], 4),
    ],
)
def test_the_worst_verdict_is_the_exit_code(docs: dict[str, Doc], names: list[str], code: int) -> None:
    done = judge("-", given="\n".join(json.dumps(docs[name]) for name in names))
    assert done.returncode == code, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["verdict"] for one in answers] == names
    assert [one["id"] for one in answers] == [docs[name]["id"] for name in names]


def test_a_file_and_the_trace(docs: dict[str, Doc], tmp_path: Path) -> None:
    file = tmp_path / "release.json"
    file.write_text(json.dumps(docs["rollback"], indent=2))
    done = judge(str(file), "--trace", "--json")
    answer = json.loads(done.stdout)
    assert answer["trace"][answer["decided_at"]] == "rollback"
    assert "rollback" not in answer["trace"][: answer["decided_at"]]
    assert len(answer["trace"]) == len(answer["trace_evidence"]) == 40
    metric = answer["metrics"]["errors"]
    assert {"state", "evidence", "effect", "interval", "eta_polls"} <= metric.keys()
    assert answer["culprits"] == ["errors"]
    assert "trace" not in json.loads(judge(str(file)).stdout)


def test_a_bad_line_is_explained_and_the_others_are_judged(docs: dict[str, Doc]) -> None:
    bad = json.loads(json.dumps(docs["promote"]))
    bad["metrics"][0]["canary"]["total"][7] = -1
    done = judge("-", given="\n".join(json.dumps(one) for one in (docs["promote"], bad, docs["hold"])))
    assert done.returncode == 2
    assert len(done.stdout.splitlines()) == 2
    assert "line 2: metric errors, canary, total, poll 7: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("given", ["", "\n\n", "{", "nonsense", "[1, 2]", '{"id": 3}\n{"id": 4}'])
def test_what_is_no_recording_is_said(given: str) -> None:
    done = judge("-", given=given)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = judge(str(tmp_path / "no.json"))
    assert done.returncode == 2
    assert "no.json" in done.stderr


def test_the_schema_is_printed() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "console", "schema", "recording"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert json.loads(done.stdout)["title"] == "Recording"
