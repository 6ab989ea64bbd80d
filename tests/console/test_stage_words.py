"""Stages as they are written on a command line: read exactly, or refused with a sentence for each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.actions import StagePlan
from console.planning import fault_of
from console.stage_words import Unreadable, read_stages, written


def test_shares_durations_and_approvals_are_read() -> None:
    assert read_stages(["5", "25:10m", "50:approval", "75:1h30m:approval", "100"]) == (
        StagePlan(5, 0, 1),  # nothing else could end it
        StagePlan(25, 600, 0),
        StagePlan(50, 0, 1),
        StagePlan(75, 5400, 1),
        StagePlan(100, 0, 0),
    )
    assert read_stages(["5 %:2h", "100%"])[0] == StagePlan(5, 7200, 0)


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("x", "whole percentage"),
        ("", "whole percentage"),
        ("5.5", "whole percentage"),
        ("-5", "whole percentage"),
        ("101", "from 0 to 100"),
        ("5:", "no duration"),
        ("5:10", "no duration"),
        ("5:90s", "whole minutes"),
        ("5:1.5m", "whole minutes"),
        ("5:0m", "at least one minute"),
        ("5:9999h", "days"),
        ("5:10m:20m", "too many parts"),
        ("5:approval:10m", "another order"),
        ("5:approval:approval", "too many parts"),
    ],
)
def test_a_stage_that_cannot_be_read_is_named_with_its_place(word: str, says: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_stages(["1", word, "100:approval"])
    assert len(caught.value.faults) == 2, "every fault is said at once"
    assert caught.value.faults[0].startswith(f"Stage 2 ({word}): ")
    assert says in caught.value.faults[0]
    assert caught.value.faults[1].startswith("Stage 3 (100:approval): the last stage")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["5", "50"], "must be 100"),
        (["50", "5", "100"], "larger"),
        (["5", "5", "100"], "larger"),
        (["100"], "two stages"),
    ],
)
def test_stages_that_make_no_release_are_refused(words: list[str], says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        read_stages(words)


STAGE = st.builds(
    lambda share, minutes, approval: StagePlan(share, minutes * 60, int(approval or not minutes)),
    st.integers(0, 99),
    st.integers(0, 7 * 24 * 60),
    st.booleans(),
)


@given(st.lists(STAGE, min_size=1, max_size=6, unique_by=lambda stage: stage.percentage))
def test_what_is_written_is_read_as_it_was(stages: list[StagePlan]) -> None:
    plan = (*sorted(stages, key=lambda stage: stage.percentage), StagePlan(100, 0, 0))
    assert fault_of(plan) is None
    assert read_stages([written(stage) for stage in plan]) == plan


@given(st.lists(st.text(alphabet="0159:%amhprovl. ", max_size=12), max_size=5))
def test_whatever_is_typed_it_is_a_configuration_or_a_sentence(words: list[str]) -> None:
    try:
        faults, fault = [], fault_of(read_stages(words))
    except Unreadable as error:
        faults, fault = error.faults, None
        assert faults
    assert fault is None
    assert all(one.endswith(".") for one in faults)
