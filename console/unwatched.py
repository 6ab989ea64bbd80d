"""Gaps in watching: what nobody saw while a release ran, and which decisions reach back over it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from console import events
from console.canary.limits import Evidence, Rules, checks_of
from console.canary.stages import Release
from console.canary.verdict import MetricState, Verdict, Word
from console.envelope import Recorded
from console.readings import Millis, Rhythm
from console.world import Unwatched

SHORTEST_MS: Millis = 60_000
"""A shorter silence is a slow poll, and nothing to record."""


def least_gap(rhythms: Sequence[Rhythm]) -> Millis:
    """From how long a silence of all sources is a gap: none of them may still be within its own rhythm."""
    return max([SHORTEST_MS, *(2 * rhythm.stale_after_ms for rhythm in rhythms)])


def of_release(
    gap: Unwatched, before: Release | None, after: Release | None, least: Millis
) -> tuple[str, Unwatched] | None:
    """The canary that ran in ``gap``, and the part of it that it ran; ``None`` if less than ``least``.

    ``before`` and ``after``: the release as it was known last, and as it was found again.
    """
    since, until = gap.since, gap.until
    if before is not None and before.active and before.canary is not None:
        canary = before.canary.id
        if after is not None and after.canary is not None and after.canary.id == canary and not after.active:
            until = max(since, min(until, after.updated_at))
    elif after is not None and after.active and after.canary is not None:
        canary, since = after.canary.id, max(since, after.started_at)
    else:
        return None
    return (canary, Unwatched(since, until)) if until - since > least else None


def recorded(story: Sequence[Recorded]) -> tuple[Unwatched, ...]:
    """The gaps on a release's stream, oldest first."""
    found = []
    for one in story:
        try:
            event = events.read(one)
        except events.Unknown:
            continue
        if isinstance(event, events.WatchResumed):
            found.append(Unwatched(event.since, event.until))
    return tuple(found)


def says(gap: Unwatched) -> str:
    """``nobody watched from 03:02 to 03:14 (12 min)``, in local time; with the days where they differ."""
    begin, end = (datetime.fromtimestamp(at / 1000).astimezone() for at in (gap.since, gap.until))
    form = "%H:%M" if begin.date() == end.date() else "%d %b %H:%M"
    minutes = round((gap.until - gap.since) / 60_000)
    long = f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
    return f"nobody watched from {begin:{form}} to {end:{form}} ({long})"


def with_gaps(
    verdict: Verdict, gaps: Sequence[Unwatched], evidence: Sequence[Evidence], rules: Rules
) -> Verdict:
    """A decision whose checks reach back over a gap says so: they are in a row only as far as anybody saw."""
    if verdict.word not in (Word.PROMOTE, Word.ROLLBACK) or not gaps:
        return verdict
    return with_gaps_since(verdict, gaps, _rests_from(verdict, evidence, rules))


def with_gaps_since(verdict: Verdict, gaps: Sequence[Unwatched], begin: Millis) -> Verdict:
    """A decision that rests on what was seen since ``begin`` says what of that nobody saw."""
    if verdict.word not in (Word.PROMOTE, Word.ROLLBACK):
        return verdict
    told = tuple(says(gap) for gap in gaps if gap.until > begin)
    return replace(verdict, reasons=(*verdict.reasons, *told)) if told else verdict


def _rests_from(verdict: Verdict, evidence: Sequence[Evidence], rules: Rules) -> Millis:
    """When the oldest check began that the decision needs."""
    worse = {one.metric_id for one in verdict.metrics if one.state is MetricState.WORSE}
    promoted = verdict.word is Word.PROMOTE
    number = rules.passes if promoted else rules.failures
    starts = []
    for one in evidence:
        if one.metric.guard and (promoted or one.metric.id in worse):
            starts += [check.start for check in checks_of(one, rules)[0][-number:]]
    return min(starts, default=verdict.judged_at)
