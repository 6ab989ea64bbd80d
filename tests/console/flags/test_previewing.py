"""What a preview says against what really happens to a population."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import Phase, given, settings

from console.flags.blast import Share
from console.flags.changing import (
    EditVariant,
    Give,
    Restore,
    Resume,
    ServeEveryone,
    SetState,
    TakeBack,
    changed,
)
from console.flags.differing import difference_lines
from console.flags.edits import Unfit, differences
from console.flags.many import Population
from console.flags.model import Flag
from console.flags.previewing import Preview, preview, share_words
from console.flags.rules import AddRule, SetOutcome, SetShare
from tests.console.flags.raw_flags import NOW, USER, Raw, condition, fixed, flags

PEOPLE = Population(
    [{"user": {"id": f"user-{number}", "country": ("DE", "PL", "FR")[number % 3]}} for number in range(2_000)]
)
SEGMENTS = [
    {
        "id": key,
        "slug": f"segment-{key}",
        "updatedAt": NOW,
        "data": {
            "rules": [
                {
                    "id": "r",
                    "conditions": [condition("DE")],
                    "outcome": {"type": "split", "base": USER, "passPromille": share},
                }
            ]
        },
    }
    for key, share in (("s1", 30_000), ("s2", 80_000))
]


def split(on: float) -> Raw:
    return {"type": "split", "base": USER, "weights": {"off": 100 - on, "on": on}, "defaultVariantId": "off"}


def entry(fallthrough: Raw, **more: Any) -> Raw:
    return {
        "active": True,
        "pausedOutcome": fixed("off"),
        "rules": [],
        "fallthrough": fallthrough,
        **more,
    }


def cart(**more: Any) -> Flag:
    environments = {
        "production": entry(split(5)),
        "preview": entry(fixed("off"), reuse={"active": True, "environment": "production"}),
        "development": entry(fixed("on")),
    }
    return Flag(
        {
            "slug": "new-cart",
            "kind": "boolean",
            "state": "active",
            "seed": 7,
            "updatedAt": NOW - 1000,
            "variants": [{"id": "off", "value": False}, {"id": "on", "value": True}],
            "environments": environments,
            **more,
        }
    )


def shown(flag: Flag, change: Any, **more: Any) -> Preview:
    return preview(changed(flag, change), now_ms=NOW, **more)


def test_5_to_25_percent_says_exactly_who_moves_and_that_preview_copies_it() -> None:
    told = shown(cart(), SetShare("production", "on", 25))
    assert told.lines == (
        "production: everyone else: split by user.id: 95 % off = false, 5 % on = true"
        " → split by user.id: 75 % off = false, 25 % on = true",
    )
    assert [(hit.environment, hit.through) for hit in told.hits] == [
        ("production", ""),
        ("preview", "production"),
    ]
    assert share_words(told.hits[0].now) == "20 % of people"
    assert told.exact
    assert told.warnings == ("preview copies production and changes with it.",)


def test_off_for_everyone_keeps_the_rules_and_says_so() -> None:
    told = shown(cart(), ServeEveryone("production", "off"))
    assert told.lines == ("production: static: off = false for everyone, the rules rest",)
    assert share_words(told.hits[0].now) == "5 % of people"
    later = shown(changed(cart(), ServeEveryone("production", "off")).after, SetShare("production", "on", 50))
    assert later.hits == (), "a static environment moves nobody"
    assert "production is static: everyone keeps off" in later.warnings[0]


def test_people_given_a_variant_by_name_are_named_and_nobody_else_moves() -> None:
    give = changed(cart(), Give("production", "on", "user", "id", ("vip", "user-1")))
    told = preview(give, now_ms=NOW)
    assert told.lines[0] == "production: + user.id = vip gets on = true"
    assert told.hits[0].pinned == ("user.id = vip", "user.id = user-1")
    assert share_words(told.hits[0].now) == "0 % of people"
    back = shown(give.after, TakeBack("production", "user", "id", ("vip",)))
    assert back.hits[0].pinned == ("user.id = vip",)


def test_a_rollout_is_shown_now_and_after_each_slot() -> None:
    slots = [{"promille": 5_000, "durationMs": 1_000}, {"promille": 50_000, "durationMs": 2_000}]
    rollout = {"type": "rollout", "base": USER, "startTimestamp": NOW, "slots": slots}
    rollout |= {"rollFromVariantId": "off", "rollToVariantId": "on", "defaultVariantId": "off"}
    told = shown(cart(), SetOutcome("production", rollout))
    assert [(one.at - NOW, share_words(one.share)) for one in told.hits[0].moments] == [
        (0, "0 % of people"),
        (1_000, "45 % of people"),
        (3_000, "95 % of people"),
    ]
    assert "(5 % for 1 s, 50 % for 2 s, then 100 %)" in told.lines[0]
    spent = {**rollout, "startTimestamp": NOW - 10_000}
    assert (
        "is over already: on goes to everyone at once"
        in shown(cart(), SetOutcome("production", spent)).warnings[-1]
    )


def test_a_rule_for_some_is_bounded_by_what_it_can_do_and_counted_where_people_are_known() -> None:
    rule = {"id": "new", "conditions": [condition("DE")], "outcome": fixed("on")}
    bounded = shown(cart(), AddRule("production", rule)).hits[0].now
    assert share_words(bounded) == "0 % to 95 % of people"
    counted = shown(cart(), AddRule("production", rule), population=PEOPLE).hits[0].now
    assert counted.basis == "population"
    assert 0.28 < counted.low < 0.34


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Restore("version 1", cart(seed=8).raw), "The seed changes"),
        (
            Restore("version 1", cart(variants=cart().raw["variants"][::-1]).raw),
            "The variants change their order",
        ),
        (SetState(archived=True), "served to nobody"),
        (ServeEveryone("preview", "on"), "preview copied production; that link is cut"),
        (SetShare("preview", "on", 5), "preview copies production: its own rules are not asked"),
        (
            AddRule(
                "production",
                {
                    "id": "s",
                    "conditions": [{"lhs": {"type": "segment"}, "cmp": "eq", "rhs": "s1"}],
                    "outcome": fixed("on"),
                },
            ),
            "The segment segment-s1 was changed after this flag was",
        ),
        (
            AddRule(
                "production",
                {
                    "id": "s",
                    "conditions": [
                        {
                            "lhs": {"type": "segment"},
                            "cmp": "oneOf",
                            "rhs": {"type": "list", "items": [{"value": "gone"}]},
                        }
                    ],
                    "outcome": fixed("on"),
                },
            ),
            "asks for the segment gone, which there is not",
        ),
    ],
)
def test_what_the_difference_does_not_show_is_warned_of(change: Any, words: str) -> None:
    assert any(words in one for one in shown(cart(), change, segments=SEGMENTS).warnings)


def test_archiving_and_other_values_are_not_told_as_shares_they_are_not() -> None:
    archived = shown(cart(), SetState(archived=True))
    assert {share_words(hit.now) for hit in archived.hits} == {
        "some, all or none: it cannot be said without knowing the people"
    }
    other = shown(Flag({**cart().raw, "kind": "json"}), EditVariant("on", {"new": True}))
    assert other.lines == ('variant on: true → {"new": true}',)
    assert share_words(other.hits[0].now) == "5 % of people"
    with pytest.raises(Unfit):
        changed(cart(), Resume("production"))


def test_a_link_that_rests_and_comes_or_goes_is_told() -> None:
    raw = copy.deepcopy(dict(cart().raw))
    raw["environments"]["production"]["reuse"] = {"active": False, "environment": "preview"}
    assert difference_lines(cart(), Flag(raw)) == ("production: copies nothing, as before",)
    assert difference_lines(Flag(raw), cart()) == ("production: copies nothing, as before",)


def test_what_comes_from_outside_cannot_write_to_the_terminal() -> None:
    hostile = "a\x1b[2J\u202e" + "b" * 500
    raw = copy.deepcopy(dict(cart().raw))
    raw["variants"].append({"id": hostile, "value": hostile})
    raw["environments"]["production"]["fallthrough"] = fixed(hostile)
    told = shown(Flag(raw), ServeEveryone("production", hostile))
    text = "\n".join([told.words, *told.lines, *told.warnings, *told.hits[0].pinned])
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert len(text) < 600


# Two whole flags take minutes to make smaller, and are read well enough as they are.
@settings(max_examples=25, deadline=None, phases=[Phase.reuse, Phase.generate])
@given(flags(), flags())
def test_every_share_holds_what_is_counted_and_nothing_that_differs_is_left_out(one: Raw, other: Raw) -> None:
    """Two flags at random, as if one were the other's old version."""
    other = {**other, "variants": one["variants"], "seed": one["seed"], "state": "active"}
    try:
        made = changed(Flag(one), Restore("version 1", other))
    except Unfit:
        return
    told = preview(made, now_ms=NOW, segments=SEGMENTS)
    assert told.lines
    touched = {edit.path[1] for edit in differences(one, made.after.raw) if edit.path[0] == "environments"}
    assert all(any(line.startswith(name) for line in told.lines) for name in touched)
    counted = preview(made, now_ms=NOW, segments=SEGMENTS, population=PEOPLE)
    for hit, same in zip(told.hits, counted.hits, strict=True):
        for bound, count in zip(hit.moments, same.moments, strict=True):
            assert bound.at == count.at
            near = Share(bound.share.low - 0.05, bound.share.high + 0.05, "")
            assert near.low <= count.share.low <= near.high, (hit.environment, bound, count)
