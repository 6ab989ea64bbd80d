"""What a person types into the form of a change, read into that change or told what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.flags.changing import (
    AddVariant,
    EditVariant,
    Give,
    RemoveVariant,
    Restore,
    Resume,
    ServeEveryone,
    SetState,
    TakeBack,
    changed,
)
from console.flags.choices import forms
from console.flags.edits import Unfit
from console.flags.forms import Form, Known, read
from console.flags.model import Flag
from console.flags.provider import Version
from console.flags.rules import AddRule, MoveRule, RemoveRule, SetShare, SetWeights
from console.flags.words import COMPARATORS
from data.simulator.flag_opening import opening_flags
from data.simulator.history import PEOPLE
from data.vercel.edge_config.provider import EdgeConfigProvider
from data.vercel.flags.provider import VercelFlagProvider
from tests.screens.worlds import NOW

STORE = opening_flags(1, NOW, "prj_1", "team_1", PEOPLE)
ALL = VercelFlagProvider.capabilities
SEGMENTS = tuple(STORE.all_segments())


def known(key: str, environment: str = "production", **more: Any) -> Known:
    return Known(Flag(STORE.flag(key).document), environment, ALL, SEGMENTS, **more)


def form(of: Known, name: str) -> Form:
    return next(one for one in forms(of) if one.name == name)


def names(of: Known) -> list[str]:
    return [one.name for one in forms(of)]


CART, CHECKOUT, TRACKING = known("new-cart"), known("one-page-checkout"), known("guest-order-tracking")
VERSION = Version("v1", 1, NOW, "usr_jo", "first", (), STORE.flag("new-cart").versions[0]["data"])


def answered(about: Known, name: str, **typed: str) -> Any:
    """The change that a form makes of the answers given over its usual ones."""
    asked = form(about, name)
    usual = {one.name: one.usual for one in asked.fields}
    return read(asked, {**usual, **{key.removesuffix("_"): text for key, text in typed.items()}})


def test_each_form_makes_its_change() -> None:
    where = "production"
    assert answered(CART, "off") is None
    assert answered(CART, "serve", variant="on") == ServeEveryone(where, "on")
    assert answered(known("gift-cards"), "resume") == Resume(where)
    assert answered(CART, "share", variant="on", percent="12,5 %") == SetShare(where, "on", 12.5)
    assert answered(CART, "weights", weights="off=1, on=3") == SetWeights(where, {"off": 1, "on": 3})
    given_ = answered(CART, "give", who=" user.id = qa-1, qa-2 ", variant="On", note="testers")
    assert given_ == Give(where, "on", "user", "id", ("qa-1", "qa-2"), "testers")
    who = form(CHECKOUT, "take back").fields[0].options[0].value
    assert answered(CHECKOUT, "take back", who=who) == TakeBack(where, "user", "id", (who.split("=")[1],))
    assert answered(CART, "value", variant="on", value="false") == EditVariant("on", False)
    assert answered(CART, "add variant", id="half", value="true") == AddVariant("half", True)
    assert answered(CART, "remove variant", variant="on") == RemoveVariant("on")
    rule = form(CHECKOUT, "remove rule").fields[0].options[0].value
    assert answered(CHECKOUT, "remove rule", rule="1") == RemoveRule(where, rule)
    assert answered(CART, "archive") == SetState(True)


def test_a_share_of_a_rule_is_asked_for_where_there_are_rules() -> None:
    rule = form(TRACKING, "share").fields[2].options[1].value
    assert answered(TRACKING, "share", variant="on", percent="5", of=rule) == SetShare(
        "production", "on", 5, rule
    )
    assert answered(TRACKING, "share", variant="on", percent="5") == SetShare("production", "on", 5)
    assert [one.name for one in form(CART, "share").fields] == ["variant", "percent"]


def test_an_old_version_comes_back_in_one_environment_or_whole() -> None:
    assert "restore" not in names(CART)
    with_past = known("new-cart", versions=(VERSION, VERSION))
    here = answered(with_past, "restore", version="1")
    assert isinstance(here, Restore)
    assert here.environments == ("production",)
    whole = answered(with_past, "restore", version="1", what="the whole flag")
    assert whole.environments == ()
    with pytest.raises(Unfit, match="There is no version 9: 1"):
        answered(with_past, "restore", version="9")


def test_of_an_archived_flag_only_what_brings_it_back_is_offered() -> None:
    archived = Flag({**CART.flag.raw, "state": "archived"})
    assert names(Known(archived, "production", ALL, (), (VERSION, VERSION))) == ["bring back", "restore"]


def test_a_back_end_of_values_offers_values() -> None:
    plain = Known(CART.flag, "production", EdgeConfigProvider.capabilities)
    assert names(plain) == ["off", "value"]


def test_a_flag_that_cannot_be_read_offers_only_what_needs_no_reading() -> None:
    assert set(names(Known(Flag({"slug": "x"}), "production", ALL))) <= {"off", "archive", "add variant"}


@pytest.mark.parametrize(
    ("name", "typed", "says"),
    [
        ("serve", {"variant": ""}, "Say which variant: it has off, on."),
        ("serve", {"variant": "blue"}, "There is no variant blue: it has off, on."),
        ("share", {"variant": "on", "percent": "lots"}, "lots is no percentage: type a number from 0 to 100"),
        ("share", {"variant": "on", "percent": "101"}, "101 is no percentage"),
        ("share", {"variant": "on", "percent": "nan"}, "nan is no percentage"),
        ("weights", {"weights": ""}, "Say the weights, as off=50 on=50."),
        ("weights", {"weights": "on=many"}, "a weight is a number, as on=25"),
        ("give", {"who": "qa-1", "variant": "on"}, "qa-1 names nobody: type it as user.id=qa-1."),
        ("give", {"who": "", "variant": "on"}, "Say whom: type it as user.id=qa-1."),
        ("value", {"variant": "on", "value": "maybe"}, "maybe is no boolean: type true or false."),
        ("add variant", {"id": "", "value": "true"}, "The new variant needs an id"),
        ("share", {"variant": "on" * 20_000, "percent": "1"}, "variant is longer than"),
    ],
)
def test_what_is_wrong_is_said_for_a_person(name: str, typed: dict[str, str], says: str) -> None:
    with pytest.raises(Unfit, match=says):
        answered(CART, name, **typed)


RULE = {"if": "user.plan", "is": "is", "value": "pro", "case": "as it is", "variant": "on", "place": "1"}


def right(**typed: str) -> Any:
    """The right side of the condition that was asked for."""
    change = read(
        form(CART, "add rule"), {**RULE, **{key.removesuffix("_"): one for key, one in typed.items()}}
    )
    assert isinstance(change, AddRule)
    changed(CART.flag, change).after.packed()
    return change.rule["conditions"][0].get("rhs")


def test_a_rule_is_written_as_the_host_has_it() -> None:
    change = read(form(CART, "add rule"), RULE)
    assert isinstance(change, AddRule)
    assert change.at == 0
    assert change.rule == {
        "id": "rule_1",
        "conditions": [
            {"lhs": {"type": "entity", "kind": "user", "attribute": "plan"}, "cmp": "eq", "rhs": "pro"}
        ],
        "outcome": {"type": "variant", "variantId": "on"},
    }
    assert right(is_="is one of", value="DE, PL") == {
        "type": "list",
        "items": [{"value": "DE"}, {"value": "PL"}],
    }
    assert right(is_="exists", value="") is None
    assert (right(value="5"), right(value='"5"')) == (5, "5")
    assert right(is_="matches", value="/^qa-/i") == {"type": "regex", "pattern": "^qa-", "flags": "i"}
    slug = SEGMENTS[0]["slug"]
    assert right(if_="segment", value=slug) == SEGMENTS[0]["id"]
    folded = read(form(CART, "add rule"), {**RULE, "case": "ignore"})
    assert isinstance(folded, AddRule)
    assert folded.rule["conditions"][0]["cmpOptions"] == {"ignoreCase": True}


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"if": ""}, "Say of what: type it as user.plan, or segment."),
        ({"if": "plan"}, "plan is no attribute"),
        ({"is": "resembles"}, "resembles is no way to compare"),
        ({"value": ""}, "Say what it is"),
        ({"is": "exists"}, "takes no value"),
        ({"is": "matches", "value": "(["}, "is no regular expression of JavaScript"),
        ({"is": "matches", "value": "/abc"}, "has no second slash"),
        ({"is": "is before", "value": "soon"}, "soon is no date"),
        ({"is": "is less than", "value": "5", "case": "ignore"}, "knows no case of letters"),
        ({"if": "segment", "is": "begins with"}, "Of a segment: is, is not"),
        ({"if": "segment", "value": "nobody"}, "There is no segment nobody"),
        ({"place": "3"}, "A place is a number from 1 to 1"),
    ],
)
def test_what_is_wrong_with_a_rule_is_said(typed: dict[str, str], says: str) -> None:
    with pytest.raises(Unfit, match=says):
        read(form(CART, "add rule"), {**RULE, **typed})


TEXT = st.text(max_size=12) | st.sampled_from(
    ["on", "off", "5", "user.id=a", "rule_1", "segment", "[1", "/a/g", "1e999"]
)


@given(st.sampled_from([CART, CHECKOUT, TRACKING]), st.data())
def test_whatever_is_typed_is_a_change_or_a_sentence(of: Known, data: st.DataObject) -> None:
    asked = data.draw(st.sampled_from(forms(of)), label="form")
    comparators = st.sampled_from([*COMPARATORS, *COMPARATORS.values()])
    typed = {
        one.name: data.draw(comparators if one.name == "is" else TEXT, label=one.name) for one in asked.fields
    }
    said = "made"
    try:
        change = read(asked, typed)
        if change is not None:
            changed(of.flag, change)
    except Unfit as error:
        said = str(error)
    assert said.strip()


def test_a_rule_moves() -> None:
    two = changed(
        CHECKOUT.flag, answered(CHECKOUT, "add rule", **{f"{k}_": v for k, v in RULE.items()})
    ).after
    of = Known(two, "production", ALL, SEGMENTS)
    first = form(of, "move rule").fields[0].options[0].value
    assert answered(of, "move rule", rule=first, place="2") == MoveRule("production", first, 1)
