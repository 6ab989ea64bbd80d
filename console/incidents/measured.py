"""What is measured of the harm at this moment, as far as it can be trusted. Pure."""

from __future__ import annotations

from dataclasses import replace

from console.canary.measures import Measure, Ratio
from console.canary.verdict import Word
from console.incidents.severity import Signals
from console.readings import Freshness, Reading
from console.world import MetricView, World

ERRORS = "error_rate"


def measured(world: World, said: Signals | None = None) -> Signals:
    """The errors of the canary and its baseline, and its share of visitors; without a release that rolls,
    the errors of what serves everybody. Numbers that are not fresh count as not known.

    ``said``: what a person knows besides; where they named a number, theirs counts.
    """
    release, view = world.release.value, _errors(world)
    rolling = release is not None and release.active
    baseline = _fresh(world, None if view is None else view.baseline)
    harmed = _fresh(world, None if view is None else view.canary) if rolling else baseline
    found = Signals(
        errors=None if harmed is None else harmed.share,
        baseline_errors=(baseline.share or 0.0) if rolling and baseline is not None else 0.0,
        exposed=1.0 if not rolling else _share(release.percentage if release is not None else None),
        requests=None if harmed is None else int(harmed.total),
        worse=rolling and world.verdict is not None and world.verdict.word is Word.ROLLBACK,
    )
    if said is None:
        return found
    if said.errors is not None:
        found = replace(found, errors=said.errors, requests=said.requests)
    exposed = found.exposed if said.exposed is None else said.exposed
    return replace(found, exposed=exposed, journey=said.journey, data=said.data)


def _errors(world: World) -> MetricView | None:
    views = (*world.all_metrics, *world.metrics)
    return next((one for one in views if one.metric.id == ERRORS and one.together is None), None)


def _fresh(world: World, reading: Reading[Measure] | None) -> Ratio | None:
    if reading is None or not isinstance(reading.value, Ratio):
        return None
    fresh = reading.freshness(world.now, world.rhythm(reading.source)) is Freshness.FRESH
    return reading.value if fresh and reading.problem is None else None


def _share(percentage: float | None) -> float | None:
    return None if percentage is None else percentage / 100
