"""A recording judged: what it promises of any recording, whatever is in it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.canary.epochs import budget_part
from console.canary.recorded import Answer, judge_recording
from tests.console.canary import making
from tests.console.canary.making import Doc

few = settings(max_examples=15, deadline=None)


def judged(*metrics: Doc, **more: Any) -> Answer:
    return judge_recording(making.recording(*metrics, **more), trace=True)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


# --- verdicts


def test_equal_tracks_are_promoted_and_a_fourfold_error_rate_is_rolled_back() -> None:
    good = judged(making.errors(rng(), 80), making.latency(rng(), 80))
    assert (good.verdict, good.culprits) == ("promote", ())
    assert {one.state for one in good.metrics.values()} == {"equivalent"}
    bad = judged(making.errors(rng(), 80, times=4), making.latency(rng(), 80))
    assert (bad.verdict, bad.culprits) == ("rollback", ("errors",))
    assert bad.decided_at is not None
    assert bad.decided_at < 12
    assert bad.evidence >= bad.line
    assert bad.metrics["errors"].effect == pytest.approx(4, rel=0.3)
    low, high = bad.metrics["errors"].interval or (None, None)
    assert low is not None and high is not None and low < 4 < high and low > 2  # noqa: PT018
    assert bad.metrics["errors"].sentence.startswith("worse beyond doubt")


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("latency", making.latency(rng(), 60), making.latency(rng(), 60, slow=True)),
        ("cpu", making.gauge(rng(), 60, margin=5.0), making.gauge(rng(), 60, shift=4.0)),
        ("severity", making.severities(rng(), 60), making.severities(rng(), 60, severe=True)),
        ("severity", *(making.severities(rng(), 90, severe=bad, worse="any") for bad in (False, True))),
        ("types", making.new_types(rng(), 60), making.new_types(rng(), 60, each=0.5)),
        ("retries", making.queries(rng(), 60), making.queries(rng(), 60, times=3.0)),
    ],
)  # fmt: skip
def test_every_kind_finds_its_harm_and_lets_the_good_ones_go(name: str, good: Doc, bad: Doc) -> None:
    assert judged(good).verdict == "promote"
    found = judged(bad)
    assert (found.verdict, found.culprits) == ("rollback", (name,))
    assert found.metrics[name].state == "worse"


def test_late_harm_is_found_soon_after_it_began() -> None:
    found = judged(making.errors(rng(), 240, times=4, onset=80))
    assert found.verdict == "rollback"
    assert found.decided_at is not None
    assert 80 <= found.decided_at < 110


def test_an_informative_metric_never_decides() -> None:
    found = judged(making.errors(rng(), 80), {**making.latency(rng(), 80, slow=True), "role": "informative"})
    assert found.verdict == "promote"
    assert found.metrics["latency"].evidence > found.line
    assert judged({**making.errors(rng(), 40), "role": "informative"}).verdict == "no_data"


def test_alpha_is_shared_by_weight() -> None:
    quiet, loud = making.errors(rng(), 80), making.latency(rng(), 80, slow=True)
    even = judged(quiet, loud).decided_at
    light = judged({**quiet, "weight": 1e6}, loud).decided_at
    assert even is not None
    assert light is not None
    assert even < light


# --- what is not known


def test_nothing_is_no_data() -> None:
    assert judged(making.ratio({"bad": [], "total": []}, {"bad": [], "total": []})).verdict == "no_data"
    gone = making.ratio({"bad": [1] * 9, "total": [99] * 9}, {"bad": [None] * 9, "total": [None] * 9})
    assert judged(gone).verdict == "no_data"
    idle = making.ratio({"bad": [1] * 9, "total": [99] * 9}, {"bad": [0] * 9, "total": [0] * 9})
    assert judged(idle).metrics["errors"].state == "no_data"


def test_three_good_requests_promote_nothing() -> None:
    found = judged(making.ratio({"bad": [0], "total": [60]}, {"bad": [0], "total": [3]}))
    assert found.verdict == "hold"
    assert found.metrics["errors"].state == "collecting"
    assert "3 of 500 requests" in found.metrics["errors"].sentence


@given(making.seeds, st.integers(1, 6))
@few
def test_while_data_are_missing_nothing_is_promoted(seed: int, gap: int) -> None:
    one, two = making.errors(rng(seed), 90), making.latency(rng(seed), 90)
    whole = judged(one, two)
    holed = judged(making.holed(one, list(range(90 - gap, 90))), two)
    assert holed.trace is not None
    assert whole.trace is not None
    assert holed.trace[: 90 - gap] == whole.trace[: 90 - gap]
    assert "promote" not in holed.trace[90 - gap :]
    if whole.verdict == "promote":
        assert holed.verdict == ("no_data" if gap >= 4 else "hold")


@given(making.seeds, st.lists(st.integers(0, 59), max_size=20, unique=True))
@few
def test_missing_polls_never_add_evidence(seed: int, gone: list[int]) -> None:
    """In a missing poll the evidence stays where it was."""
    metrics = [making.holed(one, gone) for one in making.all_kinds(rng(seed), 60)]
    trace = judged(*metrics).trace_evidence
    assert trace is not None
    for poll in gone:
        before = trace[poll - 1] if poll else 0.0
        assert trace[poll] == pytest.approx(before, abs=1e-9)


# --- the order of time


@given(making.seeds, st.integers(1, 59), st.booleans())
@few
def test_any_prefix_has_the_verdicts_of_the_stream_cut_there(seed: int, cut: int, harm: bool) -> None:
    made = making.all_kinds(rng(seed), 60)
    if harm:
        made[0] = making.errors(rng(seed), 60, times=3)
    cells = {"a": {"baseline": made[0]["baseline"], "canary": made[0]["canary"]}}
    made[0]["by"] = {"dimension": "endpoint", "minimum": 50, "cells": cells}
    recording = making.recording(
        *made, warmup_polls=4, stages=[{"poll": 0, "share": 0.05}, {"poll": 20, "share": 0.25}],
        epochs=[{"poll": 33, "why": "a flag changed"}], guards=[{"metric": "errors", "max": 0.02}],
    )  # fmt: skip
    whole = judge_recording(recording, trace=True)
    prefix = judge_recording(recording.until(cut), trace=True)
    assert whole.trace is not None
    assert whole.trace_evidence is not None
    assert prefix.trace == whole.trace[:cut]
    assert prefix.trace_evidence == pytest.approx(whole.trace_evidence[:cut])


def test_one_poll_at_a_time_is_the_same_as_all_at_once() -> None:
    from console.canary.statistical import Judge

    recording = making.recording(*making.all_kinds(rng(3), 40), warmup_polls=3)
    judge = Judge([recording])
    whole = judge.block([recording])
    _, at_once = judge.step(judge.begin(), whole)
    state = judge.begin()
    for poll in range(40):
        state, one = judge.step(state, whole.part(poll, poll + 1, np.array([False])))
        assert one.verdict[0] == at_once.verdict[poll]
        assert one.metric_worse[0] == pytest.approx(at_once.metric_worse[poll], rel=1e-9, abs=1e-9)
        assert one.metric_promote[0] == pytest.approx(at_once.metric_promote[poll], rel=1e-9, abs=1e-9)


def test_releases_judged_together_are_judged_as_alone() -> None:
    from console.canary.statistical import Judge

    many = [
        making.recording(
            making.errors(rng(i), 30, times=1 + i), *([making.latency(rng(i), 30)] if i % 2 else [])
        )
        for i in range(5)
    ]
    judge = Judge(many)
    _, together = judge.step(judge.begin(), judge.block(many))
    for i, recording in enumerate(many):
        alone = judge_recording(recording, trace=True)
        assert alone.trace_evidence == pytest.approx(together.evidence[:, i] / math.log(10))


def test_what_is_carried_does_not_grow() -> None:
    import pickle

    from console.canary.statistical import Judge

    recording = making.recording(*making.all_kinds(rng(3), 200), guards=[{"metric": "latency", "max": 5.0}])
    judge = Judge([recording])
    whole = judge.block([recording])
    early, _ = judge.step(judge.begin(), whole.part(0, 50, np.array([False])))
    late, _ = judge.step(early, whole.part(50, 200, np.array([False])))
    assert len(pickle.dumps(late)) == pytest.approx(len(pickle.dumps(early)), rel=0.01)


# --- symmetry


@given(making.seeds)
@few
def test_exchanging_tracks_and_direction_leaves_the_evidence(seed: int) -> None:
    """With dispersion fixed at 1; and without history, where it rests on the release alone."""
    for fixed in ({"dispersion": 1}, {}):
        same_both_ways([{**one, **fixed} for one in making.all_kinds(rng(seed), 50) if one["kind"] != "set"])


def same_both_ways(made: list[Doc]) -> None:
    one, two = judged(*made), judged(*[making.exchanged(each) for each in made])
    assert two.trace_evidence == pytest.approx(one.trace_evidence, rel=1e-9, abs=1e-9)
    for name, metric in one.metrics.items():
        assert two.metrics[name].evidence == pytest.approx(metric.evidence, rel=1e-9, abs=1e-9)


def test_at_equal_shares_too() -> None:
    made = [
        making.latency(rng(5), 50, canary=100, baseline=100),
        making.errors(rng(5), 50, canary=500, baseline=500),
    ]
    made[0]["baseline"]["counts"][3] = made[0]["canary"]["counts"][3]
    one, two = judged(*made), judged(*[making.exchanged(each) for each in made])
    assert two.trace_evidence == pytest.approx(one.trace_evidence)


# --- epochs, warm-up, guards


def test_the_budget_of_all_epochs_is_alpha() -> None:
    parts = budget_part(np.arange(1, 100_001))
    assert parts.sum() == pytest.approx(1.0, abs=1e-4)
    assert parts[0] == pytest.approx(0.8)
    assert (np.diff(parts) < 0).all()


def test_an_epoch_forgets_the_evidence_and_the_recording_stays_a_rollback() -> None:
    bad = making.errors(rng(), 40, times=5)
    good = making.errors(rng(2), 60)
    both = making.ratio(
        *({k: bad[t][k] + good[t][k] for k in ("bad", "total")} for t in ("baseline", "canary"))
    )
    found = judged(both, epochs=[{"poll": 40, "why": "flag checkout off"}])
    assert found.trace is not None
    assert found.trace[39] == "rollback"
    assert found.trace[40] == "hold"
    assert found.trace[-1] == "promote"
    assert found.verdict == "rollback"
    assert found.metrics["errors"].state == "equivalent"
    assert any("flag checkout off" in reason for reason in found.reasons)
    assert judged(both).trace == found.trace[:40] + ("rollback",) * 60  # without it, it never un-crosses


def test_a_stage_keeps_the_evidence_and_warms_up_again() -> None:
    made = making.errors(rng(), 60, times=3)
    plain = judged(made)
    staged = judged(made, warmup_polls=5, stages=[{"poll": 0, "share": 0.05}, {"poll": 30, "share": 0.05}])
    assert plain.trace_evidence is not None
    assert staged.trace_evidence is not None
    assert staged.trace_evidence[29] == pytest.approx(staged.trace_evidence[34], abs=0.2)
    assert staged.trace_evidence[-1] > staged.trace_evidence[34]


def test_warming_up_a_tripled_error_rate_is_left_out_and_a_disaster_is_not() -> None:
    def release(times: float) -> Doc:
        cold, warm = making.errors(rng(), 12, times=times), making.errors(rng(2), 60)
        return making.ratio(
            *({k: cold[t][k] + warm[t][k] for k in ("bad", "total")} for t in ("baseline", "canary"))
        )

    healed = judged(release(3), warmup_polls=12)
    assert healed.verdict == "promote"
    assert judged(release(3)).verdict == "rollback"
    disaster = judged(release(40), warmup_polls=12)
    assert disaster.verdict == "rollback"
    assert disaster.decided_at is not None
    assert disaster.decided_at < 12
    during = judge_recording(making.recording(release(3), warmup_polls=12).until(8))
    assert during.metrics["errors"].state == "warming_up"


@pytest.mark.parametrize(
    ("guard", "holds"),
    [({"max": 0.02}, True), ({"max": 0.001}, False), ({"min": 0.5}, False)],
)
def test_an_absolute_guard_keeps_from_promoting_only(guard: Doc, holds: bool) -> None:
    found = judged(making.errors(rng(), 80), guards=[{"metric": "errors", **guard}])
    assert found.verdict == ("promote" if holds else "hold")
    assert holds or any("absolute guard" in reason for reason in found.reasons)


def test_a_guard_of_a_quantile() -> None:
    made = making.latency(rng(), 80)
    assert judged(made, guards=[{"metric": "latency", "max": 2.0}]).verdict == "promote"
    assert judged(made, guards=[{"metric": "latency", "max": 0.2}]).verdict == "hold"


def test_a_split_that_is_not_as_configured_is_flagged_and_no_verdict() -> None:
    made = making.errors(rng(), 60)
    fine = judged(made, stages=[{"poll": 0, "share": 0.05}])
    skewed = judged(made, stages=[{"poll": 0, "share": 0.10}])
    assert (fine.flags, len(skewed.flags)) == ((), 1)
    assert skewed.verdict == fine.verdict


def test_a_cell_tells_what_the_whole_hides() -> None:
    """One endpoint of many has eight times the errors, on the canary only."""
    good = {f"e{i}": making.errors(rng(i), 80, canary=30, baseline=570) for i in range(4)}
    cells = {**good, "checkout": making.errors(rng(9), 80, canary=15, baseline=285, times=12)}
    pairs = {name: {"baseline": one["baseline"], "canary": one["canary"]} for name, one in cells.items()}
    whole = making.errors(rng(20), 80)
    assert judged(whole).verdict == "promote"
    found = judged({**whole, "by": {"dimension": "endpoint", "cells": pairs}})
    assert found.verdict == "rollback"


def test_a_cell_has_no_say_before_its_minimum() -> None:
    whole = making.errors(rng(20), 80)
    cell = making.errors(rng(9), 80, canary=3, baseline=57, times=100)
    by = {
        "dimension": "browser",
        "minimum": 1e6,
        "cells": {"x": {"baseline": cell["baseline"], "canary": cell["canary"]}},
    }
    assert judged({**whole, "by": by}).verdict == "promote"
    assert judged({**whole, "by": {**by, "minimum": 100}}).verdict == "rollback"


def test_how_long_it_will_take_is_said() -> None:
    slow = judged(making.errors(rng(), 40, canary=15, baseline=285))
    metric = slow.metrics["errors"]
    assert slow.verdict == "hold"
    assert metric.eta_polls is not None
    assert 20 < metric.eta_polls < 600
    assert "needs about" in metric.sentence


# --- extremes


def test_a_thousand_million_counts() -> None:
    made = making.ratio(
        {"bad": [10**7] * 30, "total": [10**9] * 30}, {"bad": [10**7] * 30, "total": [10**9] * 30}
    )
    many = {
        "id": "latency", "kind": "histogram", "bounds": [0.1, 1, "+Inf"], "baseline": {"counts": [[10**9,
        10**8, 10**7]] * 30}, "canary": {"counts": [[10**9, 10**8, 10**7]] * 30},
    }  # fmt: skip
    found = judged(made, many)
    assert found.metrics["errors"].state == "equivalent"
    assert found.verdict == "hold"  # without history so many requests are not taken for independent
    worse = judged({**made, "canary": {"bad": [10**8] * 30, "total": [10**9] * 30}}, many)
    assert worse.verdict == "rollback"
    assert all(math.isfinite(one) for one in worse.trace_evidence or ())


@given(making.seeds, st.integers(0, 12), st.sampled_from(["higher", "lower"]), st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_whatever_the_numbers_the_answer_is_whole(seed: int, polls: int, worse: str, warmup: int) -> None:
    dice = np.random.default_rng(seed)

    def some(*values: Any) -> list[Any]:
        return [values[i] for i in dice.integers(0, len(values), polls)]

    def track() -> Doc:
        total, bad = some(None, 0, 1, 3, 10**9, 0.5), some(None, 0, 1, 10**9)
        return {
            "bad": [None if b is None else min(n or 0, b) for n, b in zip(total, bad, strict=True)],
            "total": total,
        }

    def buckets(width: int) -> Doc:
        rows = [dice.choice([0, 1, 10**9], width).tolist() for _ in range(polls)]
        return {"counts": [None if dice.random() < 0.2 else row for row in rows]}

    def gauge() -> Doc:
        return {"value": some(None, 0.0, -1e15, 1e15, 5.0, 1e-300)}

    choices: list[list[Any]] = [["+Inf"], [0.0, "+Inf"], [-1.0, 0.5, 2.0, "+Inf"]]
    bounds = choices[seed % 3]

    def metric(name: str, make: Callable[[], Doc], **more: Any) -> Doc:
        return {"id": name, "kind": name, "worse": worse, "baseline": make(), "canary": make(), **more}

    wide = partial(buckets, len(bounds))
    metrics = [
        metric("ratio", track, before=track()),
        metric("histogram", wide, bounds=bounds, before=wide()),
        metric("gauge", gauge),
        metric("categorical", partial(buckets, 2), categories=["a", "b"]),
    ]
    answer = judged(*metrics, warmup_polls=warmup)
    assert answer.verdict in ("promote", "hold", "rollback", "no_data")
    assert all(math.isfinite(one) for one in answer.trace_evidence or ())
    assert all(math.isfinite(one.evidence) for one in answer.metrics.values())
    assert json.loads(json.dumps(answer.as_json(), allow_nan=False))["id"] == "r"
