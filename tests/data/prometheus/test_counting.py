"""Counting from raw samples: exact whatever the counters do."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.canary.measures import Histogram, Window
from data.prometheus.counting import Counter, grown, growth, histograms, totals, watched

WINDOW = Window(100_000, 200_000)


def counter(*pairs: tuple[int, float], **labels: str) -> Counter:
    return Counter(labels, pairs)


@st.composite
def lives(draw: st.DrawFn) -> tuple[Counter, float]:
    """A counter from its birth on, with restarts, sampled at times; and what it counted in the window.

    The truth is summed while the counter lives, from the events of each interval: a restart loses what
    came between the last sample and the restart, as it does for everybody who samples.
    """
    value, truth, at = 0.0, 0.0, draw(st.integers(0, 180_000))
    samples: list[tuple[int, float]] = []
    for _ in range(draw(st.integers(1, 30))):
        events, restarted = draw(st.integers(0, 50)), draw(st.booleans())
        if restarted and samples and events < value:
            value = 0.0
        value += events
        samples.append((at, value))
        if WINDOW.start < at <= WINDOW.end:
            truth += events
        at += draw(st.integers(1, 20_000))
    return Counter({}, samples), truth


@given(life=lives())
def test_every_event_in_the_window_counts_once(life: tuple[Counter, float]) -> None:
    path, truth = life
    inside = any(WINDOW.start < at <= WINDOW.end for at, _ in path.samples)
    assert growth(path, WINDOW, was_watched=True) == (truth if inside else None)


@given(life=lives(), cut=st.integers(100_001, 199_999))
def test_two_windows_side_by_side_add_up(life: tuple[Counter, float], cut: int) -> None:
    path, _ = life
    whole = growth(path, WINDOW, was_watched=True) or 0
    first = growth(path, Window(WINDOW.start, cut), was_watched=True) or 0
    second = growth(path, Window(cut, WINDOW.end), was_watched=True) or 0
    assert first + second == whole


def test_the_edges_belong_to_the_window_that_ends_there() -> None:
    path = counter((100_000, 10), (150_000, 12), (200_000, 15), (200_001, 99))
    assert growth(path, WINDOW, was_watched=True) == 5


def test_a_drop_is_a_restart_from_zero() -> None:
    path = counter((90_000, 100), (110_000, 109), (120_000, 4), (130_000, 10))
    assert growth(path, WINDOW, was_watched=True) == 9 + 4 + 6


def test_a_birth_counts_only_where_somebody_watched() -> None:
    born = counter((150_000, 5), (160_000, 8))
    assert growth(born, WINDOW, was_watched=True) == 8
    assert growth(born, WINDOW, was_watched=False) == 3
    assert not watched([born], WINDOW)
    assert watched([born, counter((100_000, 1))], WINDOW)
    assert not watched([], WINDOW)


def test_one_sample_alone_is_something() -> None:
    assert growth(counter((150_000, 3)), WINDOW, was_watched=True) == 3
    assert growth(counter((90_000, 3)), WINDOW, was_watched=True) is None
    assert growth(counter(), WINDOW, was_watched=True) is None


def test_what_is_no_counter_value_is_left_out() -> None:
    nan, inf = math.nan, math.inf
    path = Counter.of({}, [(90, 5), (110, nan), (120, inf), (nan, 1), (130, -7), (140, 9)])
    assert path.samples == [(90_000, 5), (140_000, 9)]


def test_series_without_the_label_are_nobodys() -> None:
    counters = [
        counter((90_000, 1), (150_000, 4), deployment="a"),
        counter((90_000, 1), (150_000, 2), deployment="a", route="/x"),
        counter((90_000, 1), (150_000, 50), instance="i"),
        counter((90_000, 1), deployment="gone"),
    ]
    assert totals(grown(counters, WINDOW), "deployment") == {("a",): 4}


def test_totals_by_two_labels_and_by_none() -> None:
    counters = [
        counter((90_000, 1), (150_000, 4), deployment="a", route="/"),
        counter((90_000, 1), (150_000, 3), deployment="a", route="/x"),
        counter((90_000, 1), (150_000, 6), deployment="b", route="/x"),
    ]
    series = grown(counters, WINDOW)
    assert totals(series, "deployment", "route") == {("a", "/"): 3, ("a", "/x"): 2, ("b", "/x"): 5}
    assert totals(series) == {(): 10}


def test_a_birth_in_the_window_is_dated() -> None:
    old, young = counter((90_000, 1), (150_000, 4)), counter((150_000, 2), (160_000, 5))
    assert [(one.by, one.born) for one in grown([old, young], WINDOW)] == [(3, None), (5, 150_000)]
    assert [(one.by, one.born) for one in grown([young], WINDOW)] == [(3, None)], "nobody watched before"


def test_bounds_in_another_unit_are_scaled() -> None:
    counters = [bucket("250", 0, 10), bucket("+Inf", 0, 12)]
    [found] = histograms(grown(counters, WINDOW), "deployment", 0.001).values()
    assert found == Histogram((0.25, math.inf), (10, 2))


def bucket(le: str, before: float, after: float, deployment: str = "a") -> Counter:
    return counter((90_000, before), (150_000, after), deployment=deployment, le=le)


def test_buckets_become_counts_whatever_the_spelling_of_their_bounds() -> None:
    counters = [
        bucket("+Inf", 10, 40),
        bucket("4", 10, 20),
        bucket("4.0", 0, 5),
        bucket("0.5", 8, 12),
        bucket("0.5", 0, 1, "b"),
        bucket("+Inf", 0, 1, "b"),
    ]
    assert histograms(grown(counters, WINDOW), "deployment") == {
        "a": Histogram((0.5, 4.0, math.inf), (4, 11, 15)),
        "b": Histogram((0.5, math.inf), (1, 0)),
    }


def test_buckets_that_contradict_each_other_are_levelled() -> None:
    counters = [bucket("1", 0, 10), bucket("2", 0, 7), bucket("4", 0, 12), bucket("+Inf", 0, 11)]
    [found] = histograms(grown(counters, WINDOW), "deployment").values()
    assert found.counts == (10, 0, 2, 0)


def test_a_histogram_without_its_open_bucket_gets_an_empty_one() -> None:
    [found] = histograms(grown([bucket("1", 0, 10)], WINDOW), "deployment").values()
    assert found == Histogram((1.0, math.inf), (10, 0))


@pytest.mark.parametrize("le", ["", "abc", "NaN"])
def test_a_bound_that_is_no_number_is_refused(le: str) -> None:
    with pytest.raises(ValueError, match="is no number"):
        histograms(grown([bucket(le, 0, 1)], WINDOW), "deployment")


@given(
    edges=st.lists(st.floats(0.001, 100), min_size=1, max_size=8, unique=True),
    series=st.lists(st.lists(st.integers(0, 1000), min_size=9, max_size=9), min_size=1, max_size=4),
)
def test_no_observation_is_lost_or_negative(edges: list[float], series: list[list[int]]) -> None:
    counters, truth = [], [0] * (len(edges) + 1)
    bounds = [*sorted(edges), math.inf]
    for number, counts in enumerate(series):
        reached = 0
        for place, bound in enumerate(bounds):
            reached += counts[place]
            truth[place] += counts[place]
            labels = {"deployment": "a", "le": repr(bound), "n": str(number)}
            counters.append(Counter(labels, [(90_000, 7.0), (150_000, 7.0 + reached)]))
    [found] = histograms(grown(counters, WINDOW), "deployment").values()
    assert list(found.counts) == truth
    assert found.bounds == tuple(bounds)
