"""Rows of a live release as the columns of a recording. Pure, but for the names that were seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from console.canary.measures import (
    Categorical,
    Count,
    Gauge,
    Histogram,
    Measure,
    Members,
    Quantile,
    Ratio,
)
from console.canary.plan import Planned
from console.canary.rows import Row

Columns = dict[str, Any]


class Seen:
    """Which members (types of error) are new with a release, for each metric that counts them."""

    def __init__(self) -> None:
        self._old: dict[str, set[str]] = {}
        self._new: dict[str, set[str]] = {}

    def known(self, metric_id: str, baseline: Measure | None) -> None:
        """What production had before the release is not new."""
        if isinstance(baseline, Members):
            self._old.setdefault(metric_id, set()).update(one.name for one in baseline.members)

    def new(
        self, metric_id: str, baseline: Measure | None, canary: Measure | None
    ) -> tuple[float, float] | None:
        """How much of the new members each track had in this poll; ``None`` if either was not measured.

        A member is one event a poll however often it came (a client that repeats itself is no proof),
        divided between the tracks as its occurrences are. That tells no more than one of them drawn by
        chance: the mean of exchangeable draws has the smaller moments. Which members are new depends on
        production's past and on both tracks together, never on which of them a new one came to.
        """
        old, new = self._old.setdefault(metric_id, set()), self._new.setdefault(metric_id, set())
        theirs = baseline.members if isinstance(baseline, Members) else ()
        ours = canary.members if isinstance(canary, Members) else ()
        old |= {one.name for one in theirs if one.born is None or one.events <= 0} - new
        new |= {one.name for one in (*theirs, *ours) if one.events > 0} - old
        if not isinstance(baseline, Members) or not isinstance(canary, Members):
            return None
        usual, seen = (
            {one.name: one.events for one in members if one.events > 0} for members in (theirs, ours)
        )
        parts = [
            seen.get(name, 0.0) / (seen.get(name, 0.0) + usual.get(name, 0.0))
            for name in sorted((usual.keys() | seen.keys()) & new)
        ]
        return len(parts) - sum(parts), sum(parts)


def pair_of(one: Planned, rows: Sequence[Row], seen: Seen, rests: Callable[[Row], bool]) -> Columns:
    """``baseline`` and ``canary`` of a metric, one entry a row, and its cells.

    ``rests``: whether the row says nothing of it, because late events of before are still coming.
    """
    metric = one.metric
    pairs = []
    for row in rows:
        pair = row.pairs.get(metric.id)
        pairs.append((None, None) if pair is None or rests(row) else (pair.baseline, pair.canary))
    if one.form == "set":
        return _sets(metric.id, rows, pairs, seen)
    made: Columns = {
        name: track_of(one, [pair[side] for pair in pairs])
        for side, name in enumerate(("baseline", "canary"))
    }
    if metric.by is not None and one.cells:
        made["by"] = {
            "dimension": ", ".join(metric.by.labels),
            "minimum": metric.by.min_cell,
            "share": min(metric.by.budget, 0.99),
            "slots": len(one.cells),
            "cells": {
                cell: {
                    name: _celled(one, cell, [pair[side] for pair in pairs])
                    for side, name in enumerate(("baseline", "canary"))
                }
                for cell in one.cells
            },
        }
    return made


def track_of(one: Planned, measures: Sequence[Measure | None]) -> Columns:
    """One track's columns."""
    match one.form:
        case "ratio":
            found = [_ratio(each) for each in measures]
            return {"bad": [bad for bad, _ in found], "total": [total for _, total in found]}
        case "count" | "set":
            counts = [_count(each) for each in measures]
            return {"count": [events for events, _ in counts], "total": [of for _, of in counts]}
        case "histogram":
            return {"counts": [_buckets(each, one.bounds) for each in measures]}
        case "categorical":
            return {"counts": [_worst(each, one.metric.worst) for each in measures]}
        case "gauge":
            return {"value": [_level(each) for each in measures]}


def _sets(
    metric_id: str,
    rows: Sequence[Row],
    pairs: Sequence[tuple[Measure | None, Measure | None]],
    seen: Seen,
) -> Columns:
    new: tuple[list[float | None], list[float | None]] = ([], [])
    total: tuple[list[float | None], list[float | None]] = ([], [])
    for row, (baseline, canary) in zip(rows, pairs, strict=True):
        found, of = seen.new(metric_id, baseline, canary), requests_of(row)
        for side in (0, 1):
            known = found is not None and of is not None
            new[side].append(found[side] if known and found else None)
            total[side].append(of[side] if known and of else None)
    return {
        name: {"new": new[side], "total": total[side]} for side, name in enumerate(("baseline", "canary"))
    }


def requests_of(row: Row) -> tuple[float, float] | None:
    """The requests that both tracks had in a poll, if both are known."""
    for metric_id in ("error_rate", "request_rate"):
        pair = row.pairs.get(metric_id)
        both = [_requests(one) for one in (pair.baseline, pair.canary)] if pair else []
        if len(both) == 2 and both[0] is not None and both[1] is not None:
            return both[0], both[1]
    return None


def _requests(measure: Measure | None) -> float | None:
    match measure:
        case Ratio():
            return _number(measure.total)
        case Count():
            return _number(measure.events)
        case _:
            return None


def _number(value: float) -> float | None:
    return value if math.isfinite(value) and 0 <= value <= 1e15 else None


def _ratio(measure: Measure | None) -> tuple[float | None, float | None]:
    if not isinstance(measure, Ratio):
        return None, None
    bad, total = _number(measure.bad), _number(measure.total)
    return (None, None) if bad is None or total is None else (min(bad, total), total)


def _count(measure: Measure | None) -> tuple[float | None, float | None]:
    if not isinstance(measure, Count) or measure.of is None:
        return None, None
    events, of = _number(measure.events), _number(measure.of)
    return (None, None) if events is None or of is None else (events, of)


def _celled(one: Planned, cell: str, measures: Sequence[Measure | None]) -> Columns:
    """A cell without any request in a poll that was measured had none."""
    events: list[float | None] = []
    total: list[float | None] = []
    for measure in measures:
        found: tuple[float | None, float | None] = (None, None)
        if isinstance(measure, Ratio | Count):
            part = next((each for each in measure.cells if each.name == cell), None)
            found = (0.0, 0.0) if part is None else (_number(part.events), _number(part.of))
            if one.form == "ratio" and found[0] is not None and found[1] is not None:
                found = (min(found[0], found[1]), found[1])
        events.append(found[0])
        total.append(found[1])
    return {"bad" if one.form == "ratio" else "count": events, "total": total}


def _buckets(measure: Measure | None, bounds: tuple[float, ...]) -> list[float] | None:
    if not isinstance(measure, Histogram) or not {*bounds} <= {*measure.bounds}:
        return None
    held = measure if measure.bounds == bounds else measure.over(bounds)
    return list(held.counts) if all(_number(one) is not None for one in held.counts) else None


def _worst(measure: Measure | None, worst: tuple[str, ...]) -> list[float] | None:
    """The events of all other categories, and those of the worst."""
    if not isinstance(measure, Categorical):
        return None
    within = sum(one.events for one in measure.categories if one.name in worst)
    counts = [measure.total - within, within]
    return counts if all(_number(one) is not None for one in counts) else None


def _level(measure: Measure | None) -> float | None:
    match measure:
        case Gauge():
            value = measure.value
        case Quantile() if measure.total > 0:
            value = measure.value
        case _:
            return None
    return value if math.isfinite(value) and abs(value) <= 1e15 else None
