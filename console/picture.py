"""The picture: ``world = f(ledger, samples, now)``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from console import events, freeze, unwatched
from console.alerts.model import Alerting
from console.alerts.polling import ALERTS
from console.alerts.port import SOURCE as ALERTMANAGER
from console.banners import standing_banners
from console.canary.catalogue import Catalogue, Metric, packaged
from console.canary.headline import HEADLINE, PROBED
from console.canary.measures import SHARED, Measure
from console.canary.stages import Deployment, Release
from console.canary.verdict import Verdict
from console.envelope import Recorded
from console.health import Latest, Source, aged, health_of
from console.host import Happened, Listed, Slots
from console.intents import open_intents
from console.keeping import (
    ACTIVITY,
    BAKE,
    CANDIDATES,
    EXPOSURE,
    METRICS,
    METRICS_BEFORE,
    PROJECT,
    RELEASE,
    SLOTS,
    TEMPLATE,
    Alive,
    Measured,
    deployment_key,
    known,
    line_key,
    reading,
    together_key,
)
from console.metric_sources import TITLES, the_metrics
from console.narrate import narrate
from console.ports import Account, Ledger, Project, ReleaseTemplate, Sample, Samples
from console.probing import SOURCE as PROBING
from console.readings import Millis, Problem, Reading, Rhythm
from console.series import EvidenceSeries, MeasuredSeries
from console.silence import silenced
from console.together import Together
from console.world import (
    Armed,
    Banner,
    Frozen,
    MetricView,
    Mode,
    OpenIncident,
    Pending,
    Person,
    SourceHealth,
    StageMark,
    Waiting,
    World,
)

if TYPE_CHECKING:
    from console.bake import Bake
    from console.flags.exposure import Exposures, Linked

RECENT = 60
VERDICT_KEY = "verdict"
NO_EXPOSURE: Reading[Exposures] = Reading.missing("vercel")
BAKED_MS: Millis = 3_600_000
"""For so long after its end it is said how a bake ended."""


@dataclass(frozen=True, slots=True)
class Where:
    """What this console looks at; fixed while it runs."""

    scope: str
    project_label: str
    demo: bool
    sources: tuple[Source, ...]
    began: Millis
    speed: float = 1.0
    catalogue: Catalogue = field(default_factory=packaged)
    """The metrics in force."""
    metrics_label: str = "deployment"
    """The label by which the metrics source tells deployments apart."""
    supplements: tuple[Source, ...] = ()
    """What stands in for the metrics source."""
    linked: tuple[Linked, ...] = ()
    """The flags that belong to a release."""


@dataclass(frozen=True, slots=True)
class Self:
    """Who this session is and what it may do, as the session knows."""

    person: Reading[Person]
    account: Reading[Account]
    armed: Armed | None = None
    banners: tuple[Banner, ...] = ()
    waiting: Waiting = field(default_factory=Waiting)
    incidents: tuple[OpenIncident, ...] = ()


class Picture:
    """Builds worlds. Keeps parsed series between builds; everything else is read afresh."""

    def __init__(self, ledger: Ledger, samples: Samples, where: Where) -> None:
        self._ledger, self._samples, self._where = ledger, samples, where
        self._series = MeasuredSeries(samples, where.scope)
        self._evidence = EvidenceSeries(samples, where.scope)

    def build(self, now: Millis, own: Self) -> World:
        """The world at ``now``. Blocking (reads both stores); call it off the event loop."""
        scope, where = f"{self._where.scope}/", self._where
        newest = self._samples.latest(scope)
        latest = {k.removeprefix(scope): v for k, v in newest.items()}
        self._series.begin(newest)
        if METRICS not in latest and METRICS_BEFORE in latest:
            latest[METRICS] = latest[METRICS_BEFORE]
        project = reading(Project, "vercel", latest.get(PROJECT))
        release = reading(Release, "vercel", latest.get(RELEASE))
        recent = self._ledger.read(newest_first=True, limit=RECENT)
        story = self._ledger.read(stream=_stream(release)) if release.value else []
        sources = tuple(
            health_of(_named(source, latest), latest, now, where.began) for source in where.sources
        )
        supplements = tuple(
            health_of(_noted(source, latest), latest, now, where.began) for source in where.supplements
        )
        every = self._metrics(release.value, latest, now, sources)
        shown = {*HEADLINE, PROBED}
        metrics = tuple(view for view in every if view.metric.id in shown)
        canary = release.value.canary if release.value else None
        world = World(
            now=now,
            mode=_mode(where.demo, own.armed, now),
            project_label=project.value.name if project.value else where.project_label,
            ledger_place=self._ledger.place,
            person=own.person,
            armed=own.armed if own.armed and own.armed.until > now else None,
            account=own.account,
            project=project,
            release=release,
            template=reading(ReleaseTemplate, "vercel", latest.get(TEMPLATE)),
            deployments=_deployments(latest),
            metrics=metrics,
            catalogue=where.catalogue.metrics,
            metrics_label=where.metrics_label,
            all_metrics=every,
            evidence=self._evidence.of(canary.id, now, newest) if canary is not None else (),
            marks=_marks(story),
            unwatched=unwatched.recorded(story),
            verdict=_verdict(latest, release.value, now, sources),
            bake=_bake(latest, project.value, release.value, now),
            sources=sources,
            supplements=supplements,
            recent=tuple(recent),
            ledger_size=recent[0].seq if recent else 0,
            pending=_pending(story),
            candidates=reading(Listed, "vercel", latest.get(CANDIDATES)),
            activity=reading(Happened, "vercel", latest.get(ACTIVITY)),
            slots=reading(Slots, "vercel", latest.get(SLOTS)),
            alerts=reading(Alerting, ALERTMANAGER, latest.get(ALERTS)),
            frozen=self._frozen(project.value),
            waiting=own.waiting,
            incidents=own.incidents,
            speed=where.speed,
            linked=where.linked,
            exposure=_exposure(latest) if where.linked else NO_EXPOSURE,
            first_values=any(m.baseline.value and m.canary.value for m in metrics if m.metric.id != PROBED),
        )
        return replace(world, banners=(*own.banners, *standing_banners(world)))

    def _frozen(self, project: Project | None) -> Frozen | None:
        if project is None:
            return None
        try:
            return freeze.stands(self._ledger.read(stream=freeze.stream(project.id)))
        except events.Unknown:
            return None  # the gate refuses until it can be read

    def _metrics(
        self, release: Release | None, latest: Latest, now: Millis, sources: Sequence[SourceHealth]
    ) -> tuple[MetricView, ...]:
        if release is None or release.canary is None or release.baseline is None:
            return ()
        source, said, where = the_metrics(sources), _alive(latest), self._where
        measured = METRICS if source is None else source.name
        views = []
        probed = (where.catalogue.probes,) if any(one.name == PROBING for one in sources) else ()
        headline = where.catalogue.headline
        others = [one for one in where.catalogue.asked if one not in headline]
        for metric in (*headline, *probed, *others):
            baseline = release.baseline.id if metric.split else SHARED
            canary = release.canary.id if metric.split else SHARED
            name = PROBING if metric.id == PROBED else measured
            view = MetricView(
                metric,
                self._newest(metric, baseline, latest, now, name, said),
                self._newest(metric, canary, latest, now, name, said),
                self._series.line(metric, baseline, now, _good(latest, line_key(metric.id, baseline))),
                self._series.line(metric, canary, now, _good(latest, line_key(metric.id, canary))),
                instead=self._instead(metric, (canary, baseline), now),
            )
            if view.baseline.value is None and view.canary.value is None:
                view = self._stood_in(view, release.canary.id, latest)
            views.append(view)
        return tuple(views)

    def _stood_in(self, view: MetricView, canary_id: str, latest: Latest) -> MetricView:
        """``view`` with what another source says of both tracks together, or with why that has nothing."""
        good, _ = latest.get(together_key(canary_id, view.metric.id), (None, None))
        found = known(Together, good.body) if good is not None else None
        if good is None or found is None or found.measure is None:
            return self._not_stood_in(view, latest)
        _, failure = latest.get(good.source, (None, None))
        problem = failure.problem if failure else None
        at = min(found.since.end, good.until)
        reading: Reading[Measure] = Reading(found.measure, at, good.source, problem)
        # context, whatever it is elsewhere: nothing here can be compared, so nothing is judged
        metric = replace(view.metric, split=False, guard=False, required=False)
        return MetricView(metric, reading, reading, (), found.line, together=found)

    def _not_stood_in(self, view: MetricView, latest: Latest) -> MetricView:
        for source in self._where.supplements:
            why = _alive(latest, source.key).lacks.get(view.metric.id)
            if why is None:
                continue
            before = view.canary.problem
            said = "Its source has nothing of it." if before is None else before.what
            following = before.next if before is not None else ""
            what = f"{said} {source.title} does not stand in: {why.rstrip('.')}."
            problem = Problem("unconfigured" if before is None else before.kind, what, following)
            return replace(
                view,
                baseline=replace(view.baseline, problem=problem),
                canary=replace(view.canary, problem=problem),
            )
        return view

    def _instead(self, metric: Metric, deployment_ids: Sequence[str], now: Millis) -> str:
        """What stands in for the metric now; the canary's newest measurement says it if any does."""
        newest = (self._series.of(metric, one, now)[-1:] for one in deployment_ids)
        return next((last.instead for found in newest for last in found if last.instead), "")

    def _newest(
        self, metric: Metric, deployment_id: str, latest: Latest, now: Millis, source: str, said: Alive
    ) -> Reading[Measure]:
        """The last minute's measurement, dated by the newest sample the source itself had.

        While the source has none of a deployment, its last one stays, and grows old.
        """
        _, failure = latest.get(PROBING if metric.id == PROBED else METRICS, (None, None))
        problem: Problem | None = failure.problem if failure else None
        if problem is None and metric.id in said.lacks:
            problem = Problem("unconfigured", f"Not measured: {said.lacks[metric.id]}.", said.note)
        found = self._series.minute(metric, deployment_id, now)
        if found is None:
            return Reading.missing(source, problem)
        last, measure = found
        return Reading(measure, _true_at(last), source, problem, last.partial)


def grown_old(world: World, now: Millis, banner: Banner) -> World:
    """``world`` when no new one can be built: what it says of the present is taken back in time."""
    sources = tuple(aged(source, now) for source in world.sources)
    supplements = tuple(aged(source, now) for source in world.supplements)
    verdict = world.verdict and silenced(world.verdict, world.release.value, _rhythm(sources), now)
    armed = world.armed if world.armed and world.armed.until > now else None
    return replace(
        world,
        now=now,
        mode=_mode(world.mode is Mode.DEMO, armed, now),
        armed=armed,
        sources=sources,
        supplements=supplements,
        verdict=verdict,
        banners=(banner,),
    )


def _good(latest: Latest, key: str) -> Sample | None:
    return latest.get(key, (None, None))[0]


def _alive(latest: Latest, key: str = METRICS) -> Alive:
    good, _ = latest.get(key, (None, None))
    return (known(Alive, good.body) if good else None) or Alive()


def _named(source: Source, latest: Latest) -> Source:
    """The metrics source under the name of the one that was really asked last."""
    good, failure = latest.get(METRICS, (None, None))
    asked = (failure or good) if source.key == METRICS and source.off is None else None
    if asked is None or asked.source not in TITLES:
        return source
    return replace(source, name=asked.source, title=TITLES[asked.source], note=_alive(latest).note)


def _noted(source: Source, latest: Latest) -> Source:
    """A supplement with what it says of itself."""
    said = _alive(latest, source.key)
    refused = "; ".join(dict.fromkeys(f"{name}: {why.rstrip('.')}" for name, why in said.lacks.items()))
    return replace(source, note=said.note or (f"{refused}." if refused else ""))


def _true_at(last: Measured) -> Millis:
    return last.end if last.newest is None else min(last.end, last.newest)


def _stream(release: Reading[Release]) -> str:
    canary = release.value.canary if release.value else None
    return f"release:{canary.id if canary else '?'}"


def _mode(demo: bool, armed: Armed | None, now: Millis) -> Mode:
    if demo:
        return Mode.DEMO
    return Mode.LIVE if armed and armed.until > now else Mode.READ_ONLY


def _deployments(latest: Latest) -> Mapping[str, Deployment]:
    prefix = deployment_key("")
    found = {}
    for key, (good, _) in latest.items():
        value = known(Deployment, good.body) if good and key.startswith(prefix) else None
        if value is not None:
            found[value.id] = value
    return found


def _exposure(latest: Latest) -> Reading[Exposures]:
    from console.flags.exposure import Exposures

    return reading(Exposures, "vercel", latest.get(EXPOSURE))


def _typed(story: Sequence[Recorded]) -> list[tuple[Recorded, events.Event]]:
    typed = []
    for one in story:
        try:
            event = events.read(one)
        except events.Unknown:
            continue
        if event is not None:
            typed.append((one, event))
    return typed


def _marks(story: Sequence[Recorded]) -> tuple[StageMark, ...]:
    marks: list[StageMark] = []
    for one, event in _typed(story):
        seen = isinstance(event, events.ReleaseSeen) and event.percentage is not None
        if seen and (not marks or marks[-1].percentage != event.percentage):  # type: ignore[attr-defined]
            marks.append(StageMark(one.at, event.percentage))  # type: ignore[attr-defined]
    return tuple(marks)


def _verdict(
    latest: Latest, release: Release | None, now: Millis, sources: Sequence[SourceHealth]
) -> Verdict | None:
    if release is None or release.canary is None:
        return None
    good, _ = latest.get(f"{VERDICT_KEY}/{release.canary.id}", (None, None))
    verdict = known(Verdict, good.body) if good else None
    return verdict and silenced(verdict, release, _rhythm(sources), now)


def _bake(latest: Latest, project: Project | None, release: Release | None, now: Millis) -> Bake | None:
    """The bake of what serves production now, until some time after its end; one that is worse stays."""
    good, _ = latest.get(BAKE, (None, None))
    if good is None or good.body is None or project is None or (release is not None and release.active):
        return None
    from console.bake import Bake, in_time

    bake = known(Bake, good.body)
    if bake is None or bake.of.deployment_id != project.serving_id:
        return None
    return in_time(bake, now) if bake.worse or now < bake.of.until + BAKED_MS else None


def _rhythm(sources: Sequence[SourceHealth]) -> Rhythm | None:
    source = the_metrics(sources)
    return None if source is None else source.rhythm


def _pending(story: Sequence[Recorded]) -> tuple[Pending, ...]:
    by_seq = {one.seq: one for one in story}
    return tuple(
        Pending(i.action_id, narrate(by_seq[i.seq]), i.person, i.at, i.unknown)
        for i in open_intents(story).open
    )
