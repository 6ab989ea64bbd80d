"""What is known of each metric of the catalogue, in its families, measured or not. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.canary.catalogue import Catalogue, Family, Metric, packaged
from console.canary.measures import Measure
from console.canary.values import effect_of, text_of, value_of
from console.readings import Reading
from console.world import MetricView, World

if TYPE_CHECKING:
    from console.canary.verdict import MetricVerdict

FAMILIES: dict[Family, str] = {
    "errors": "errors",
    "performance": "performance",
    "experience": "user experience",
    "infrastructure": "infrastructure",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One metric: what was measured of it (``None``: nothing) and what the judge says (``None``: nothing)."""

    metric: Metric
    view: MetricView | None
    said: MetricVerdict | None

    @property
    def id(self) -> str:
        return self.metric.id

    def text(self, track: str) -> str:
        """The newest value of ``track`` with its unit, as the judge read it; ``–`` when there is none."""
        if self.view is None:
            return "–"
        said = "" if self.said is None else self.said.canary if track == "canary" else self.said.baseline
        if said and said != "–":
            return said
        return text_of(self.metric, value_of(self.metric, self.reading(track).value))

    def reading(self, track: str) -> Reading[Measure]:
        """The newest measurement of ``track``; only where there is a view."""
        assert self.view is not None
        return self.view.canary if track == "canary" else self.view.baseline

    @property
    def effect(self) -> str:
        """Canary against baseline in a few characters; empty where it says nothing."""
        if self.metric.worse is None:
            return ""  # of the requests a track has its share: more or fewer of them says nothing
        if self.said is not None and self.said.effect:
            return self.said.effect
        if self.view is None or not self.metric.split or self.metric.kind == "set":
            return ""
        canary, baseline = (
            value_of(self.metric, one.value) for one in (self.view.canary, self.view.baseline)
        )
        return effect_of(canary, baseline)


def entries(world: World) -> tuple[Entry, ...]:
    """Every metric in force, family by family, each followed by those that stand in its row."""
    views = {one.metric.id: one for one in (*world.metrics, *world.all_metrics)}
    release = world.release.value
    judged = world.verdict is not None and release is not None and release.active
    said = {one.metric_id: one for one in world.verdict.metrics} if judged and world.verdict else {}
    metrics = list(world.catalogue or packaged().metrics)
    metrics += [one.metric for one in views.values() if one.metric.id not in {each.id for each in metrics}]
    rows = [metric for row in Catalogue(tuple(metrics)).rows for metric in row]
    return tuple(
        _entry(metric, views.get(metric.id), said.get(metric.id))
        for family in FAMILIES
        for metric in rows
        if metric.family == family
    )


def _entry(metric: Metric, view: MetricView | None, said: MetricVerdict | None) -> Entry:
    """What stands in for both tracks together is context, whatever the catalogue says and the judge said."""
    if view is not None and view.together is not None:
        return Entry(view.metric, view, None)
    return Entry(metric, view, said)
