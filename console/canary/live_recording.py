"""A live release as the recording that ``coalmine judge`` reads. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from console.canary.live_tracks import Columns, Seen, pair_of, track_of
from console.canary.measures import Measure
from console.canary.plan import Planned
from console.canary.recording import Recording
from console.canary.rows import Pair, Row, first_after
from console.readings import Millis


@dataclass(frozen=True, slots=True)
class Terms:
    """By what a release is judged, from the settings."""

    alpha: float = 0.05
    alpha_promote: float = 0.05
    warmup_ms: Millis = 180_000
    poll_ms: Millis = 15_000
    most: Mapping[str, float] = field(default_factory=dict)
    """Absolute limits by metric, in natural units: what the canary must keep to be promoted."""

    @property
    def warmup_polls(self) -> int:
        return math.ceil(self.warmup_ms / self.poll_ms)


@dataclass(frozen=True, slots=True)
class Course:
    """What happened to a release: when it was given which share, and what made its evidence start afresh."""

    canary_id: str
    started_at: Millis
    stages: tuple[tuple[Millis, float], ...] = ()
    """When, and the canary's share from then on (0.05 is 5 %)."""
    epochs: tuple[tuple[Millis, str], ...] = ()
    """When, and why."""


@dataclass(frozen=True, slots=True)
class Past:
    """What is known from before a release: production's own polls in the hour before it, and the polls of
    earlier releases that stayed good, the oldest release first."""

    before: tuple[Row, ...] = ()
    earlier: tuple[tuple[Row, ...], ...] = ()


NO_PAST = Past()


def recording_of(
    terms: Terms, course: Course, plan: Sequence[Planned], rows: Sequence[Row], past: Past = NO_PAST
) -> Recording:
    """The whole release from its first poll on. ``rows`` are without holes (:mod:`console.canary.rows`)."""
    seen = seen_before(plan, past.before)
    made = part_of(terms, course, plan, rows, seen, past)
    made["start"] = rows[0].start / 1000 if rows else None
    made["stages"] = [
        {"poll": place, "share": share}
        for place, share in sorted({first_after(rows, at): share for at, share in course.stages}.items())
        if place < len(rows)
    ]
    made["epochs"] = [
        {"poll": place, "why": why}
        for at, why in course.epochs
        if 0 < (place := first_after(rows, at)) < len(rows)
    ]
    return Recording.model_validate(made)


def seen_before(plan: Sequence[Planned], before: Sequence[Row]) -> Seen:
    """What production was known to have before the release."""
    seen = Seen()
    for row in before:
        for one in plan:
            if one.form == "set" and one.metric.id in row.pairs:
                seen.known(one.metric.id, row.pairs[one.metric.id].baseline)
    return seen


def part_of(
    terms: Terms,
    course: Course,
    plan: Sequence[Planned],
    rows: Sequence[Row],
    seen: Seen,
    past: Past = NO_PAST,
) -> dict[str, Any]:
    """Some consecutive rows as a recording's keys, without its stages and epochs."""
    return {
        "id": course.canary_id,
        "poll_seconds": terms.poll_ms / 1000,
        "alpha": terms.alpha,
        "alpha_promote": terms.alpha_promote,
        "warmup_polls": terms.warmup_polls,
        "guards": [
            {"metric": one.metric.id, "max": terms.most[one.metric.id], "quantile": one.metric.quantile}
            for one in plan
            if one.metric.id in terms.most and one.form != "categorical"
        ],
        "metrics": [_metric(one, course, rows, seen, past) for one in plan],
    }


def _metric(one: Planned, course: Course, rows: Sequence[Row], seen: Seen, past: Past) -> dict[str, Any]:
    metric = one.metric
    made: dict[str, Any] = {
        "id": metric.id,
        "kind": one.form,
        "worse": metric.worse if one.form != "set" else "higher",
        "role": "guard" if one.guard else "informative",
        "required": one.required,
        "weight": metric.weight,
        **_asked(one),
        **pair_of(one, rows, seen, lambda row: _late(one, course, row)),
    }
    if one.form == "histogram":
        made["bounds"] = ["+Inf" if math.isinf(edge) else edge for edge in one.bounds]
    elif one.form == "categorical":
        made["categories"] = ["other", " or ".join(metric.worst)]
    before = [row.pairs[metric.id].baseline for row in past.before if metric.id in row.pairs]
    if before and one.form != "set":
        made["before"] = track_of(one, before)
    if one.form != "set" and one.guard and (history := _history(one, past)):
        made["history"] = history
    return made


def _history(one: Planned, past: Past) -> list[dict[str, Columns]]:
    """Both tracks of the earlier releases in which the metric was measured."""
    name, found = one.metric.id, []
    for rows in past.earlier:
        both = [_both(row.pairs.get(name)) for row in rows]
        if any(baseline and canary for baseline, canary in both):
            tracks = (track_of(one, [pair[side] for pair in both]) for side in (0, 1))
            found.append(dict(zip(("baseline", "canary"), tracks, strict=True)))
    return found


def _both(pair: Pair | None) -> tuple[Measure | None, Measure | None]:
    return (None, None) if pair is None else (pair.baseline, pair.canary)


def _asked(one: Planned) -> Columns:
    """Tolerance and margin: factors as in the catalogue; of a level, the differences that these make."""
    tolerance, margin = one.metric.tolerance, one.metric.margin
    if one.form == "gauge":
        level = one.level
        if level is None:
            return {}
        asked: Columns = {"tolerance": (tolerance - 1) * level}
        return {**asked, "margin": (margin - 1) * level} if margin > tolerance else asked
    return {"tolerance": tolerance, "margin": margin} if margin > tolerance else {"tolerance": tolerance}


def _late(one: Planned, course: Course, row: Row) -> bool:
    """Whether the row is too soon after the canary got its visitors.

    Of a younger track the sessions that have ended are the short ones.
    """
    if not one.metric.late_s:
        return False
    given = [at for at, _ in course.stages if at < row.end]
    return row.start < max([course.started_at, *given]) + one.metric.late_s * 1000
