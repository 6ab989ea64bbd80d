"""However many patterns explode, over however many people: a preview ends, and says what it gave up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from console.flags import patience, patterns
from console.flags.changing import Change, ServeEveryone, changed
from console.flags.contexts import BadContext
from console.flags.many import Population
from console.flags.model import Flag
from console.flags.patience import TooLong, at_most, check
from console.flags.previewing import GIVEN_UP, NOT_KNOWN, PREVIEW_S, preview
from console.flags.rules import MoveRule, SetShare
from screens.dialogs.who_text import PATIENT_S, answers
from tests.console.flags.raw_flags import NOW, Raw
from tests.console.flags.test_previewing import cart

PEOPLE = 10_000


@dataclass
class Watch:
    """Seconds that pass only where a pattern is searched, as long as it may be."""

    seconds: float = 0.0
    searches: int = 0

    def monotonic(self) -> float:
        return self.seconds


@dataclass
class Endless:
    """A pattern that never ends by itself."""

    watch: Watch
    flags: int = field(default=0)

    def search(self, subject: str, timeout: float) -> None:
        self.watch.searches += 1
        self.watch.seconds += timeout
        raise TimeoutError


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Every pattern is one that does not end, and the clock stands still between them."""
    made = Watch()
    monkeypatch.setattr(patience, "time", made)
    monkeypatch.setattr(patterns, "_endless", {})
    monkeypatch.setattr(patterns, "_compiled", lambda pattern, flags: Endless(made))
    return made


def explodes(place: int) -> Raw:
    """A condition of its own pattern, which doubles its work with each letter."""
    left = {"type": "entity", "kind": "user", "attribute": "id"}
    return {"lhs": left, "cmp": "regex", "rhs": {"type": "regex", "pattern": f"^(a+)+{place}$", "flags": ""}}


def rule(place: int, conditions: list[Raw]) -> Raw:
    return {"id": f"r{place}", "conditions": conditions, "outcome": {"type": "variant", "variantId": "on"}}


SEGMENT = {"id": "s1", "slug": "s", "data": {"rules": [
    {"conditions": [explodes(900 + one)], "outcome": {"type": "all"}} for one in range(200)
]}}  # fmt: skip
IN_SEGMENT = {"lhs": {"type": "segment"}, "cmp": "eq", "rhs": "s1"}


def hostile(rules: int = 400) -> Flag:
    """Rules and a segment of patterns that explode, and 10,000 people by name who fit none of them."""
    raw = cart().written()
    for entry in raw["environments"].values():
        entry["rules"] = [rule(one, [explodes(one), IN_SEGMENT]) for one in range(rules)]
        entry["targets"] = {
            "on": {"user": {"email": [{"value": "a" * 40 + str(one)} for one in range(PEOPLE)]}}
        }
    return Flag(raw)


CROWD = [{"user": {"id": "a" * 40 + str(one)}} for one in range(PEOPLE)]
CHANGES: list[Change] = [
    SetShare("production", "on", 25),
    ServeEveryone("production", "off"),
    MoveRule("production", "r1", 0),
]


CASES = [
    pytest.param(change, counted, marks=[] if counted and change is CHANGES[0] else [pytest.mark.slow])
    for change in CHANGES
    for counted in (True, False)
]


@pytest.mark.parametrize(("change", "counted"), CASES)
def test_a_preview_ends_in_its_time_and_claims_nothing_it_did_not_see(
    watch: Watch, change: Change, counted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.flags.changing.MOST_BYTES", 10**9)
    made = changed(hostile(), change)
    crowd = Population(CROWD) if counted else None
    seen = preview(made, now_ms=NOW, segments=[SEGMENT], population=crowd)
    assert watch.seconds <= PREVIEW_S + patterns.SECONDS
    assert seen.lines
    if watch.searches:
        assert GIVEN_UP in seen.warnings
        assert not seen.exact
    assert not [one for hit in seen.hits for one in hit.moments if one.share.basis == "population"]
    if counted:
        assert watch.searches
        assert seen.hits[0].now == NOT_KNOWN


def test_one_who_types_a_context_is_not_kept_waiting(watch: Watch) -> None:
    with pytest.raises(BadContext, match="does not end, and may hang the application"):
        answers(hostile(), [SEGMENT], "user.id=aaaaaaaaaaaaaaaa", "production", NOW)
    assert watch.seconds <= PATIENT_S + patterns.SECONDS


def test_an_outer_bound_stays_and_ends_with_its_block(watch: Watch) -> None:
    with at_most(5) as outer:
        watch.seconds = 4
        with at_most(5) as inner:
            assert inner.until == outer.until
            watch.seconds = 5
            with pytest.raises(TooLong):
                check()
        assert inner.gave_up
    check()


def test_a_pattern_that_had_less_than_its_time_is_tried_again(watch: Watch) -> None:
    """What is given up for want of time in one preview says nothing of the pattern in the next."""

    def ask(seconds: float) -> Any:
        with at_most(seconds):
            return patterns.search("^(a+)+$", "", "aaaa!")

    for _ in range(5):
        with pytest.raises(TooLong):
            ask(patterns.SECONDS / 2)
    assert patterns._endless == {}
    assert ask(1).doubt


@pytest.mark.slow
def test_with_patterns_that_really_explode_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.flags.changing.MOST_BYTES", 10**9)
    made = changed(hostile(100), SetShare("production", "on", 25))
    crowd = Population([{"user": {"id": "a" * 40 + f"{one}!"}} for one in range(PEOPLE)])
    seen = preview(made, now_ms=NOW, segments=[SEGMENT], population=crowd)
    assert GIVEN_UP in seen.warnings
