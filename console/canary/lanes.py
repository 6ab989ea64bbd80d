"""What is judged side by side. A metric is one lane, or several: itself and its cells, or its categories.

A categorical metric becomes counts: for each cut between its categories the events beyond it; or, where any
change matters, for each category the events in it, in both directions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from console.canary.asked import Asked, asked
from console.canary.evidence.arrays import Floats
from console.canary.recording import (
    AnyMetric,
    CategoricalMetric,
    GaugeMetric,
    HistogramMetric,
    Recording,
    SetMetric,
)
from console.canary.tracks import BucketTrack, CountTrack, GaugeTrack, RatioTrack, SetTrack, Track

Family = Literal["events", "buckets", "gauge"]


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of numbers judged by itself."""

    release: int
    metric: int
    """Over all releases."""
    place: int
    """Of the metric in its release."""
    family: Family
    asked: Asked
    high_is_canary: bool
    part: float
    """Of the metric's weight."""
    cell: str | None = None
    beyond: int | None = None
    """Count the categories from this one on."""
    only: int | None = None
    """Count this category."""
    minimum: float = 0.0
    """Requests on the canary from which on it has a say."""

    @property
    def whole(self) -> bool:
        """Whether it stands for the metric as such: the promotion rests on these."""
        return self.cell is None


def lanes_of(recordings: Sequence[Recording]) -> list[Lane]:
    """The lanes of all metrics of all ``recordings``, metric by metric."""
    found: list[Lane] = []
    number = 0
    for release, recording in enumerate(recordings):
        for place, metric in enumerate(recording.metrics):
            found += _of_metric(release, number, place, metric)
            number += 1
    return found


def _of_metric(release: int, number: int, place: int, metric: AnyMetric) -> Iterator[Lane]:
    questions = asked(metric)
    share = metric.by.share if metric.by else 0.0
    yield from _of_tracks(release, number, place, metric, questions, 1 - share, None, 0.0)
    if metric.by:
        for cell in list(metric.by.cells)[: metric.by.slots]:
            part = share / metric.by.slots
            yield from _of_tracks(release, number, place, metric, questions, part, cell, metric.by.minimum)


def _of_tracks(
    release: int,
    number: int,
    place: int,
    metric: AnyMetric,
    questions: Asked,
    part: float,
    cell: str | None,
    least: float,
) -> Iterator[Lane]:
    high = metric.worse != "lower"
    if isinstance(metric, CategoricalMetric):
        cuts = range(len(metric.categories)) if metric.worse == "any" else range(1, len(metric.categories))
        each = part / (len(cuts) * (2 if metric.worse == "any" else 1))
        for cut in cuts:
            if metric.worse == "any":
                for side in (True, False):
                    yield Lane(
                        release, number, place, "events", questions, side, each, cell, only=cut, minimum=least
                    )
            else:
                yield Lane(
                    release, number, place, "events", questions, high, each, cell, beyond=cut, minimum=least
                )
        return
    family: Family = "events"
    if isinstance(metric, HistogramMetric):
        family = "buckets"
    elif isinstance(metric, GaugeMetric):
        family = "gauge"
    if isinstance(metric, SetMetric):
        least = max(least, metric.minimum)
    yield Lane(release, number, place, family, questions, high, part, cell, minimum=least)


def column(values: Sequence[float | None]) -> Floats:
    """A column as numbers; NaN where the poll is missing."""
    return np.array(values, dtype=np.float64)


def rows(values: Sequence[Sequence[float] | None], width: int) -> Floats:
    """A column of buckets as ``[polls, width]``; NaN where the poll is missing."""
    nothing = [np.nan] * width
    return np.array([nothing if row is None else row for row in values], np.float64).reshape(
        len(values), width
    )


def counted(lane: Lane, track: Track) -> tuple[Floats, Floats]:
    """The events of an ``events`` lane and what they are out of, ``[polls]`` each."""
    if isinstance(track, RatioTrack):
        return column(track.bad), column(track.total)
    if isinstance(track, CountTrack):
        return column(track.count), column(track.total)
    if isinstance(track, SetTrack):
        return column(track.new), column(track.total)
    assert isinstance(track, BucketTrack)
    table = rows(track.counts, next((len(row) for row in track.counts if row is not None), 1))
    if lane.only is not None:
        return table[:, lane.only] if table.shape[1] > lane.only else table[:, 0] * 0, table.sum(axis=1)
    return table[:, lane.beyond :].sum(axis=1), table.sum(axis=1)


def tracks(lane: Lane, metric: AnyMetric) -> tuple[Track, Track]:
    """The lane's baseline and canary."""
    if lane.cell is None or metric.by is None:
        return metric.baseline, metric.canary
    pair = metric.by.cells[lane.cell]
    return pair.baseline, pair.canary


def valued(track: Track) -> Floats:
    """A gauge's values ``[polls]``."""
    assert isinstance(track, GaugeTrack)
    return column(track.value)


def bounded(metric: AnyMetric) -> bool:
    """Whether events are a part of what they are out of."""
    return metric.kind in ("ratio", "categorical")


def bucketed(track: Track, width: int, padded: int) -> Floats:
    """A histogram's rows ``[polls, padded]``; buckets beyond its own are empty."""
    assert isinstance(track, BucketTrack)
    table = rows(track.counts, width)
    return np.pad(table, ((0, 0), (0, padded - width)))
