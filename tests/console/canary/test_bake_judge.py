"""The verdict on production against its own past: its words, and what is never taken for good."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.bake import WEAKER, Bake, BakeTerms, Baking, in_time
from console.canary.bake_judge import Seen, compared, counted, judged
from console.canary.catalogue import packaged
from console.canary.limits import Limits, Rules
from console.canary.measures import Ratio
from console.canary.own_past import Piece, Span
from console.canary.verdict import MetricState, Word
from console.readings import Millis

MIN: Millis = 60_000
START: Millis = 1_000_000 * MIN
BAKING = Baking("dpl_b", START, START + 30 * MIN, "completion", START - 40 * MIN)
RULES = Rules(100, 3, 5, {"error_rate": Limits(5.0, None)})
TERMS = BakeTerms(30 * MIN, 0.999, 0.05, RULES)
METRICS = [one for one in compared(packaged().asked) if one.id == "error_rate"]


def pieces(start: Millis, count: int, share: float, minutes: int = 1, total: float = 6000) -> list[Piece]:
    return [
        Piece(
            start + place * minutes * MIN,
            start + (place + 1) * minutes * MIN,
            {"error_rate": Ratio(share * total * minutes, total * minutes)},
        )
        for place in range(count)
    ]


def hour(share: float) -> Span:
    return Span("the hour before", pieces(START - 100 * MIN, 12, share, 5))


def look(
    since: list[Piece],
    *spans: Span,
    run_up: list[Piece] | None = None,
    fresh: bool = True,
    read: int = 12,
    now: Millis | None = None,
    previous: Bake | None = None,
) -> Bake:
    at = now if now is not None else since[-1].end if since else START
    return judged(BAKING, Seen(since, spans, run_up or [], fresh, read, 12), METRICS, TERMS, at, previous)


def test_while_it_bakes_it_is_a_hold_that_names_what_it_is_compared_with() -> None:
    bake = look(pieces(START, 8, 0.004), hour(0.004))
    assert bake.verdict.word is Word.HOLD
    assert "the hour before" in bake.verdict.reasons[0]
    assert bake.verdict.reasons[-1] == WEAKER
    assert bake.says(START + 8 * MIN) == "baking, 22 of 30 min left"
    assert bake.lacking == ("yesterday", "last week")


def test_worse_than_its_past_is_a_rollback_with_the_numbers_and_says_that_it_is_the_weaker_kind() -> None:
    bake = look(pieces(START, 5, 0.02), hour(0.004))
    assert bake.verdict.word is Word.ROLLBACK
    assert bake.verdict.metrics[0].state is MetricState.WORSE
    assert bake.verdict.reasons[0].startswith("error rate 2.0 % against 0.4 %, worse than the hour before")
    assert bake.verdict.reasons[-1] == WEAKER
    assert bake.verdict.evidence is not None
    assert bake.verdict.line is not None
    assert bake.verdict.evidence >= bake.verdict.line


def test_evidence_is_not_taken_back_when_the_errors_end() -> None:
    worse = look(pieces(START, 4, 0.02), hour(0.004))
    later = [*pieces(START, 4, 0.02), *pieces(START + 4 * MIN, 20, 0.004)]
    again = look(later, hour(0.004), previous=worse)
    assert again.verdict.word is Word.ROLLBACK
    assert again.verdict.since == worse.verdict.since
    other = replace(worse, of=replace(BAKING, deployment_id="dpl_c"))
    assert look(pieces(START, 8, 0.004), hour(0.004), previous=other).verdict.word is Word.HOLD


def test_at_the_end_nothing_worse_was_seen() -> None:
    bake = look(pieces(START, 30, 0.004), hour(0.004))
    assert bake.verdict.word is Word.PROMOTE
    assert bake.says(BAKING.until) == "baked for 30 min: nothing worse than its own past was seen"


@pytest.mark.parametrize(
    ("since", "spans", "fresh", "why"),
    [
        ([], [hour(0.004)], True, "nothing measured since the change"),
        (pieces(START, 30, 0.004), [], True, "no past to compare with"),
        (pieces(START, 30, 0.004), [hour(0.004)], False, "nothing new has been measured of production"),
    ],
)
def test_what_is_not_known_is_never_good(
    since: list[Piece], spans: list[Span], fresh: bool, why: str
) -> None:
    bake = look(since, *spans, fresh=fresh, now=BAKING.until)
    assert bake.verdict.word is Word.NO_DATA
    assert why in "; ".join(bake.verdict.reasons)
    assert "without enough data" in bake.says(BAKING.until)


def test_while_the_past_is_read_that_is_said() -> None:
    bake = look(pieces(START, 2, 0.004), read=3)
    assert bake.verdict.word is Word.HOLD
    assert bake.verdict.reasons == ("reading the past: 3 of 12 pieces",)


def test_until_all_of_the_past_is_read_only_a_disaster_counts() -> None:
    for share, word in ((0.01, Word.HOLD), (0.04, Word.ROLLBACK)):
        seen = Seen(pieces(START, 5, share), [hour(0.004)], [], True, 14, 36, complete=False)
        bake = judged(BAKING, seen, METRICS, TERMS, START + 5 * MIN, None)
        assert bake.verdict.word is word


def test_over_the_absolute_limit_is_enough_whatever_the_past_was() -> None:
    bake = look(pieces(START, 3, 0.06), hour(0.06))
    assert bake.verdict.word is Word.ROLLBACK
    assert "over the limit of 5.0 % in 3 minutes in a row" in bake.verdict.reasons[0]
    assert look(pieces(START, 2, 0.06), hour(0.06)).verdict.word is Word.HOLD


def test_a_budget_that_burns_since_the_change_is_a_rollback_and_one_that_burnt_before_is_not() -> None:
    """2 % fails where 99.9 % should not: 20 times as fast as allowed."""
    since = pieces(START, 12, 0.02)
    calm, burnt = (pieces(START - 360 * MIN, 12, share, 30) for share in (0.011, 0.02))
    dirty = hour(0.02)
    found = look(since, dirty, run_up=calm)
    assert found.verdict.word is Word.HOLD, "the hour is not burnt yet"
    later = look(pieces(START, 30, 0.02, total=60_000), dirty, run_up=calm, now=START + 29 * MIN)
    assert later.verdict.word is Word.ROLLBACK
    assert "over 1 h and 5 min the error budget burns at" in later.verdict.reasons[0]
    before = look(pieces(START, 29, 0.02, total=60_000), dirty, run_up=burnt)
    assert before.verdict.word is Word.HOLD


def test_a_word_that_nobody_renewed_is_none_but_worse_stays_worse() -> None:
    calm, worse = look(pieces(START, 8, 0.004), hour(0.004)), look(pieces(START, 5, 0.02), hour(0.004))
    late = START + 20 * MIN
    assert in_time(calm, START + 9 * MIN) == calm
    assert in_time(calm, late).verdict.word is Word.NO_DATA
    assert in_time(worse, late).verdict.word is Word.ROLLBACK
    done = look(pieces(START, 30, 0.004), hour(0.004))
    assert in_time(done, BAKING.until + 50 * MIN) == done


def test_of_a_piece_that_is_partly_in_a_window_that_part_counts() -> None:
    found = counted(pieces(0, 2, 0.5, 30, total=1.0), "error_rate", 15 * MIN, 45 * MIN)
    assert found.total == pytest.approx(30)
    assert found.bad == pytest.approx(15)
    assert found.covered == pytest.approx(1)
    assert counted([], "error_rate", 0, MIN).covered == 0


def test_only_guards_that_count_events_in_time_are_compared() -> None:
    names = {one.id for one in compared(packaged().asked)}
    assert {"error_rate", "latency_p95"} <= names
    assert not names & {"request_rate", "memory", "new_errors", "session_duration", "cpu"}
