"""A command's step: every word of it is hashed, and it comes last."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.actions import Abort
from console.rollback.command_step import (
    Command,
    CommandStep,
    Configured,
    beyond,
    differing,
    line_of,
    span_words,
)
from console.rollback.plan import HostStep, Plan, Unreadable, ordered, plan_of
from tests.console.rollback.test_plan import leaves

WORDS = st.lists(st.text(max_size=6), min_size=1, max_size=3).map(tuple)
COMMANDS = st.builds(
    Command,
    name=st.sampled_from(["schema", "views"]),
    check=WORDS,
    dry_run=WORDS,
    run=WORDS,
    undo=WORDS,
    directory=st.sampled_from(["", "db"]),
    timeout_s=st.integers(1, 9_999),
    horizon_s=st.integers(1, 9_999_999),
)
STEPS = st.builds(
    CommandStep,
    project_id=st.just("prj"),
    command=COMMANDS,
    left_deployment_id=st.sampled_from(["dpl_a", "dpl_b"]),
    left_created_at=st.integers(0, 2**40),
    restore_point=st.text(max_size=9),
    declared_by=st.sampled_from(["ana", "jo"]),
)


@given(STEPS)
def test_it_is_read_back_to_the_last_byte(step: CommandStep) -> None:
    plan = Plan("prj", (step,))
    assert plan_of(plan.as_json()) == plan


@given(STEPS, st.data())
def test_whatever_is_changed_of_it_it_is_another_plan_or_none(step: CommandStep, data: st.DataObject) -> None:
    plan = Plan("prj", (step,))
    recorded = copy.deepcopy(plan.as_json())
    path = data.draw(st.sampled_from(leaves(recorded)))
    place: Any = recorded
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = data.draw(
        st.sampled_from(["other", 7, True, None, ["x"]]).filter(lambda new: new != place[path[-1]])
    )
    try:
        found = plan_of(recorded)
    except Unreadable:
        return
    assert found.sha256 != plan.sha256


@given(STEPS)
def test_members_nobody_knows_are_refused(step: CommandStep) -> None:
    recorded = Plan("prj", (step,)).as_json()
    recorded["steps"][0]["command"]["shell"] = "true"
    with pytest.raises(Unreadable):
        plan_of(recorded)


@given(STEPS)
def test_it_comes_last_stops_no_harm_and_has_a_stream_of_its_own(step: CommandStep) -> None:
    plan = ordered("prj", [step, HostStep(Abort("dpl_a", "dpl_b"))])
    assert plan.steps[-1] == step
    assert not plan.stops_harm
    assert step.stream == f"command:prj:{step.command.name}"


@given(STEPS, COMMANDS)
def test_only_the_very_same_command_is_the_same(step: CommandStep, here: Command) -> None:
    assert differing(step, Configured(step.command, Path("/anywhere"))) == ()
    assert bool(differing(step, Configured(here, Path()))) == (here != step.command)


@given(STEPS)
def test_the_horizon_counts_from_when_what_is_left_was_created(step: CommandStep) -> None:
    assert beyond(step, step.horizon_at) is None
    assert "beyond its rollback horizon" in (beyond(step, step.horizon_at + 1) or "")


@given(WORDS)
def test_a_command_is_one_line_whatever_its_words_hold(argv: tuple[str, ...]) -> None:
    assert line_of(argv).isprintable()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 s"), (60, "1 min"), (90, "90 s"), (5400, "90 min"), (172_800, "2 d"), (100_000, "27 h")],
)
def test_a_span_in_words(seconds: int, words: str) -> None:
    assert span_words(seconds) == words
