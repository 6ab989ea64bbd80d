"""Everyone at once gets what each gets alone."""

from __future__ import annotations

import numpy as np
import pytest

from console.flags.evaluating import evaluate
from console.flags.many import DEFAULT, RAISES, Population, evaluate_all
from tests.console.flags.random_flags import Random


@pytest.mark.parametrize("seed", range(60))
def test_random_flags_give_a_population_the_same_answers(seed: int) -> None:
    chance = Random(seed)
    people = Population([chance.context() for _ in range(30)])
    tame = Population([one for one in people.contexts if isinstance(one["user"], dict) and "team" not in one])
    for _ in range(6):
        case = chance.case()
        for some in (people, tame):
            together = evaluate_all(
                case["definition"],
                case["environment"],
                some,
                segments=case["segments"],
                now_ms=case["now_ms"],
            )
            for context, index in zip(some.contexts, together.tolist(), strict=True):
                alone = evaluate(
                    case["definition"],
                    case["environment"],
                    context,
                    segments=case["segments"],
                    now_ms=case["now_ms"],
                )
                none = RAISES if alone.reason is None else DEFAULT
                assert index == (none if alone.index is None else alone.index), (case, context)


def test_a_population_of_nobody_gets_nothing() -> None:
    assert evaluate_all({}, "p", Population([])).tolist() == np.empty(0).tolist()
