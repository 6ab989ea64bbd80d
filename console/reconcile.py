"""After a crash, or a call without an answer: what do the host's own words say happened? Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from console.actions import Abort, Action, Advance, Configure, Promote, Rollback, Start
from console.canary.stages import Release, ReleaseState
from console.planning import stages_of
from console.ports import AliasJob
from console.readings import Millis
from console.situation import Situation

SETTLE_MS: Millis = 30_000
"""A request without an answer may still take effect for this long: longer than any of our time-outs."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the host shows. ``unknown`` here is final: it can no longer be told, and no longer matters."""

    outcome: Literal["done", "not_sent", "unknown"]
    says: str


def what_happened(action: Action, seen: Situation, intended_at: Millis, now: Millis) -> Found | None:
    """What became of ``action``; ``None`` = not to be told yet, ask again.

    ``seen`` was read from the host after ``now - SETTLE_MS``.
    """
    found = _what(action, seen, intended_at)
    if isinstance(found, Found):
        return found
    if found == "under way" or now - intended_at <= SETTLE_MS:
        return None
    return Found("not_sent", "The host shows no trace of it: it did not happen. You can try again.")


def _what(action: Action, seen: Situation, intended_at: Millis) -> Found | Literal["under way", "no trace"]:
    if isinstance(action, Start):
        return _start(action, seen.release)
    if isinstance(action, Promote | Rollback):
        return _moved(action, seen, intended_at)
    if isinstance(action, Configure):
        same = stages_of(seen.template) == action.stages
        return Found("done", "The host has this configuration.") if same else "no trace"
    job = seen.project.alias_job if seen.project else None
    release = seen.release
    if release is None or release.canary is None or release.canary.id != action.canary_deployment_id:
        return Found(
            "unknown", "Another release has taken its place; what became of this can no longer be told."
        )
    if isinstance(action, Abort):
        ours = job if job is not None and _is_ours(action, job, intended_at) else None
        if ours is not None and ours.status in ("pending", "in-progress"):
            return "under way"
        return _abort(release, ours) or "no trace"
    return (_advance(action, release) if isinstance(action, Advance) else _complete(release)) or "no trace"


def _start(action: Start, release: Release | None) -> Found | Literal["no trace"]:
    if release is None or release.canary is None:
        return "no trace"
    if release.canary.id == action.canary_deployment_id:
        return Found("done", "The host shows a rolling release of it.")
    if release.active:
        return Found("not_sent", "Another release is running instead.")
    return "no trace"


def _moved(
    action: Promote | Rollback, seen: Situation, intended_at: Millis
) -> Found | Literal["under way", "no trace"]:
    project, release = seen.project, seen.release
    job = project.alias_job if project else None
    if job is not None and _is_job_of(action.NAME, action.deployment_id, job, intended_at):
        if job.status in ("pending", "in-progress"):
            return "under way"
        if job.status == "failed":
            return Found("not_sent", "The host tried and failed: look at which domains moved.")
        return Found("done", "The host finished it.")
    if isinstance(action, Promote) and release is not None and release.active:
        if release.canary is not None and release.canary.id == action.deployment_id:
            return Found("done", "The host shows a rolling release of it.")
        if release.queued_deployment_id == action.deployment_id:
            return Found("done", "The host has it in its queue.")
    return "no trace"


def _advance(action: Advance, release: Release) -> Found | None:
    if release.state is ReleaseState.ABORTED:
        return Found(
            "unknown", "The release was aborted since; whether it had advanced can no longer be told."
        )
    if release.state is ReleaseState.COMPLETE:
        return Found("done", "The release is complete, which is further than this advance.")
    if release.active_index is not None and release.active_index >= action.next_stage_index:
        return Found(
            "done", f"The host shows the release at {release.percentage or action.to_percentage:g} %."
        )
    return None


def _complete(release: Release) -> Found | None:
    if release.state is ReleaseState.COMPLETE:
        return Found("done", "The host shows the release complete.")
    if release.state is ReleaseState.ABORTED:
        return Found(
            "unknown", "The release was aborted since; whether it had completed can no longer be told."
        )
    return None


def _is_ours(action: Abort, job: AliasJob, intended_at: Millis) -> bool:
    """Whether the host's rollback job is the one this abort asked for (clocks may differ a little)."""
    return _is_job_of("rollback", action.baseline_deployment_id, job, intended_at)


def _is_job_of(kind: str, deployment_id: str, job: AliasJob, intended_at: Millis) -> bool:
    fresh = job.requested_at >= intended_at - SETTLE_MS
    return job.kind == kind and job.to_deployment_id == deployment_id and fresh


def _abort(release: Release, job: AliasJob | None) -> Found | None:
    if release.state is ReleaseState.ABORTED:
        return Found("done", "The host shows the release aborted.")
    if release.state is ReleaseState.COMPLETE:
        return Found("not_sent", "The release was completed instead: the abort had no effect.")
    if job is not None and job.status == "failed":
        return Found("not_sent", "The host tried to roll back and failed: the canary still gets visitors.")
    return None
