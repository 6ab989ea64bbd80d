"""How often each metric is measured: what informs only is asked for less often, and is no older for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.canary.headline import HEADLINE, PROBED
from console.readings import Millis, Rhythm

if TYPE_CHECKING:
    from console.canary.catalogue import Metric

SELDOM_MS: Millis = 60_000
SELDOM_POLLS = 4
"""What only informs is asked for at the longer of the two."""


def seldom_ms(poll_ms: Millis) -> Millis:
    """The interval of what only informs, where the rest is asked for every ``poll_ms``."""
    return max(SELDOM_MS, SELDOM_POLLS * poll_ms)


def often(metric: Metric) -> bool:
    """Whether the metric is asked for at every poll: the guards and the headline (probes by their own)."""
    return metric.guard or metric.id in HEADLINE or metric.id == PROBED


def rhythm_of(metric: Metric, source: Rhythm) -> Rhythm:
    """The rhythm by which a measurement of ``metric`` is judged, from that of its ``source``."""
    if often(metric):
        return source
    poll_ms = seldom_ms(source.poll_ms)
    sampling = max(source.stale_after_ms - 2 * source.poll_ms, 0)
    return Rhythm.of(poll_ms, sample_every_ms=sampling // 2)
