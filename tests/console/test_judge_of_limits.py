"""The judge of limits: samples first, failures in a row, and nothing missing ever counts as good."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from console.canary.catalogue import ERROR_RATE, LATENCY_P95
from console.canary.limits import Evidence, Limits, Poll, Rules, checks_of, effect_of, judge, text_of
from console.canary.measures import Histogram, Measure, Ratio
from console.canary.verdict import MetricState, Verdict, Word
from console.readings import Freshness

RULES = Rules(100, 3, 5, {"error_rate": Limits(5, 2, 0.5), "latency_p95": Limits(None, 1.3, 25)})
STEP = 5_000


def polls(*pairs: tuple[Measure | None, Measure | None]) -> list[Poll]:
    return [Poll(i * STEP, (i + 1) * STEP, base, canary) for i, (base, canary) in enumerate(pairs)]


def errors(*pairs: tuple[Measure | None, Measure | None], **changes: Freshness) -> Evidence:
    fresh = {"canary": Freshness.FRESH, "baseline": Freshness.FRESH, **changes}
    return Evidence(ERROR_RATE, polls(*pairs), **fresh)


GOOD = (Ratio(5, 1_000), Ratio(1, 200))
BAD = (Ratio(5, 1_000), Ratio(14, 200))
HOLE = (None, None)


def word(*evidence: Evidence) -> Word:
    return judge(RULES, evidence, 1_000_000, None).word


def test_too_few_good_checks_hold_and_enough_promote() -> None:
    assert word(errors(*[GOOD] * 4)) is Word.HOLD
    assert word(errors(*[GOOD] * 5)) is Word.PROMOTE


def test_failures_must_come_in_a_row() -> None:
    assert word(errors(BAD, BAD)) is Word.HOLD
    assert word(errors(BAD, BAD, GOOD, BAD, BAD)) is Word.HOLD
    assert word(errors(GOOD, BAD, BAD, BAD)) is Word.ROLLBACK


def test_recovery_after_failures_is_not_promoted_at_once() -> None:
    assert word(errors(BAD, BAD, BAD, GOOD)) is Word.HOLD


def test_a_check_waits_for_its_sample_and_checks_share_no_data() -> None:
    small = (Ratio(1, 500), Ratio(0, 40))
    checks, gathered = checks_of(errors(*[small] * 7), RULES)
    assert [(c.start, c.end) for c in checks] == [(0, 3 * STEP), (3 * STEP, 6 * STEP)]
    assert gathered == 40


def test_a_check_never_spans_a_hole() -> None:
    small = (Ratio(1, 500), Ratio(0, 60))
    checks, _ = checks_of(errors(small, HOLE, small, small), RULES)
    assert [(c.start, c.end) for c in checks] == [(2 * STEP, 4 * STEP)]


def test_few_requests_collect_and_say_how_many() -> None:
    verdict = judge(RULES, [errors((Ratio(0, 100), Ratio(0, 30)))], 0, None)
    assert verdict.word is Word.HOLD
    assert verdict.metrics[0].state is MetricState.COLLECTING
    assert "30 of 100" in verdict.metrics[0].sentence


def test_the_relative_limit_needs_a_difference_that_matters() -> None:
    tiny = (Ratio(1, 10_000), Ratio(1, 1_000))  # ten times, but 0.1 % against 0.01 %
    assert word(errors(*[tiny] * 5)) is Word.PROMOTE
    real = (Ratio(10, 1_000), Ratio(30, 1_000))  # 3 % against 1 %
    assert word(errors(*[real] * 3)) is Word.ROLLBACK


def test_no_baseline_traffic_is_no_check() -> None:
    assert word(errors(*[(Ratio(0, 0), Ratio(0, 500))] * 9)) is Word.HOLD


def test_unfresh_evidence_is_never_promoted() -> None:
    for freshness in (Freshness.STALE, Freshness.LOST, Freshness.MISSING, Freshness.PARTIAL):
        assert word(errors(*[GOOD] * 9, canary=freshness)) is Word.NO_DATA
        assert word(errors(*[GOOD] * 9, baseline=freshness)) is Word.NO_DATA


def test_one_blind_metric_blinds_the_verdict_but_hides_no_harm() -> None:
    blind = Evidence(LATENCY_P95, [], Freshness.MISSING, Freshness.MISSING)
    assert word(errors(*[GOOD] * 9), blind) is Word.NO_DATA
    assert word(errors(*[BAD] * 3), blind) is Word.ROLLBACK


def test_no_metric_is_no_data() -> None:
    assert judge(RULES, [], 0, None).word is Word.NO_DATA


def test_a_stage_earns_its_own_promotion_but_failures_are_remembered() -> None:
    good = errors(*[GOOD] * 6)
    assert judge(RULES, [good], 0, None, stage_since=0).word is Word.PROMOTE
    assert judge(RULES, [good], 0, None, stage_since=3 * STEP).word is Word.HOLD
    bad = errors(*[BAD] * 3)
    assert judge(RULES, [bad], 0, None, stage_since=2 * STEP).word is Word.ROLLBACK


WARMING = replace(RULES, warmup_ms=6 * STEP)
SICK = (Ratio(5, 1_000), Ratio(40, 200))
"""Over the absolute limit."""
BESIDE = (Ratio(5, 1_000), Ratio(8, 200))
"""Over the limit relative to the baseline only."""


def after(stage_since: int, *pairs: tuple[Measure | None, Measure | None]) -> Verdict:
    return judge(WARMING, [errors(*pairs)], 0, None, stage_since)


def test_while_a_stage_warms_up_being_worse_than_the_baseline_is_neither_good_nor_bad() -> None:
    calm = [GOOD] * 6
    one = after(6 * STEP, *calm, *[BESIDE] * 5)
    assert one.word is Word.HOLD
    assert one.metrics[0].state is MetricState.WARMING_UP
    assert "2 × the baseline" in one.metrics[0].sentence
    assert after(6 * STEP, *calm, *[BESIDE] * 5, *[GOOD] * 4).word is Word.HOLD
    assert after(6 * STEP, *calm, *[BESIDE] * 5, *[GOOD] * 5).word is Word.PROMOTE


def test_what_does_not_pass_with_the_warm_up_is_found_after_it() -> None:
    calm = [GOOD] * 6
    assert after(6 * STEP, *calm, *[BESIDE] * 8).word is Word.HOLD
    assert after(6 * STEP, *calm, *[BESIDE] * 9).word is Word.ROLLBACK


def test_a_disaster_is_one_while_a_stage_warms_up_as_well() -> None:
    assert after(0, *[SICK] * 3).word is Word.ROLLBACK
    assert after(6 * STEP, *[GOOD] * 6, *[SICK] * 3).word is Word.ROLLBACK


def test_who_was_bad_before_the_stage_does_not_get_better_by_more_visitors() -> None:
    assert after(6 * STEP, *[BESIDE] * 6, *[BESIDE] * 2).word is Word.ROLLBACK
    assert after(6 * STEP, *[BESIDE] * 6, GOOD).word is Word.HOLD


def test_since_stands_while_the_word_stands() -> None:
    first = judge(RULES, [errors(*[GOOD] * 5)], 1_000, None)
    again = judge(RULES, [errors(*[GOOD] * 6)], 2_000, first)
    other = judge(RULES, [errors(*[BAD] * 3)], 3_000, again)
    assert (first.since, again.since, other.since) == (1_000, 1_000, 3_000)
    assert (again.judged_at, other.judged_at) == (2_000, 3_000)


def test_latency_is_judged_from_counts() -> None:
    bounds = (0.1, 0.25, 0.5, 1.0, float("inf"))
    calm, slow = Histogram(bounds, (900, 90, 8, 2, 0)), Histogram(bounds, (300, 400, 200, 90, 10))
    pair: tuple[Measure, Measure] = (calm, slow)
    evidence = Evidence(LATENCY_P95, polls(*[pair] * 3), Freshness.FRESH, Freshness.FRESH)
    verdict = judge(RULES, [evidence], 0, None)
    assert verdict.word is Word.ROLLBACK
    assert "1.3 × the baseline" in verdict.metrics[0].sentence


ratios = st.builds(
    lambda total, share: Ratio(int(total * share), total), st.integers(0, 5_000), st.floats(0, 1)
)


@given(st.lists(st.tuples(st.none() | ratios, st.none() | ratios), max_size=40), st.integers(0, 200_000))
def test_any_history_gets_a_word_and_promotion_needs_enough_good_checks(
    pairs: list[tuple[Ratio | None, Ratio | None]], since: int
) -> None:
    evidence = errors(*pairs)
    verdict = judge(RULES, [evidence], 0, None, since)
    checks, _ = checks_of(evidence, RULES)
    tail = checks[-RULES.passes :]
    good = len(tail) == RULES.passes and all(not c.failed and c.start >= since for c in tail)
    assert (verdict.word is Word.PROMOTE) == good


@given(st.lists(st.tuples(ratios, ratios), min_size=1, max_size=30), st.integers(1, 5))
def test_missing_polls_at_the_end_never_turn_the_verdict_to_promote(
    pairs: list[tuple[Ratio, Ratio]], missing: int
) -> None:
    whole = judge(RULES, [errors(*pairs)], 0, None).word
    holed = judge(RULES, [errors(*pairs, *[HOLE] * missing)], 0, None).word
    assert (holed is Word.PROMOTE) <= (whole is Word.PROMOTE)


def test_texts_carry_units() -> None:
    assert text_of(ERROR_RATE, 2.44) == "2.4 %"
    assert text_of(ERROR_RATE, 0.014) == "0.01 %"
    assert text_of(LATENCY_P95, 1412.3) == "1,412 ms"
    assert text_of(LATENCY_P95, None) == "–"
    assert effect_of(2.4, 0.5) == "4.8 ×"
    assert effect_of(412, 405) == "+2 %"
    assert effect_of(1.0, 0.0) == ""
