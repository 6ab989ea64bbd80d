"""How old what was measured is, of both tracks. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.metric_rhythm import rhythm_of
from console.readings import Freshness, Millis, Reading, Rhythm
from console.world import MetricView, World

if TYPE_CHECKING:
    from console.canary.measures import Measure

ORDER = (Freshness.FRESH, Freshness.PARTIAL, Freshness.STALE, Freshness.LOST, Freshness.MISSING)


def rhythm(view: MetricView, reading: Reading[Measure], world: World) -> Rhythm:
    """The rhythm by which ``reading`` is judged: what informs only is measured less often."""
    own = world.rhythm(reading.source)
    return own if view.together is not None else rhythm_of(view.metric, own)


def worst(view: MetricView, world: World, now: Millis) -> tuple[Freshness, Millis | None]:
    """The freshness of the less trustworthy of the tracks, and that reading's age."""
    tracks = (view.baseline, view.canary) if view.metric.split else (view.canary,)
    both = [(one.freshness(now, rhythm(view, one, world)), one.age_ms(now)) for one in tracks]
    return max(both, key=lambda pair: (ORDER.index(pair[0]), pair[1] or 0))
