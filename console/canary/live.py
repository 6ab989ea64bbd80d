"""The statistical judge on a release that runs: each poll is judged once, and what it knew is carried on.

What is carried can be made anew from the rows at any time, and is then the same; so nothing is lost when
another process goes on, and what turns up late (a stage that was recorded after its first poll) is judged
anew by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from console.canary.answers import MetricAnswer, metric_answers
from console.canary.catalogue import Metric
from console.canary.live_recording import NO_PAST, Course, Past, Terms, part_of, seen_before
from console.canary.plan import SETTLED, Planned, plan_of
from console.canary.recording import BadRecording, Recording
from console.canary.rows import Row, first_after, spaced
from console.canary.statistical import HOLD, PROMOTE, ROLLBACK, Block, Judge, JudgeState, Outlook
from console.canary.values import sample_of
from console.readings import Millis

SPLIT_POLLS = 240
"""Polls over which the split of the traffic is counted once it is flagged."""
LN10 = float(np.log(10))


@dataclass(frozen=True, slots=True)
class Judged:
    """One poll's evidence; all log10."""

    at: Millis
    evidence: float
    line: float
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class WorseUntil:
    """The last epoch had ended in a rollback when it was over."""

    at: Millis
    why: str


@dataclass(frozen=True, slots=True)
class Split:
    """The canary's part of all requests (0 to 1): as its stage says, and as seen lately in this stage."""

    planned: float
    seen: float


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a release stands after its last poll."""

    plan: tuple[Planned, ...]
    verdict: int
    """One of the constants of :mod:`console.canary.statistical`."""
    answers: Mapping[str, MetricAnswer]
    culprits: tuple[str, ...]
    peaks: Mapping[str, float]
    """The highest evidence (log10) of each metric in this epoch."""
    last: Judged
    epoch: int
    epoch_at: Millis
    """When this epoch began."""
    warmup_left: int
    """Polls until the warm-up is over."""
    absent: frozenset[str]
    """Metrics without data of both tracks for so long that they are left out."""
    gaps: frozenset[str]
    """Metrics of which the newest poll is missing."""
    over: tuple[str, ...]
    """Metrics over their absolute limit, or whose limit cannot be checked."""
    long_enough: bool
    """Whether the stage has lasted as long as a promotion needs."""
    worse_until: WorseUntil | None
    split: Split | None = None
    """Only where the traffic is not split as configured, beyond doubt."""


class LiveJudge:
    """Judges one release. Not thread-safe: one call at a time."""

    _course: Course
    _plan: tuple[Planned, ...]
    _done: int
    _measured: int

    def __init__(self, terms: Terms, metrics: Sequence[Metric]) -> None:
        """``metrics``: those of the catalogue that the source may have."""
        self._terms, self._metrics = terms, tuple(metrics)
        self._rows: list[Row] = []
        self._past = NO_PAST
        self._reset(Course("", 0), ())

    @property
    def rows(self) -> Sequence[Row]:
        """The polls so far, without holes."""
        return self._rows

    @property
    def plan(self) -> tuple[Planned, ...]:
        return self._plan

    def judge(
        self, course: Course, rows: Sequence[Row], past: Past = NO_PAST
    ) -> tuple[Standing | None, list[Judged]]:
        """Where the release stands, and the evidence of each poll judged in this call.

        ``rows`` are new ones since the last call. ``past`` counts at the first call. Raises
        :class:`BadRecording` where the metrics' own terms contradict one another.
        """
        if not self._rows:
            self._past = past
        self._rows += spaced(rows, self._terms.poll_ms, self._rows[-1] if self._rows else None)
        plan = self._plan_now()
        if not plan or not self._rows:
            return None, []
        if plan != self._plan or self._told(course, self._done) != self._told(self._course, self._done):
            self._reset(course, plan)
        self._course = course
        points = self._go_on()
        return self._standing(), points

    def _plan_now(self) -> tuple[Planned, ...]:
        """Only looked for while it may still change, or where something was measured that is not judged."""
        known = {one.metric.id for one in self._plan}
        new = any(row.pairs.keys() - known for row in self._rows[self._done :])
        if self._measured <= SETTLED or new:
            self._measured = sum(bool(row.pairs) for row in self._rows)
            return plan_of(self._metrics, self._rows, self._past.before)
        return self._plan

    def _reset(self, course: Course, plan: tuple[Planned, ...]) -> None:
        self._course, self._plan = course, plan
        self._done, self._measured = 0, 0
        self._judge: Judge | None = None
        self._state: JudgeState | None = None
        self._outlook: Outlook | None = None
        self._last: Judged | None = None
        self._part: Recording | None = None
        self._seen = seen_before(plan, self._past.before)
        self._peaks: dict[str, float] = {}
        self._epoch_at = course.started_at
        self._worse_until: WorseUntil | None = None

    def _told(self, course: Course, polls: int) -> tuple[object, ...]:
        """What of a course bears on the first ``polls``."""
        rows = self._rows[:polls]
        end = rows[-1].end if rows else 0
        return (
            course.canary_id,
            course.started_at,
            [(first_after(rows, at), share) for at, share in course.stages if at < end],
            [(first_after(rows, at), why) for at, why in course.epochs if at < end],
        )

    def _go_on(self) -> list[Judged]:
        first, rows = self._done, self._rows[self._done :]
        if not rows:
            return []
        part = Recording.model_validate(
            part_of(
                self._terms, self._course, self._plan, rows, self._seen, self._past if not first else NO_PAST
            )
        )
        if self._judge is None or self._state is None:
            self._judge = Judge([part])
            self._state = self._judge.begin()
        self._part = part
        block = self._staged(self._judge.block([part]), first, len(rows))
        epochs = {
            place - first: (at, why)
            for at, why in self._course.epochs
            if (place := first_after(self._rows, at)) >= max(first, 1)
        }
        cuts = sorted({0, len(rows), *(cut for cut in epochs if cut < len(rows))})
        points: list[Judged] = []
        for start, stop in pairwise(cuts):
            if start in epochs:
                self._begin_epoch(*epochs[start])
            restarts = np.array([start in epochs])
            self._state, self._outlook = self._judge.step(self._state, block.part(start, stop, restarts))
            points += self._points(rows[start:stop], self._outlook)
        self._done += len(rows)
        self._last = points[-1]
        return points

    def _staged(self, block: Block, first: int, polls: int) -> Block:
        """The block with the canary's shares, and where a stage began."""
        share, staged = np.full((polls, 1), np.nan), np.zeros((polls, 1), bool)
        for at, part in self._course.stages:
            place = first_after(self._rows, at) - first
            if place < polls:
                share[max(place, 0) :, 0] = part
                if place >= 0 and place + first > 0:
                    staged[place, 0] = True
        return replace(block, share=share, staged=staged)

    def _begin_epoch(self, at: Millis, why: str) -> None:
        was_worse = self._outlook is not None and int(self._outlook.verdict[-1, 0]) == ROLLBACK
        if was_worse:
            self._worse_until = WorseUntil(at, why)
        self._peaks = {}
        self._epoch_at = at

    def _points(self, rows: Sequence[Row], outlook: Outlook) -> list[Judged]:
        names = [one.metric.id for one in self._plan]
        line = float(outlook.line[0]) / LN10
        found = []
        for poll, row in enumerate(rows):
            metrics = {
                name: float(outlook.metric_worse[poll, place]) / LN10 for place, name in enumerate(names)
            }
            for name, value in metrics.items():
                self._peaks[name] = max(value, self._peaks.get(name, value))
            found.append(Judged(row.end, float(outlook.evidence[poll, 0]) / LN10, line, metrics))
        return found

    def _standing(self) -> Standing | None:
        judge, state, outlook = self._judge, self._state, self._outlook
        if judge is None or state is None or outlook is None or self._part is None or self._last is None:
            return None
        names = [one.metric.id for one in self._plan]
        began = [at for at, _ in (*self._course.stages[-1:], *self._course.epochs[-1:])]
        ahead = any(at >= self._last.at for at in began)
        since_stage = 0 if ahead else int(state.since_stage[0])
        least = self._terms.warmup_polls + self._part.floors.stage_polls
        verdict = int(outlook.verdict[-1, 0])
        return Standing(
            plan=self._plan,
            # A stage or an epoch of which nothing was measured yet is not promoted on what was before it.
            verdict=HOLD if ahead and verdict == PROMOTE else verdict,
            answers=metric_answers(judge, state, outlook, self._part),
            culprits=tuple(name for name, worse in zip(names, state.worse, strict=True) if worse),
            peaks=dict(self._peaks),
            last=self._last,
            epoch=int(state.epoch[0]),
            epoch_at=self._epoch_at,
            warmup_left=max(0, self._terms.warmup_polls - since_stage),
            absent=frozenset(_named(names, outlook.no_data[-1])),
            gaps=frozenset(_named(names, outlook.gap[-1])),
            over=tuple(
                bound.guard.metric
                for bound, value in zip(judge.bounds, outlook.bounds, strict=True)
                if bound.guard.max is not None and not value[-1] <= bound.guard.max
            ),
            long_enough=since_stage >= least,
            worse_until=self._worse_until,
            split=self._split() if bool(outlook.split[-1, 0]) else None,
        )

    def _split(self) -> Split | None:
        """The requests of the last polls of this stage, by the first metric that counts them."""
        if not self._course.stages:
            return None
        began, planned = self._course.stages[-1]
        lately = self._rows[-SPLIT_POLLS:]
        rows = lately[first_after(lately, began) :]
        for one in (each for each in self._plan if each.form in ("ratio", "histogram")):
            pairs = [row.pairs[one.metric.id] for row in rows if one.metric.id in row.pairs]
            both = [(sample_of(pair.canary), sample_of(pair.baseline)) for pair in pairs]
            canary = sum(seen for seen, usual in both if seen and usual)
            every = sum(seen + usual for seen, usual in both if seen and usual)
            if every > 0:
                return Split(planned, canary / every)
        return None


def _named(names: Sequence[str], flags: Any) -> list[str]:
    return [name for name, flag in zip(names, flags, strict=True) if flag]


__all__ = ["BadRecording", "Judged", "LiveJudge", "Standing", "WorseUntil"]
