"""Axes as they are drawn here: nice ticks from zero, and clock ticks on local minutes."""

from __future__ import annotations

from console import plotted
from console.plotted import YScale as YScale
from console.plotted import y_scale as y_scale
from console.readings import Millis
from screens.present import zone_shift


def time_ticks(start: Millis, end: Millis, most: int) -> tuple[Millis, ...]:
    """At most ``most`` moments on round local times, strictly inside the span or at its ends."""
    return plotted.time_ticks(start, end, most, zone_shift(end))
