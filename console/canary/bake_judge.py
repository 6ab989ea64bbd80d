"""The verdict on production against its own past: counts, limits and burn rates together. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.bake import JUDGE, WEAKER, Bake, BakeTerms, Baking, hours_of
from console.canary.burn import PAIRS, Burn, Counted, burns
from console.canary.catalogue import Metric
from console.canary.limits import Rules
from console.canary.measures import Ratio
from console.canary.own_past import Against, Piece, Span, against, joined
from console.canary.values import combine, effect_of, sample_of, text_of, value_of
from console.canary.verdict import MetricState, MetricVerdict, Verdict, Word
from console.readings import Millis

PIECE_MS: Millis = 60_000
"""What was measured since the change is looked at in pieces of at least so long."""
LATELY_MS: Millis = 5 * 60_000
"""The values shown are of so long."""


def compared(metrics: Sequence[Metric]) -> tuple[Metric, ...]:
    """Those of ``metrics`` that can be held against a past: guards that count events, and come in time."""
    kinds = ("ratio", "count", "histogram")
    return tuple(
        one
        for one in metrics
        if one.guard and one.split and not one.late_s and one.worse is not None and one.kind in kinds
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known for one judgement."""

    since: Sequence[Piece]
    """Production since the change, oldest first."""
    spans: Sequence[Span]
    run_up: Sequence[Piece]
    """Errors of the six hours before, for the burn rates."""
    fresh: bool
    """Whether the newest piece is as new as it should be."""
    read: int
    to_read: int
    complete: bool = True
    """Whether all the spans have been read; the run-up may still be."""


def judged(
    baking: Baking,
    seen: Seen,
    metrics: Sequence[Metric],
    terms: BakeTerms,
    now: Millis,
    previous: Bake | None,
) -> Bake:
    """Where the bake stands at ``now``. ``previous``: of the same bake, with what was found before."""
    before = previous if previous is not None and previous.of == baking else None
    pieces = joined(seen.since, PIECE_MS)
    planned = math.ceil((baking.until - baking.since) / PIECE_MS)
    found = [against(one, pieces, seen.spans, planned, complete=seen.complete) for one in metrics]
    peaks = dict(before.peaks if before else {})
    for one in found:
        if one.evidence is not None:
            peaks[one.metric.id] = max(one.evidence, peaks.get(one.metric.id, -math.inf))
    lines = _lines(metrics, terms.alpha)
    rows = [_row(one, peaks, lines, pieces, terms.rules) for one in found]
    burning = _burning(seen, baking, terms, metrics, now)
    word, reasons = _word(baking, seen, rows, found, burning, now)
    since = before.verdict.since if before is not None and before.verdict.word is word else now
    beyond = [peaks[one.metric.id] - lines[one.metric.id] for one in found if one.metric.id in peaks]
    ordered = tuple(sorted(rows, key=lambda one: one.state is not MetricState.WORSE))
    line = -math.log10(terms.alpha)
    evidence = max(beyond) + line if beyond else None
    verdict = Verdict(word, since, now, reasons, ordered, JUDGE, evidence, line)
    known = {span.name for span in seen.spans if span.pieces}
    lacking = (
        tuple(name for name in hours_of(baking) if name not in known) if seen.read >= seen.to_read else ()
    )
    return Bake(baking, verdict, lacking, seen.read, seen.to_read, peaks)


def _lines(metrics: Sequence[Metric], alpha: float) -> dict[str, float]:
    """The evidence (log10) from which each is worse: its part of ``alpha`` by weight (Bonferroni)."""
    whole = sum(one.weight for one in metrics) or 1.0
    return {one.id: math.log10(whole / (alpha * one.weight)) for one in metrics if one.weight > 0}


def _row(
    one: Against,
    peaks: Mapping[str, float],
    lines: Mapping[str, float],
    pieces: Sequence[Piece],
    rules: Rules,
) -> MetricVerdict:
    metric = one.metric
    end = pieces[-1].end if pieces else 0
    lately = combine([piece.measures.get(metric.id) for piece in pieces if piece.end > end - LATELY_MS])
    hardest = min(one.spans, key=lambda each: each.evidence, default=None)
    value = value_of(metric, lately)
    usual = value_of(metric, hardest.usual) if hardest else None
    state, sentence = _state(one, peaks, lines, pieces, rules)
    return MetricVerdict(
        metric.id,
        metric.title,
        state,
        text_of(metric, value),
        text_of(metric, usual),
        effect_of(value, usual),
        sentence,
        peaks.get(metric.id),
    )


def _state(
    one: Against,
    peaks: Mapping[str, float],
    lines: Mapping[str, float],
    pieces: Sequence[Piece],
    rules: Rules,
) -> tuple[MetricState, str]:
    metric = one.metric
    over = _over_limit(metric, pieces, rules)
    if over:
        return MetricState.WORSE, over
    if one.seen is None or sample_of(one.seen) <= 0:
        return MetricState.NO_DATA, "nothing measured since the change"
    if not one.spans:
        return MetricState.NO_DATA, "no past to compare with"
    if peaks.get(metric.id, -math.inf) >= lines.get(metric.id, math.inf):
        return MetricState.WORSE, f"worse than {_and([each.span for each in one.spans])}, beyond doubt"
    return MetricState.OK, f"as {_and([each.span for each in one.spans])}, as far as can be seen"


def _over_limit(metric: Metric, pieces: Sequence[Piece], rules: Rules) -> str:
    """Whether so many pieces with enough requests, one after the other, are over the absolute limit."""
    limit = rules.limits.get(metric.id)
    if limit is None or limit.max is None:
        return ""
    enough = [m for p in pieces if sample_of(m := p.measures.get(metric.id)) >= rules.min_sample]
    values = [value_of(metric, one) for one in enough[-rules.failures :]]
    if len(values) < rules.failures or not all(value is not None and value > limit.max for value in values):
        return ""
    return f"over the limit of {text_of(metric, limit.max)} in {rules.failures} minutes in a row"


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _word(
    baking: Baking,
    seen: Seen,
    rows: Sequence[MetricVerdict],
    found: Sequence[Against],
    burning: Sequence[str],
    now: Millis,
) -> tuple[Word, tuple[str, ...]]:
    worse = [one for one in rows if one.state is MetricState.WORSE]
    if worse or burning:
        reasons = [f"{one.title} {one.canary} against {one.baseline}, {one.sentence}" for one in worse]
        return Word.ROLLBACK, (*reasons, *burning, WEAKER)
    required = {one.metric.id for one in found if one.metric.required}
    blind = [one for one in rows if one.metric_id in required and one.state is MetricState.NO_DATA]
    if not seen.fresh:
        return Word.NO_DATA, ("nothing new has been measured of production",)
    reading = seen.read < seen.to_read
    if blind and not reading:
        return Word.NO_DATA, tuple(f"{one.title}: {one.sentence}" for one in blind)
    if now >= baking.until and not reading:
        return Word.PROMOTE, ("nothing worse was seen", WEAKER)
    if reading:
        return Word.HOLD, (f"reading the past: {seen.read} of {seen.to_read} pieces",)
    names = list(dict.fromkeys(each.span for one in found for each in one.spans))
    return Word.HOLD, (f"nothing worse than {_and(names)} so far", WEAKER)


def _burning(
    seen: Seen, baking: Baking, terms: BakeTerms, metrics: Sequence[Metric], now: Millis
) -> tuple[str, ...]:
    """The pairs that burn since the change; one that burnt as fast just before it is none of its doing."""
    name = next((one.id for one in metrics if one.required and one.kind == "ratio"), None)
    if name is None:
        return ()
    pieces = [*seen.run_up, *seen.since]
    end = seen.since[-1].end if seen.since else now
    found = burns(lambda start, stop: counted(pieces, name, start, stop), end, terms.objective)
    short = {pair: counted(pieces, name, baking.since - pair.short, baking.since) for pair in PAIRS}
    return tuple(
        _burn_words(one, terms.objective)
        for one in found
        if one.burning and not (short[one.pair].burn(terms.objective) or 0.0) > one.pair.rate
    )


def _burn_words(one: Burn, objective: float) -> str:
    both = f"{one.long or 0:.0f} and {one.short or 0:.0f} ×"
    allowed = f"what {100 * objective:g} % allows (limit {one.pair.rate:g} ×)"
    return f"over {one.pair.said} the error budget burns at {both} {allowed}"


def counted(pieces: Sequence[Piece], name: str, start: Millis, end: Millis) -> Counted:
    """The requests in ``(start, end]``; of a piece that is partly in it, that part."""
    bad = total = 0.0
    covered: Millis = 0
    for piece in pieces:
        inside, one = min(piece.end, end) - max(piece.start, start), piece.measures.get(name)
        if inside > 0 and isinstance(one, Ratio):
            part = inside / (piece.end - piece.start)
            bad, total, covered = bad + part * one.bad, total + part * one.total, covered + inside
    return Counted(bad, total, covered / (end - start))
