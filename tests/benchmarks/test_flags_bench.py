"""One flag for a million people, beside asking the evaluator for each of them."""

from __future__ import annotations

import sys
import time
from itertools import pairwise

import pytest

from console.flags.evaluating import evaluate
from console.flags.many import Population, evaluate_all

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

PEOPLE = 1_000_000
FASTER = 20
"""At least so many times as fast as one by one, on a population that is loaded."""

SPLIT = {"type": "split", "base": ["user", "id"], "weights": [90, 10], "defaultVariant": 0}
RULE = {"conditions": [[["user", "plan"], "oneOf", ["pro", "team"]]], "outcome": SPLIT}
FLAG = {"variants": [0, 1], "seed": 7, "environments": {"p": {"rules": [RULE], "fallthrough": 0}}}


def test_a_million_people_at_once() -> None:
    plans = ("free", "pro", "team")
    people = Population([{"user": {"id": f"user-{at}", "plan": plans[at % 3]}} for at in range(PEOPLE)])
    moments = [time.process_time()]
    first = evaluate_all(FLAG | {"seed": 1}, "p", people)
    moments.append(time.process_time())
    together = evaluate_all(FLAG, "p", people)
    moments.append(time.process_time())
    alone = [evaluate(FLAG, "p", one).index for one in people.contexts]
    moments.append(time.process_time())
    assert len(first) == PEOPLE
    assert together.tolist() == alone
    gathering, once, one_by_one = (end - begun for begun, end in pairwise(moments))
    sys.stdout.write(
        f"\n{PEOPLE:,} people: {one_by_one / once:.0f} times as fast as one by one (floor {FASTER}); "
        f"{one_by_one / gathering:.1f} times the first time, when the people's attributes are gathered\n"
    )
    assert one_by_one / once >= FASTER
