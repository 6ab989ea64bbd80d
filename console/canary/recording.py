"""The recording: both tracks of a release in columns, one entry a poll.

Counts are per poll (never cumulative); ``null`` is a poll of which nothing is known, which is not zero.
"""

from __future__ import annotations

from typing import Annotated, Any, Generic, Literal, Self

from pydantic import Field, ValidationError, model_validator

from console.canary.recording_faults import explained
from console.canary.tracks import (
    BucketTrack,
    Counted,
    CountTrack,
    GaugeTrack,
    RatioTrack,
    Real,
    SetTrack,
    Share,
    Strict,
    T,
    Track,
    alike,
)
from console.envelope import Json

Worse = Literal["higher", "lower"]


class BadRecording(ValueError):
    """A recording that cannot be judged; ``str()`` is for a person."""


class Pair(Strict, Generic[T]):
    """Both tracks of one stretch of time."""

    baseline: T
    canary: T


class By(Strict, Generic[T]):
    """The same metric in each cell of a dimension: endpoint, browser, region.

    ``share`` of the metric's weight is given to the cells, in equal parts to the first ``slots`` of them.
    A cell has a say from ``minimum`` requests on the canary on.
    """

    dimension: str
    minimum: Counted = 200
    share: Share = 0.25
    slots: Annotated[int, Field(ge=1, le=1000)] = 10
    cells: dict[str, Pair[T]] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        """The dimension's name alone says that there is one, without any cell."""
        return {"dimension": value} if isinstance(value, str) else value


class Stage(Strict):
    """From ``poll`` on the canary is to have ``share`` of the traffic (0.05 is 5 %)."""

    poll: Annotated[int, Field(ge=0)]
    share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Epoch(Strict):
    """At ``poll`` something outside changed (a flag, a rollback): the evidence starts afresh."""

    poll: Annotated[int, Field(ge=0)]
    why: str = ""


class Floors(Strict):
    """What must have been seen before anything is promoted, however strong the evidence."""

    canary_requests: Counted = 500
    expected_events: Counted = 5
    """Events that the canary's share of the traffic should have seen, per metric of counts."""
    stage_polls: Annotated[int, Field(ge=0)] = 2
    """Polls at this stage, after the warm-up."""


class Guard(Strict):
    """A bound that the canary must keep, whatever the baseline does, for a promotion.

    In the metric's own unit: a share of 1 for a ratio, events a request for counts, the bounds' unit for
    a ``quantile`` of a histogram. Taken over the last ``polls`` polls.
    """

    metric: str
    max: Real | None = None
    min: Real | None = None
    quantile: Share = 0.95
    polls: Annotated[int, Field(ge=1, le=240)] = 20


class MetricBase(Strict):
    """What all kinds of metric have."""

    id: Annotated[str, Field(min_length=1)]
    tolerance: Real | None = None
    """What is still accepted as equal. A factor from 1 on for counts (1.05: five per cent more). For a
    histogram the shift as a part (0.01: one per cent slower; 1.01 is read as the same). For a gauge the shift
    in its unit."""
    margin: Real | None = None
    """The harm that a promotion must exclude; as ``tolerance``."""
    weight: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)] = 1.0
    """Its part of ``alpha`` is its weight over the sum of the weights."""
    dispersion: Annotated[float, Field(ge=1, le=1e9, allow_inf_nan=False)] | None = None
    """Fixes phi, how much noisier than chance the tracks are, instead of estimating it."""
    role: Literal["guard", "informative"] = "guard"
    """Whether the verdict rests on it; an informative one is judged and shown only."""
    required: bool = True
    """Of a guard: whether a promotion waits until it is shown not to be worse, and its absence is no data.
    One that is not may roll back as any other, and holds a promotion while it looks half-way worse; while it
    has no data it is left out."""


Negligible = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
"""A rate on the canary below which there is no harm, whatever the ratio (0.002: two in a thousand)."""


def _wide(name: str, track: Track, width: int, what: str) -> None:
    if isinstance(track, BucketTrack):
        for poll, row in enumerate(track.counts):
            if row is not None and len(row) != width:
                raise ValueError(f"{name}, poll {poll}: {len(row)} counts where there are {width} {what}")


class RatioMetric(MetricBase):
    kind: Literal["ratio"]
    worse: Worse = "higher"
    negligible: Negligible = 0.002
    baseline: RatioTrack
    canary: RatioTrack
    before: RatioTrack | None = None
    history: list[Pair[RatioTrack]] = Field(default_factory=list)
    by: By[RatioTrack] | None = None


class CountMetric(MetricBase):
    kind: Literal["count"]
    worse: Worse = "higher"
    negligible: Negligible = 0.002
    baseline: CountTrack
    canary: CountTrack
    before: CountTrack | None = None
    history: list[Pair[CountTrack]] = Field(default_factory=list)
    by: By[CountTrack] | None = None


class SetMetric(MetricBase):
    kind: Literal["set"]
    worse: Literal["higher"] = "higher"
    negligible: Negligible = 0.002
    minimum: Counted = 200
    """Requests on the canary from which on new members have a say."""
    baseline: SetTrack
    canary: SetTrack
    before: SetTrack | None = None
    history: list[Pair[SetTrack]] = Field(default_factory=list)
    by: By[SetTrack] | None = None


class HistogramMetric(MetricBase):
    kind: Literal["histogram"]
    worse: Worse = "higher"
    bounds: Annotated[list[Real | Literal["+Inf"]], Field(min_length=1)]
    """Upper edges of the buckets, rising; the last is ``"+Inf"``."""
    baseline: BucketTrack
    canary: BucketTrack
    before: BucketTrack | None = None
    history: list[Pair[BucketTrack]] = Field(default_factory=list)
    by: By[BucketTrack] | None = None

    @model_validator(mode="after")
    def _checked(self) -> Self:
        finite = [edge for edge in self.bounds if edge != "+Inf"]
        if self.bounds[-1] != "+Inf" or len(finite) != len(self.bounds) - 1:
            raise ValueError('bounds must end with "+Inf", and have it there only')
        if any(not isinstance(edge, float) for edge in finite) or sorted(set(finite)) != finite:
            raise ValueError("bounds must rise from each bucket to the next")
        for name, track in all_tracks(self):
            _wide(name, track, len(self.bounds), "buckets, one for each of bounds")
        return self


class CategoricalMetric(MetricBase):
    """How events spread over categories. ``worse``: a shift to later (``higher``) or earlier categories
    (``lower``), or ``any`` change."""

    kind: Literal["categorical"]
    worse: Literal["higher", "lower", "any"] = "higher"
    categories: Annotated[list[str], Field(min_length=2, max_length=64)]
    baseline: BucketTrack
    canary: BucketTrack
    before: BucketTrack | None = None
    history: list[Pair[BucketTrack]] = Field(default_factory=list)
    by: By[BucketTrack] | None = None

    @model_validator(mode="after")
    def _checked(self) -> Self:
        for name, track in all_tracks(self):
            _wide(name, track, len(self.categories), "categories")
        return self


class GaugeMetric(MetricBase):
    kind: Literal["gauge"]
    worse: Worse = "higher"
    baseline: GaugeTrack
    canary: GaugeTrack
    before: GaugeTrack | None = None
    history: list[Pair[GaugeTrack]] = Field(default_factory=list)
    by: By[GaugeTrack] | None = None


AnyMetric = RatioMetric | CountMetric | SetMetric | HistogramMetric | CategoricalMetric | GaugeMetric


def all_tracks(metric: AnyMetric) -> list[tuple[str, Track]]:
    """All tracks of a metric with their names: the release's, of cells, of the past."""
    found: list[tuple[str, Track]] = [("baseline", metric.baseline), ("canary", metric.canary)]
    if metric.before is not None:
        found.append(("before", metric.before))
    past: list[Any] = list(metric.history)
    for i, pair in enumerate(past):
        found += [(f"history {i}, baseline", pair.baseline), (f"history {i}, canary", pair.canary)]
    cells: dict[str, Any] = dict(metric.by.cells) if metric.by else {}
    for cell, one in cells.items():
        found += [(f"{cell}, baseline", one.baseline), (f"{cell}, canary", one.canary)]
    return found


Metric = Annotated[
    AnyMetric,
    Field(discriminator="kind"),
]


class Recording(Strict):
    """One release, from its first poll on."""

    id: str
    start: str | float | None = None
    """When the first poll began; for people, nothing is computed from it."""
    poll_seconds: Annotated[float, Field(gt=0, le=86400, allow_inf_nan=False)]
    alpha: Share = 0.05
    """The whole budget for a false ``rollback``, at any poll."""
    alpha_promote: Share = 0.05
    """The budget for a false ``promote`` of a canary that is worse by the margin."""
    warmup_polls: Annotated[int, Field(ge=0)] = 0
    """Polls left out of the verdict at the start and after each change of stage or epoch."""
    stages: list[Stage] = Field(default_factory=list)
    epochs: list[Epoch] = Field(default_factory=list)
    floors: Floors = Floors()
    guards: list[Guard] = Field(default_factory=list)
    metrics: Annotated[list[Metric], Field(min_length=1)]

    @model_validator(mode="after")
    def _checked(self) -> Self:
        names = [metric.id for metric in self.metrics]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"metric {twice} is there twice")
        for metric in self.metrics:
            cells = list(metric.by.cells) if metric.by else []
            for name, track in all_tracks(metric):
                live = name in ("baseline", "canary") or name.split(", ")[0] in cells
                if live and len(track) != self.polls:
                    raise ValueError(
                        f"metric {metric.id}, {name}: {len(track)} polls where the recording has {self.polls}"
                    )
            past: list[Any] = list(metric.history)
            for i, pair in enumerate(past):
                alike(f"metric {metric.id}, history {i}: baseline", pair.baseline, "canary", pair.canary)
        return self

    @property
    def polls(self) -> int:
        """How many polls the recording has."""
        return len(self.metrics[0].canary)

    def until(self, poll: int) -> Recording:
        """The recording as it was before ``poll``: what the judge knew then."""
        cut = self.model_dump()
        for metric in cut["metrics"]:
            pairs = [metric, *(metric["by"]["cells"].values() if metric["by"] else ())]
            for pair in pairs:
                for track in (pair["baseline"], pair["canary"]):
                    for name in track:
                        track[name] = track[name][:poll]
        return Recording.model_validate(cut)


def read(text: str | bytes) -> Recording:
    """The recording in ``text`` (JSON). Raises :class:`BadRecording`, which names the metric and the poll."""
    try:
        return Recording.model_validate_json(text)
    except ValidationError as error:
        raise BadRecording(explained(text, error)) from error


def schema() -> Json:
    """The JSON Schema of a recording."""
    return Recording.model_json_schema()
