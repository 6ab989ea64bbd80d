"""The plots of the release screen: three side by side, or one at a time; at most one built a frame."""

from __future__ import annotations

from textual.app import ComposeResult

from console.readings import Freshness, Millis
from console.world import MetricView, World
from screens.freshness import mark
from screens.keys import live_key
from screens.paint import Span, span
from screens.present import clock
from screens.release.verdict import worst
from screens.widgets.building import Building
from screens.widgets.plot import Plot
from screens.widgets.plot_frame import PlotData

MOST = 3
SPAN_MS: Millis = 30 * 60_000
"""How much of the past is plotted: enough to see what was normal, little enough to see the last minute."""


def plot_data(view: MetricView, world: World) -> PlotData:
    """A metric's lines and the release's stage marks."""
    at = max((line[-1].at for line in (view.canary_line, view.baseline_line) if line), default=0)
    metric, end = view.metric, at or world.now
    canary, baseline = (
        tuple(point for point in line if point.at > end - SPAN_MS)
        for line in (view.canary_line, view.baseline_line)
    )
    gaps = tuple((gap.since, gap.until) for gap in world.unwatched)
    return PlotData(metric.title, metric.unit, canary, baseline, world.marks, end, gaps)


def plot_note(view: MetricView, world: World, now: Millis) -> Span | None:
    """What is not fresh about a metric's plot: stale, lost, partial; nothing when it is fresh."""
    freshness, age = worst(view, world, now)
    if freshness is Freshness.FRESH or (freshness is Freshness.MISSING and not view.canary_line):
        return None
    if freshness is Freshness.LOST and age is not None:
        return span(f"– lost since {clock(now - age, now)}", "worse", bold=True)
    return span(mark(freshness, age), "caution", bold=True)


class Plots(Building):
    """Shows ``count`` plots from the chosen one on."""

    def __init__(self) -> None:
        super().__init__()
        self.first = 0
        self.count = 0

    DEFAULT_CSS = "Plots.-stacked { layout: vertical; }"

    def compose(self) -> ComposeResult:
        for index in range(MOST):
            yield Plot(id=f"plot-{index}")

    def next(self, step: int, total: int) -> None:
        """Choose the next (or previous) metric, where not all are on show."""
        if total:
            self.first = (self.first + step) % total

    def show(self, world: World, now: Millis, count: int, *, stacked: bool = False) -> None:
        """Draw ``count`` plots of ``world``'s metrics, side by side or ``stacked``."""
        self.set_class(stacked, "-stacked")
        self.count = min(count, len(world.metrics)) or min(count, 1)
        views = world.metrics
        first = self.first if self.count < len(views) else 0
        for index, plot in enumerate(self.query(Plot)):
            plot.display = index < self.count
            view = views[(first + index) % len(views)] if views and index < self.count else None
            if view is None:
                plot.show(None, None)
            else:
                more = index == 0 and self.count < len(views)
                hint = (
                    span(f"{live_key(self.screen, 'release.plot', 'tab')}: next plot", "quiet")
                    if more
                    else None
                )
                plot.show(plot_data(view, world), plot_note(view, world, now) or hint)
        self.ask()
