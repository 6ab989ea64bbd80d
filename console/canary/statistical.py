"""The statistical judge: many releases at once, one poll (or a block of polls) at a time.

``state, outlook = judge.step(state, block)``. What is carried has a size of its own, so a poll costs the same
however long a release lasts; and a block's verdicts depend on its polls in their order only, so any prefix of
a recording has the verdicts that the recording cut there has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from console.canary import bounds, split
from console.canary.combine import averaged, discoveries
from console.canary.epochs import budget_part
from console.canary.evidence.arrays import Flags, Floats, Ints, carried_sum
from console.canary.families import Buckets, Events, Gauges
from console.canary.family import LaneState, Progress, advance, begin, restart
from console.canary.lanes import Lane, lanes_of
from console.canary.recording import Recording
from console.canary.tracks import Track

LATELY = 4
"""So many polls in a row without data are no data; fewer are a gap, in which nothing is promoted."""
PACE = 20
"""Polls over which the pace of the evidence is taken."""
PROMOTE, HOLD, ROLLBACK, NO_DATA = 0, 1, 2, 3
"""Verdicts in arrays."""
AnyFamily = Events | Buckets | Gauges
FAMILIES: dict[str, type[AnyFamily]] = {"events": Events, "buckets": Buckets, "gauge": Gauges}


@dataclass(frozen=True, slots=True)
class Block:
    """Some polls of all releases."""

    columns: tuple[Floats, ...]
    """For each family ``[polls, lanes, numbers]``; NaN where missing."""
    guarded: tuple[Floats, ...]
    """For each guard ``[polls, numbers]``."""
    share: Floats
    """The canary's configured share ``[polls, releases]``; NaN where it is not known."""
    staged: Flags
    """Whether a stage began with the poll ``[polls, releases]``."""
    restarts: Flags
    """Whether an epoch begins with the block's first poll ``[releases]``."""

    def part(self, start: int, stop: int, restarts: Flags) -> Block:
        """Polls ``start`` to ``stop``."""
        return Block(
            tuple(one[start:stop] for one in self.columns),
            tuple(one[start:stop] for one in self.guarded),
            self.share[start:stop],
            self.staged[start:stop],
            restarts,
        )


@dataclass(frozen=True, slots=True)
class JudgeState:
    """All that is carried from poll to poll."""

    lanes: tuple[LaneState, ...]
    guards: tuple[Floats, ...]
    split: split.SplitState
    age: Ints
    """Polls of this epoch so far ``[releases]``."""
    epoch: Ints
    since_stage: Ints
    crossed: Flags
    """Whether this epoch's evidence ever passed its line ``[releases]``."""
    worse: Flags
    """The culprits named in this epoch ``[metrics]``."""
    gap: Ints
    """Polls without data in a row; at the start as many as are no data ``[metrics]``."""
    requests: Floats
    expected: Floats
    """Of this epoch, outside the warm-up ``[metrics]``."""
    pace: Floats
    """The last rows of worse, promote and growth if equal ``[PACE, 3, metrics]``."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a block led to: per poll and release, or per poll and metric. Natural logs."""

    verdict: Ints
    evidence: Floats
    line: Floats
    split: Flags
    warming: Flags
    bounds: tuple[Floats, ...]
    """The guards' values ``[polls]`` each."""
    bounds_hold: Flags
    metric_worse: Floats
    metric_promote: Floats
    equivalent: Flags
    floors: Flags
    no_data: Flags
    gap: Flags
    dispersion: tuple[Floats, ...]
    """For each family, at the last poll ``[lanes]``."""


class Judge:
    """What does not change: the releases' settings and their past, not the recordings' own polls."""

    def __init__(self, recordings: Sequence[Recording]) -> None:
        self.recordings = recordings
        self._metrics = [recording.metrics for recording in recordings]
        everything = lanes_of(recordings)
        self.families: list[AnyFamily] = []
        order: list[int] = []
        for name, kind in FAMILIES.items():
            mine = [i for i, lane in enumerate(everything) if lane.family == name]
            if mine:
                self.families.append(kind([everything[i] for i in mine], self._metrics))
                order += mine
        self.lanes: list[Lane] = everything
        self._sorted = np.argsort(np.array(order))
        """Where each lane (metric by metric) stands among the families' lanes."""
        self._weigh(everything)
        self.bounds = [
            one
            for release, recording in enumerate(recordings)
            for one in bounds.bounds_of(release, recording.guards, recording.metrics)
        ]
        self._floors()

    def _weigh(self, lanes: Sequence[Lane]) -> None:
        self.release_of = np.array([lane.release for lane in lanes])
        metric_of = np.array([lane.metric for lane in lanes])
        self.metrics = int(metric_of.max()) + 1
        self._lane_starts = np.searchsorted(metric_of, np.arange(self.metrics))
        parts = np.array([lane.part for lane in lanes])
        with np.errstate(divide="ignore"):
            self._log_parts = np.log(parts)
            rest = 1 - np.add.reduceat(parts, self._lane_starts)
            self._log_rest = np.log(np.maximum(np.where(rest < 1e-9, 0.0, rest), 0.0))
        self.metric_release = self.release_of[self._lane_starts]
        self._metric_starts = np.searchsorted(self.metric_release, np.arange(len(self.recordings)))
        self._whole = np.array([lane.whole for lane in lanes])
        self._minimum = np.array([lane.minimum for lane in lanes])
        flat = [metric for metrics in self._metrics for metric in metrics]
        self.guard = np.array([metric.role == "guard" for metric in flat])
        self.required = self.guard & np.array([metric.required for metric in flat])
        weights = np.where(self.guard, [metric.weight for metric in flat], 0.0)
        total = np.add.reduceat(weights, self._metric_starts)
        with np.errstate(divide="ignore", invalid="ignore"):
            self.log_weights = np.log(weights / np.where(total > 0, total, 1.0)[self.metric_release])
        self._unjudged = np.where(total > 0, -np.inf, 0.0)

    def _floors(self) -> None:
        def each(read: str) -> Floats:
            return np.array([getattr(recording, read) for recording in self.recordings], np.float64)

        self._warmup = each("warmup_polls").astype(np.int64)
        self.alpha, self.alpha_promote = each("alpha"), each("alpha_promote")
        floors = [recording.floors for recording in self.recordings]
        self._least_requests = np.array([one.canary_requests for one in floors])[self.metric_release]
        self._least_expected = np.array([one.expected_events for one in floors])[self.metric_release]
        self._least_stage = np.array([one.stage_polls for one in floors], np.int64)

    def begin(self) -> JudgeState:
        """Before the first poll."""
        releases, metrics = len(self.recordings), self.metrics
        return JudgeState(
            lanes=tuple(begin(family) for family in self.families),
            guards=tuple(bounds.nothing(one) for one in self.bounds),
            split=split.SplitState.begin(releases),
            age=np.zeros(releases, np.int64),
            epoch=np.ones(releases, np.int64),
            since_stage=np.zeros(releases, np.int64),
            crossed=np.zeros(releases, bool),
            worse=np.zeros(metrics, bool),
            gap=np.full(metrics, LATELY, np.int64),
            requests=np.zeros(metrics),
            expected=np.zeros(metrics),
            pace=np.full((PACE, 3, metrics), np.nan),
        )

    def block(self, recordings: Sequence[Recording]) -> Block:
        """All polls of ``recordings``, which have the judge's metrics and equally many polls."""
        metrics = [recording.metrics for recording in recordings]
        polls = recordings[0].polls
        share = np.full((polls, len(recordings)), np.nan)
        staged = np.zeros(share.shape, bool)
        for release, recording in enumerate(recordings):
            for stage in recording.stages:
                if stage.poll < polls:
                    share[stage.poll :, release] = stage.share
                    staged[stage.poll, release] |= stage.poll > 0
        return Block(
            tuple(family.columns(metrics) for family in self.families),
            tuple(bounds.numbers(one, _canary(one, recordings)) for one in self.bounds),
            share,
            staged,
            np.zeros(len(recordings), bool),
        )

    def step(self, state: JudgeState, block: Block) -> tuple[JudgeState, Outlook]:
        """The state after ``block`` and what it led to."""
        if block.restarts.any():
            state = self._restarted(state, block.restarts)
        age, since_stage = _ages(state, block)
        warming = since_stage < self._warmup
        mine, progress = self._lanes(state, block, age, warming)
        values = self._metric_values(state, progress)
        line = np.log(1 / (self.alpha * budget_part(state.epoch)))
        evidence = averaged(values.worse, self.log_weights, self._metric_starts, self._unjudged)
        crossed = np.logical_or.accumulate(np.concatenate([state.crossed[None], evidence >= line]), axis=0)[
            1:
        ]
        worse = self._culprits(state, values.worse, crossed, line)
        splitting, flagged = self._split(state, block, age)
        guards, values_of_bounds, hold = self._bounds(state, block)
        equivalent, floors = self._equivalent(values, line)
        verdict = self._verdict(values, line, equivalent, crossed, warming, since_stage, hold)
        outlook = Outlook(
            verdict, evidence, line, flagged, warming, values_of_bounds, hold, values.worse, values.promote,
            equivalent, floors, values.gap >= LATELY, values.missing,
            tuple(one.dispersion[-1] for one in progress),
        )  # fmt: skip
        rows = np.concatenate([state.pace, np.stack([values.worse, values.promote, values.if_equal], axis=1)])
        after = JudgeState(
            mine, guards, splitting, age[-1] + 1, state.epoch, since_stage[-1] + 1, crossed[-1], worse,
            values.gap[-1], values.requests[-1], values.expected[-1], rows[-PACE:],
        )  # fmt: skip
        return after, outlook

    def _restarted(self, state: JudgeState, releases: Flags) -> JudgeState:
        metrics = releases[self.metric_release]
        return replace(
            state,
            lanes=tuple(
                restart(family, one, releases[[lane.release for lane in family.lanes]])
                for family, one in zip(self.families, state.lanes, strict=True)
            ),
            split=state.split.restarted(releases),
            age=np.where(releases, 0, state.age),
            epoch=state.epoch + (releases & (state.age > 0)),
            since_stage=np.where(releases, 0, state.since_stage),
            crossed=state.crossed & ~releases,
            worse=state.worse & ~metrics,
            requests=np.where(metrics, 0.0, state.requests),
            expected=np.where(metrics, 0.0, state.expected),
            pace=np.where(metrics, np.nan, state.pace),
        )

    def _lanes(
        self, state: JudgeState, block: Block, age: Ints, warming: Flags
    ) -> tuple[tuple[LaneState, ...], list[Progress]]:
        after, progress = [], []
        for family, one, columns in zip(self.families, state.lanes, block.columns, strict=True):
            releases = [lane.release for lane in family.lanes]
            warms_up = self._warmup[releases] > 0
            new, made = advance(family, one, columns, age[:, releases], warming[:, releases], warms_up)
            after.append(new)
            progress.append(made)
        return tuple(after), progress

    def _metric_values(self, state: JudgeState, progress: Sequence[Progress]) -> _Values:
        def lanes(name: str) -> np.ndarray:
            return np.concatenate([getattr(one, name) for one in progress], axis=1)[:, self._sorted]

        starts = self._lane_starts
        valid, requests = lanes("valid"), lanes("requests")
        own = np.cumsum(requests, axis=0) + state.requests[[lane.metric for lane in self.lanes]]
        unheard = (self._minimum > 0) & (own < self._minimum)
        worse = np.where(unheard, np.minimum(lanes("worse"), 0.0), lanes("worse"))
        expected = lanes("expected")
        promote = np.minimum.reduceat(np.where(self._whole, lanes("promote"), np.inf), starts, axis=1)
        known = np.logical_or.reduceat(valid & self._whole, starts, axis=1)
        measured = np.logical_or.reduceat(lanes("known") & self._whole, starts, axis=1)
        return _Values(
            worse=averaged(worse, self._log_parts, starts, self._log_rest),
            promote=promote,
            if_equal=np.minimum.reduceat(np.where(self._whole, lanes("if_equal"), np.inf), starts, axis=1),
            gap=_gaps(state.gap, known),
            missing=~measured,
            requests=carried_sum(state.requests, requests[:, starts])[1:],
            expected=carried_sum(state.expected, expected[:, starts])[1:],
        )

    def _culprits(self, state: JudgeState, worse: Floats, crossed: Flags, line: Floats) -> Flags:
        """Named when the line is passed: by e-BH, or the worst; later each that passes its own line."""
        named = state.worse.copy()
        for release in np.nonzero(crossed[-1])[0]:
            mine = np.nonzero((self.metric_release == release) & self.guard)[0]
            if not state.crossed[release]:
                at = int(np.argmax(crossed[:, release]))
                found = discoveries(list(worse[at, mine]), float(np.exp(-line[release])))
                named[mine[found]] = True
                if not found:
                    named[mine[np.argmax(worse[at, mine] + self.log_weights[mine])]] = True
            named[mine] |= (worse[:, mine] + self.log_weights[mine]).max(axis=0) >= line[release]
        return named

    def _split(self, state: JudgeState, block: Block, age: Ints) -> tuple[split.SplitState, Flags]:
        canary, baseline = np.full(block.share.shape, np.nan), np.full(block.share.shape, np.nan)
        for family, columns in zip(self.families, block.columns, strict=True):
            for i, lane in enumerate(family.lanes):
                if (
                    not lane.whole
                    or lane.beyond is not None
                    or lane.only is not None
                    or lane.family == "gauge"
                ):
                    continue
                release = lane.release
                if np.isnan(canary[:, release]).all():
                    baseline[:, release], canary[:, release] = _totals(lane.family, columns[:, i])
        return split.watch(state.split, canary, baseline, block.share, age)

    def _bounds(
        self, state: JudgeState, block: Block
    ) -> tuple[tuple[Floats, ...], tuple[Floats, ...], Flags]:
        hold = np.ones(block.share.shape, bool)
        rows, values = [], []
        for one, last, columns in zip(self.bounds, state.guards, block.guarded, strict=True):
            after, holds, value = bounds.kept(one, last, columns)
            hold[:, one.release] &= holds
            rows.append(after)
            values.append(value)
        return tuple(rows), tuple(values), hold

    def _equivalent(self, values: _Values, line: Floats) -> tuple[Flags, Flags]:
        """Whether each metric is shown not to be worse by the margin, and whether enough was seen."""
        floors = (values.requests >= self._least_requests) & (values.expected >= self._least_expected)
        shown = values.promote >= np.log(1 / self.alpha_promote)[self.metric_release]
        return shown & floors & ~self._suspicious(values, line), floors

    def _suspicious(self, values: _Values, line: Floats) -> Flags:
        suspicious: Flags = values.worse >= line[self.metric_release] / 2
        return suspicious

    def _verdict(
        self,
        values: _Values,
        line: Floats,
        equivalent: Flags,
        crossed: Flags,
        warming: Flags,
        since_stage: Ints,
        hold: Flags,
    ) -> Ints:
        starts = self._metric_starts
        absent, there = values.gap >= LATELY, ~values.missing
        blind = np.logical_or.reduceat(absent & self.required, starts, axis=1)
        shown = np.where(self.required, equivalent & there & ~absent, ~self._suspicious(values, line))
        good = np.logical_and.reduceat(shown | ~self.guard, starts, axis=1)
        judged = np.logical_or.reduceat(~absent & self.guard, starts, axis=1)
        long_enough = since_stage + 1 >= self._warmup + self._least_stage
        promote = good & judged & ~warming & long_enough & hold
        verdict = np.where(promote, PROMOTE, HOLD)
        verdict = np.where(blind | ~judged, NO_DATA, verdict)
        return np.where(crossed, ROLLBACK, verdict)


@dataclass(frozen=True, slots=True)
class _Values:
    """Per poll and metric."""

    worse: Floats
    promote: Floats
    if_equal: Floats
    gap: Ints
    """Polls in a row in which nothing could be compared."""
    missing: Flags
    """Whether the poll was not measured at all."""
    requests: Floats
    expected: Floats


def _ages(state: JudgeState, block: Block) -> tuple[Ints, Ints]:
    """Polls since the epoch and since the stage began, at each poll, from 0."""
    polls = len(block.share)
    steps = np.arange(polls)[:, None]
    began = np.maximum.accumulate(np.where(block.staged, steps, -1), axis=0)
    return state.age + steps, np.where(began >= 0, steps - began, state.since_stage + steps)


def _gaps(before: Ints, known: Flags) -> Ints:
    """Polls without data in a row, at each poll."""
    steps = np.arange(len(known))[:, None]
    last = np.maximum.accumulate(np.where(known, steps, -1), axis=0)
    return np.where(last >= 0, steps - last, before + steps + 1)


def _totals(family: str, columns: Floats) -> tuple[Floats, Floats]:
    if family == "events":
        return columns[:, 1], columns[:, 3]
    half = columns.shape[1] // 2
    return columns[:, :half].sum(axis=1), columns[:, half:].sum(axis=1)


def _canary(bound: bounds.Bound, recordings: Sequence[Recording]) -> Track:
    return next(one for one in recordings[bound.release].metrics if one.id == bound.guard.metric).canary
