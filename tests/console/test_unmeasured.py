"""A metric that the source cannot give is said, and never passed over."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.canary.catalogue import ERROR_RATE, LATENCY_P95, REQUEST_RATE
from console.canary.limits import combine, sample_of, value_of
from console.canary.measures import Count, Histogram, Measure, Quantile, Ratio
from console.canary.unmeasured import with_unmeasured
from console.canary.verdict import MetricState, Verdict, Word

WHY = "request logs hold no durations"


def verdict(word: Word, since: int = 100) -> Verdict:
    return Verdict(word, since, 500, ("every metric within its limits",), ())


@pytest.mark.parametrize("word", list(Word))
def test_only_a_promotion_is_held_back(word: Word) -> None:
    found = with_unmeasured(verdict(word), [(LATENCY_P95, WHY)], None)
    assert found.word is (Word.HOLD if word is Word.PROMOTE else word)
    [latency] = found.metrics
    assert (latency.state, WHY in latency.sentence) == (MetricState.NO_DATA, True)
    if word is Word.PROMOTE:
        assert "you decide" in found.reasons[-1]
        assert found.reasons[0] == "every metric within its limits"


def test_it_holds_since_it_first_held() -> None:
    lacking = [(LATENCY_P95, WHY)]
    first = with_unmeasured(verdict(Word.PROMOTE, 500), lacking, None)
    later = replace(verdict(Word.PROMOTE, 900), judged_at=900)
    assert first.since == 500
    assert with_unmeasured(later, lacking, first).since == 500
    assert with_unmeasured(later, lacking, verdict(Word.ROLLBACK)).since == 900


def test_what_guards_nothing_holds_nothing_back() -> None:
    promoted = verdict(Word.PROMOTE)
    assert with_unmeasured(promoted, [(REQUEST_RATE, WHY)], None) is promoted
    assert with_unmeasured(promoted, [], None) is promoted


amounts = st.floats(0, 1e9)
quantiles = st.builds(Quantile, st.just(0.95), st.floats(0, 100), amounts)


@given(st.lists(quantiles, min_size=1, max_size=8))
def test_quantiles_together_lie_among_those_with_requests_behind_them(found: list[Quantile]) -> None:
    both = combine(found)
    assert isinstance(both, Quantile)
    assert sample_of(both) == pytest.approx(sum(one.total for one in found))
    counted = [one.value for one in found if one.total > 0]
    value = value_of(LATENCY_P95, both)
    if not counted or value is None:
        assert value is None
        return
    low, high = min(counted) * 1000, max(one.value for one in found) * 1000
    assert low * (1 - 1e-9) - 1e-9 <= value <= high * (1 + 1e-9) + 1e-9


kinds: list[Measure] = [
    Ratio(1, 10),
    Count(5, 60),
    Histogram((0.1, float("inf")), (3, 1)),
    Histogram((0.2, float("inf")), (3, 1)),
    Quantile(0.95, 0.2, 10),
    Quantile(0.99, 0.4, 10),
]


@given(st.permutations(kinds))
def test_kinds_are_never_mixed_the_newest_counts(found: list[Measure]) -> None:
    assert combine(found) == found[-1]
    assert sample_of(combine([*found, found[-1]])) == pytest.approx(2 * sample_of(found[-1]))


def test_a_ratio_has_no_latency() -> None:
    assert value_of(ERROR_RATE, Ratio(1, 4)) == 25
    assert value_of(LATENCY_P95, Quantile(0.95, 0.25, 0)) is None
