"""How a metric stands, in a glyph, a word and a sentence. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from console.canary.catalogue import Metric
from console.canary.headline import PROBED
from console.canary.values import text_of, value_of
from console.canary.verdict import MetricState
from console.metric_sources import PROMETHEUS, title_of
from console.readings import Freshness, Millis
from console.world import MetricView, SourceState, World
from screens.freshness import mark
from screens.metrics.ages import worst
from screens.metrics.found import Entry
from screens.metrics.said import WORDS, left_out
from screens.paint import Tone
from screens.present import NOTHING
from screens.words import METRICS

DECIDED = (MetricState.OK, MetricState.EQUIVALENT, MetricState.WORSE, MetricState.NO_DATA, MetricState.STALE)
"""What is said of a metric that informs only; that it is undecided is nobody's worry."""
_NAME = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")


@dataclass(frozen=True, slots=True)
class State:
    """``freshness`` and ``age`` are of the older of the two tracks."""

    glyph: str
    word: str
    tone: Tone
    freshness: Freshness
    age: Millis | None = None

    @property
    def well(self) -> bool:
        """Nothing that anybody must look at."""
        return self.tone in ("good", "normal")


def state(entry: Entry, world: World, now: Millis) -> State:
    """The metric as it must be read now: what is not fresh says so, whatever the judge said before."""
    if entry.view is None:
        return State("·", "not measured", "quiet", Freshness.MISSING)
    freshness, age = worst(entry.view, world, now)
    if freshness is Freshness.MISSING:
        problem = entry.view.canary.problem or entry.view.baseline.problem
        if problem is not None and problem.kind == "unconfigured":
            return State("·", "not measured", "quiet", freshness, age)
        return State("?", "no data", "quiet", freshness, age)
    if freshness is Freshness.LOST:
        return State(NOTHING, "lost", "worse", freshness, age)
    if freshness is Freshness.STALE:
        return State("⧗", mark(freshness, age)[2:], "caution", freshness, age)
    if not entry.metric.split:
        return State("◇", "context", "normal", freshness, age)
    worse = entry.said is not None and entry.said.state is MetricState.WORSE
    if freshness is Freshness.PARTIAL and not worse:
        return State("◐", "partial", "caution", freshness, age)
    if entry.said is not None and left_out(entry.said):
        return State("·", "left out", "quiet", freshness, age)
    if entry.said is not None and (entry.metric.guard or entry.said.state in DECIDED):
        glyph, tone = METRICS[entry.said.state]
        return State(glyph, WORDS[entry.said.state], tone, freshness, age)
    if not entry.metric.guard:
        return State("◇", "informs", "normal", freshness, age)
    running = world.release.value is not None and world.release.value.active
    return State("…", "collecting" if running else "not judged", "quiet", freshness, age)


def sentence(entry: Entry, world: World, now: Millis) -> str:
    """The same in a sentence: what it says, or why it says nothing and what to do."""
    view, metric = entry.view, entry.metric
    if view is None:
        return f"nobody measures this yet: {cheapest(metric, world)}"
    freshness, _ = worst(view, world, now)
    problem = view.canary.problem or view.baseline.problem
    if freshness is Freshness.MISSING:
        if problem is not None:
            return f"{problem.what} {problem.next or cheapest(metric, world)}".strip()
        missing = [
            track for track in ("canary", "baseline") if metric.split and entry.reading(track).value is None
        ]
        of = "" if len(missing) != 1 else f" of the {missing[0]}"
        return f"the source answers and has nothing{of} yet; if that stays so, {cheapest(metric, world)}"
    if freshness in (Freshness.LOST, Freshness.STALE):
        why = "" if problem is None else f": {problem.what} {problem.next}"
        return f"what stands here is old and counts for nothing{why}".strip()
    partial = "a part of the data is missing; " if freshness is Freshness.PARTIAL else ""
    return f"{_standing_in(view.instead)}{partial}{_judged(entry)}"


def _standing_in(instead: str) -> str:
    return f"{instead} stands in for it; " if instead else ""


def _judged(entry: Entry) -> str:
    if entry.said is not None:
        return entry.said.sentence
    if entry.view is not None and entry.view.together is not None:
        return stands_in(entry.view)
    if not entry.metric.split:
        return "shared by both tracks: no label tells them apart, so it is shown once and never judged"
    if not entry.metric.guard:
        return "informs only: no verdict rests on it"
    return "measured; no judge has said anything about it yet"


def stands_in(view: MetricView) -> str:
    """Who answered for both tracks together, and what it was before the release."""
    assert view.together is not None
    who = title_of(view.canary.source)
    what = f" (measured is {view.together.instead})" if view.together.instead else ""
    was = value_of(view.metric, view.together.was)
    before = f"before the release {text_of(view.metric, was)}"
    return f"{before}; {who} tells no deployments apart{what}: context for both tracks, never judged"


def cheapest(metric: Metric, world: World) -> str:
    """The cheapest step to have ``metric`` measured."""
    source = world.metrics_source
    if metric.id == PROBED:
        return "set probes.url in coalmine.toml, and the console asks both deployments itself"
    if source is None or source.state is SourceState.OFF:
        return "set prometheus.url in coalmine.toml, so that somebody measures at all"
    own = f"name your own series under [metrics.{metric.id}] in coalmine.toml"
    if source.name == PROMETHEUS:
        return f"let the application export {exported(metric, world)}, or {own}" if metric.series else own
    if any("speed_insights" in name for one in metric.vercel for name in one.metrics):
        return "switch on Speed Insights for the project at Vercel"
    if metric.analytics or any("analytics" in name for one in metric.vercel for name in one.metrics):
        return "switch on Web Analytics for the project at Vercel"
    series = exported(metric, world)
    return f"a Prometheus can have it (set prometheus.url, and let the application export {series})"


def exported(metric: Metric, world: World) -> str:
    """The names of the series that the first place to look for ``metric`` needs."""
    if not metric.series:
        return "a series of it"
    first = metric.series[0]
    texts = first.selectors or ()
    names = list(dict.fromkeys(found[0] for text in texts if (found := _NAME.match(text))))
    if not names:
        found_names = re.findall(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?=[{\[])", first.expression or "")
        names = list(dict.fromkeys(found_names))
    label = f" with the label {world.metrics_label}" if metric.split else ""
    return f"{' and '.join(names) or 'a series of it'}{label}"
