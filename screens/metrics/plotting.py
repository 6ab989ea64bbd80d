"""What the plot of the marked metric shows. Pure."""

from __future__ import annotations

from dataclasses import replace

from console.readings import Freshness, Millis
from console.world import World
from screens.metrics.ages import worst
from screens.metrics.found import Entry
from screens.paint import Span
from screens.release.plots import plot_data, plot_note
from screens.widgets.plot_frame import PlotData

SHARED_ENDS = ("◇ both", "")
"""What no label splits is one line, of both tracks together."""


def data_of(entry: Entry, world: World) -> PlotData | None:
    """Both lines with stages and gaps; ``None`` where the metric is not measured."""
    if entry.view is None:
        return None
    data = plot_data(entry.view, world)
    return data if entry.metric.split else replace(data, baseline=(), ends=SHARED_ENDS)


def note_of(entry: Entry, world: World, now: Millis) -> Span | None:
    """What is not fresh about it."""
    if entry.view is None or worst(entry.view, world, now)[0] is Freshness.MISSING:
        return None
    return plot_note(entry.view, world, now)
