"""Ages, clock times and numbers as people read them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screens import present
from screens.present import DAY, HOUR, MINUTE, SECOND
from tests.screens.worlds import NOW


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (43_999, "43 s"),
        (89_999, "89 s"),
        (90_000, "1 min"),
        (6 * MINUTE, "6 min"),
        (99 * MINUTE, "99 min"),
        (100 * MINUTE, "1 h"),
        (47 * HOUR, "47 h"),
        (48 * HOUR, "2 d"),
        (400 * DAY, "400 d"),
    ],
)
def test_a_span_is_said_in_its_largest_useful_unit(span: int, text: str) -> None:
    assert present.duration(span) == text


@pytest.mark.parametrize(
    ("left", "text"),
    [(-1, "0:00"), (59_999, "0:59"), (702_000, "11:42"), (HOUR + 2 * MINUTE + 9_000, "1:02:09")],
)
def test_what_is_left_is_counted_down_to_the_second(left: int, text: str) -> None:
    assert present.countdown(left) == text


def test_time_is_said_both_ways() -> None:
    assert present.when(NOW - 6 * MINUTE, NOW) == "14:02 (6 min ago)"
    assert present.when(None, NOW) == "–"
    assert present.ago(NOW + 3 * SECOND, NOW) == "in 3 s"
    assert present.ago(NOW + 999, NOW) == "0 s ago"


def test_another_day_and_another_year_are_said() -> None:
    assert present.clock(NOW - DAY, NOW) == "30 Jul 14:08"
    assert present.clock(NOW - 365 * DAY, NOW) == "2025-07-31 14:08"
    assert present.clock(NOW, seconds=True) == "14:08:00"


@pytest.mark.usefixtures("berlin")
def test_clock_times_are_local() -> None:
    assert present.clock(NOW) == "16:08"
    assert present.stamp(NOW) == "2026-07-31 16:08:00 CEST"
    assert present.zone_shift(NOW) == 2 * HOUR
    assert present.clock(NOW - 15 * HOUR, NOW) == "01:08"


@given(st.integers(-(10**18), 10**18), st.integers(-(10**18), 10**18))
def test_no_moment_breaks_the_words(at: int, now: int) -> None:
    assert present.when(at, now)
    assert present.stamp(at)
    assert isinstance(present.zone_shift(at), int)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.5, "0.5"),
        (0.25, "0.25"),
        (12, "12"),
        (9_999, "9999"),
        (12_000, "12k"),
        (1_300_000, "1.3M"),
        (2e9, "2G"),
    ],
)
def test_axis_numbers_stay_short(value: float, text: str) -> None:
    assert present.number(value) == text


def test_shares_and_counts() -> None:
    assert [present.percent(share) for share in (25.0, 0.5, 100, None)] == ["25 %", "0.5 %", "100 %", "–"]
    assert present.count(1, "event") == "1 event"
    assert present.count(1204, "event") == "1,204 events"
    assert present.count(2, "match", "matches") == "2 matches"
