"""The first judge: configurable limits, a minimum sample, and so many failures in a row.

A *check* is a run of consecutive polls, long enough that the canary had the minimum sample; checks
never share data, so three failures in a row are three pieces of evidence. What is missing or stale
never counts as good. While a stage warms up, a check that is bad beside the baseline only is neither
good nor bad: functions that start because of more visitors are slow at first, and that passes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from console.canary.catalogue import Metric
from console.canary.measures import Measure
from console.canary.values import combine as combine
from console.canary.values import effect_of as effect_of
from console.canary.values import ratio_of
from console.canary.values import sample_of as sample_of
from console.canary.values import text_of as text_of
from console.canary.values import value_of as value_of
from console.canary.verdict import MetricState, MetricVerdict, Verdict, Word
from console.readings import Freshness, Millis


@dataclass(frozen=True, slots=True)
class Limits:
    """One metric's limits, in its unit. A check fails over ``max`` or over ``max_ratio`` × baseline."""

    max: float | None
    max_ratio: float | None
    min_difference: float = 0.0


@dataclass(frozen=True, slots=True)
class Rules:
    """When a check counts and how many decide."""

    min_sample: int
    failures: int
    passes: int
    limits: Mapping[str, Limits]
    warmup_ms: Millis = 0
    """So long after a stage began no limit relative to the baseline counts: functions start cold."""


@dataclass(frozen=True, slots=True)
class Poll:
    """Both tracks' counts of one metric over one poll's window; ``None`` where the source had none."""

    start: Millis
    end: Millis
    baseline: Measure | None
    canary: Measure | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the judge is given of one metric: its polls on this release, oldest first, and freshness."""

    metric: Metric
    polls: Sequence[Poll]
    canary: Freshness
    baseline: Freshness
    why_not_fresh: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One completed check. ``failed`` says which limit was passed; empty when it was good."""

    start: Millis
    end: Millis
    canary: float
    baseline: float | None
    failed: str
    relative: bool = False
    """Whether the limit that was passed is the one relative to the baseline."""


def judge(
    rules: Rules,
    evidence: Sequence[Evidence],
    now: Millis,
    previous: Verdict | None,
    stage_since: Millis = 0,
) -> Verdict:
    """The verdict now.

    ``previous`` only carries over since when the same word has stood. Failures count from the start
    of the release, good checks only since ``stage_since``: a stage has to earn its own promotion.
    """
    metrics = tuple(_of_metric(rules, one, stage_since) for one in evidence if one.metric.guard)
    word, reasons = _word(metrics, rules)
    since = previous.since if previous is not None and previous.word is word else now
    return Verdict(word, since, now, reasons, tuple(m for m, _ in metrics))


def _word(metrics: Sequence[tuple[MetricVerdict, bool]], rules: Rules) -> tuple[Word, tuple[str, ...]]:
    if not metrics:
        return Word.NO_DATA, ("no metric is being measured",)
    worse = [m for m, _ in metrics if m.state is MetricState.WORSE]
    if worse:
        return Word.ROLLBACK, tuple(f"{m.title} {m.canary} against {m.baseline}, {m.sentence}" for m in worse)
    blind = [m for m, _ in metrics if m.state in (MetricState.NO_DATA, MetricState.STALE)]
    if blind:
        return Word.NO_DATA, tuple(f"{m.title}: {m.sentence}" for m in blind)
    if all(enough for _, enough in metrics):
        return Word.PROMOTE, (f"every metric within its limits in {rules.passes} checks in a row",)
    return Word.HOLD, tuple(f"{m.title}: {m.sentence}" for m, enough in metrics if not enough)


def _of_metric(rules: Rules, one: Evidence, stage_since: Millis) -> tuple[MetricVerdict, bool]:
    """The metric's verdict, and whether it has been good for long enough to promote."""
    checks, gathered = checks_of(one, rules)
    limit = rules.limits.get(one.metric.id)
    last = checks[-1] if checks else None
    shown = _combined(one.polls[-4:])
    canary = value_of(one.metric, shown[0])
    baseline = value_of(one.metric, shown[1])

    def verdict(state: MetricState, sentence: str) -> MetricVerdict:
        return MetricVerdict(
            one.metric.id,
            one.metric.title,
            state,
            text_of(one.metric, canary),
            text_of(one.metric, baseline),
            effect_of(canary, baseline),
            sentence,
            ratio=ratio_of(canary, baseline),
        )

    unfresh = next((f for f in (one.canary, one.baseline) if f is not Freshness.FRESH), None)
    if unfresh is Freshness.MISSING or not one.polls:
        return verdict(MetricState.NO_DATA, one.why_not_fresh or "no data yet"), False
    if unfresh is not None:
        return verdict(MetricState.STALE, one.why_not_fresh or f"its data are {unfresh.value}"), False
    if limit is None:
        return verdict(MetricState.OK, "no limit is set: shown only"), True
    counted = [check for check in checks if not _passing(check, stage_since, rules)]
    bad = _run(counted, lambda check: bool(check.failed))
    if bad >= rules.failures:
        return verdict(MetricState.WORSE, f"{counted[-1].failed} in {bad} checks in a row"), False
    if last is not None and _passing(last, stage_since, rules):
        return verdict(MetricState.WARMING_UP, f"{last.failed}, but warming up: that may pass"), False
    if bad:
        text = f"{counted[-1].failed} in {bad} of {rules.failures} checks"
        return verdict(MetricState.COLLECTING, text), False
    good = _run(checks, lambda check: not check.failed and check.start >= stage_since)
    if good >= rules.passes:
        return verdict(MetricState.OK, f"within its limits in {good} checks in a row"), True
    if not checks:
        text = f"collecting: {gathered:,.0f} of {rules.min_sample} requests on the canary"
        return verdict(MetricState.COLLECTING, text), False
    return verdict(MetricState.OK, f"within its limits in {good} of {rules.passes} checks"), False


def _passing(check: Check, stage_since: Millis, rules: Rules) -> bool:
    """Whether it failed in a way that more visitors than before explain: it is neither bad nor good."""
    warm_at = stage_since + rules.warmup_ms
    warming = rules.warmup_ms > 0 and check.end > stage_since and check.start < warm_at
    return warming and bool(check.failed) and check.relative


def checks_of(one: Evidence, rules: Rules) -> tuple[list[Check], float]:
    """The completed checks, oldest first, and the canary's sample gathered towards the next one.

    A poll without data ends the check being gathered: a check never spans a hole.
    """
    limit = rules.limits.get(one.metric.id)
    checks: list[Check] = []
    gathered: list[Poll] = []
    for poll in one.polls:
        if poll.canary is None or poll.baseline is None:
            gathered = []
            continue
        gathered.append(poll)
        canary, baseline = _combined(gathered)
        if sample_of(canary) < rules.min_sample or sample_of(baseline) < 1:
            continue
        ours, theirs = value_of(one.metric, canary), value_of(one.metric, baseline)
        if ours is not None:
            failed, relative = _failure(one.metric, limit, ours, theirs)
            checks.append(Check(gathered[0].start, poll.end, ours, theirs, failed, relative))
        gathered = []
    return checks, sample_of(_combined(gathered)[0])


def _failure(metric: Metric, limit: Limits | None, canary: float, baseline: float | None) -> tuple[str, bool]:
    """What was passed, if anything, and whether it is the limit relative to the baseline."""
    if limit is None:
        return "", False
    if limit.max is not None and canary > limit.max:
        return f"over the limit of {text_of(metric, limit.max)}", False
    if (
        limit.max_ratio is not None
        and baseline is not None
        and canary > baseline * limit.max_ratio
        and canary - baseline > limit.min_difference
    ):
        return f"over {limit.max_ratio:g} × the baseline", True
    return "", False


def _run(checks: Sequence[Check], holds: Callable[[Check], bool]) -> int:
    length = 0
    for check in reversed(checks):
        if not holds(check):
            break
        length += 1
    return length


def _combined(polls: Sequence[Poll]) -> tuple[Measure | None, Measure | None]:
    return combine([p.canary for p in polls]), combine([p.baseline for p in polls])
