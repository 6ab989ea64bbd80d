"""Fresh, partial, stale, lost and missing are told apart, and the future is not trusted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.readings import CLOCK_TOLERANCE_MS, Freshness, Problem, Reading, Rhythm

RHYTHM = Rhythm.of(5_000, sample_every_ms=5_000)
NOW = 1_800_000_000_000
PROBLEM = Problem("timeout", "No answer.", "Wait.")


def at(age_ms: int, partial: bool = False) -> Reading[int]:
    return Reading(7, NOW - age_ms, "source", partial=partial)


def test_each_age_has_its_state() -> None:
    assert at(0).freshness(NOW, RHYTHM) is Freshness.FRESH
    assert at(RHYTHM.stale_after_ms).freshness(NOW, RHYTHM) is Freshness.FRESH
    assert at(RHYTHM.stale_after_ms + 1).freshness(NOW, RHYTHM) is Freshness.STALE
    assert at(RHYTHM.lost_after_ms).freshness(NOW, RHYTHM) is Freshness.STALE
    assert at(RHYTHM.lost_after_ms + 1).freshness(NOW, RHYTHM) is Freshness.LOST


def test_partial_is_said_only_while_recent() -> None:
    assert at(0, partial=True).freshness(NOW, RHYTHM) is Freshness.PARTIAL
    assert at(RHYTHM.stale_after_ms + 1, partial=True).freshness(NOW, RHYTHM) is Freshness.STALE


def test_no_value_is_missing_whatever_else_is_known() -> None:
    assert Reading[int].missing("source").freshness(NOW, RHYTHM) is Freshness.MISSING
    assert Reading[int].missing("source", PROBLEM).freshness(NOW, RHYTHM) is Freshness.MISSING


def test_a_value_from_the_future_is_never_fresh() -> None:
    assert at(-CLOCK_TOLERANCE_MS).freshness(NOW, RHYTHM) is Freshness.FRESH
    assert at(-CLOCK_TOLERANCE_MS - 1).freshness(NOW, RHYTHM) is Freshness.STALE
    assert at(-3_600_000).freshness(NOW, RHYTHM) is Freshness.STALE


def test_a_failed_attempt_keeps_the_last_value_and_its_date() -> None:
    failed = at(1_000).failed(PROBLEM)
    assert (failed.value, failed.at, failed.problem) == (7, NOW - 1_000, PROBLEM)


@given(st.integers(0, 10_000_000), st.integers(0, 10_000_000))
def test_growing_older_never_makes_a_reading_better(age: int, more: int) -> None:
    order = [Freshness.FRESH, Freshness.STALE, Freshness.LOST]
    before, after = at(age).freshness(NOW, RHYTHM), at(age + more).freshness(NOW, RHYTHM)
    assert order.index(after) >= order.index(before)
