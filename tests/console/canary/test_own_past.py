"""Production against its own past: what is called worse, how often wrongly, and what says nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.canary.catalogue import Metric, packaged
from console.canary.measures import Histogram, Measure, Ratio
from console.canary.own_past import Piece, Span, against, dispersion, e_value, joined

MIN = 60_000
ERRORS = next(one for one in packaged().metrics if one.id == "error_rate")
LATENCY = next(one for one in packaged().metrics if one.id == "latency_p95")
PLANNED = 30
LINE = math.log(1 / 0.05)

Pieces = list[tuple[float, float]]


def poisson(
    rng: np.random.Generator, rate: float, per_s: float, pieces: int, seconds: float, clump: int = 1
) -> Pieces:
    """Requests and failures, the failures in clumps of so many."""
    total = per_s * seconds
    return [(float(clump * rng.poisson(rate * total / clump)), total) for _ in range(pieces)]


def crossed(before: Pieces, after: Pieces, rho: float = 1.5, every: int = 1) -> int | None:
    """The first minute at which the evidence is over its line, looked at after so many more."""
    for minute in range(1, len(after) + 1, every):
        if e_value(before, after[:minute], rho, PLANNED) >= LINE:
            return minute
    return None


@pytest.mark.parametrize("per_s", [5.0, 100.0])
@pytest.mark.parametrize("clump", [1, 4])
def test_the_same_rate_is_hardly_ever_called_worse_however_often_it_is_looked_at(
    per_s: float, clump: int
) -> None:
    rng = np.random.default_rng(20261126)
    alarms = sum(
        crossed(
            poisson(rng, 0.005, per_s, 12, 300, clump),
            poisson(rng, 0.005, per_s, PLANNED, 60, clump),
            1.25,
            every=3,
        )
        is not None
        for _ in range(40)
    )
    assert alarms <= 4  # 2 expected at most; beyond 4 of 40 is past 95 % of the binomial


@pytest.mark.parametrize(("times", "within"), [(10, 2), (4, 3), (3, 6)])
def test_harm_is_found_within_minutes(times: float, within: int) -> None:
    rng = np.random.default_rng(7)
    found = [
        crossed(poisson(rng, 0.005, 50, 12, 300), poisson(rng, 0.005 * times, 50, 12, 60)) for _ in range(9)
    ]
    assert sorted(one or 99 for one in found)[4] <= within


def test_harm_that_begins_late_is_found_as_well() -> None:
    rng = np.random.default_rng(8)
    sound = poisson(rng, 0.005, 50, 20, 60)
    minute = crossed(poisson(rng, 0.005, 50, 12, 300), [*sound, *poisson(rng, 0.03, 50, 10, 60)])
    assert minute is not None
    assert 20 < minute <= 24


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(50, 5000)), min_size=4, max_size=12),
    st.lists(st.tuples(st.integers(0, 50), st.integers(50, 5000)), min_size=1, max_size=30),
    st.sampled_from([1.25, 1.5]),
)
def test_evidence_is_a_number_and_more_of_the_same_errors_never_lessens_it(
    before: list[tuple[int, int]], after: list[tuple[int, int]], rho: float
) -> None:
    then = [(float(a), float(b)) for a, b in before]
    now = [(float(a), float(b)) for a, b in after]
    plain = e_value(then, now, rho, PLANNED)
    assert math.isfinite(plain)
    worse = [*now[:-1], (now[-1][0] + 20, now[-1][1])]
    assert e_value(then, worse, rho, PLANNED) >= plain - 1e-9
    assert dispersion(then) >= 1


def piece(start: int, errors: float, total: float = 3000, minutes: int = 5) -> Piece:
    return Piece(start * MIN, (start + minutes) * MIN, {"error_rate": Ratio(errors, total)})


def hour(name: str, errors: float) -> Span:
    return Span(name, [piece(5 * place, errors) for place in range(12)])


SINCE = [Piece((100 + m) * MIN, (101 + m) * MIN, {"error_rate": Ratio(12.0, 600.0)}) for m in range(10)]


def test_it_has_to_be_worse_than_each_of_its_pasts() -> None:
    """Twice the hour before, and as every day at this time: that is the time of day."""
    alone = against(ERRORS, SINCE, [hour("the hour before", 15)], PLANNED)
    daily = against(ERRORS, SINCE, [hour("the hour before", 15), hour("yesterday", 60)], PLANNED)
    assert alone.evidence is not None
    assert daily.evidence is not None
    assert alone.evidence > 2
    assert daily.evidence < 0.5
    assert [one.span for one in daily.spans] == ["the hour before", "yesterday"]


def test_a_past_of_few_pieces_or_none_says_nothing() -> None:
    short = Span("yesterday", [piece(0, 15), piece(5, 15)])
    assert against(ERRORS, SINCE, [short], PLANNED).evidence is None
    assert against(ERRORS, SINCE, [Span("yesterday", [])], PLANNED).spans == ()
    holes = Span("yesterday", [Piece(0, MIN, {"error_rate": None}) for _ in range(12)])
    assert against(ERRORS, SINCE, [holes], PLANNED).evidence is None


def test_missing_pieces_since_the_change_add_no_evidence() -> None:
    past = [hour("the hour before", 15)]
    hole = Piece(110 * MIN, 111 * MIN, {"error_rate": None})
    whole = against(ERRORS, SINCE, past, PLANNED).evidence
    holed = against(ERRORS, [*SINCE, hole], past, PLANNED).evidence
    assert whole is not None
    assert holed is not None
    assert holed <= whole + 1e-9


BOUNDS = (0.1, 0.25, 0.5, 1.0, math.inf)


def durations(start: int, counts: tuple[float, ...], minutes: int = 5) -> Piece:
    return Piece(start * MIN, (start + minutes) * MIN, {"latency_p95": Histogram(BOUNDS, counts)})


def test_slower_answers_count_beyond_the_edge_that_few_exceeded_then() -> None:
    past = [Span("the hour before", [durations(5 * p, (500, 400, 60, 30, 10)) for p in range(12)])]
    same = [durations(100 + m, (100, 80, 12, 6, 2), 1) for m in range(10)]
    slow = [durations(100 + m, (60, 70, 40, 20, 10), 1) for m in range(10)]
    assert (against(LATENCY, same, past, PLANNED).evidence or 0) < 0.5
    assert (against(LATENCY, slow, past, PLANNED).evidence or 0) > 2


def test_where_less_is_worse_a_fall_is_what_counts() -> None:
    conversion = next(one for one in packaged().metrics if one.worse == "lower" and one.kind == "ratio")

    def of(start: int, share: float, total: float) -> Piece:
        return Piece(start * MIN, (start + 5) * MIN, {conversion.id: Ratio(share * total, total)})

    def evidence(metric: Metric, share: float) -> float:
        past = [Span("yesterday", [of(5 * p, 0.95, 2000) for p in range(12)])]
        return against(metric, [of(100 + 5 * p, share, 2000) for p in range(4)], past, PLANNED).evidence or 0

    assert evidence(conversion, 0.85) > 2
    assert evidence(conversion, 0.99) < 0.5


def test_neighbours_are_joined_until_they_are_long_enough_and_nothing_is_lost() -> None:
    some: list[Piece] = [
        Piece(15_000 * n, 15_000 * (n + 1), {"error_rate": Ratio(1.0, 10.0)}) for n in range(10)
    ]
    together = joined(some, MIN)
    assert [one.end - one.start for one in together] == [MIN, MIN, MIN // 2]
    sums: list[Measure | None] = [one.measures["error_rate"] for one in together]
    assert sum(one.bad for one in sums if isinstance(one, Ratio)) == 10
    assert joined([], MIN) == []
