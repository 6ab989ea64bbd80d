"""``coalmine flags evaluate``: the recorded cases through the command itself, one process for them all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.console.flags.test_vectors import CASES

pytestmark = pytest.mark.slow


def flags(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "console", "flags", "evaluate", *words],
        input=given,
        capture_output=True,
        text=True,
        timeout=90,
    )


def test_cases_on_standard_input_are_answered_line_by_line() -> None:
    lines = [
        {
            key: case[key]
            for key in ("id", "flag", "environment", "definition", "segments", "entities", "now_ms")
            if key in case
        }
        | ({"default": case["default_value"]} if "default_value" in case else {})
        for case in CASES
    ]
    done = flags("--native", given="".join(json.dumps(line) + "\n" for line in lines))
    assert (done.returncode, done.stderr) == (0, "")
    for case, line in zip(CASES, map(json.loads, done.stdout.splitlines()), strict=True):
        expected = case["expect"]
        wanted = {
            "id": case["id"],
            "variant_id": expected.get("variant_id"),
            "reason": expected.get("reason"),
            "outcome": expected.get("outcome_type"),
            "error": expected.get("throws") or expected.get("error_code"),
        }
        if "value" in expected and not expected.get("value_undefined"):
            wanted["value"] = expected["value"]
        assert line == wanted


def test_one_definition_is_explained(tmp_path: Path) -> None:
    file = tmp_path / "flag.json"
    file.write_text(
        '{"variants": [false, true], "variantIds": ["off", "on"], "environments": {"production": 1}}'
    )
    done = flags("--definition", str(file), "--context", "{}", "--json")
    assert json.loads(done.stdout) == {
        "value": True,
        "variant_id": "on",
        "reason": "STATIC",
        "outcome": "value",
        "error": None,
        "step": "Static in production: everyone gets on = true",
    }


def test_a_line_that_is_no_case_is_explained_and_the_rest_go_on() -> None:
    good = '{"id": "a", "flag": "f", "definition": null, "default": 3}'
    done = flags(given=f"nonsense\n{good}\n")
    assert done.returncode == 2
    assert "line 1" in done.stderr
    line = json.loads(done.stdout)
    assert (line["id"], line["value"], line["reason"], line["error"]) == ("a", 3, "ERROR", "FLAG_NOT_FOUND")
