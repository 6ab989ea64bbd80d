"""The ranking of suspects: what speaks against a flag, in which order, and what is not said."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.canary.stages import ReleaseState
from console.flags.incident import Incident, incident_of
from console.flags.model import Flag
from console.flags.splits import Counted
from console.flags.suspects import JUST_BEFORE_MS, LATELY_MS, MINUTE, Made, log_chance, ranked
from console.readings import Reading
from tests.screens import worlds

SINCE = 1_000 * MINUTE
HARM = Incident(True, SINCE, "the verdict turned to roll back", "the verdict is to roll back", "new", "old")
QUIET = Incident(False, SINCE, "now", "no harm is seen", "new", "old")


def flag(key: str) -> Flag:
    return Flag({"slug": key})


FLAGS = [flag("cart"), flag("search"), flag("banner")]
EVEN = {"on": Counted(1000, 10), "off": Counted(3000, 30)}
UNEVEN = {"on": Counted(1000, 80), "off": Counted(3000, 30)}


def test_errors_weigh_more_than_a_change_and_that_more_than_whose_code_asks() -> None:
    splits = {"new": {"cart": UNEVEN, "search": EVEN, "banner": EVEN}, "old": {"search": EVEN}}
    changes = {"search": [Made(SINCE - 5 * MINUTE, "jo", "ramp")]}
    found = ranked(FLAGS, HARM, changes, splits)
    assert [one.key for one in found] == ["cart", "search", "banner"]
    assert found[0].worse == "on"
    assert "8 % of requests with on fail, 1 % of the others (80 of 1000 against 30 of 3000)" in found[0].says
    assert found[1].says == "changed 5 min before the verdict turned to roll back by jo (ramp)"
    assert found[2].says == "only the canary's code asks for it"


def test_what_came_after_or_long_before_is_held_against_nobody() -> None:
    late = {"cart": [Made(SINCE + MINUTE)], "search": [Made(SINCE - LATELY_MS - 1)]}
    assert ranked(FLAGS, HARM, late, None) == ()
    both = {"cart": [Made(SINCE + 3 * MINUTE), Made(SINCE - 4 * MINUTE)]}
    (only,) = ranked(FLAGS, HARM, both, None)
    assert [one.kind for one in only.reasons] == ["changed"]
    assert only.unsaid == ("changed again 3 min after: too late to be the cause",)
    (quiet,) = ranked(FLAGS, QUIET, {"cart": [Made(SINCE - 4 * MINUTE)]}, None)
    assert quiet.says == "changed 4 min ago"


def test_it_is_not_said_that_only_the_canary_asks_where_the_baseline_counts_nothing() -> None:
    nothing: list[dict[str, dict[str, dict[str, Counted]]]] = [
        {},
        {"old": {}},
        {"old": {"search": {"on": Counted(0, 0)}}},
    ]
    for old in nothing:
        assert ranked(FLAGS, HARM, {}, {"new": {"cart": EVEN}, **old}) == ()
    alone = Incident(True, SINCE, "production was found worse", "worse", "new")
    assert ranked(FLAGS, alone, {}, {"new": {"cart": EVEN}, "old": {"search": EVEN}}) == ()


def test_a_difference_between_deployments_is_not_one_between_variants() -> None:
    splits = {"new": {"cart": {"on": Counted(1000, 90)}}, "old": {"cart": {"off": Counted(9000, 10)}}}
    assert ranked(FLAGS, HARM, {}, splits) == ()
    (only,) = ranked(FLAGS, HARM, {"cart": [Made(SINCE - MINUTE)]}, splits)
    assert only.unsaid == ("all have on, so its variants cannot be compared",)


@pytest.mark.parametrize(
    "seen",
    [
        {"on": Counted(40, 4), "off": Counted(4000, 40)},  # too few errors
        {"on": Counted(1000, 14), "off": Counted(1000, 10)},  # not much more
        {"on": Counted(100, 6), "off": Counted(1000, 30)},  # chance has it so
    ],
)
def test_few_errors_a_small_difference_or_chance_blame_no_variant(seen: dict[str, Counted]) -> None:
    assert ranked(FLAGS, HARM, {}, {"new": {"cart": seen}}) == ()


def test_of_equals_the_last_changed_comes_first() -> None:
    changes = {
        "cart": [Made(SINCE - 30 * MINUTE)],
        "search": [Made(SINCE - 2 * MINUTE)],
        "banner": [Made(SINCE - JUST_BEFORE_MS - MINUTE)],
    }
    assert [one.key for one in ranked(FLAGS, HARM, changes, None)] == ["search", "cart", "banner"]


@given(
    n=st.integers(1, 60),
    k=st.integers(0, 60),
    share=st.floats(0.01, 0.99),
)
def test_the_chance_is_the_tail_of_the_binomial(n: int, k: int, share: float) -> None:
    k = min(k, n)
    tail = sum(math.comb(n, i) * share**i * (1 - share) ** (n - i) for i in range(k, n + 1))
    assert math.exp(log_chance(k, n, share)) == pytest.approx(min(tail, 1.0), rel=1e-6, abs=1e-12)


@given(
    good=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 300)), min_size=1, max_size=4),
    at=st.lists(st.integers(-LATELY_MS * 2, LATELY_MS), max_size=3),
)
def test_whatever_is_counted_a_suspect_has_a_reason(good: list[tuple[int, int]], at: list[int]) -> None:
    seen = {f"v{place}": Counted(max(n, bad), bad) for place, (n, bad) in enumerate(good)}
    changes = {"cart": [Made(SINCE + one) for one in at]}
    found = ranked(FLAGS, HARM, changes, {"new": {"cart": seen}, "old": {"cart": seen}})
    assert all(one.reasons and one.points > 0 for one in found)
    assert list(found) == sorted(found, key=lambda one: -one.points)
    assert {one.key for one in found} <= {"cart"}


def test_an_incident_is_what_a_judge_sees_now() -> None:
    harm = incident_of(worlds.rollback())
    assert (harm.harm, harm.harmed, harm.beside) == (True, worlds.CANARY.id, worlds.BASELINE.id)
    verdict = worlds.rollback().verdict
    assert verdict is not None
    assert harm.since == verdict.since
    calm = incident_of(worlds.healthy())
    assert (calm.harm, calm.since) == (False, worlds.healthy().now)
    release = worlds.rollback().release.value
    assert release is not None
    over = replace(
        worlds.rollback(), release=Reading(replace(release, state=ReleaseState.ABORTED), 1, "vercel")
    )
    assert not incident_of(over).harm, "the harm ended with the release"
