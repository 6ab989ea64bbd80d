"""Changes of the raw object: they do what they say, nothing else, and can be taken back."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.flags.changing import (
    AddVariant,
    Change,
    EditVariant,
    Give,
    RemoveVariant,
    Restore,
    Resume,
    ServeEveryone,
    SetState,
    Several,
    TakeBack,
    changed,
    turn_off,
)
from console.flags.edits import ABSENT, Unfit, canonical, differences, edited, same
from console.flags.evaluating import evaluate
from console.flags.model import Flag
from console.flags.rules import AddRule, MoveRule, RemoveRule, SetOutcome, SetShare, SetWeights
from tests.console.flags.raw_flags import ENVIRONMENTS, NOW, PEOPLE, Raw, condition, fixed, flags, outcomes

IN_ENTRY: dict[type, tuple[str, ...]] = {
    ServeEveryone: ("active", "pausedOutcome", "reuse"),
    Resume: ("active",),
    Give: ("targets",),
    TakeBack: ("targets",),
    SetShare: ("fallthrough", "rules"),
    SetWeights: ("fallthrough", "rules"),
    SetOutcome: ("fallthrough", "rules"),
    AddRule: ("rules",),
    RemoveRule: ("rules",),
    MoveRule: ("rules",),
}
"""Which members of the one environment that is named each change may touch."""
IN_FLAG: dict[type, tuple[str, ...]] = {
    EditVariant: ("variants",),
    AddVariant: ("variants",),
    RemoveVariant: ("variants",),
    SetState: ("state",),
    Restore: ("environments", "seed", "variants", "state"),
}


@st.composite
def changes(draw: st.DrawFn, raw: Raw, other: Raw) -> Change:
    name = draw(st.sampled_from(ENVIRONMENTS))
    variants = [one["id"] for one in raw["variants"]]
    variant = draw(st.sampled_from(variants))
    keys = [one["id"] for one in raw["environments"][name]["rules"]]
    rule = draw(st.sampled_from([None, *keys]))
    people = tuple(draw(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3)))
    percent = draw(st.sampled_from([0, 0.001, 12.5, 25, 100]))
    place = draw(st.integers(0, 3))
    made = {"id": "new", "conditions": [condition("FR")], "outcome": fixed(variant)}
    found: list[Change] = [
        ServeEveryone(name, variant),
        Resume(name),
        Give(name, variant, "user", "id", people, "asked for"),
        TakeBack(name, "user", "id", people),
        SetShare(name, variant, percent, rule),
        SetWeights(name, dict.fromkeys(variants, 1), rule),
        SetOutcome(name, draw(outcomes(variants)), rule),
        AddRule(name, made, place),
        RemoveRule(name, keys[0] if keys else "none"),
        MoveRule(name, keys[0] if keys else "none", place),
        EditVariant(variant, "another"),
        AddVariant("v9", "nine"),
        RemoveVariant(variant),
        SetState(archived=True),
        Restore("version 2", other, (name,)),
        Restore("version 2", other),
        Several((ServeEveryone(name, variant), EditVariant(variant, "another"))),
    ]
    return draw(st.sampled_from(found))


def allowed(change: Change) -> list[tuple[str, ...]]:
    """The beginnings of the paths that a change may touch."""
    if isinstance(change, Several):
        return [path for one in change.changes for path in allowed(one)]
    if type(change) in IN_FLAG:
        return [(member,) for member in IN_FLAG[type(change)]]
    name: str = vars(change)["environment"]
    return [("environments", name, member) for member in IN_ENTRY[type(change)]]


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_change_touches_what_it_says_and_its_inverse_gives_the_flag_back(data: st.DataObject) -> None:
    raw, other = data.draw(flags()), data.draw(flags())
    change = data.draw(changes(raw, other))
    before = canonical(raw)
    try:
        made = changed(Flag(raw), change)
    except Unfit:
        assert canonical(raw) == before
        return
    assert canonical(raw) == before, "the flag it was made of is left as it is"
    paths = [edit.path for edit in made.edits]
    for path in paths:
        assert any(path[: len(start)] == start for start in allowed(change)), (change, path)
    assert same(edited(raw, made.edits), made.after.raw), "nothing but the edits"
    assert same(changed(made.after, made.inverse).after.raw, raw)


def attempt(raw: Raw, change: Change) -> tuple[Flag, str]:
    """The flag after the change; as it was, with the reason, where that cannot be made."""
    try:
        return changed(Flag(raw), change).after, ""
    except Unfit as error:
        return Flag(raw), str(error)


@settings(max_examples=25, deadline=None)
@given(flags(), flags())
def test_edits_lead_from_one_object_to_the_other_and_refuse_a_third(one: Raw, other: Raw) -> None:
    edits = differences(one, other)
    assert same(edited(one, edits), other)
    if edits:
        with pytest.raises(Unfit, match="no longer what it was"):
            edited(other, edits)
    assert differences({"a": 1}, {"a": True}) != ()
    assert differences({"a": 1}, {})[0].new is ABSENT


@settings(max_examples=25, deadline=None)
@given(flags(), st.sampled_from(PEOPLE), st.data())
def test_who_is_given_a_variant_gets_it(raw: Raw, person: str, data: st.DataObject) -> None:
    entry = raw["environments"]["production"]
    entry["active"] = True
    variant = data.draw(st.sampled_from([one["id"] for one in raw["variants"]]))
    flag, why = attempt(raw, Give("production", variant, "user", "id", (person,)))
    assert not why or "changes nothing" in why
    found = evaluate(flag.packed(), "production", {"user": {"id": person}}, now_ms=NOW)
    assert (found.variant_id, found.reason) == (variant, "target_match")


@settings(max_examples=25, deadline=None)
@given(flags(), st.sampled_from([0, 0.001, 1 / 3, 12.5, 25, 99.999, 100]), st.data())
def test_a_share_is_what_was_asked_for_and_the_others_keep_their_proportions(
    raw: Raw, percent: float, data: st.DataObject
) -> None:
    variant = data.draw(st.sampled_from([one["id"] for one in raw["variants"]]))
    old = raw["environments"]["production"]["fallthrough"]
    flag, why = attempt(raw, SetShare("production", variant, percent))
    if why:
        assert "changes nothing" in why or "not clear who gets the rest" in why
        return
    new = flag.raw["environments"]["production"]["fallthrough"]
    weights = new["weights"]
    assert weights[variant] / sum(weights.values()) == pytest.approx(percent / 100, abs=1e-9)
    if old["type"] == "split":
        rest = {key: weight for key, weight in old["weights"].items() if key != variant}
        if sum(rest.values()) and percent < 100:
            now = sum(weights[key] for key in rest)
            for key, weight in rest.items():
                assert weights[key] / now == pytest.approx(weight / sum(rest.values()), abs=1e-6)


def test_a_variant_that_all_have_already_can_be_given_to_all_as_a_share() -> None:
    made = changed(shop(fixed("on")), SetShare("production", "on", 100)).after
    assert made.raw["environments"]["production"]["fallthrough"]["weights"] == {"on": 100, "off": 0}


def shop(fallthrough: Any = None, **more: Any) -> Flag:
    entry: Raw = {
        "active": True,
        "pausedOutcome": fixed("off"),
        "rules": [],
        "fallthrough": fallthrough or fixed("off"),
    }
    return Flag(
        {
            "slug": "new-cart",
            "kind": "boolean",
            "state": "active",
            "seed": 7,
            "variants": [{"id": "on", "value": True}, {"id": "off", "value": False}],
            "environments": {"production": entry},
            **more,
        }
    )


def test_off_is_the_false_variant_and_5_percent_become_25() -> None:
    assert turn_off(shop(), "production") == ServeEveryone("production", "off")
    five = {"type": "split", "base": {"type": "entity", "kind": "user", "attribute": "id"}}
    five |= {"weights": {"off": 95, "on": 5}, "defaultVariantId": "off"}
    made = changed(shop(five), SetShare("production", "on", 25))
    assert made.after.raw["environments"]["production"]["fallthrough"]["weights"] == {"off": 75, "on": 25}
    assert made.words == "25 % on in production"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (ServeEveryone("production", "blue"), "has no variant blue; it has on, off"),
        (ServeEveryone("staging", "on"), "has no environment staging; it has production"),
        (Resume("production"), "is so already"),
        (SetShare("production", "on", 101), "no share"),
        (SetWeights("production", {"on": 0}), "not all of them 0"),
        (SetWeights("production", {"on": float("nan")}), "not all of them 0"),
        (RemoveRule("production", "r9"), "no rule r9; there are: none"),
        (RemoveVariant("off"), "production still names the variant off"),
        (EditVariant("on", 1), "is no boolean"),
        (AddVariant("on", True), "already"),
        (SetOutcome("production", {"type": "experiment"}), "a variant, a split or a timed rollout"),
        (SetOutcome("production", fixed("blue")), "which new-cart has not"),
        (AddRule("production", {"conditions": []}), "an id of its own"),
        (EditVariant("on", True), "is so already"),
        (
            Restore("version 4", {"environments": {}}, ("production",)),
            "In version 4 there is no environment production",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(change: Change, words: str) -> None:
    with pytest.raises(Unfit, match=words):
        changed(shop(), change)


def test_an_archived_flag_is_only_brought_back() -> None:
    archived = shop(state="archived")
    with pytest.raises(Unfit, match="archived"):
        changed(archived, ServeEveryone("production", "on"))
    assert changed(archived, SetState(archived=False)).after.raw["state"] == "active"


def test_a_restored_version_clears_what_it_did_not_have() -> None:
    today = copy.deepcopy(dict(shop(tags=["new"], permanent=True).raw))
    old = copy.deepcopy(today)
    del old["tags"], old["permanent"]
    old["environments"]["production"]["fallthrough"] = fixed("on")
    old["environments"]["production"]["revision"] = 1
    today["environments"]["production"] |= {
        "targets": {"on": {"user": {"id": [{"value": "u1"}]}}},
        "reuse": {"active": True, "environment": "production"},
        "revision": 8,
    }
    raw = changed(Flag(today), Restore("version 1", old)).after.raw
    assert (raw["tags"], raw["permanent"]) == ([], False)
    entry = raw["environments"]["production"]
    assert (entry["targets"], entry["reuse"]["active"], entry["revision"]) == ({}, False, 8)
    assert entry["fallthrough"] == fixed("on")
    alone = changed(Flag(today), Restore("version 1", old, ("production",))).after.raw
    assert alone["tags"] == ["new"]
