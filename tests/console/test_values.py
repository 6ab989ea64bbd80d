"""Measures added up, compared and put in words."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.canary.catalogue import CATALOGUE
from console.canary.measures import (
    Categorical,
    Category,
    Cell,
    Count,
    Gauge,
    Histogram,
    Measure,
    Member,
    Members,
    Ratio,
    aligned,
)
from console.canary.values import combine, effect_of, natural_of, sample_of, text_of, value_of
from console.keeping import Measured, dump, load
from console.plain import made, plain

N = st.integers(0, 10**9).map(float)
NAMES = st.sampled_from(["a", "b", "c / d"])
BOUNDS = (0.1, 1.0, math.inf)


def cells() -> st.SearchStrategy[tuple[Cell, ...]]:
    one = st.builds(Cell, NAMES, N, N)
    return st.lists(one, max_size=3, unique_by=lambda cell: cell.name).map(
        lambda found: tuple(sorted(found, key=lambda cell: cell.name))
    )


KINDS: dict[str, st.SearchStrategy[Measure]] = {
    "ratio": st.builds(Ratio, N, N, cells()),
    "count": st.builds(Count, N, st.just(15.0), N, cells()),
    "histogram": st.tuples(N, N, N).map(lambda counts: Histogram(BOUNDS, counts)),
    "gauge": st.builds(Gauge, st.integers(0, 1000).map(float), st.just(15.0)),
    "categorical": st.lists(st.builds(Category, NAMES, N), max_size=3, unique_by=lambda c: c.name).map(
        lambda found: Categorical(tuple(sorted(found, key=lambda c: c.name)))
    ),
    "set": st.lists(st.builds(Member, NAMES, N, st.none()), max_size=3, unique_by=lambda m: m.name).map(
        lambda found: Members(tuple(sorted(found, key=lambda m: m.name)))
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_adding_up_does_not_depend_on_the_grouping(kind: str, data: st.DataObject) -> None:
    parts = data.draw(st.lists(KINDS[kind], min_size=1, max_size=5))
    cut = data.draw(st.integers(0, len(parts)))
    whole = combine(parts)
    halves = combine([combine(parts[:cut]), None, combine(parts[cut:])])
    if isinstance(whole, Gauge):
        assert isinstance(halves, Gauge)
        assert halves.seconds == whole.seconds
        assert halves.value == pytest.approx(whole.value)
    else:
        assert halves == whole
        assert sample_of(whole) == sum(sample_of(one) for one in parts)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_measures_survive_both_stores(kind: str, data: st.DataObject) -> None:
    measure = data.draw(KINDS[kind])
    kept = Measured(0, 15_000, 14_000, measure, instead="INP")
    assert load(Measured, dump(Measured, kept)) == kept
    assert made(Measured, plain(kept)) == kept


def test_what_an_earlier_version_kept_is_still_read() -> None:
    body = '{"start":0,"end":15000,"newest":null,"measure":{"bad":1,"total":9},"partial":false}'
    assert load(Measured, body) == Measured(0, 15_000, None, Ratio(1, 9))


def test_nothing_is_nothing() -> None:
    assert combine([]) is None
    assert combine([None, None]) is None
    assert sample_of(None) == 0
    assert natural_of(CATALOGUE["cpu"], None) is None


def test_histograms_of_other_buckets_are_not_added() -> None:
    old, new = Histogram((1.0, math.inf), (1, 2)), Histogram((2.0, math.inf), (3, 4))
    assert combine([old, new]) == new


def test_kinds_are_not_mixed() -> None:
    assert combine([Ratio(1, 2), Count(3, 15)]) == Count(3, 15)


def test_of_several_windows_the_oldest_says_whether_something_was_new() -> None:
    first, second = Members((Member("a", 2, 100),)), Members((Member("a", 3), Member("b", 1, 200)))
    assert combine([first, second]) == Members((Member("a", 5, 100), Member("b", 1, 200)))


def test_new_is_what_the_other_does_not_have_at_all() -> None:
    canary = Members((Member("a", 3), Member("b", 0), Member("c", 1)))
    production = Members((Member("a", 0), Member("d", 9)))
    assert canary.beyond(production) == Members((Member("c", 1),))
    assert canary.present == 2


@given(counts=st.tuples(N, N, N, N), others=st.tuples(N, N, N))
def test_buckets_are_brought_to_common_edges_without_loss(
    counts: tuple[float, ...], others: tuple[float, ...]
) -> None:
    fine, coarse = Histogram((0.1, 0.5, 1.0, math.inf), counts), Histogram((0.1, 2.0, math.inf), others)
    one, other = aligned(fine, coarse)
    assert one.bounds == other.bounds == (0.1, math.inf)
    assert (one.total, other.total) == (fine.total, coarse.total)
    assert aligned(fine, fine) == (fine, fine)


def test_values_are_in_the_unit_of_the_metric() -> None:
    seconds = Histogram((0.1, 0.2, math.inf), (0, 100, 0))
    for name, measure, text in (
        ("error_rate", Ratio(3, 1000), "0.3 %"),
        ("latency_p95", seconds, "195 ms"),
        ("page_load", Histogram((2.0, 3.0, math.inf), (0, 100, 0)), "2.75 s"),
        ("request_rate", Count(90, 15), "6.0 /s"),
        ("feature_usage", Count(50, 15, 40), "1.25 per session"),
        ("error_severity", Categorical((Category("error", 3), Category("fatal", 1))), "25.0 %"),
        ("new_errors", Members((Member("a", 1),)), "1 type"),
        ("new_errors", Members(()), "0 types"),
        ("cpu", Gauge(0.345, 15), "0.34 cores"),
        ("memory", Gauge(212e6, 15), "212 MB"),
        ("network", Gauge(2.5e6, 15), "2.50 MB/s"),
        ("db_connections", Gauge(0.4, 15), "40.0 %"),
        ("cpu", None, "–"),
    ):
        metric = CATALOGUE[name]
        assert text_of(metric, value_of(metric, measure)) == text


def test_without_chances_there_is_no_share() -> None:
    for name, measure in (
        ("conversion_rate", Ratio(0, 0)),
        ("feature_usage", Count(0, 15, 0)),
        ("error_severity", Categorical(())),
    ):
        assert natural_of(CATALOGUE[name], measure) is None
    assert effect_of(1.0, 0.0) == ""
