"""The judge on a running release: the same whether judged poll by poll, at once, or from its recording."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.canary.catalogue import packaged
from console.canary.live import Judged, LiveJudge, Standing
from console.canary.live_recording import Course, Past, Terms, recording_of
from console.canary.live_tracks import Seen
from console.canary.live_words import Fresh, verdict_of
from console.canary.measures import (
    Categorical,
    Category,
    Cell,
    Gauge,
    Histogram,
    Measure,
    Member,
    Members,
    Quantile,
    Ratio,
)
from console.canary.plan import SETTLED, plan_of
from console.canary.recorded import judge_recording
from console.canary.recording import HistogramMetric, Recording, SetMetric
from console.canary.rows import Pair, Row, spaced
from console.canary.verdict import MetricState, Verdict, Word
from console.readings import Freshness

POLL = 15_000
BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, math.inf)
TERMS = Terms(warmup_ms=60_000, poll_ms=POLL, most={"error_rate": 0.05})
COURSE = Course("dpl_c", 0, ((0, 1 / 6),))
METRICS = tuple(packaged().asked)


def ratio(rng: np.random.Generator, of: float, rate: float) -> Ratio:
    total = int(of)
    bad = rng.binomial(total, [rate * 0.8, rate * 1.2])
    half = total / 2
    cells = (Cell("/", float(bad[0]) / 2, half), Cell("/cart", float(bad[1]) / 2, total - half))
    return Ratio(sum(cell.events for cell in cells), float(total), cells)


def latency(rng: np.random.Generator, of: float, slow: float = 1.0) -> Histogram:
    seen = rng.lognormal(-2.5, 0.8, int(of)) * slow
    return Histogram(BOUNDS, tuple(float(n) for n in np.histogram(seen, [0, *BOUNDS])[0]))


def poll(
    rng: np.random.Generator, number: int, errors: float = 1.0, slow: float = 1.0, size: float = 1.0
) -> Row:
    """One poll of a busy shop; the canary has ``errors`` times the errors and is ``slow`` times as slow."""
    sizes = (2000 * size, 400 * size)
    pairs = {
        "error_rate": Pair(ratio(rng, sizes[0], 0.01), ratio(rng, sizes[1], 0.01 * errors)),
        "latency_p95": Pair(latency(rng, sizes[0]), latency(rng, sizes[1], slow)),
        "new_errors": Pair(Members((Member("a", 3.0),)), Members((Member("a", 1.0),))),
        "bounce_rate": Pair(ratio(rng, sizes[0], 0.4), ratio(rng, sizes[1], 0.7)),
    }
    return Row(number * POLL, (number + 1) * POLL, pairs)


def release(polls: int, seed: int = 1, errors: float = 1.0, slow: float = 1.0) -> list[Row]:
    rng = np.random.default_rng(seed)
    return [poll(rng, number, errors, slow) for number in range(polls)]


def judged(
    rows: Sequence[Row], course: Course = COURSE, cuts: Sequence[int] = ()
) -> tuple[Standing, list[Judged], LiveJudge]:
    live = LiveJudge(TERMS, METRICS)
    points: list[Judged] = []
    standing = None
    for start, stop in zip([0, *cuts], [*cuts, len(rows)], strict=True):
        standing, more = live.judge(course, rows[start:stop])
        points += more
    assert standing is not None
    return standing, points, live


def words(rows: Sequence[Row], course: Course = COURSE, fresh: Mapping[str, Fresh] | None = None) -> Verdict:
    standing, _, live = judged(rows, course)
    return verdict_of(standing, TERMS, live.rows, fresh or {}, rows[-1].end, None)


# --- the same however it is judged


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 1000),
    cuts=st.lists(st.integers(1, 39), unique=True, max_size=12).map(sorted),
    errors=st.sampled_from([1.0, 4.0]),
    lost=st.sets(st.integers(3, 36), max_size=6),
)
def test_poll_by_poll_at_once_and_from_its_recording_it_is_the_same(
    seed: int, cuts: list[int], errors: float, lost: set[int]
) -> None:
    rows = [row for place, row in enumerate(release(40, seed, errors=errors)) if place not in lost]
    cuts = [cut for cut in cuts if cut < len(rows)]
    course = replace(COURSE, stages=((0, 0.05), (20 * POLL, 0.25)), epochs=((30 * POLL, "a flag"),))
    one, bit_by_bit, live = judged(rows, course, cuts)
    other, at_once, _ = judged(rows, course)
    assert bit_by_bit == at_once
    assert replace(one, answers={}) == replace(other, answers={})
    for name, mine in one.answers.items():
        same = other.answers[name]
        assert (mine.state, mine.eta_polls) == (same.state, same.eta_polls)
        assert mine.effect == pytest.approx(same.effect)
    recording = recording_of(TERMS, course, live.plan, live.rows)
    answer = judge_recording(Recording.model_validate_json(recording.model_dump_json()), trace=True)
    assert answer.trace_evidence is not None
    assert list(answer.trace_evidence) == pytest.approx([one.evidence for one in at_once])
    assert answer.trace is not None
    assert answer.trace[-1] == ("promote", "hold", "rollback", "no_data")[one.verdict]


def test_what_turns_out_later_about_earlier_polls_is_judged_anew() -> None:
    rows = release(30)
    live = LiveJudge(TERMS, METRICS)
    live.judge(COURSE, rows[:20])
    late = replace(COURSE, stages=((0, 0.05), (10 * POLL, 0.25)))
    standing, points = live.judge(late, rows[20:])
    assert standing is not None
    other, at_once, _ = judged(rows, late)
    assert (standing.last, standing.verdict, points) == (other.last, other.verdict, at_once)


@pytest.mark.parametrize("polls", [0, 1, 3])
@pytest.mark.parametrize("what", ["stage", "epoch"])
def test_what_was_shown_before_a_stage_or_an_epoch_promotes_nothing_after_it(what: str, polls: int) -> None:
    rows = release(44)
    assert words(rows[:40]).word is Word.PROMOTE
    at = rows[39].end
    course = (
        replace(COURSE, stages=(*COURSE.stages, (at, 0.5)))
        if what == "stage"
        else replace(COURSE, epochs=((at, "a flag"),))
    )
    verdict = words(rows[: 40 + polls], course)
    assert verdict.word is Word.HOLD
    assert "warming up" in verdict.reasons[0]


# --- what is judged


def test_a_hole_is_missing_polls_and_an_overlap_counts_once() -> None:
    rows = release(10)
    overlapping = Row(rows[4].start - 5_000, rows[4].end - 5_000, rows[4].pairs)
    found = spaced([*rows[:3], overlapping, *rows[4:6], *rows[9:]], POLL)
    assert [row.end for row in found if row.pairs] == [
        row.end for row in [*rows[:3], overlapping, rows[5], rows[9]]
    ]
    assert sum(not row.pairs for row in found) == 1 + 3
    assert all(a.end <= b.start for a, b in pairwise(found))


def test_required_guards_are_judged_measured_or_not_and_what_comes_late_decides_nothing() -> None:
    rows = release(20)
    bare = [replace(row, pairs={}) for row in rows]
    assert {one.metric.id for one in plan_of(METRICS, bare) if one.guard} == {"error_rate", "latency_p95"}
    pair = rows[0].pairs["error_rate"]
    late = [
        replace(row, pairs={**row.pairs, "client_errors": pair}) if place >= SETTLED else row
        for place, row in enumerate(rows)
    ]
    assert next(one for one in plan_of(METRICS, late) if one.metric.id == "client_errors").guard is False
    early = [replace(row, pairs={**row.pairs, "client_errors": pair}) for row in rows]
    assert next(one for one in plan_of(METRICS, early) if one.metric.id == "client_errors").guard is True


def test_sessions_say_nothing_while_only_short_ones_can_have_ended() -> None:
    rows = [replace(row, start=row.start * 10, end=row.end * 10) for row in release(20)]
    terms = replace(TERMS, poll_ms=10 * POLL)
    course = replace(COURSE, stages=((0, 0.05), (15 * 150_000, 0.25)))
    recording = recording_of(terms, course, plan_of(METRICS, rows), rows)
    [bounce] = [one for one in recording.metrics if one.id == "bounce_rate"]
    told = [total is not None for total in bounce.canary.total]  # type: ignore[union-attr]
    assert told == [False] * 12 + [True] * 3 + [False] * 5


def members(*names: str, born: int | None = 5, times: float = 1.0) -> Members:
    return Members(tuple(Member(name, times, born) for name in names))


def test_a_new_type_of_error_is_one_event_a_poll_divided_as_it_came() -> None:
    seen = Seen()
    assert seen.new("m", members("old", born=None), members("old", "mine", times=40)) == (0, 1)
    assert seen.new("m", members("old", "theirs", born=5), members("mine", "old")) == (1, 1)
    assert seen.new("m", members("mine", times=3), members("mine", "theirs")) == (0.75, 1.25)
    assert seen.new("m", members("mine", times=0), members()) == (0, 0)
    assert seen.new("m", None, members("another")) is None


def test_what_production_had_before_the_release_is_not_new() -> None:
    seen = Seen()
    seen.known("m", members("before"))
    assert seen.new("m", members("hour", born=None, times=0), members("before", "hour")) == (0, 0)
    assert seen.new("m", members("hour", born=5), members("before", "hour", "own")) == (0, 1)


def with_types(rows: Sequence[Row], theirs: Sequence[Members], ours: Sequence[Members]) -> list[Row]:
    return [
        replace(row, pairs={**row.pairs, "new_errors": Pair(usual, mine)})
        for row, usual, mine in zip(rows, theirs, ours, strict=True)
    ]


def test_a_type_of_error_that_only_the_canary_has_and_keeps_is_worse() -> None:
    known = members("a", born=None)
    ours = [known] * 12 + [members("a", "b")] * 28
    verdict = words(with_types(release(40), [known] * 40, ours))
    assert verdict.word is Word.ROLLBACK
    assert verdict.metrics[0].metric_id == "new_errors"


def test_one_client_that_meets_a_new_error_again_and_again_for_a_moment_is_no_proof() -> None:
    known = members("a", born=None)
    ours = [known] * 12 + [members("a", "b", times=500)] + [known] * 27
    assert words(with_types(release(40), [known] * 40, ours)).word is not Word.ROLLBACK


def test_a_new_type_of_error_that_both_tracks_have_says_nothing() -> None:
    rng = np.random.default_rng(3)
    known, polls = members("a", born=None), 40
    came = [(rng.poisson(10.0), rng.poisson(2.0)) for _ in range(polls)]  # as the requests are divided

    def track(side: int) -> list[Members]:
        return [
            Members((*known.members, Member("b", float(both[side]), place)) if place > 12 else known.members)
            for place, both in enumerate(came)
        ]

    verdict = words(with_types(release(polls), track(0), track(1)))
    assert verdict.word is Word.PROMOTE


def test_other_buckets_a_partial_answer_and_ready_made_quantiles() -> None:
    rows = release(12)
    other = Histogram((0.1, 7.0, math.inf), (1.0, 1.0, 1.0))
    rows[5] = replace(rows[5], pairs={**rows[5].pairs, "latency_p95": Pair(other, other)})
    recording = recording_of(TERMS, COURSE, plan_of(METRICS, rows), rows)
    [one] = [metric for metric in recording.metrics if isinstance(metric, HistogramMetric)]
    assert [place for place, row in enumerate(one.canary.counts) if row is None] == [5]
    level = Pair(Quantile(0.95, 0.3, 100.0), Quantile(0.95, 0.4, 10.0))
    rows = [
        replace(row, pairs={**row.pairs, "latency_p95": level, "cpu": Pair(Gauge(1, 5), Gauge(2, 5))})
        for row in rows
    ]
    [level_of, cpu] = [
        m for m in recording_of(TERMS, COURSE, plan_of(METRICS, rows), rows).metrics if m.kind == "gauge"
    ]
    assert level_of.tolerance == pytest.approx(0.003)
    assert (cpu.role, level_of.role, level_of.required) == ("informative", "guard", True)


@given(
    st.lists(
        st.sampled_from(
            [
                None,
                Ratio(math.nan, 5),
                Ratio(9, 5),
                Ratio(-1, 5),
                Ratio(1, math.inf),
                Histogram((math.inf,), (1e9,)),
                Gauge(math.nan, 1),
                Categorical((Category("fatal", 2.0),)),
                Members(()),
                Quantile(0.95, 1.0, 0.0),
            ]
        ),
        min_size=1,
        max_size=12,
    )
)
@settings(max_examples=30, deadline=None)
def test_whatever_the_source_answered_a_recording_can_be_made_and_judged(
    measures: list[Measure | None],
) -> None:
    rows = [
        Row(place * POLL, (place + 1) * POLL, {metric.id: Pair(one, measures[-1]) for metric in METRICS})
        for place, one in enumerate(measures)
    ]
    standing, points, live = judged(rows)
    assert standing.verdict != 0
    assert all(math.isfinite(one.evidence) for one in points)
    recording_of(TERMS, COURSE, live.plan, live.rows)


# --- in words


def test_a_sound_canary_is_promoted_once_it_is_warm_and_says_what_it_waits_for() -> None:
    rows = release(60)
    first = words(rows[:2])
    assert (first.word, first.judge) == (Word.HOLD, "statistical")
    assert "warming up" in first.reasons[0]
    waiting = words(rows[:8])
    assert waiting.word is Word.HOLD
    assert any("more" in reason and "at this traffic" in reason for reason in waiting.reasons)
    assert waiting.eta_ms is not None
    done = words(rows)
    assert done.word is Word.PROMOTE
    assert (
        done.reasons[0] == "error rate and latency p95 not worse by the margin, and nothing else looks worse"
    )
    assert "bounce" in done.reasons[1]  # left out: sessions come late


@pytest.mark.parametrize(("errors", "slow", "culprit"), [(4.0, 1.0, "error_rate"), (1.0, 1.6, "latency_p95")])
def test_harm_is_rolled_back_with_the_culprit_first_and_its_values(
    errors: float, slow: float, culprit: str
) -> None:
    verdict = words(release(40, errors=errors, slow=slow))
    assert verdict.word is Word.ROLLBACK
    worst = verdict.metrics[0]
    assert (worst.metric_id, worst.state) == (culprit, MetricState.WORSE)
    assert verdict.reasons[0] == f"{worst.title} {worst.canary} against {worst.baseline}, worse beyond doubt"
    assert worst.evidence is not None
    assert verdict.line is not None
    assert verdict.evidence is not None
    assert verdict.evidence > verdict.line
    assert " to " in worst.interval
    assert worst.bounds is not None
    assert worst.ratio is not None
    low, high = worst.bounds
    assert low is not None
    assert high is not None
    assert 1 < low <= high
    assert worst.interval.startswith(f"{low:.1f}" if low >= 2 else f"{low:.2f}")
    times, percent = f"{worst.ratio:.1f} ×", f"{(worst.ratio - 1) * 100:+.0f} %"
    assert worst.effect == (times if worst.ratio >= 2 else percent)


def test_harm_in_one_endpoint_is_said_with_the_endpoint() -> None:
    def with_bad_cart(row: Row) -> Row:
        pair = row.pairs["error_rate"]
        assert isinstance(pair.canary, Ratio)
        home, cart = pair.canary.cells
        cells = (home, Cell("/cart", min(cart.events + 12, cart.of), cart.of))
        canary = Ratio(sum(cell.events for cell in cells), pair.canary.total, cells)
        return replace(row, pairs={**row.pairs, "error_rate": Pair(pair.baseline, canary)})

    verdict = words([with_bad_cart(row) for row in release(40)])
    assert verdict.word is Word.ROLLBACK
    assert re.search(
        r"^error rate \d\.\d % against \d\.\d %, worse beyond doubt; "
        r"most of it in /cart: \d\.\d % against 1\.\d %$",
        verdict.reasons[0],
    ), verdict.reasons[0]
    assert verdict.metrics[0].cell == "/cart"
    assert "most of it" not in words(release(40)).metrics[0].sentence


def test_a_split_that_is_not_the_stages_is_said_whatever_the_verdict() -> None:
    rows = release(60)
    assert not any("split" in reason for reason in words(rows).reasons)
    skewed = words(rows, replace(COURSE, stages=((0, 0.05),)))
    assert skewed.word is Word.PROMOTE
    assert skewed.reasons[-1].startswith("split: 16.7 % of the requests reached the canary, 5 % were to")
    assert skewed.care == ("split 16.7 % where 5 % is set",)
    assert words(rows).care == ()
    hungry = [
        replace(row, pairs={**row.pairs, "memory": Pair(Gauge(200e6, 15), Gauge(900e6, 15))}) for row in rows
    ]
    assert words(hungry).word is Word.PROMOTE
    assert words(hungry).care == ("memory looks worse, and only informs",)
    early = words(rows[:6], replace(COURSE, stages=((0, 0.05),)))
    assert (early.word, early.care) == (
        Word.HOLD,
        (),
    )  # it is promoted by nobody: there is nothing to qualify


def test_what_is_not_fresh_is_never_promoted_and_harm_stays_known() -> None:
    stale = {"error_rate": Fresh(Freshness.STALE, "its newest data are 50 s old")}
    held = words(release(60), fresh=stale)
    assert held.word is Word.NO_DATA
    assert "50 s old" in held.reasons[0]
    assert words(release(40, errors=4.0), fresh=stale).word is Word.ROLLBACK


def test_without_a_required_metric_there_is_no_data_without_another_it_is_left_out() -> None:
    rows = release(60)

    def without(name: str) -> list[Row]:
        return [replace(row, pairs={**row.pairs, name: Pair(row.pairs[name].baseline, None)}) for row in rows]

    assert words(without("latency_p95")).word is Word.NO_DATA
    other = words(without("new_errors"))
    assert other.word is Word.PROMOTE
    assert "new error types" in other.reasons[-1]


def test_an_epoch_after_harm_says_until_when_it_was_worse() -> None:
    bad, good = release(30, errors=5.0), release(80)
    course = replace(COURSE, epochs=((30 * POLL, "flag new-cart off"),))
    begun = words([*bad, *good[30:45]], course)
    assert (begun.word, begun.epoch) == (Word.HOLD, 2)
    assert begun.reasons[0].startswith("worse until ")
    assert "(flag new-cart off); recovering since" in begun.reasons[0]
    assert begun.line is not None
    assert begun.line > 2
    assert words([*bad, *good[30:]], course).word is Word.PROMOTE


def test_a_canary_over_its_absolute_limit_is_not_promoted_whatever_the_baseline_does() -> None:
    rng = np.random.default_rng(5)
    rows = [
        replace(row, pairs={**row.pairs, "error_rate": Pair(ratio(rng, 2000, 0.08), ratio(rng, 400, 0.08))})
        for row in release(60)
    ]
    verdict = words(rows)
    assert verdict.word is Word.HOLD
    assert any("absolute limit" in reason for reason in verdict.reasons)


def test_what_production_was_before_is_in_the_recording() -> None:
    rows, before = (
        release(12),
        [replace(row, start=row.start - 900_000, end=row.end - 900_000) for row in release(20)],
    )
    recording = recording_of(TERMS, COURSE, plan_of(METRICS, rows, before), rows, Past(tuple(before)))
    past = {one.id: one.before for one in recording.metrics}
    assert past["error_rate"] is not None
    assert len(past["error_rate"]) == 20
    assert all(one.before is None for one in recording.metrics if isinstance(one, SetMetric))


def clumped(polls: int, seed: int) -> tuple[Row, ...]:
    """A good release whose errors come ten at a time, more or less."""
    rng = np.random.default_rng(seed)

    def errors(of: float) -> Ratio:
        return Ratio(min(float(10 * rng.poisson(0.001 * of)), of), of)

    return tuple(
        replace(one, pairs={**one.pairs, "error_rate": Pair(errors(2000.0), errors(400.0))})
        for one in release(polls, seed)
    )


def test_what_earlier_releases_showed_of_the_noise_is_in_the_recording_and_judged_the_same_live() -> None:
    """Errors in clumps look like harm to who has never seen them."""
    rows, past = clumped(60, 11), Past(earlier=(clumped(80, 1), clumped(80, 2)))
    alone, taught = LiveJudge(TERMS, METRICS), LiveJudge(TERMS, METRICS)
    _, naive = alone.judge(COURSE, rows)
    first, points = taught.judge(COURSE, rows[:20], past)
    second, more = taught.judge(COURSE, rows[20:])
    assert first is not None
    assert second is not None
    recording = recording_of(TERMS, COURSE, plan_of(METRICS, rows), rows, past)
    errors = next(one for one in recording.metrics if one.id == "error_rate")
    assert [len(pair.baseline) for pair in errors.history] == [80, 80]
    answer = judge_recording(recording, trace=True)
    assert answer.evidence == pytest.approx(more[-1].evidence, abs=0.02)
    name = "error_rate"
    assert max(p.metrics[name] for p in (*points, *more)) < max(p.metrics[name] for p in naive)
    bounce = next(one for one in recording.metrics if one.id == "bounce_rate")
    assert bounce.role == "guard" or not bounce.history


def test_a_release_of_which_nothing_is_kept_teaches_nothing() -> None:
    rows = release(20)
    empty = (Row(0, POLL), Row(POLL, 2 * POLL))
    recording = recording_of(TERMS, COURSE, plan_of(METRICS, rows), rows, Past(earlier=(empty,)))
    assert not any(one.history for one in recording.metrics)
