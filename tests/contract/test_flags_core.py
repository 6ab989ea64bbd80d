"""Thousands of random flags: what we say is what ``@vercel/flags-core`` says, wherever we call it exact."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from console.flags.evaluating import evaluate
from console.flags.javascript import UNDEFINED
from tests.conftest import OUTER_ENVIRONMENT
from tests.console.flags.random_flags import Random
from tests.contract.clients import HERE, PINNED_FLAGS, installed, node

pytestmark = pytest.mark.slow

CASES = 8_000
INEXACT = 0.05
"""At most this part of the cases may be called not exact."""


def ours(case: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    found = evaluate(
        case["definition"],
        case["environment"],
        case["entities"],
        segments=case["segments"],
        now_ms=case["now_ms"],
        default=case.get("default", UNDEFINED),
    )
    told: dict[str, Any] = {"absent": found.value is UNDEFINED, "variant_id": found.variant_id}
    told |= {"reason": found.reason, "outcome": found.outcome, "error": found.error}
    if found.value is not UNDEFINED:
        told["value"] = found.value
    return told, not found.doubts


def doubles(answer: dict[str, Any]) -> str:
    """As text with every number a double: a value is kept here as written, beyond 2^53 too."""
    return json.dumps(json.loads(json.dumps(answer), parse_int=float), sort_keys=True)


@pytest.mark.parametrize("seed", range(4))
def test_we_say_what_the_reference_says(repository: Path, seed: int) -> None:
    folder, chance = installed(repository, OUTER_ENVIRONMENT, PINNED_FLAGS), Random(seed)
    cases = [json.loads(json.dumps(chance.case())) for _ in range(CASES)]
    ran = subprocess.run(
        [node(), str(HERE / "flags_calls.mjs")],
        cwd=folder,
        env={"TZ": "UTC"},
        input="".join(json.dumps(case) + "\n" for case in cases),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    theirs = [json.loads(line) for line in ran.stdout.splitlines()]
    different, exact = [], 0
    for case, told in zip(cases, theirs, strict=True):
        answer, sure = ours(case)
        exact += sure
        if sure and doubles(answer) != doubles(told):
            different.append((case, told, answer))
    assert not different[:3], f"{len(different)} of {CASES}"
    assert exact >= CASES * (1 - INEXACT)
