"""How far off a plotted value may be: around the value, in its bounds, closer the more was counted."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from console.canary.catalogue import ERROR_RATE, LATENCY_P95, REQUEST_RATE, Metric
from console.canary.measures import Count, Gauge, Histogram, Measure, Quantile, Ratio
from console.canary.sampling import interval_of, of_count, of_quantile, of_share
from console.canary.values import value_of

COUNTS = st.floats(0, 1e9) | st.integers(0, 10_000).map(float)
EDGES = (0.05, 0.1, 0.25, 0.5, 1.0, math.inf)
HISTOGRAMS = st.lists(COUNTS, min_size=len(EDGES), max_size=len(EDGES)).map(
    lambda counts: Histogram(EDGES, tuple(counts))
)
RATIOS = st.tuples(COUNTS, COUNTS).map(lambda pair: Ratio(min(pair), max(pair)))


@given(RATIOS)
def test_a_share_lies_in_its_interval_and_both_between_nothing_and_all(ratio: Ratio) -> None:
    found = of_share(ratio.bad, ratio.total)
    if ratio.share is None:
        assert found is None
        return
    assert found is not None
    assert 0 <= found[0] <= ratio.share <= found[1] <= 1
    assert found[1] > found[0]


@pytest.mark.parametrize(("events", "total"), [(0, 20), (1, 20), (5, 400), (399, 400), (20, 20)])
def test_a_share_is_bounded_as_scipy_bounds_it(events: int, total: int) -> None:
    wilson = stats.binomtest(events, total).proportion_ci(0.95, method="wilson")
    assert of_share(events, total) == pytest.approx((wilson.low, wilson.high), abs=1e-6)


@given(st.integers(0, 50), st.integers(1, 50), st.integers(2, 1_000))
def test_more_of_the_same_is_known_better(events: int, rest: int, times: int) -> None:
    for few, many in (
        (of_share(events, events + rest), of_share(events * times, (events + rest) * times)),
        (of_count(events), of_count(events * times)),
    ):
        assert few is not None
        assert many is not None
        scale = 1 if many[1] <= 1 else times
        assert many[1] / scale - many[0] / scale < few[1] - few[0]


@given(st.integers(1, 100_000))
def test_a_count_is_bounded_as_the_exact_interval_bounds_it(events: int) -> None:
    found = of_count(events)
    assert found is not None
    exact = (stats.chi2.ppf(0.025, 2 * events) / 2, stats.chi2.ppf(0.975, 2 * events + 2) / 2)
    assert found[0] == pytest.approx(exact[0], rel=0.02, abs=0.02)
    assert found[1] == pytest.approx(exact[1], rel=0.01)
    assert 0 <= found[0] <= events <= found[1]


def test_nothing_counted_may_still_have_been_something() -> None:
    assert of_count(0) == pytest.approx((0, 3.689), abs=0.03)
    assert of_share(0, 100) == pytest.approx((0, 0.037), abs=0.001)


@given(HISTOGRAMS, st.sampled_from([0.5, 0.75, 0.95, 0.99]))
def test_a_quantile_lies_in_its_interval(histogram: Histogram, q: float) -> None:
    value, found = histogram.quantile(q), of_quantile(histogram, q)
    if value is None:
        assert found is None
        return
    assert found is not None
    assert 0 <= found[0] <= value <= found[1]


@given(st.lists(st.integers(0, 40), min_size=6, max_size=6).filter(any), st.integers(2, 1_000))
def test_a_quantile_of_more_requests_is_known_better(counts: list[int], times: int) -> None:
    few = of_quantile(Histogram(EDGES, tuple(map(float, counts))), 0.95)
    many = of_quantile(Histogram(EDGES, tuple(float(one * times) for one in counts)), 0.95)
    assert few is not None
    assert many is not None
    assert few[0] <= many[0] * (1 + 1e-9)
    assert many[1] <= few[1] * (1 + 1e-9)


def test_a_quantile_that_the_requests_do_not_bound_is_open_above() -> None:
    few = of_quantile(Histogram(EDGES, (0, 20, 0, 0, 0, 0)), 0.95)
    assert few is not None
    assert math.isinf(few[1])  # the 95th percentile of twenty may be above all of them
    slow = of_quantile(Histogram(EDGES, (0, 900, 0, 0, 0, 100)), 0.95)
    assert slow is not None
    assert math.isinf(slow[1])  # in the bucket without an upper edge
    many = of_quantile(Histogram(EDGES, (0, 9_000, 1_000, 0, 0, 0)), 0.95)
    assert many is not None
    assert 0.1 < many[0] < 0.175 < many[1] < 0.25


@pytest.mark.parametrize("q", [0.5, 0.95])
def test_the_interval_of_a_quantile_holds_the_true_one_as_often_as_it_says(q: float) -> None:
    edges = (*(float(stats.expon.ppf(i / 400)) for i in range(1, 400)), math.inf)
    truth = float(stats.expon.ppf(q))
    held = 0
    for seed in range(200):
        drawn = stats.expon.rvs(size=1_000, random_state=seed)
        places = stats.expon.cdf(drawn)
        counts = [0.0] * 400
        for place in places:
            counts[min(int(place * 400), 399)] += 1
        found = of_quantile(Histogram(edges, tuple(counts)), q)
        assert found is not None
        held += found[0] <= truth <= found[1]
    assert stats.binomtest(held, 200, 0.95).pvalue > 1e-4, held


@pytest.mark.parametrize(
    "measure",
    [
        None,
        Gauge(3.0, 60),
        Quantile(0.95, 0.4, 1_000),
        Ratio(0, 0),
        Ratio(5, 3),
        Ratio(-1, 10),
        Ratio(math.nan, 10),
        Ratio(1, math.inf),
        Count(4, 0),
        Count(math.nan, 60),
        Count(-2, 60),
        Histogram(EDGES, (0,) * 6),
    ],
)
def test_without_counts_there_is_no_interval(measure: Measure | None) -> None:
    assert interval_of(ERROR_RATE, measure) is None


@pytest.mark.parametrize(
    ("metric", "measure"),
    [
        (ERROR_RATE, Ratio(12, 1_000)),
        (LATENCY_P95, Histogram(EDGES, (100, 500, 300, 90, 10, 0))),
        (REQUEST_RATE, Count(600, 60)),
        (REQUEST_RATE, Count(90, 60, of=30)),
    ],
)
def test_the_interval_is_in_the_unit_of_the_value(metric: Metric, measure: Measure) -> None:
    value, found = value_of(metric, measure), interval_of(metric, measure)
    assert value is not None
    assert found is not None
    assert found[0] < value < found[1]
    assert found[1] < value * 1.8
