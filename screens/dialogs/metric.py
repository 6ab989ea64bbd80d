"""One metric in full."""

from __future__ import annotations

from dataclasses import dataclass

from console.canary.catalogue import Metric
from console.canary.measures import Measure
from console.canary.verdict import MetricVerdict
from console.readings import Millis, Reading
from console.world import World
from screens import clean
from screens.dialogs.reading import ReadingDialog
from screens.metrics.detail import about, head
from screens.metrics.found import entries
from screens.paint import EMPTY, Line, paragraph


@dataclass(frozen=True, slots=True)
class MetricRaw:
    """What is known of one metric, for those who want to see for themselves."""

    metric: Metric
    canary: Reading[Measure] | None
    baseline: Reading[Measure] | None
    verdict: MetricVerdict | None


class MetricDialog(ReadingDialog):
    """All that is known of a metric; follows the world while it is open."""

    def __init__(self, metric_id: str) -> None:
        super().__init__()
        self._id = metric_id
        self.heading = f"Metric: {clean.clean(metric_id)}"

    def lines(self, world: World, now: Millis, cells: int) -> list[Line]:
        entry = next((one for one in entries(world) if one.id == self._id), None)
        if entry is None:
            return paragraph("This metric is not in the catalogue any more.", cells)
        return [*head(entry, world, now, cells, 12), EMPTY, *about(entry, world, now, cells, every=True)]
