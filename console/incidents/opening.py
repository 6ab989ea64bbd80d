"""What opens an incident by itself, what tells of an open one instead, and what is ignored. Pure.

Each cause has a key that stands for exactly it: an alert by its fingerprint and when it began, the verdict
on one release, one rollback. What an incident carries once, whatever became of it, opens nothing again.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from console.alerts.model import Alert, Alerting
from console.canary.stages import Release
from console.canary.verdict import MetricState, Verdict, Word
from console.incidents.incident import Incident
from console.incidents.measured import measured
from console.incidents.severity import Signals
from console.readings import Freshness, Millis
from console.rollback.evidence import evidence_of
from console.world import World

How = Literal["alert", "verdict", "rollback"]
NEW_MS: Millis = 60 * 60_000
"""A rollback that is longer ago opens nothing: whoever begins to watch later finds it in the timeline."""
TELLING_LABELS = ("metric", "alertname")
"""Labels of an alert that name what it is about, as playbooks name it."""
OF_DEPLOYMENT = ("deployment", "deployment_id")
"""Labels of an alert that may hold the deployment's id."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the settings say (``[incidents]``)."""

    on_alert: bool = True
    on_verdict: bool = True
    on_rollback: bool = True
    severities: tuple[str, ...] = ("critical", "page")
    journeys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that tells of an incident."""

    key: str
    how: How
    title: str
    started_at: Millis
    says: str
    """In a line, for an incident that is open already."""
    group: str = ""
    about: tuple[str, ...] = ()
    """Ids of the deployments that it is about: by them it belongs to an open incident."""
    links: tuple[tuple[str, str], ...] = ()
    evidence: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    signals: Signals = field(default_factory=Signals)


@dataclass(frozen=True, slots=True)
class Ignored:
    """An alert that opens nothing, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Open:
    """Open an incident."""


@dataclass(frozen=True, slots=True)
class Join:
    """Write it to an incident that is open."""

    incident: Incident


@dataclass(frozen=True, slots=True)
class Known:
    """An incident carries it already."""

    incident: Incident


def decide(cause: Cause, incidents: Sequence[Incident]) -> Open | Join | Known:
    """What becomes of a cause, given every incident of the ledger."""
    for one in incidents:
        if cause.key in one.causes:
            return Known(one)
    going = sorted((one for one in incidents if not one.over), key=lambda one: one.at)
    for one in going:
        if cause.group and cause.group in one.groups:
            return Join(one)
    for one in going:
        if set(cause.about) & {*one.linked("release"), *one.linked("deployment")}:
            return Join(one)
    return Open()


def causes(world: World, terms: Terms, settled: Container[str] = ()) -> tuple[Cause, ...]:
    """What in the picture tells of an incident now, the oldest first, but for the ``settled`` keys:
    what is known of those is not put together again at every look."""
    found: list[Cause] = []
    if terms.on_rollback:
        found += _rollback(world, settled)
    if terms.on_verdict:
        found += _verdict(world, terms, settled)
    if terms.on_alert:
        found += _alerts(world, terms, settled)
    return tuple(sorted(found, key=lambda one: (one.started_at, one.key)))


# --- alerts ----------------------------------------------------------------------------------------


def ignored(alert: Alert, terms: Terms, now: Millis) -> str | None:
    """Why an alert opens nothing; ``None`` where it may."""
    if alert.silenced_by:
        return "silenced"
    if alert.inhibited_by:
        return "inhibited"
    if alert.state != "active":
        return alert.state
    if alert.ends_at <= now:
        return "resolved"
    if alert.severity not in terms.severities:
        named = alert.severity or "none"
        return f"its severity is {named}, not {' or '.join(terms.severities) or 'any'}"
    return None


def ignored_alerts(world: World, terms: Terms) -> tuple[Ignored, ...]:
    """The alerts that open nothing."""
    seen = world.alerts.value or Alerting(())
    told = ((one, ignored(one, terms, world.now)) for one in seen.alerts)
    return tuple(Ignored(one.words, why) for one, why in told if why is not None)


def _alerts(world: World, terms: Terms, settled: Container[str]) -> Iterable[Cause]:
    reading = world.alerts
    if reading.value is None or reading.problem is not None:
        return
    if reading.freshness(world.now, world.rhythm(reading.source)) is not Freshness.FRESH:
        return
    groups = {
        alert.fingerprint: _named(group.labels) for group in reading.value.groups for alert in group.alerts
    }
    for alert in reading.value.alerts:
        if ignored(alert, terms, world.now) is None and _key(alert) not in settled:
            yield _of_alert(alert, groups.get(alert.fingerprint, ""), world, terms)


def _key(alert: Alert) -> str:
    return f"alert:{alert.fingerprint}:{alert.starts_at}"


def _of_alert(alert: Alert, group: str, world: World, terms: Terms) -> Cause:
    about = _meant(alert, world.release.value)
    journey = next((one for one in terms.journeys if one in alert.labels.values()), "")
    summary = f": {alert.summary}" if alert.summary else ""
    return Cause(
        key=_key(alert),
        how="alert",
        title=f"{alert.name}{summary}",
        started_at=alert.starts_at,
        says=f"{alert.words}{summary}",
        group=group,
        about=about,
        links=tuple(("release", one) for one in about),
        evidence=(f"the alert {alert.words}{summary}", *_critical(journey), *evidence_of(world)),
        signs=_signs(alert),
        signals=replace(measured(world), journey=journey),
    )


def _meant(alert: Alert, release: Release | None) -> tuple[str, ...]:
    """The canary, where the alert names one of both tracks, or began while they rolled and names none."""
    if release is None or release.canary is None or not release.active:
        return ()
    named = [alert.labels[label] for label in OF_DEPLOYMENT if label in alert.labels]
    tracks = [release.canary.id, *([release.baseline.id] if release.baseline is not None else [])]
    if named:
        return (release.canary.id,) if set(named) & set(tracks) else ()
    return (release.canary.id,) if alert.starts_at >= release.started_at else ()


def _signs(alert: Alert) -> tuple[str, ...]:
    """What playbooks may name: those its rule names itself go first."""
    own = alert.annotations.get("playbook", "")
    names = (own, *(alert.labels.get(label, "") for label in TELLING_LABELS))
    return tuple(dict.fromkeys(filter(None, names)))


def _named(labels: Mapping[str, str]) -> str:
    pairs = sorted(labels.items())
    return "{" + ", ".join(f'{name}="{value}"' for name, value in pairs) + "}" if pairs else ""


# --- verdicts --------------------------------------------------------------------------------------


def _verdict(world: World, terms: Terms, settled: Container[str]) -> Iterable[Cause]:
    release, verdict, bake = world.release.value, world.verdict, world.bake
    rolling = release is not None and release.active and release.canary is not None
    if rolling and release is not None and release.canary is not None:
        if verdict is not None and verdict.word is Word.ROLLBACK and world.release.problem is None:
            canary = release.canary.id
            key, says = f"verdict:{canary}:{release.started_at}", f"the verdict on {canary}: ROLL BACK"
            if key not in settled:
                yield _judged(world, terms, verdict, key, canary, "release", says)
    elif bake is not None and bake.worse and not bake.over(world.now):
        one = bake.of
        key = f"bake:{one.deployment_id}:{one.since}"
        says = f"{one.deployment_id} serves production worse than its own past"
        if key not in settled:
            yield _judged(world, terms, bake.verdict, key, one.deployment_id, "deployment", says)


def _judged(
    world: World, terms: Terms, verdict: Verdict, key: str, about: str, what: str, says: str
) -> Cause:
    worse = [one for one in verdict.metrics if one.state is MetricState.WORSE]
    cells = " ".join(one.cell for one in worse).split()
    journey = next((one for one in terms.journeys if one in cells), "")
    first = f": {verdict.reasons[0]}" if verdict.reasons else ""
    return Cause(
        key=key,
        how="verdict",
        title=f"{says}{first}",
        started_at=verdict.since,
        says=f"{says}{first}",
        about=(about,),
        links=((what, about),),
        evidence=(*_critical(journey), *evidence_of(world)),
        signs=tuple(one.metric_id for one in worse),
        signals=replace(measured(world), journey=journey),
    )


def _critical(journey: str) -> tuple[str, ...]:
    return (f"{journey} is a critical journey in coalmine.toml",) if journey else ()


# --- rollbacks -------------------------------------------------------------------------------------


def _rollback(world: World, settled: Container[str]) -> Iterable[Cause]:
    """The newest rollback that the host carried out, whoever asked for it; so is the abort of a release."""
    project = world.project.value
    job = None if project is None else project.alias_job
    if project is None or job is None or job.kind != "rollback" or job.status != "succeeded":
        return
    if world.now - job.requested_at > NEW_MS or job.to_deployment_id != project.serving_id:
        return
    key = f"rollback:{project.id}:{job.requested_at}"
    if key in settled:
        return
    left = job.from_release_canary_id or job.from_deployment_id
    about = tuple(filter(None, [left]))
    from_ = f" from {left}" if left else ""
    says = f"production was rolled back{from_} to {job.to_deployment_id}"
    why = project.rolled_back.why if project.rolled_back is not None else ""
    yield Cause(
        key=key,
        how="rollback",
        title=says[0].upper() + says[1:],
        started_at=job.requested_at,
        says=f"{says}{f': {why}' if why else ''}",
        about=about,
        links=tuple(("release" if job.from_release_canary_id else "deployment", one) for one in about),
        evidence=(says, *([f"its reason: {why}"] if why else []), *evidence_of(world)),
        signs=("rollback",),
        signals=measured(world),
    )
