"""The command of an act is one that the command line takes, and it means the same act."""

from __future__ import annotations

import shlex

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.__main__ import cli
from console.actions import (
    Abort,
    Action,
    Advance,
    Complete,
    Configure,
    Promote,
    Rollback,
    StagePlan,
    Start,
)
from console.as_command import as_command, as_freeze_command
from console.planning import choice_of
from console.stage_words import read_stages

STAGES = (StagePlan(5, 0, 1), StagePlan(25, 600, 0), StagePlan(100, 0, 0))
ACTIONS: list[Action] = [
    Advance("dpl_c", "dpl_b", 0, 1, 5, 25),
    Complete("dpl_c", "dpl_b", 1, 25),
    Abort("dpl_c", "dpl_b"),
    Start("prj_1", "dpl_c", "dpl_b", 5),
    Promote("prj_1", "dpl_c", "dpl_b", "all"),
    Rollback("prj_1", "dpl_a", "dpl_b"),
    Configure("prj_1", STAGES, ()),
    Configure("prj_1", (), STAGES),
]
WORDS = st.text(min_size=1, max_size=60).filter(lambda text: text.isprintable() and text.strip())
"""What the console records as a reason: the command line refuses anything else."""


def taken(line: str) -> tuple[str, dict[str, object]]:
    """The verb that the command line would run for ``line``, and the parameters as it reads them."""
    program, *words = shlex.split(line)
    assert program == "coalmine"
    command: click.Command = cli
    context = click.Context(command)
    names: list[str] = []
    while isinstance(command, click.Group):
        name = words.pop(0)
        found = command.get_command(context, name)
        assert found is not None, line
        command = found
        names.append(name)
    return " ".join(names), command.make_context(names[-1], words, parent=context).params


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.NAME)
@given(reason=WORDS, arm=st.none() | WORDS)
def test_the_command_line_reads_back_the_act(action: Action, reason: str, arm: str | None) -> None:
    verb, params = taken(as_command(action, reason, arm))
    assert verb.removeprefix("release ").replace("config set", "configure") == action.NAME
    assert (params["reason"] or params["arm"]) == " ".join(reason.split())
    assert params["arm"] == " ".join((arm or reason).split())
    chosen = choice_of(action)
    assert params.get("deployment", params.get("target")) == chosen.target_id
    if isinstance(action, Configure):
        assert params["off"] == (not action.stages)
        if action.stages:
            assert read_stages(params["stages"]) == action.stages  # type: ignore[arg-type]


@pytest.mark.parametrize("verb", ["freeze", "thaw"])
def test_freeze_and_thaw_are_commands_too(verb: str) -> None:
    line = as_freeze_command(verb, "it's $HOME; rm -rf", "on call")  # type: ignore[arg-type]
    assert taken(line) == (
        f"release {verb}",
        {"reason": "it's $HOME; rm -rf", "arm": "on call", "as_json": False},
    )


def test_one_reason_is_said_once() -> None:
    assert as_command(Abort("dpl_c", "dpl_b"), "errors up", "errors up") == (
        "coalmine release abort --arm 'errors up'"
    )
