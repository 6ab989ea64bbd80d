"""What was measured when a console was last open: read after the first paint, for the rows and the plots."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain

from console.canary.catalogue import Metric
from console.canary.measures import Measure, Point
from console.plain import made, plain
from console.readings import Reading
from console.world import MetricView, World


@dataclass(frozen=True, slots=True)
class KeptMetric:
    """One metric of both tracks; the lines as moments and values in turn.

    Their intervals are not kept: they would double what is read at each start, and come with the first poll.
    """

    metric: Metric
    baseline: Reading[Measure]
    canary: Reading[Measure]
    baseline_line: tuple[float, ...]
    canary_line: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that was measured."""

    metrics: tuple[KeptMetric, ...]


def written(views: Iterable[MetricView]) -> str:
    """``views`` as one line to keep."""
    kept = Measured(
        tuple(
            KeptMetric(
                view.metric,
                view.baseline,
                view.canary,
                _flat(view.baseline_line),
                _flat(view.canary_line),
            )
            for view in views
        )
    )
    return json.dumps(plain(kept), separators=(",", ":"))


def added(world: World, text: str) -> World:
    """``world`` with what ``text`` says was measured, if it can be read."""
    try:
        kept = made(Measured, json.loads(text.partition("\n")[2]))
        return replace(world, metrics=tuple(_view(one) for one in kept.metrics))
    except (ValueError, KeyError, RecursionError):
        return world


def _flat(line: tuple[Point, ...]) -> tuple[float, ...]:
    return tuple(chain.from_iterable((point.at, point.value) for point in line))


def _line(flat: tuple[float, ...]) -> tuple[Point, ...]:
    return tuple(Point(int(at), value) for at, value in zip(flat[::2], flat[1::2], strict=True))


def _view(kept: KeptMetric) -> MetricView:
    baseline, canary = _line(kept.baseline_line), _line(kept.canary_line)
    return MetricView(kept.metric, kept.baseline, kept.canary, baseline, canary)
