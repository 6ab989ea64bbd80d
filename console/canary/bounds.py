"""Absolute guards: what the canary must keep to be promoted, whatever became of the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from console.canary.evidence.arrays import Flags, Floats, carried_sum
from console.canary.lanes import bucketed, column
from console.canary.recording import AnyMetric, BadRecording, Guard, HistogramMetric
from console.canary.tracks import BucketTrack, CountTrack, GaugeTrack, RatioTrack, SetTrack, Track


@dataclass(frozen=True, slots=True)
class Bound:
    """One guard of one release."""

    release: int
    guard: Guard
    edges: Floats | None
    """Upper edges, where it is of a histogram."""


def bounds_of(release: int, guards: Sequence[Guard], metrics: Sequence[AnyMetric]) -> list[Bound]:
    """The guards of a release. Raises :class:`BadRecording` where a metric cannot be bounded."""
    found = []
    for guard in guards:
        metric = next((one for one in metrics if one.id == guard.metric), None)
        if metric is None:
            raise BadRecording(f"guards: there is no metric {guard.metric}.")
        if metric.kind == "categorical":
            raise BadRecording(f"guards: metric {guard.metric} is categorical, which has no single value.")
        if guard.max is None and guard.min is None:
            raise BadRecording(f"guards: the one of {guard.metric} has neither max nor min.")
        edges = None
        if isinstance(metric, HistogramMetric):
            edges = np.array([np.inf if edge == "+Inf" else float(edge) for edge in metric.bounds])
        found.append(Bound(release, guard, edges))
    return found


def numbers(bound: Bound, track: Track) -> Floats:
    """The canary's column for a guard ``[polls, numbers]``: events and total, a value and 1, or buckets."""
    if isinstance(track, BucketTrack):
        assert bound.edges is not None
        return bucketed(track, len(bound.edges), len(bound.edges))
    if isinstance(track, RatioTrack):
        pair = (track.bad, track.total)
    elif isinstance(track, CountTrack):
        pair = (track.count, track.total)
    elif isinstance(track, SetTrack):
        pair = (track.new, track.total)
    else:
        assert isinstance(track, GaugeTrack)
        pair = (track.value, [None if one is None else 1.0 for one in track.value])
    return np.stack([column(pair[0]), column(pair[1])], axis=-1)


def kept(bound: Bound, last: Floats, block: Floats) -> tuple[Floats, Flags, Floats]:
    """The rows to go on with, whether the guard holds at each poll, and its value (NaN: not known).

    Unknown is not kept.
    """
    rows = np.concatenate([last, np.nan_to_num(block, nan=0.0)])
    sums = carried_sum(np.zeros(rows.shape[1]), rows)
    window = bound.guard.polls
    value = _value(bound, sums[window:] - sums[:-window])
    with np.errstate(invalid="ignore"):
        holds = np.isfinite(value)
        if bound.guard.max is not None:
            holds &= value <= bound.guard.max
        if bound.guard.min is not None:
            holds &= value >= bound.guard.min
    return rows[len(rows) - (window - 1) :], holds, value


def nothing(bound: Bound) -> Floats:
    """The rows before the first poll."""
    return np.zeros((bound.guard.polls - 1, 2 if bound.edges is None else len(bound.edges)))


def _value(bound: Bound, sums: Floats) -> Floats:
    if bound.edges is None:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(sums[:, 1] > 0, sums[:, 0] / sums[:, 1], np.nan)
    total = sums.sum(axis=1)
    reached = np.cumsum(sums, axis=1)
    rank = bound.guard.quantile * total
    at = (reached >= rank[:, None]).argmax(axis=1)
    upper = bound.edges[at]
    lower = np.where(at > 0, bound.edges[np.maximum(at - 1, 0)], 0.0)
    inside = np.take_along_axis(sums, at[:, None], axis=1)[:, 0]
    below = np.take_along_axis(reached, at[:, None], axis=1)[:, 0] - inside
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(inside > 0, (rank - below) / inside, 0.0)
        value = np.where(np.isinf(upper), np.inf, lower + (upper - lower) * part)
    return np.where(total > 0, value, np.nan)
