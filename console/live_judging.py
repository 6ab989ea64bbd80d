"""The statistical judge on the samples of a running release: what is read, judged, and kept of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console import events
from console.canary.catalogue import Metric
from console.canary.rows import Pair, Row
from console.canary.stages import Advancement, Deployment, Release, ReleaseState
from console.earlier import Earlier, rows_of
from console.envelope import Recorded
from console.epoch_opening import epochs_of
from console.judging_terms import JudgingTerms
from console.keeping import Measured, evidence_key, load, metric_key
from console.ports import Samples
from console.readings import Freshness, Millis

if TYPE_CHECKING:
    from console.canary.live import Judged, LiveJudge
    from console.canary.live_recording import Course, Past
    from console.canary.recording import Recording
    from console.canary.verdict import Verdict

BEFORE_MS: Millis = 3_600_000
"""How much of production before the release is looked at."""


@dataclass(frozen=True, slots=True)
class Given:
    """What one judgement is made of."""

    course: Course
    rows: Sequence[Row]
    past: Past
    judged_to: Millis
    """Until when the evidence was recorded already."""


class MeasuredRows:
    """The polls of a release as the samples have them, each read once."""

    def __init__(self, samples: Samples, scope: str, metrics: Sequence[Metric]) -> None:
        self._samples, self._scope = samples, scope
        self._metrics = tuple(metric for metric in metrics if metric.split)
        self._of: tuple[str, str] | None = None
        self._after: Millis = 0

    def new(self, release: Release, now: Millis) -> tuple[list[Row], bool]:
        """The polls since the last call, and whether these are all of the release. Blocking."""
        assert release.baseline is not None
        assert release.canary is not None
        ids = (release.baseline.id, release.canary.id)
        anew = ids != self._of or now < self._after
        if anew:
            self._of, self._after = ids, release.started_at
        rows = [row for row in self._read(ids, self._after, now) if row.start >= release.started_at]
        self._after = max([self._after, *(row.end for row in rows)])
        return rows, anew

    def before(self, release: Release) -> list[Row]:
        """Production's polls in the hour before the release, as far as a console watched it. Blocking."""
        assert release.baseline is not None
        begin = release.started_at - BEFORE_MS
        return self._read((release.baseline.id, ""), begin, release.started_at)

    def earlier(self, releases: Sequence[Earlier], poll_ms: Millis) -> tuple[tuple[Row, ...], ...]:
        """What may decide, in the polls of earlier releases. Blocking."""
        guards = MeasuredRows(self._samples, self._scope, [one for one in self._metrics if one.guard])
        return rows_of(releases, guards._read, poll_ms)

    def _read(self, ids: tuple[str, str], after: Millis, until: Millis) -> list[Row]:
        """A part of an answer that the source called partial does not count.

        What is asked for seldom has a longer window with the same end; the row begins with the guards'.
        """
        found: dict[Millis, dict[str, list[Measured | None]]] = {}
        starts: dict[Millis, Millis] = {}
        for metric in self._metrics:
            for side, one in enumerate(ids):
                key = f"{self._scope}/{metric_key(metric.id, one)}"
                for sample in self._samples.series(key, after, until) if one else ():
                    measured = load(Measured, sample.body)
                    if measured is not None:
                        end = measured.end
                        found.setdefault(end, {}).setdefault(metric.id, [None, None])[side] = measured
                        starts[end] = max(measured.start, starts.get(end, measured.start))
        return [
            Row(starts[end], end, {name: _pair(*pair) for name, pair in pairs.items()})
            for end, pairs in sorted(found.items())
        ]


def _pair(baseline: Measured | None, canary: Measured | None) -> Pair:
    return Pair(*(None if one is None or one.partial else one.measure for one in (baseline, canary)))


class LiveJudging:
    """Judges the release that runs; what it carries is made anew from the samples when that is another."""

    def __init__(
        self,
        judged_by: JudgingTerms,
        poll_ms: Millis,
        metrics: Sequence[Metric],
        samples: Samples,
        scope: str,
    ) -> None:
        self._judged_by, self._poll_ms, self._metrics = judged_by, poll_ms, tuple(metrics)
        self._samples, self._scope = samples, scope
        self._rows = self._reader()
        self._judge: LiveJudge | None = None
        self._lacking: frozenset[str] = frozenset()

    def _reader(self) -> MeasuredRows:
        return MeasuredRows(self._samples, self._scope, self._metrics)

    def look(
        self,
        release: Release,
        story: Sequence[Recorded],
        lacking: frozenset[str],
        now: Millis,
        earlier: Callable[[], Sequence[Earlier]],
    ) -> Given:
        """Read what is new. ``lacking``: metrics the source can never give; ``earlier`` finds the releases
        that stayed good. Blocking (the samples)."""
        if lacking != self._lacking:
            self._lacking, self._rows = lacking, self._reader()
        rows, anew = self._rows.new(release, now)
        if anew:
            self._judge = None
        from console.canary.live_recording import NO_PAST

        past = self._past(release, earlier()) if anew else NO_PAST
        return Given(course_of(release, story), rows, past, self._judged_to(release))

    def _past(self, release: Release, earlier: Sequence[Earlier]) -> Past:
        from console.canary.live_recording import Past

        return Past(tuple(self._rows.before(release)), self._rows.earlier(earlier, self._poll_ms))

    def judge(
        self, given: Given, fresh: Mapping[str, tuple[Freshness, str]], now: Millis, previous: Verdict | None
    ) -> tuple[Verdict | None, list[Judged]]:
        """The verdict (``None`` before the first poll), and the evidence not recorded yet.

        Costs some milliseconds; loads numpy: not on the event loop.
        """
        from console.canary.live import LiveJudge
        from console.canary.live_words import Fresh, verdict_of

        metrics = [metric for metric in self._metrics if metric.id not in self._lacking]
        terms = self._judged_by.statistical(metrics, self._poll_ms)
        if self._judge is None:
            self._judge = LiveJudge(terms, metrics)
        try:
            standing, points = self._judge.judge(given.course, given.rows, given.past)
        except Exception:
            self._judge, self._rows = None, self._reader()  # what was read and not judged must not be missing
            raise
        if standing is None:
            return None, []
        trusted = {name: Fresh(*one) for name, one in fresh.items()}
        verdict = verdict_of(standing, terms, self._judge.rows, trusted, now, previous)
        return verdict, [point for point in points if point.at > given.judged_to]

    def _judged_to(self, release: Release) -> Millis:
        key = f"{self._scope}/{evidence_key(release.canary.id if release.canary else '')}"
        good, _ = self._samples.latest(key).get(key, (None, None))
        return 0 if good is None else good.until


def course_of(release: Release, story: Sequence[Recorded]) -> Course:
    """What happened to the release, as its stream has it. Pure."""
    from console.canary.live_recording import Course

    assert release.canary is not None
    stages: list[tuple[Millis, float]] = []
    for one in story:
        try:
            event = events.read(one)
        except events.Unknown:
            continue
        if isinstance(event, events.ReleaseSeen) and event.state == "ACTIVE" and event.percentage is not None:
            share = event.percentage / 100
            if not stages or stages[-1][1] != share:
                stages.append((one.at if stages else release.started_at, share))
    return Course(release.canary.id, release.started_at, tuple(stages), tuple(epochs_of(story)))


def release_of(canary_id: str, newest: Release | None, story: Sequence[Recorded]) -> Release | None:
    """The release of a canary, from what the host said last or from the release's own stream. Pure."""
    if newest is not None and newest.canary is not None and newest.canary.id == canary_id:
        return newest if newest.baseline is not None else None
    for one in story:
        try:
            event = events.read(one)
        except events.Unknown:
            continue
        if isinstance(event, events.ReleaseSeen):
            return Release(
                ReleaseState(event.state),
                Advancement.MANUAL,
                Deployment(event.baseline_id, ""),
                Deployment(canary_id, ""),
                (),
                event.stage_index,
                event.percentage,
                started_at=one.at,
                updated_at=one.at,
            )
    return None


def live_recording(
    release: Release,
    story: Sequence[Recorded],
    samples: Samples,
    scope: str,
    metrics: Sequence[Metric],
    judged_by: JudgingTerms,
    poll_ms: Millis,
    now: Millis,
    earlier: Sequence[Earlier] = (),
) -> Recording | None:
    """The release as a recording, from the samples; ``None`` if they have nothing of it. Blocking."""
    from console.canary.live_recording import Past, recording_of
    from console.canary.plan import plan_of
    from console.canary.rows import spaced

    reader = MeasuredRows(samples, scope, metrics)
    rows = spaced(reader.new(release, now)[0], poll_ms)
    past = Past(tuple(reader.before(release)), reader.earlier(earlier, poll_ms))
    plan = plan_of(metrics, rows, past.before)
    if not rows or not plan:
        return None
    terms = judged_by.statistical(metrics, poll_ms)
    return recording_of(terms, course_of(release, story), plan, rows, past)
