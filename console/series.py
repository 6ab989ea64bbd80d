"""Measurements of a release over time, kept parsed: each poll reads only what is new."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from console.canary.catalogue import Metric
from console.canary.limits import Poll, combine, value_of
from console.canary.measures import Measure, Point
from console.canary.sampling import interval_of
from console.keeping import JudgedPoll, Line, Measured, evidence_key, known, line_key, load, metric_key
from console.ports import Sample, Samples
from console.readings import Millis
from console.world import EvidencePoint

KEEP_MS: Millis = 60 * 60_000
"""How far back lines and checks reach."""

SMOOTH_MS: Millis = 60_000
"""A plotted point stands for the window of this length that ends there."""


Newest = Mapping[str, tuple[Sample | None, Sample | None]]
"""The newest samples of each key, good and failed: :meth:`console.ports.Samples.latest`."""


class MeasuredSeries:
    """Parsed measurements per metric and deployment, for the last hour."""

    def __init__(self, samples: Samples, scope: str) -> None:
        self._samples, self._scope = samples, scope
        self._kept: dict[str, list[Measured]] = {}
        self._drawn: dict[str, tuple[object, tuple[Point, ...]]] = {}
        """The last line of each key, and what it was made of."""
        self._points: dict[str, _Smoothed] = {}
        self._seen_at: Millis = 0
        self._minutes: dict[str, tuple[Measured, Measure | None]] = {}
        """The newest measurement of each key that has a value, and its minute counted together."""
        self._looked: set[str] | None = None
        self._newest: Newest | None = None

    def begin(self, newest: Newest | None = None) -> None:
        """A picture begins: until the next one does, each series is read from the samples once at most.

        ``newest``, where the caller has read it, tells which series have something new at all.
        """
        self._looked, self._newest = set(), newest

    def of(self, metric: Metric, deployment_id: str, now: Millis) -> Sequence[Measured]:
        """All measurements of the last hour, oldest first; nothing dated after ``now``."""
        if now < self._seen_at:  # the clock was set back, or an earlier time is looked at
            self._kept.clear()
            self._points.clear()
        self._seen_at = now
        key = f"{self._scope}/{metric_key(metric.id, deployment_id)}"
        kept = self._kept.setdefault(key, [])
        if self._looked is not None:
            if key in self._looked:
                return kept
            self._looked.add(key)
        after = kept[-1].end if kept else now - KEEP_MS
        for sample in self._samples.series(key, after, now) if self._has_new(key, after) else ():
            measured = load(Measured, sample.body)
            if measured is not None:
                kept.append(measured)
        while kept and kept[0].end < now - KEEP_MS:
            kept.pop(0)
        return kept

    def _has_new(self, key: str, after: Millis) -> bool:
        return self._newest is None or _is_later(self._newest, key, after)

    def minute(
        self, metric: Metric, deployment_id: str, now: Millis
    ) -> tuple[Measured, Measure | None] | None:
        """The newest measurement with a value, and what was counted in the minute that ends there."""
        kept = self.of(metric, deployment_id, now)
        places = range(len(kept) - 1, -1, -1)
        place = next((one for one in places if kept[one].measure is not None), None)
        if place is None:
            return None
        key, last = metric_key(metric.id, deployment_id), kept[place]
        if key not in self._minutes or self._minutes[key][0] is not last:
            first = bisect_right(kept, last.end - SMOOTH_MS, key=lambda one: one.end)
            self._minutes[key] = (last, combine([one.measure for one in kept[first : place + 1]]))
        return self._minutes[key]

    def polls(self, metric: Metric, baseline_id: str, canary_id: str, now: Millis) -> list[Poll]:
        """Both tracks' measurements poll by poll; a track without one in a poll has ``None``."""
        baseline = {m.end: m for m in self.of(metric, baseline_id, now)}
        canary = {m.end: m for m in self.of(metric, canary_id, now)}
        polls = []
        for end in sorted(baseline.keys() | canary.keys()):
            ours, theirs = canary.get(end), baseline.get(end)
            start = ours.start if ours else theirs.start if theirs else end
            polls.append(Poll(start, end, theirs.measure if theirs else None, ours.measure if ours else None))
        return polls

    def line(
        self, metric: Metric, deployment_id: str, now: Millis, good: Sample | None = None
    ) -> tuple[Point, ...]:
        """The line to plot: our own measurements, and where we have none ``good``, the source's history."""
        kept = self.of(metric, deployment_id, now)
        key = line_key(metric.id, deployment_id)
        points = self._points.setdefault(key, _Smoothed()).of(metric, kept)
        whole = bisect_left(points, now - KEEP_MS + SMOOTH_MS, key=lambda point: point.at)
        made_of = (
            len(kept),
            kept[0].end if kept else 0,
            kept[-1].end if kept else 0,
            whole,
            good and good.at,
        )
        if key not in self._drawn or self._drawn[key][0] != made_of:
            own = points[whole:]  # of the oldest minute the window reaches beyond what is kept
            history = known(Line, good.body) if good else None
            gaps = _uncovered(own, now) if history is not None else []
            before = history.points if history is not None else ()
            backfill = [p for p in before if any(start < p.at < end for start, end in gaps)]
            self._drawn[key] = (made_of, tuple(sorted([*backfill, *own], key=lambda point: point.at)))
        return self._drawn[key][1]


class EvidenceSeries:
    """The statistical judge's evidence on one release over the last hour, parsed once."""

    def __init__(self, samples: Samples, scope: str) -> None:
        self._samples, self._scope = samples, scope
        self._of, self._seen_at = "", 0
        self._kept: list[EvidencePoint] = []

    def of(self, canary_id: str, now: Millis, newest: Newest) -> tuple[EvidencePoint, ...]:
        """Oldest first; where it did not change for several polls, the first and the last of these."""
        if canary_id != self._of or now < self._seen_at:
            self._of, self._kept = canary_id, []
        self._seen_at = now
        kept = self._kept
        key = f"{self._scope}/{evidence_key(canary_id)}"
        after = kept[-1].at if kept else now - KEEP_MS
        for sample in self._samples.series(key, after, now) if _is_later(newest, key, after) else ():
            one = load(JudgedPoll, sample.body)
            if one is not None:
                kept.append(EvidencePoint(sample.at, one.evidence, one.line, one.metrics))
        while kept and kept[0].at < now - KEEP_MS:
            kept.pop(0)
        good, _ = newest.get(key, (None, None))
        if good is not None and kept and good.at == kept[-1].at < good.until <= now:
            return (*kept, replace(kept[-1], at=good.until))
        return tuple(kept)


class _Smoothed:
    """The points of one line; what is measured only ever gets a new end, so each is worked out once."""

    def __init__(self) -> None:
        self._points: list[Point] = []
        self._done: Millis = 0
        """The end of the newest measurement that is in."""

    def of(self, metric: Metric, measured: Sequence[Measured]) -> list[Point]:
        """A point for each measurement that has a value, with the interval of what was counted for it."""
        fresh = bisect_right(measured, self._done, key=lambda one: one.end)
        for last in range(fresh, len(measured)):
            one = measured[last]
            first = bisect_right(measured, one.end - SMOOTH_MS, key=lambda one: one.end)
            if one.measure is not None:
                self._add(metric, one.end, [m.measure for m in measured[first : last + 1]])
        if measured:
            self._done = measured[-1].end
        oldest = measured[0].end if measured else self._done + 1
        del self._points[: bisect_left(self._points, oldest, key=lambda point: point.at)]
        return self._points

    def _add(self, metric: Metric, at: Millis, window: Sequence[Measure | None]) -> None:
        counted = combine(window)
        value = value_of(metric, counted)
        if value is not None:
            self._points.append(Point(at, value, *(interval_of(metric, counted) or ())))


def _is_later(newest: Newest, key: str, after: Millis) -> bool:
    """Whether the newest good sample of ``key`` is later than ``after``."""
    good, _ = newest.get(key, (None, None))
    return good is not None and good.at > after


def _uncovered(points: Sequence[Point], now: Millis) -> list[tuple[Millis, Millis]]:
    """Spans of the last hour longer than two smoothing windows in which there is no point."""
    edges = [now - KEEP_MS, *(p.at for p in points), now]
    return [(a, b) for a, b in pairwise(edges) if b - a > 2 * SMOOTH_MS]
