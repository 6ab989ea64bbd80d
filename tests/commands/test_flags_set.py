"""Every change that a screen makes is a command, and that command makes the same change."""

from __future__ import annotations

from typing import Any

import click
import pytest

from console.commands.flags_set import changes_of, set_
from console.flags.as_options import OPTIONS, arguments
from console.flags.changing import (
    AddVariant,
    Change,
    EditVariant,
    Give,
    PutBack,
    RemoveVariant,
    Restore,
    Resume,
    ServeEveryone,
    SetState,
    Several,
    TakeBack,
    changed,
)
from console.flags.edits import same
from console.flags.model import Flag
from console.flags.rules import AddRule, MoveRule, RemoveRule, SetShare, SetWeights
from data.simulator.flag_opening import opening_flags
from data.simulator.history import PEOPLE
from tests.screens.worlds import NOW

STORE = opening_flags(1, NOW, "prj_1", "team_1", PEOPLE)
WHERE = "production"
HOLDS = {"lhs": {"type": "entity", "kind": "user", "attribute": "plan"}, "cmp": "eq", "rhs": "p'ro “x”"}
RULE = {"id": "rule 9", "conditions": [HOLDS], "outcome": {"type": "variant", "variantId": "on"}}
FIRST = STORE.flag("one-page-checkout").document["environments"][WHERE]["rules"][0]["id"]
CHANGES: list[tuple[str, Change]] = [
    ("new-cart", ServeEveryone(WHERE, "on")),
    ("gift-cards", Resume(WHERE)),
    ("new-cart", SetShare(WHERE, "on", 12.345)),
    ("one-page-checkout", SetShare(WHERE, "on", 50, FIRST)),
    ("new-cart", SetWeights(WHERE, {"on": 1, "off": 3.5})),
    ("new-cart", Give(WHERE, "on", "user", "id", ("a=b", "--c"), "a note")),
    ("new-cart", EditVariant("on", False)),
    ("new-cart", AddVariant("half way", True, "Half")),
    ("new-cart", AddRule(WHERE, RULE)),
    ("one-page-checkout", AddRule(WHERE, RULE, 1)),
    ("one-page-checkout", RemoveRule(WHERE, FIRST)),
    ("new-cart", SetState(True)),
]


def parsed(words: list[str]) -> Change:
    """What the command line ``coalmine flags set …`` asks for."""
    assert words[0] == "set"
    with set_.make_context("set", [*words[1:], "--reason", "x"]) as context:
        said: dict[str, Any] = context.params
    return Several(tuple(changes_of(said["environment"], said)))


@pytest.mark.parametrize(("key", "change"), CHANGES, ids=lambda one: type(one).__name__)
def test_the_command_makes_the_same_change(key: str, change: Change) -> None:
    flag = Flag(STORE.flag(key).document)
    by_screen = changed(flag, change).after.raw
    wish = parsed(arguments(change, key, WHERE))
    alone = wish.changes[0] if isinstance(wish, Several) and len(wish.changes) == 1 else wish
    assert same(dict(changed(flag, alone).after.raw), dict(by_screen))


def test_what_needs_a_flag_changed_before_is_a_command_too() -> None:
    two = changed(Flag(STORE.flag("one-page-checkout").document), AddRule(WHERE, RULE)).after
    named = changed(two, Give(WHERE, "on", "user", "id", ("a", "b"))).after
    spare = changed(named, AddVariant("spare", True)).after
    for change in (
        MoveRule(WHERE, "rule 9", 1),
        TakeBack(WHERE, "user", "id", ("a", "b")),
        RemoveVariant("spare"),
    ):
        wish = parsed(arguments(change, "one-page-checkout", WHERE))
        assert same(dict(changed(spare, wish).after.raw), dict(changed(spare, change).after.raw))


def test_a_restore_is_the_command_of_that_name() -> None:
    change = Restore("version 4", {}, (WHERE,))
    assert arguments(change, "new-cart", WHERE) == ["restore", "new-cart", "4", "--environment", WHERE]


def test_every_change_that_a_form_makes_is_among_them() -> None:
    assert {type(one) for _, one in CHANGES} | {MoveRule, TakeBack, RemoveVariant} == set(OPTIONS)
    with pytest.raises(TypeError, match="no command makes"):
        arguments(PutBack(()), "new-cart", WHERE)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--forget", "qa-1"], "--forget takes whom"),
        (["--add-rule", "1", "[]"], "--add-rule takes a rule"),
        (["--add-variant", "x", "{"], "--add-variant takes JSON"),
        (["--archive", "--unarchive"], "not both"),
    ],
)
def test_what_is_wrong_with_a_command_is_said(words: list[str], says: str) -> None:
    with pytest.raises(click.UsageError, match=says):
        parsed(["set", "new-cart", *words])
