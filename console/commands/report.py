"""The world as JSON and as plain lines, for the commands."""

from __future__ import annotations

import math
from dataclasses import asdict

from console.bake import HOWS, Bake
from console.canary.limits import text_of, value_of
from console.canary.stages import Deployment, Release
from console.canary.verdict import MetricState, Verdict, Word
from console.commands.shared import visible
from console.ending import ending, last_word
from console.envelope import Json
from console.readings import Millis, Reading
from console.world import World


def release_report(world: World) -> Json:
    """What ``release show --json`` answers; listed in the guide."""
    release = world.release.value
    return {
        "now": world.now,
        "project": world.project_label,
        "reading": _reading(world.release, world),
        "release": None if release is None else _release(release, world),
        "verdict": None if world.verdict is None else _verdict(world.verdict, world),
        "bake": None if world.bake is None else _bake(world.bake),
        "flags": _linked(world),
    }


def _linked(world: World) -> list[Json]:
    """The flags that belong to the release, against their plan. Shares in % of people."""
    if not world.linked:
        return []
    from console.flags.exposure import exposure

    return [
        {
            "key": one.linked.key,
            "variant": one.linked.variant,
            "plan": [{"stage": at, "share": share} for at, share in one.linked.plan],
            "after": one.linked.after,
            "planned": one.planned,
            "share_low": None if one.exposed is None or one.exposed.problem else one.exposed.low,
            "share_high": None if one.exposed is None or one.exposed.problem else one.exposed.high,
            "at": world.exposure.at,
            "off_plan": bool(one.off_plan),
            "says": one.says,
            "command": one.command or None,
        }
        for one in exposure(world)
    ]


def linked_lines(world: World) -> list[str]:
    """The same for a person; what changes the flag once the release is complete."""
    if not world.linked:
        return []
    from console.flags.exposure import exposure

    lines = []
    for one in exposure(world):
        lines.append(f"  flag      {one.says}")
        lines += [f"            {one.command}"] if one.complete and one.command else []
    return lines


def _bake(bake: Bake) -> Json:
    """Production against its own past."""
    verdict = bake.verdict
    return {
        "deployment_id": bake.of.deployment_id,
        "how": bake.of.how,
        "since": bake.of.since,
        "until": bake.of.until,
        "verdict": {
            "word": verdict.word.value,
            "since": verdict.since,
            "judged_at": verdict.judged_at,
            "judge": verdict.judge,
            "evidence": verdict.evidence,
            "line": verdict.line,
            "reasons": list(verdict.reasons),
        },
        "metrics": [
            {
                "id": one.metric_id,
                "state": one.state.value,
                "now": one.canary,
                "usual": one.baseline,
                "evidence": one.evidence,
                "says": one.sentence,
            }
            for one in verdict.metrics
        ],
        "lacking": list(bake.lacking),
        "past_read": [bake.read, bake.to_read],
    }


def _verdict(verdict: Verdict, world: World) -> Json:
    over = ending(world) is not None
    verdict = last_word(verdict) if over else verdict
    return {
        "word": verdict.word.value,
        "since": verdict.since,
        "judged_at": verdict.judged_at,
        "over": over,
        "reasons": list(verdict.reasons),
        "care": list(verdict.care),
        "judge": verdict.judge,
        "evidence": _finite(verdict.evidence),
        "line": _finite(verdict.line),
        "epoch": verdict.epoch,
        "eta_ms": verdict.eta_ms,
        "metrics": _judged(verdict, world),
    }


def _judged(verdict: Verdict, world: World) -> list[Json]:
    """What the verdict says of each metric, the culprits first; numbers beside the words of the screens."""
    from screens.metrics.marks import own_lines

    lines = own_lines(world)
    first = sorted(verdict.metrics, key=lambda one: one.state is not MetricState.WORSE)
    return [
        {
            "id": one.metric_id,
            "title": one.title,
            "state": one.state.value,
            "canary": one.canary,
            "baseline": one.baseline,
            "effect": one.effect,
            "interval": one.interval,
            "ratio": _finite(one.ratio),
            "ratio_low": _finite(one.bounds and one.bounds[0]),
            "ratio_high": _finite(one.bounds and one.bounds[1]),
            "evidence": _finite(one.evidence),
            "line": None if one.evidence is None else lines.get(one.metric_id),
            "cell": one.cell,
            "eta_ms": one.eta_ms,
            "says": one.sentence,
        }
        for one in first
    ]


def _finite(number: float | None) -> float | None:
    """JSON has no infinity."""
    return number if number is not None and math.isfinite(number) else None


def status_report(world: World) -> Json:
    """What ``status --json`` answers."""
    report = release_report(world)
    report["mode"] = world.mode.value
    report["ledger"] = {"place": world.ledger_place, "events": world.ledger_size}
    report["person"] = None if world.person.value is None else asdict(world.person.value)
    report["sources"] = [
        {
            "name": s.name,
            "state": s.state.value,
            "fresh_at": s.fresh_at,
            "problem": None if s.problem is None else {"kind": s.problem.kind, "what": s.problem.what},
            "note": s.note,
        }
        for s in world.sources
    ]
    report["metrics"] = [
        {
            "id": view.metric.id,
            "unit": view.metric.unit,
            "canary": value_of(view.metric, view.canary.value),
            "baseline": value_of(view.metric, view.baseline.value),
            "at": view.canary.at,
            "freshness": view.canary.freshness(world.now, world.metrics_rhythm).value,
        }
        for view in world.metrics
    ]
    report["pending"] = [asdict(one) for one in world.pending]
    report["banners"] = [one.outside for one in world.banners]
    return report


def _reading(reading: Reading[Release], world: World) -> Json:
    return {
        "at": reading.at,
        "freshness": reading.freshness(world.now, world.rhythm("vercel")).value,
        "problem": reading.problem.what if reading.problem else None,
    }


def _release(release: Release, world: World) -> Json:
    end = ending(world)
    return {
        "state": release.state.value,
        "paused": release.paused,
        "advancement": release.advancement.value,
        "percentage": release.percentage,
        "stage": release.active_index,
        "stages": [asdict(stage) for stage in release.stages],
        "canary": _deployment(release.canary, world),
        "baseline": _deployment(release.baseline, world),
        "queued_deployment_id": release.queued_deployment_id,
        "started_at": release.started_at,
        "updated_at": release.updated_at,
        "ended": None if end is None else {**asdict(end), "outcome": end.outcome},
    }


def _deployment(deployment: Deployment | None, world: World) -> Json | None:
    if deployment is None:
        return None
    return asdict(world.deployments.get(deployment.id, deployment))


def release_lines(world: World) -> list[str]:
    """The release in a few plain lines."""
    release = world.release.value
    if release is None:
        known = world.release.at is not None
        says = "No rolling release so far." if known else "The rolling release is not known."
        return [says, *_serving(world), *(visible(line) for line in bake_lines(world))]
    lines = [f"{world.project_label}: {_state(release, world)}  ({ago(world.release.at, world.now)})"]
    for mark, one in (("canary", release.canary), ("baseline", release.baseline)):
        if one is not None:
            lines.append(_deployment_line(mark, one.id, world.deployments.get(one.id, one)))
    lines.append("  stages    " + " → ".join(_stage(release, s.index, s.percentage) for s in release.stages))
    lines += linked_lines(world)
    lines += _next(release, world) if release.active else _serving(world)
    if world.verdict is not None:
        lines.append(f"  verdict   {_word(world.verdict, world)}: {'; '.join(world.verdict.reasons)}")
    lines += bake_lines(world)
    return [visible(line).replace("\n", " ") for line in lines]


def bake_lines(world: World) -> list[str]:
    """Production against its own past, where it is watched."""
    bake = world.bake
    if bake is None:
        return []
    reasons = "; ".join(bake.verdict.reasons)
    lacking = f"; no data of {' and '.join(bake.lacking)}" if bake.lacking else ""
    head = f"  bake      {bake.says(world.now)} ({HOWS[bake.of.how]}): {reasons}{lacking}"
    rows = [
        f"            {one.title:<14}{one.canary:>10} was {one.baseline:>10}  {one.sentence}"
        for one in bake.verdict.metrics
        if one.state in (MetricState.WORSE, MetricState.OK)
    ]
    return [head, *rows]


def _deployment_line(mark: str, deployment_id: str, detail: Deployment | None) -> str:
    words = (
        () if detail is None else ((detail.commit_sha or "")[:7], detail.commit_message or "", detail.author)
    )
    line = f"  {mark:<8}  {'  '.join([deployment_id, *(word for word in words if word)])}"
    return visible(line).replace("\n", " ")


def _serving(world: World) -> list[str]:
    """What production is while nothing rolls."""
    project = world.project.value
    if project is None or project.serving_id is None:
        return []
    return [_deployment_line("serves", project.serving_id, world.deployments.get(project.serving_id))]


def _next(release: Release, world: World) -> list[str]:
    """What moves the release on, as the release screen says it."""
    from screens.release.stages import next_words, standing

    words = next_words(release, standing(release, world.marks, world.now), world.now)
    return [f"  next      {words.removeprefix('next: ')}"] if words else []


def _word(verdict: Verdict, world: World) -> str:
    """The word, and of a release that is over that it was the last one."""
    from screens.present import clock

    word = verdict.word.value.replace("_", " ")
    if verdict.care and verdict.word is Word.PROMOTE:
        word = f"{word}, with care ({'; '.join(verdict.care)})"
    end = ending(world)
    if end is None:
        return word
    became = f"{end.how} {clock(end.at, world.now)}"
    return f"{became}; last verdict while it ran ({clock(verdict.judged_at, world.now)}): {word}"


def _state(release: Release, world: World) -> str:
    from screens.present import when

    end = ending(world)
    if end is not None:
        return f"rolling release {end.how} {when(end.at, world.now)}: {end.outcome}"
    paused = ", paused by the host" if release.paused else ""
    return f"rolling release at {release.percentage or 0:g} %{paused}"


def _stage(release: Release, index: int, percentage: int) -> str:
    return f"[{percentage} %]" if release.active and index == release.active_index else f"{percentage} %"


def metric_lines(world: World) -> list[str]:
    """Each metric of both tracks in a line, with its age where it is not fresh."""
    lines = []
    rhythm = world.metrics_rhythm
    for view in world.metrics:
        canary = text_of(view.metric, value_of(view.metric, view.canary.value))
        baseline = text_of(view.metric, value_of(view.metric, view.baseline.value))
        freshness = view.canary.freshness(world.now, rhythm).value
        note = "" if freshness == "fresh" else f"  ({freshness}, {ago(view.canary.at, world.now)})"
        lines.append(f"  {view.metric.title:<12}{canary:>10} canary {baseline:>10} baseline{note}")
    if lines and world.metrics_source is not None:
        lines.append(f"  measured by {visible(world.metrics_source.title)}")
    return lines


def ago(at: Millis | None, now: Millis) -> str:
    """How long ago, in words."""
    if at is None:
        return "never"
    from screens.present import duration

    return f"{duration(max(0, now - at))} ago"
