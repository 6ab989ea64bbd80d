"""Counts out of requests: e-values by hand, and that they are e-values."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.canary.evidence import conditional
from console.canary.evidence.conditional import DISASTER, GRID, WORSE, Events, Terms
from console.canary.evidence.tilt import Tilt


def terms(
    tolerance: float = 1.0, margin: float = 2.0, negligible: float = 0.0, bounded: float = 0.0
) -> Terms:
    return Terms(*(np.array([one]) for one in (tolerance, 5.0, margin, negligible, bounded)))


def tilted(of: Terms, x: Sequence[float], n: float, y: Sequence[float], m: float) -> Tilt:
    polls = len(x)
    columns = [np.array(x, float), np.full(polls, n), np.array(y, float), np.full(polls, m)]
    high, high_total, low, low_total = (one[:, None] for one in columns)
    return conditional.tilt(of, Events(high, high_total, low, low_total, high_total))


def test_one_poll_by_hand() -> None:
    """3 of 10 errors on 5 % of the requests: ``3 log 2 - 10 log 1.05`` for a doubling, and so on."""
    growth = tilted(terms(), [3], 50, [7], 950).growth[0, 0]
    assert growth[2] == pytest.approx(3 * math.log(2) - 10 * math.log(1.05))
    assert growth[5] == pytest.approx(3 * math.log(10) - 10 * math.log(1 + 0.05 * 9))
    assert growth[7] == pytest.approx(3 * math.log(1.5) - 10 * (math.log(1 + 0.05 * 6.5) - math.log(1.2)))
    assert growth[10] == pytest.approx(-3 * math.log(2) + 10 * math.log(1.05))  # alike, against twice


def test_what_is_tolerated_is_the_null() -> None:
    growth = tilted(terms(tolerance=1.05), [3], 50, [7], 950).growth[0, 0]
    null, theta = 1 + 0.05 * 0.05, 1 + 0.05 * (1.05 * 2 - 1)
    assert growth[2] == pytest.approx(3 * math.log(2) - 10 * (math.log(theta) - math.log(null)))


def test_no_errors_at_all_say_that_they_are_rare_but_not_that_the_tracks_are_alike() -> None:
    made = tilted(terms(negligible=0.002), [0], 1000, [0], 19000)
    assert made.growth[0, 0, :13] == pytest.approx(0)
    assert made.growth[0, 0, 13:] == pytest.approx([2 * 0.95, 2 * 0.7])


@given(st.integers(1, 40), st.sampled_from([0.01, 0.05, 0.25, 0.5, 0.95]), st.sampled_from([1.0, 1.05, 2.0]))
def test_the_expectation_is_1_at_the_null_and_less_below(k: int, q: float, tolerance: float) -> None:
    xs = np.arange(k + 1)
    n = 1e5 * q
    growth = tilted(terms(tolerance=tolerance), list(xs), n, list(k - xs), 1e5 - n).growth[:, 0]
    for ratio, at_null in ((tolerance, True), (0.7, False)):
        p = q * ratio / (1 - q + q * ratio)
        chance = np.array([math.comb(k, x) * p**x * (1 - p) ** (k - x) for x in xs])
        expected = chance @ np.exp(growth[:, GRID.worse])
        assert (expected <= 1 + 1e-9).all()
        assert not at_null or expected == pytest.approx(np.ones(len(WORSE)))
    assert growth.shape[1] == len(WORSE) + len(DISASTER) + 5


@given(st.integers(2, 30), st.integers(1, 29), st.integers(1, 30), st.booleans())
def test_requests_that_err_or_not_are_hypergeometric_and_stay_valid(
    total: int, errors: int, drawn: int, bounded: bool
) -> None:
    """Without replacement the expectation is at most that with it (Hoeffding 1963); of the others too."""
    errors, drawn = min(errors, total - 1), min(drawn, total - 1)
    xs = np.arange(max(0, drawn + errors - total), min(errors, drawn) + 1)
    chance = np.array([math.comb(errors, x) * math.comb(total - errors, drawn - x) for x in xs], float)
    chance /= math.comb(total, drawn)
    growth = tilted(terms(bounded=float(bounded)), list(xs), drawn, list(errors - xs), total - drawn).growth[
        :, 0
    ]
    assert (chance @ np.exp(growth[:, GRID.worse]) <= 1 + 1e-9).all()


@pytest.mark.parametrize("q", [0.05, 0.3, 0.5])
def test_where_most_are_events_the_others_are_counted(q: float) -> None:
    """A hit rate of 98 % on one track and 96 % on the other is a doubling of misses."""
    n, m = 100_000 * (1 - q), 100_000 * q
    hits = tilted(terms(bounded=1.0), [0.98 * n], n, [0.96 * m], m)
    misses = tilted(terms(), [0.04 * m], m, [0.02 * n], n)
    assert hits.growth == pytest.approx(misses.growth)
    assert hits.residual == pytest.approx(misses.residual)


def test_a_poll_of_one_track_only_says_nothing() -> None:
    for x, n, y, m in (([1], 10, [0], 0), ([0], 0, [3], 10), ([math.nan], 10, [1], 10)):
        made = tilted(terms(negligible=0.002), x, n, y, m)
        assert not made.valid.any()
        assert (made.growth == 0).all()
        assert (made.information == 0).all()


def test_a_thousand_million_requests_are_numbers_like_others() -> None:
    made = tilted(terms(negligible=0.002, bounded=1.0), [1e9, 0, 5e6], 1e9, [1e9, 1e9, 5e6], 1e9)
    assert np.isfinite(made.growth).all()
    assert np.isfinite(made.information).all()
