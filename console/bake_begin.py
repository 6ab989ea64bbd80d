"""What production serves since when, and so whether it is watched against its own past. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from console import events
from console.bake import Baking, How
from console.canary.stages import Release, ReleaseState
from console.envelope import Recorded
from console.host import Candidate
from console.project import Project
from console.readings import Millis

APART_MS: Millis = 60_000
"""Two changes to the same deployment less than this apart are one, told by two of the host's answers."""


def stream_of(deployment_id: str) -> str:
    return f"bake:{deployment_id}"


def changed(
    project: Project, release: Release | None, listed: Iterable[Candidate], length_ms: Millis
) -> Baking | None:
    """The newest change that made the serving deployment serve; ``None`` while a release splits the
    traffic, or where the host does not say when it was."""
    serving = project.serving_id
    if serving is None or (release is not None and release.active):
        return None
    known: list[tuple[Millis, How, Millis]] = [
        (at, how, past) for at, how, past in _told(project, release, listed) if at > 0
    ]
    if not known:
        return None
    since, how, past_until = max(known, key=lambda one: one[0])
    return Baking(serving, since, since + length_ms, how, past_until)


def _told(
    project: Project, release: Release | None, listed: Iterable[Candidate]
) -> Iterable[tuple[Millis, How, Millis]]:
    serving, job = project.serving_id, project.alias_job
    if release is not None:
        ended, began = release.updated_at, release.started_at
        canary, baseline = (None if one is None else one.id for one in (release.canary, release.baseline))
        if release.state is ReleaseState.COMPLETE and canary == serving:
            yield ended, "completion", began
        if release.state is ReleaseState.ABORTED and baseline == serving:
            yield ended, "abort", began
    if job is not None and job.status == "succeeded" and job.to_deployment_id == serving:
        yield job.requested_at, job.kind, job.requested_at
    for one in listed:
        if one.deployment.id == serving and one.ready_at is not None:
            yield one.ready_at, "deployment", one.ready_at


def last_begun(story: Sequence[Recorded]) -> Baking | None:
    """The newest bake on a deployment's stream."""
    for one in reversed(story):
        try:
            event = events.read(one)
        except events.Unknown:
            continue
        if isinstance(event, events.BakeBegan):
            return Baking(event.deployment_id, event.since, event.until, event.how, event.past_until)
    return None


def last_word(story: Sequence[Recorded], since: Millis) -> events.WordBefore:
    """The word last recorded on the bake that began at ``since``; ``none`` if there is none."""
    for one in reversed(story):
        try:
            event = events.read(one)
        except events.Unknown:
            continue
        if isinstance(event, events.BakeBegan):
            return "none"
        if isinstance(event, events.BakeJudged) and event.since >= since:
            return event.word
    return "none"


def is_new(change: Baking, before: Baking | None) -> bool:
    """Whether ``change`` is another one than the bake recorded last."""
    return before is None or change.since > before.since + APART_MS
