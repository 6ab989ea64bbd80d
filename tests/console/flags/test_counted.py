"""Whom a change moves by counts of evaluations, against counting the people themselves."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import Phase, given, settings

from console.flags.blast import names
from console.flags.changing import Restore, ServeEveryone, changed
from console.flags.counted import BASIS, counted_share
from console.flags.counts import Counts
from console.flags.edits import Unfit
from console.flags.many import evaluate_all
from console.flags.model import Flag, packed_segments
from console.flags.previewing import preview, share_words
from console.flags.rules import AddRule, SetShare
from tests.console.flags.raw_flags import NOW, Raw, condition, fixed, flags
from tests.console.flags.test_previewing import PEOPLE, SEGMENTS, cart

HELD = packed_segments(SEGMENTS)


def got(flag: Flag, environment: str) -> dict[str, float]:
    """What the known people get, as the back-end would count it."""
    packed = flag.packed()
    assert packed is not None
    found = evaluate_all(packed, environment, PEOPLE, segments=HELD, now_ms=NOW)
    hits = Counter(packed["variantIds"][one] if one >= 0 else "" for one in found.tolist())
    return {variant: count / len(PEOPLE) for variant, count in hits.items()}


def mixed() -> Flag:
    """A rule gives Germans the variant on; of the rest 5 % have it."""
    rule = {"id": "r", "conditions": [condition("DE")], "outcome": fixed("on")}
    return changed(cart(), AddRule("production", rule)).after


def test_a_kill_across_branches_moves_those_who_got_the_variant() -> None:
    made = changed(mixed(), ServeEveryone("production", "off"))
    counts = Counts(3_600_000, {"production": {"on": 300, "off": 700}})
    blind, seen = preview(made, now_ms=NOW), preview(made, now_ms=NOW, counts=counts)
    assert not blind.hits[0].now.exact
    assert seen.hits[0].now.basis == BASIS
    assert (seen.hits[0].now.low, seen.hits[0].now.high) == pytest.approx((0.3, 0.3))
    assert share_words(seen.hits[0].now) == "about 30 % of evaluations, as counted since its change"


def test_where_the_branches_say_it_exactly_counts_do_not_stand_in_for_them() -> None:
    made = changed(cart(), SetShare("production", "on", 25))
    counts = Counts(1, {"production": {"on": 1}})
    assert preview(made, now_ms=NOW, counts=counts).hits[0].now.basis == "hash ranges"


@pytest.mark.parametrize(
    "counts", [Counts(1), Counts(1, {"production": {}}), Counts(1, {"preview": {"on": 3}})]
)
def test_where_nothing_was_counted_the_range_stays(counts: Counts) -> None:
    made = changed(mixed(), ServeEveryone("production", "off"))
    assert preview(made, now_ms=NOW, counts=counts).hits[0].now == preview(made, now_ms=NOW).hits[0].now


def test_the_default_in_the_code_and_variants_nobody_knows_may_move_or_not() -> None:
    made = changed(mixed(), ServeEveryone("production", "off"))
    before, after = made.before.packed(), made.after.packed()
    share = counted_share(before, after, "production", {"": 0.2, "gone": 0.1, "off": 0.7}, NOW)
    assert share is not None
    assert (share.low, share.high) == pytest.approx((0.0, 0.3))


@settings(max_examples=40, deadline=None, phases=[Phase.reuse, Phase.generate])
@given(flags(), flags())
def test_what_is_counted_holds_who_really_moves(one: Raw, other: Raw) -> None:
    other = {**other, "variants": one["variants"], "seed": one["seed"], "state": "active"}
    try:
        made = changed(Flag(one), Restore("version 1", other))
    except Unfit:
        return
    before, after = made.before.packed(), made.after.packed()
    counts = Counts(1, {name: _hits(got(made.before, name)) for name in one["environments"]})
    counted = preview(made, now_ms=NOW, segments=SEGMENTS, counts=counts)
    for hit in counted.hits:
        if hit.now.basis == BASIS:
            moved = moves(before, after, hit.environment)
            assert hit.now.low - 1e-9 <= moved <= hit.now.high + 1e-9, (hit.environment, hit.now, moved)


def _hits(shares: dict[str, float]) -> dict[str, int]:
    return {variant: round(share * len(PEOPLE)) for variant, share in shares.items()}


def moves(before: Any, after: Any, environment: str) -> float:
    """The share of the known people whose value changes."""
    one, two = (
        names(definition, evaluate_all(definition, environment, PEOPLE, segments=HELD, now_ms=NOW))
        for definition in (before, after)
    )
    return float((one != two).mean())
