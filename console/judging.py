"""After each poll of the metrics: judge, keep the verdict, and record it when it changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from console import events, unwatched
from console.canary.catalogue import Catalogue, Metric
from console.canary.combined import combined, unproven
from console.canary.limits import Evidence, judge
from console.canary.stages import Release
from console.canary.unmeasured import with_unmeasured
from console.canary.verdict import Verdict, Word
from console.earlier import KEPT_MS, Earlier, good_before
from console.effect import Offload
from console.envelope import Actor, Recorded
from console.epoch_opening import epochs_of, opened
from console.host import Happened
from console.judging_terms import JudgingTerms
from console.keeping import ACTIVITY, METRICS, JudgedPoll, Measured, dump, evidence_key, load, reading
from console.live_judging import Given, LiveJudging
from console.picture import VERDICT_KEY
from console.ports import Clock, Fenced, Ledger, LedgerConflict, Sample, Samples
from console.readings import Freshness, Millis, Reading, Rhythm
from console.series import MeasuredSeries
from console.unwatched import with_gaps, with_gaps_since
from console.world import Unwatched

if TYPE_CHECKING:
    from console.canary.live import Judged

TRUST = (Freshness.FRESH, Freshness.PARTIAL, Freshness.STALE, Freshness.LOST, Freshness.MISSING)
"""From the most trustworthy on."""

LATELY = 4
"""A window without a sample is a hole; so many in a row mean that the source has none."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What the stores have for one judgement."""

    before: Verdict | None
    evidence: Sequence[Evidence]
    gaps: tuple[Unwatched, ...]
    given: Given | None
    """For the statistical judge, where it is asked."""


class Judging:
    """Judges the active release, with the judges that the settings name."""

    def __init__(
        self,
        judged_by: JudgingTerms,
        poll_ms: Millis,
        rhythm: Rhythm,
        samples: Samples,
        ledger: Ledger,
        clock: Clock,
        scope: str,
        actor: Actor,
        offload: Offload,
        fence: Callable[[], int | None],
        release: Callable[[], Reading[Release]],
        host: Rhythm,
        lacks: Callable[[Metric], str | None],
        catalogue: Catalogue,
    ) -> None:
        self._judged_by, self._rhythm, self._samples, self._ledger = judged_by, rhythm, samples, ledger
        self._rules = judged_by.rules
        self._statistical = LiveJudging(judged_by, poll_ms, catalogue.asked, samples, scope)
        self._host, self._lacks, self._catalogue = host, lacks, catalogue
        self._clock, self._scope, self._actor, self._offload = clock, scope, actor, offload
        self._fence, self._release = fence, release
        self._series = MeasuredSeries(samples, scope)
        self._began = clock.now()
        self._entered: tuple[str, int, Millis] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def judge(self) -> None:
        """Judge now, in a worker thread. Does nothing unless a release is active."""
        seen = self._release()
        release, now = seen.value, self._clock.now()
        if release is None or not release.active or release.canary is None or release.baseline is None:
            return
        canary_id = release.canary.id
        key = f"{self._scope}/{VERDICT_KEY}/{canary_id}"
        lacking = [(metric, why) for metric in self._catalogue.asked if (why := self._lacks(metric))]
        async with self._one_at_a_time:
            names = frozenset(metric.id for metric, _ in lacking)
            looked = await self._offload(lambda: self._look(release, key, names, now))
            since = self._stage_since(release, now)
            if (
                not any(one.polls for one in looked.evidence)
                and now - self._began < self._rhythm.stale_after_ms
            ):
                return  # nothing has been measured yet: that is no verdict
            verdict, points = await asyncio.to_thread(self._judged, looked, since, now)
        verdict = with_unmeasured(verdict, lacking, looked.before)
        verdict = with_host(verdict, looked.before, seen.freshness(now, self._host), seen.age_ms(now) or 0)
        fence = self._fence()
        if fence is None:
            return  # the lease was lost meanwhile: another process judges
        samples = [*self._kept(canary_id, points), Sample(key, now, now, "judge", dump(Verdict, verdict))]
        try:
            await self._offload(lambda: self._samples.record(samples, fence))
        except Fenced:
            return
        await self._offload(lambda: self._record(canary_id, verdict))

    def _look(self, release: Release, key: str, lacking: frozenset[str], now: Millis) -> Looked:
        assert release.canary is not None
        story = self._with_epoch(release, self._ledger.read(stream=f"release:{release.canary.id}"))
        given = None
        if self._judged_by.kind != "limits":
            given = self._statistical.look(release, story, lacking, now, partial(self._earlier, release))
        begin = max([release.started_at, *(at for at, _ in epochs_of(story))])
        return Looked(
            self._before(key), self._evidence(release, begin, now), unwatched.recorded(story), given
        )

    def _earlier(self, release: Release) -> Sequence[Earlier]:
        canary = release.canary.id if release.canary else ""
        return good_before(self._ledger, canary, release.started_at, release.started_at - KEPT_MS)

    def _with_epoch(self, release: Release, story: list[Recorded]) -> list[Recorded]:
        """The release's stream, with the epoch that has to be opened now."""
        key = f"{self._scope}/{ACTIVITY}"
        happened = reading(Happened, "vercel", self._samples.latest(key).get(key)).value
        event = opened(story, release, happened.entries if happened is not None else ())
        if event is None or self._fence() is None:
            return story
        new = event.new(self._actor, self._clock.now())
        try:
            made = self._ledger.append(f"release:{event.canary_id}", story[-1].version if story else 0, [new])
        except LedgerConflict:
            return story  # the next poll looks again
        return [*story, *made]

    def _judged(self, looked: Looked, since: Millis, now: Millis) -> tuple[Verdict, Sequence[Judged]]:
        """The verdict of the judges asked, and the evidence of the polls judged. Runs in a thread."""
        before = looked.before
        headline = [one for one in looked.evidence if one.metric in self._catalogue.headline]
        limits = judge(self._rules, headline, now, before, since)
        limits = with_gaps(limits, looked.gaps, headline, self._rules)
        if looked.given is None:
            return limits, ()
        fresh = {
            one.metric.id: (max(one.canary, one.baseline, key=TRUST.index), one.why_not_fresh)
            for one in looked.evidence
            if one.metric.required
        }
        found, points = self._statistical.judge(looked.given, fresh, now, before)
        if found is None:
            return unproven(limits, before), points
        course = looked.given.course
        begun = max([course.started_at, *(at for at, _ in course.epochs)])
        found = with_gaps_since(found, looked.gaps, begun)
        return (found if self._judged_by.kind == "statistical" else combined(found, limits, before)), points

    def _kept(self, canary_id: str, points: Sequence[Judged]) -> list[Sample]:
        key = f"{self._scope}/{evidence_key(canary_id)}"
        return [
            Sample(
                key,
                one.at,
                one.at,
                "judge",
                dump(JudgedPoll, _rounded(one)),
            )
            for one in points
        ]

    def _before(self, key: str) -> Verdict | None:
        good, _ = self._samples.latest(key).get(key, (None, None))
        return load(Verdict, good.body) if good else None

    def _stage_since(self, release: Release, now: Millis) -> Millis:
        """When this process first saw the release on its present stage; its start on the first."""
        canary = release.canary.id if release.canary else ""
        here = release.active_index or 0
        if self._entered is None or self._entered[:2] != (canary, here):
            began = release.started_at if here == 0 else max(release.started_at, release.updated_at)
            self._entered = (canary, here, min(began, now))
        return self._entered[2]

    def _evidence(self, release: Release, begin: Millis, now: Millis) -> list[Evidence]:
        """Of the headline and of all that is required: the polls since ``begin``, and freshness."""
        assert release.baseline is not None
        assert release.canary is not None
        found = []
        required = [one for one in self._catalogue.asked if one.required and one.guard]
        for metric in dict.fromkeys((*self._catalogue.headline, *required)):
            if self._lacks(metric) is not None:
                continue
            baseline = self._series.of(metric, release.baseline.id, now)
            canary = self._series.of(metric, release.canary.id, now)
            polls = [
                poll
                for poll in self._series.polls(metric, release.baseline.id, release.canary.id, now)
                if poll.start >= begin
            ]
            ours, theirs = self._fresh(canary, now), self._fresh(baseline, now)
            found.append(Evidence(metric, polls, ours[0], theirs[0], ours[1] or theirs[1]))
        return found

    def _fresh(self, kept: Sequence[Measured], now: Millis) -> tuple[Freshness, str]:
        last = kept[-1] if kept else None
        if last is None or all(one.measure is None for one in kept[-LATELY:]):
            return Freshness.MISSING, "no data" if last is None else "the source has no data of one track"
        at = last.end if last.newest is None else min(last.end, last.newest)
        reading = Reading(last, at, METRICS, partial=last.partial)
        freshness = reading.freshness(now, self._rhythm)
        if freshness is Freshness.PARTIAL:
            return freshness, "the source says that part of its data is missing"
        age = (now - at) // 1000
        return freshness, "" if freshness is Freshness.FRESH else f"its newest data are {age} s old"

    def _record(self, canary_id: str, verdict: Verdict) -> None:
        stream = f"release:{canary_id}"
        for _ in range(8):
            story = self._ledger.read(stream=stream)
            before = last_word(story)
            if before == verdict.word.value:
                return
            event = events.VerdictChanged(
                canary_id=canary_id,
                word=verdict.word.value,
                before=before,
                since=verdict.since,
                reasons=list(verdict.reasons),
                judge=verdict.judge,
            )
            try:
                self._ledger.append(
                    stream, story[-1].version if story else 0, [event.new(self._actor, self._clock.now())]
                )
            except LedgerConflict:
                continue
            return


def _rounded(one: Judged) -> JudgedPoll:
    """To four digits, and no less than -99: what is the same is stored once."""

    def short(value: float) -> float:
        return round(max(value, -99.0), 4) + 0.0

    metrics = {name: short(value) for name, value in one.metrics.items()}
    return JudgedPoll(short(one.evidence), short(one.line), metrics)


def with_host(verdict: Verdict, before: Verdict | None, host: Freshness, age_ms: Millis) -> Verdict:
    """A promotion also rests on where the release stands: without the host there is none."""
    if verdict.word is not Word.PROMOTE or host is Freshness.FRESH:
        return verdict
    since = before.since if before is not None and before.word is Word.NO_DATA else verdict.since
    reason = f"the host has not said for {age_ms // 1000} s where the release stands"
    return replace(verdict, word=Word.NO_DATA, since=min(since, verdict.judged_at), reasons=(reason,))


def last_word(story: list[Recorded]) -> events.WordBefore:
    """The word last recorded on a release's stream; ``none`` if there is none."""
    for one in reversed(story):
        try:
            event = events.read(one)
        except events.Unknown:
            continue
        if isinstance(event, events.VerdictChanged):
            return event.word
    return "none"
