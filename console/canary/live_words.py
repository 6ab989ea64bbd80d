"""The verdict on a running release in words, with the values that people know. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from console.canary.answers import MetricAnswer
from console.canary.catalogue import Metric
from console.canary.cells import Where, where
from console.canary.live import Standing
from console.canary.live_recording import Terms
from console.canary.measures import Measure
from console.canary.plan import Planned
from console.canary.rows import Pair, Row
from console.canary.statistical import PROMOTE, ROLLBACK
from console.canary.values import combine, effect_of, ratio_of, text_of, value_of
from console.canary.verdict import MetricState, MetricVerdict, Verdict, Word
from console.canary.words import lasting
from console.readings import Freshness, Millis

JUDGE = "statistical"
LONGEST = 40
"""Characters of a cell's name: it comes from outside."""
SHOWN_MS: Millis = 60_000
"""The values shown are those of the last polls that together last so long; of a culprit ten times as much."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """How far one metric's data may be trusted, and why no further."""

    state: Freshness
    why: str = ""


def verdict_of(
    standing: Standing,
    terms: Terms,
    rows: Sequence[Row],
    fresh: Mapping[str, Fresh],
    now: Millis,
    previous: Verdict | None,
) -> Verdict:
    """The statistical judge's verdict. ``fresh``: of what is required; ``previous`` carries since when."""
    word = _word(standing, fresh)
    metrics = [_metric(one, standing, terms, rows, fresh.get(one.metric.id)) for one in standing.plan]
    ordered = tuple(sorted(metrics, key=lambda one: one.state is not MetricState.WORSE))
    since = previous.since if previous is not None and previous.word is word else now
    return Verdict(
        word,
        since,
        now,
        _reasons(word, standing, terms, ordered),
        ordered,
        JUDGE,
        standing.last.evidence,
        standing.last.line,
        standing.epoch,
        _eta(word, standing, ordered, terms),
        _care(standing) if word is Word.PROMOTE else (),
    )


def _word(standing: Standing, fresh: Mapping[str, Fresh]) -> Word:
    """Evidence of harm stays; a promotion needs all that is required, and now."""
    if standing.verdict == ROLLBACK:
        return Word.ROLLBACK
    required = [one.metric.id for one in standing.plan if one.required]
    if any(name in standing.absent for name in required):
        return Word.NO_DATA
    if any(one.state is not Freshness.FRESH for one in fresh.values()):
        return Word.NO_DATA
    if all(name in standing.absent for name in (one.metric.id for one in standing.plan if one.guard)):
        return Word.NO_DATA
    return Word.PROMOTE if standing.verdict == PROMOTE else Word.HOLD


def _state(one: Planned, standing: Standing, fresh: Fresh | None) -> MetricState:
    answer = standing.answers[one.metric.id]
    if answer.state == "worse":
        return MetricState.WORSE
    if answer.state == "no_data" or (fresh is not None and fresh.state is Freshness.MISSING):
        return MetricState.NO_DATA
    if fresh is not None and fresh.state is not Freshness.FRESH:
        return MetricState.STALE
    return MetricState(answer.state)


def _metric(
    one: Planned, standing: Standing, terms: Terms, rows: Sequence[Row], fresh: Fresh | None
) -> MetricVerdict:
    metric, answer = one.metric, standing.answers[one.metric.id]
    state = _state(one, standing, fresh)
    if state is MetricState.NO_DATA and not one.guard and not metric.late_s:
        state = MetricState.INCONCLUSIVE  # what only informs is asked for seldom
    span = SHOWN_MS * (10 if state is MetricState.WORSE else 1)
    both = _shown(one, rows, max(span, 4 * terms.poll_ms), standing.epoch_at)
    canary, baseline = (value_of(metric, each) for each in both)
    worse = state is MetricState.WORSE
    place = where(metric, *both) if worse else None
    bounds = _bounds(one, answer)
    return MetricVerdict(
        metric.id,
        metric.title,
        state,
        text_of(metric, canary),
        text_of(metric, baseline),
        effect_of(canary, baseline),
        _sentence(one, state, answer, standing, terms, fresh) + _place_words(metric, place),
        standing.peaks.get(metric.id, answer.evidence) if worse else answer.evidence,
        _interval(bounds),
        None if answer.eta_polls is None else answer.eta_polls * terms.poll_ms,
        "" if place is None else place.name[:LONGEST],
        ratio_of(canary, baseline),
        bounds,
    )


def _shown(
    one: Planned, rows: Sequence[Row], span: Millis, epoch_at: Millis
) -> tuple[Measure | None, Measure | None]:
    """What the last polls counted on the canary and in production, added up."""
    found: list[Pair] = []
    last: Millis | None = None
    for row in reversed(rows):
        pair = row.pairs.get(one.metric.id)
        if pair is None or (pair.baseline is None and pair.canary is None):
            continue
        last = last or row.end
        if row.end <= last - span or (found and row.end <= epoch_at):
            break
        found.append(pair)
    found.reverse()
    return combine([pair.canary for pair in found]), combine([pair.baseline for pair in found])


def _place_words(metric: Metric, place: Where | None) -> str:
    if place is None:
        return ""
    seen, usual = (text_of(metric, each * metric.factor) for each in (place.canary, place.baseline))
    return f"; most of it in {place.name[:LONGEST]}: {seen} against {usual}"


def _bounds(one: Planned, answer: MetricAnswer) -> tuple[float | None, float | None] | None:
    """Of canary over baseline, at all looks together; of a level, whose effect is a difference, too."""
    if answer.interval is None or one.form != "gauge":
        return answer.interval
    level = one.level
    if level is None:
        return None
    low, high = (None if end is None else 1 + end / level for end in answer.interval)
    return low, high


def _interval(bounds: tuple[float | None, float | None] | None) -> str:
    if bounds is None:
        return ""
    ends = ("?" if end is None else f"{end:.1f}" if end >= 2 else f"{end:.2f}" for end in bounds)
    return f"{' to '.join(ends)} ×"


def needs(polls: int, terms: Terms) -> str:
    """``needs about 12 more minutes at this traffic``."""
    said = lasting(polls, terms.poll_ms / 1000)
    number, unit = said.split(" ")
    name = {"s": "seconds", "min": "minutes", "h": "hours"}[unit]
    return f"needs about {number} more {name[:-1] if number == '1' else name} at this traffic"


def _sentence(
    one: Planned,
    state: MetricState,
    answer: MetricAnswer,
    standing: Standing,
    terms: Terms,
    fresh: Fresh | None,
) -> str:
    more = "" if answer.eta_polls is None else f"; {needs(answer.eta_polls, terms)}"
    match state:
        case MetricState.WORSE:
            return "worse beyond doubt"
        case MetricState.NO_DATA:
            why = fresh.why if fresh is not None and fresh.why else _absent(one)
            return f"left out: {why}" if one.guard and not one.required else why
        case MetricState.STALE:
            return (fresh.why if fresh else "") or "its data are not fresh"
        case MetricState.WARMING_UP:
            return "warming up: only a disaster is looked for"
        case MetricState.EQUIVALENT:
            return "not worse by the margin"
        case MetricState.COLLECTING:
            return f"collecting: {answer.sentence.removeprefix('collecting: ').split('; ')[0]}{more}"
        case _:
            if _suspicious(one, standing):
                return f"looks worse, not beyond doubt yet{more}"
            if not one.guard:
                return "informs only"
            return f"undecided{more or ': no decision in sight at this traffic'}"


def _absent(one: Planned) -> str:
    late = one.metric.late_s // 60
    if late:
        return f"its events come up to {late} min late: not judged so soon after visitors were moved"
    return "no data of one track or both"


def _suspicious(one: Planned, standing: Standing) -> bool:
    return one.guard and standing.last.metrics[one.metric.id] >= standing.last.line / 2


def _reasons(
    word: Word, standing: Standing, terms: Terms, metrics: Sequence[MetricVerdict]
) -> tuple[str, ...]:
    return (*_by_word(word, standing, terms, metrics), *_unevenly(standing))


def _unevenly(standing: Standing) -> tuple[str, ...]:
    """That the canary's part of the requests is not what its stage says: a flag, never a verdict."""
    split = standing.split
    if split is None:
        return ()
    seen, planned = (f"{100 * one:.3g} %" for one in (split.seen, split.planned))
    return (
        f"split: {seen} of the requests reached the canary, {planned} were to: "
        "sticky visitors, bots or a rewrite? Compare with care",
    )


def _care(standing: Standing) -> tuple[str, ...]:
    """What speaks against trusting a promotion blindly: an uneven split, and harm in what only informs."""
    split, last = standing.split, standing.last
    seen, planned = (0.0, 0.0) if split is None else (100 * split.seen, 100 * split.planned)
    uneven = () if split is None else (f"split {seen:.3g} % where {planned:.3g} % is set",)
    informing = [one.metric for one in standing.plan if not one.guard]
    worse = [one.title for one in informing if last.metrics.get(one.id, 0.0) >= last.line]
    return (*uneven, *(f"{title} looks worse, and only informs" for title in worse))


def _by_word(
    word: Word, standing: Standing, terms: Terms, metrics: Sequence[MetricVerdict]
) -> tuple[str, ...]:
    required = {one.metric.id for one in standing.plan if one.required}
    left_out = [m.title for m in metrics if m.state is MetricState.NO_DATA and _guards(standing, m.metric_id)]
    without = (f"left out for lack of data: {', '.join(left_out)}",) if left_out else ()
    match word:
        case Word.ROLLBACK:
            return tuple(
                f"{m.title} {m.canary} against {m.baseline}, {m.sentence}"
                for m in metrics
                if m.state is MetricState.WORSE
            ) or ("worse beyond doubt, taken together",)
        case Word.NO_DATA:
            blind = [
                f"{m.title}: {m.sentence}"
                for m in metrics
                if m.metric_id in required and m.state in (MetricState.NO_DATA, MetricState.STALE)
            ]
            return tuple(blind) or ("no metric that may decide has data",)
        case Word.PROMOTE:
            shown = [m.title for m in metrics if m.metric_id in required]
            first = f"{' and '.join(shown)} not worse by the margin, and nothing else looks worse"
            return (*_recovered(standing, None), first, *without)
        case _:
            return _holding(standing, terms, metrics, required)


def _holding(
    standing: Standing, terms: Terms, metrics: Sequence[MetricVerdict], required: set[str]
) -> tuple[str, ...]:
    found = [*_recovered(standing, _eta(Word.HOLD, standing, metrics, terms))]
    over = [one.metric for one in standing.plan if one.metric.id in standing.over]
    if standing.warmup_left:
        left = lasting(standing.warmup_left, terms.poll_ms / 1000)
        return (*found, f"warming up: only a disaster is looked for, for {left} more")
    suspicious = {one.metric.id for one in standing.plan if _suspicious(one, standing)}
    found += [
        f"{m.title}: {m.sentence}"
        for m in metrics
        if (m.metric_id in required and m.state is not MetricState.EQUIVALENT) or m.metric_id in suspicious
    ]
    found += [f"{one.title} is over its absolute limit, or that cannot be checked" for one in over]
    if required & standing.gaps:
        found.append("the newest poll is not complete: nothing is promoted on what is not known")
    return tuple(found) or ("not long enough at this stage",)


def _guards(standing: Standing, metric_id: str) -> bool:
    return any(one.guard and one.metric.id == metric_id for one in standing.plan)


def _recovered(standing: Standing, eta: Millis | None) -> tuple[str, ...]:
    was = standing.worse_until
    if was is None:
        return ()
    until = f"worse until {datetime.fromtimestamp(was.at / 1000).astimezone():%H:%M} ({was.why})"
    if eta is None:
        return (f"{until}; recovered since" if _all_shown(standing) else f"{until}; recovering since",)
    return (f"{until}; recovering since, about {lasting(max(1, round(eta / 1000)), 1)} to confirm",)


def _all_shown(standing: Standing) -> bool:
    return all(standing.answers[one.metric.id].state == "equivalent" for one in standing.plan if one.required)


def _eta(word: Word, standing: Standing, metrics: Sequence[MetricVerdict], terms: Terms) -> Millis | None:
    """Until the last of the required metrics is decided; ``None`` where one has no end in sight."""
    if word is not Word.HOLD:
        return None
    if standing.warmup_left:
        return None
    required = {one.metric.id for one in standing.plan if one.required}
    waits = [m for m in metrics if m.metric_id in required and m.state is not MetricState.EQUIVALENT]
    etas = [m.eta_ms for m in waits]
    return None if not etas or None in etas else max(eta for eta in etas if eta is not None)
