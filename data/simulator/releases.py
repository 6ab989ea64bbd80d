"""The host's rules for releases: start, approve, complete, pause, roll back, promote, and what time does.

Every function changes the :class:`Project` it is given and raises :class:`Refused` without changing
anything. Where the public sources say nothing about a status code, the one chosen here is among those the
host's API lists for the call.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress

from console.readings import Millis
from data.simulator import checks, moves
from data.simulator.records import (
    Deployment,
    Person,
    Project,
    Release,
    RollbackNote,
    Stage,
    TemplateStage,
)
from data.simulator.refused import Refused

PAGE_LOAD_S = 15.0
"""Visitors follow a change of stage at their next page load: the mean time until then, in seconds."""

DESCRIPTION_MAX = 250

SYSTEM = Person("usr_system", "vercel", "Vercel", "")
"""Who advances an automatic stage, and acts for the host's own gate."""


def stages_of(template: Sequence[TemplateStage]) -> tuple[Stage, ...]:
    """The stages a new release clones from the template: minutes become seconds."""
    last = len(template) - 1
    return tuple(
        Stage(
            index=place,
            percentage=stage.percentage,
            require_approval=stage.require_approval,
            duration_s=None if stage.minutes is None else round(stage.minutes * 60),
            final=place == last,
            linear=stage.linear,
        )
        for place, stage in enumerate(template)
    )


def elapsed_s(release: Release, at: Millis) -> float:
    """How long the present stage has lasted, pauses not counted."""
    until = at if release.paused_at is None else release.paused_at
    return max(0, until - release.entered_at - release.held_ms) / 1000


def planned_percentage(release: Release, at: Millis) -> float:
    """The share, in percent, that the host means the canary to have.

    A stage with a linear shift goes from the percentage of the stage before to its own over its duration.
    """
    stage = release.stages[release.active_index]
    if not stage.linear or not stage.duration_s or release.state != "ACTIVE":
        return stage.percentage
    before = release.stages[release.active_index - 1].percentage if release.active_index else 0
    done = min(1.0, elapsed_s(release, at) / stage.duration_s)
    return before + (stage.percentage - before) * done


def canary_percentage(release: Release, at: Millis) -> float:
    """The share of visitors, in percent, that has reached the canary by ``at``.

    After an abort it stays as it was, and ends with the split of each domain.
    """
    if release.state == "ABORTED":
        return release.from_percentage
    waited = max(0, at - release.entered_at) / 1000
    behind = release.from_percentage - planned_percentage(release, release.entered_at)
    return planned_percentage(release, at) + behind * math.exp(-waited / PAGE_LOAD_S)


def active(project: Project) -> Release | None:
    """The release that splits traffic now."""
    release = project.release
    return release if release is not None and release.state == "ACTIVE" else None


def start(project: Project, canary_id: str, person: Person, at: Millis) -> None:
    """Begin a rolling release; starting the one that is rolling already changes nothing."""
    running = active(project)
    if running is not None:
        if running.canary_id == canary_id:
            return
        raise Refused(409, "conflict", f"A rolling release of {running.canary_id} is already active.")
    template = _template(project)
    canary = _releasable(project, canary_id, at)
    if canary.id == moves.heading_for(project):
        raise Refused(422, "unprocessable_entity", f"{canary.id} is already the production deployment.")
    moves.finish(project, at)
    canary.substate = "ROLLING"
    timed = any(stage.minutes is not None for stage in template)
    project.release = Release(
        state="ACTIVE",
        advancement="automatic" if timed else "manual-approval",
        base_id=project.serving_id,
        canary_id=canary.id,
        stages=stages_of(template),
        active_index=0,
        started_at=at,
        updated_at=at,
        entered_at=at,
        gate=project.gate,
    )
    for domain in project.domains:
        domain.split = True
    project.note("project-rolling-release-started", "started a rolling release of", canary, person, at)


def approve(project: Project, canary_id: str, next_index: int, person: Person, at: Millis) -> None:
    """Move to the next stage; the final one completes the release."""
    release = _rolling(project, canary_id)
    if next_index != release.active_index + 1:
        raise Refused(
            400,
            "bad_request",
            f"The next stage is {release.active_index + 1}, not {next_index}: the release is at stage "
            f"{release.active_index}.",
        )
    _enter(
        project, release, next_index, person, at, "project-rolling-release-approved", "approved a stage of"
    )


def complete(project: Project, canary_id: str, person: Person, at: Millis) -> None:
    """Send everybody to the canary and end the release, from any stage."""
    release = _rolling(project, canary_id)
    _complete(project, release, person, at)


def pause(project: Project, person: Person, at: Millis) -> None:
    """Freeze the release at its present percentage."""
    release = _active(project)
    if release.paused_at is not None:
        raise Refused(409, "conflict", "The rolling release is paused already.")
    release.paused_at = release.updated_at = at
    canary = project.deployments[release.canary_id]
    project.note("project-rolling-release-paused", "paused the rolling release of", canary, person, at)


def proceed(project: Project, person: Person, at: Millis) -> None:
    """Go on with a paused release; the gate begins to count anew."""
    release = _active(project)
    if release.paused_at is None:
        raise Refused(409, "conflict", "The rolling release is not paused.")
    release.held_ms += at - release.paused_at
    release.paused_at, release.updated_at, release.gate_results = None, at, []
    canary = project.deployments[release.canary_id]
    project.note("project-rolling-release-continued", "continued the rolling release of", canary, person, at)


def rollback(project: Project, target_id: str, description: str | None, person: Person, at: Millis) -> None:
    """Point production at an earlier deployment. While a release is active this aborts it."""
    target = _known(project, target_id)
    if description is not None and len(description) > DESCRIPTION_MAX:
        raise Refused(400, "bad_request", "The description must be at most 250 characters.")
    release = active(project)
    if release is not None and target.id == release.canary_id:
        raise Refused(
            422, "unprocessable_entity", f"{target.id} is the canary of the active rolling release."
        )
    if not target.rollback_candidate:
        raise Refused(422, "unprocessable_entity", f"{target.id} has never served production.")
    if release is None and moves.all_serve(project, target.id):
        raise Refused(409, "conflict", f"{target.id} is already the production deployment.")
    if not project.account.any_earlier and target.id not in (project.serving_id, previous_id(project)):
        raise Refused(
            402,
            "payment_required",
            "On the Hobby plan an instant rollback goes to the previous production deployment only.",
        )
    canary_id = None
    if release is not None:
        canary_id = release.canary_id
        canary = project.deployments[canary_id]
        release.from_percentage = canary_percentage(release, at)
        release.state, release.updated_at, release.queued_id = "ABORTED", at, None
        release.paused_at = None
        canary.substate = "PROMOTED"
        project.note("project-rolling-release-aborted", "aborted the rolling release of", canary, person, at)
    source = release.base_id if release is not None else project.serving_id
    moves.begin(project, "rollback", source, target.id, canary_id, at)
    project.auto_assign, project.auto_assign_changed_by = False, person.id
    project.rollback_note = None
    if description:
        project.rollback_note = RollbackNote(at, description, person)
    project.note("instant-rollback-created", "rolled back production to", target, person, at)


def describe_rollback(project: Project, target_id: str, text: str, person: Person, at: Millis) -> None:
    """Say anew why production was rolled back."""
    _known(project, target_id)
    if len(text) > DESCRIPTION_MAX:
        raise Refused(400, "bad_request", "The description must be at most 250 characters.")
    job = project.job
    if job is None or job.kind != "rollback" or job.to_id != target_id:
        raise Refused(409, "conflict", f"The project is not rolled back to {target_id}.")
    project.rollback_note = RollbackNote(at, text, person)
    target = project.deployments[target_id]
    kind = "project-rollback-description-updated"
    project.note(kind, "updated the description of the rollback to", target, person, at)


def promote(project: Project, target_id: str, person: Person, at: Millis) -> int:
    """Make a deployment production; the status to answer: 201 accepted, 202 queued.

    Promoting the canary that is rolling completes its release; another one waits until that has ended.
    With nothing rolling a promotion starts a new rolling release, where the project has them, else moves
    the domains at once; either ends a rollback.
    """
    target = _releasable(project, target_id, at)
    release = active(project)
    if release is not None and target.id == release.canary_id:
        _complete(project, release, person, at)
        return 201
    if moves.all_serve(project, target.id) if release is None else target.id == release.base_id:
        raise Refused(409, "conflict", f"{target.id} is already the production deployment.")
    if release is not None:
        release.queued_id, release.queued_by, release.updated_at = target.id, person, at
        return 202
    if project.template is None or target.id == moves.heading_for(project):
        moves.begin(project, "promote", project.serving_id, target.id, None, at)
    else:
        start(project, target.id, person, at)
    project.auto_assign, project.auto_assign_changed_by, project.rollback_note = True, person.id, None
    project.note("manual-deployment-promotion-created", "promoted", target, person, at)
    return 201


def pushed(project: Project, target_id: str, person: Person, at: Millis) -> None:
    """A build of the production branch is ready: it becomes production as the project has it."""
    target = project.deployments[target_id]
    if not project.auto_assign or checks.blocking(project, target, "deployment-alias", at):
        return
    release = active(project)
    if release is not None:
        release.queued_id, release.queued_by, release.updated_at = target.id, person, at
    elif project.template is not None:
        start(project, target.id, person, at)
    else:
        moves.begin(project, "promote", project.serving_id, target.id, None, at)
        project.note("aliases-assigned", "assigned the production domains to", target, person, at)


def can_go_back_to(project: Project, deployment: Deployment) -> bool:
    """Whether the host calls it usable for an instant rollback, on this plan."""
    if not deployment.rollback_candidate or deployment.id == project.serving_id:
        return False
    return project.account.any_earlier or deployment.id == previous_id(project)


def previous_id(project: Project) -> str | None:
    """The deployment that was production before the present one: what a Hobby account can go back to."""
    before = [d for d in project.deployments.values() if d.rollback_candidate and d.id != project.serving_id]
    newest = max(before, key=lambda d: d.aliased_at or 0, default=None)
    return newest.id if newest is not None else None


def settle(project: Project, at: Millis) -> None:
    """What has become due by ``at``: timed stages, domains under way, and the queued release."""
    while (release := active(project)) is not None and release.paused_at is None:
        stage = release.stages[release.active_index]
        due = release.entered_at + release.held_ms + (stage.duration_s or 0) * 1000
        if stage.duration_s is None or stage.require_approval or due > at:
            break
        following = release.active_index + 1
        _enter(project, release, following, SYSTEM, due, "project-rolling-release-timer", "advanced by timer")
    finished = moves.settle(project, at)
    release = project.release
    if finished is None or release is None or release.state != "COMPLETE" or release.queued_id is None:
        return
    queued, person = release.queued_id, release.queued_by or project.people[0]
    release.queued_id = None
    if project.template is not None and queued != project.serving_id:
        with suppress(Refused):  # what became impossible while it waited stays staged
            start(project, queued, person, finished)


# --- the parts ------------------------------------------------------------------------------------


def _enter(
    project: Project, release: Release, index: int, person: Person, at: Millis, kind: str, verb: str
) -> None:
    release.from_percentage = canary_percentage(release, at)
    release.active_index, release.updated_at, release.entered_at = index, at, at
    release.paused_at, release.held_ms, release.gate_results = None, 0, []
    canary = project.deployments[release.canary_id]
    project.note(kind, verb, canary, person, at, f" ({release.stages[index].percentage} %)")
    if release.stages[index].final:
        _complete(project, release, person, at)


def _complete(project: Project, release: Release, person: Person, at: Millis) -> None:
    canary = project.deployments[release.canary_id]
    release.from_percentage = canary_percentage(release, at)
    release.state, release.updated_at, release.entered_at = "COMPLETE", at, at
    release.active_index = len(release.stages) - 1
    release.paused_at, release.held_ms = None, 0
    canary.substate = "PROMOTED"
    project.auto_assign, project.auto_assign_changed_by, project.rollback_note = True, person.id, None
    moves.begin(project, "promote", release.base_id, canary.id, None, at)
    project.note("project-rolling-release-completed", "completed the rolling release of", canary, person, at)


def _known(project: Project, deployment_id: str) -> Deployment:
    deployment = project.deployments.get(deployment_id)
    if deployment is None:
        raise Refused(404, "not_found", f"The deployment {deployment_id} could not be found.")
    return deployment


def _releasable(project: Project, deployment_id: str, at: Millis) -> Deployment:
    deployment = _known(project, deployment_id)
    if deployment.state != "READY" or deployment.target != "production":
        raise Refused(
            422, "unprocessable_entity", f"{deployment.id} is not a production deployment that is READY."
        )
    blocking = checks.blocking(project, deployment, "deployment-promotion", at)
    if blocking:
        raise Refused(
            422, "unprocessable_entity", f"The check {blocking[0]!r} of {deployment.id} holds it back."
        )
    return deployment


def _template(project: Project) -> tuple[TemplateStage, ...]:
    if not project.account.has("slots"):
        raise Refused(403, "forbidden", "Rolling Releases are not available to this project.")
    if project.template is None:
        raise Refused(422, "unprocessable_entity", "Rolling Releases are not enabled for this project.")
    return project.template


def _active(project: Project) -> Release:
    release = active(project)
    if release is None:
        raise Refused(404, "not_found", "There is no active rolling release.")
    return release


def _rolling(project: Project, canary_id: str) -> Release:
    release = _active(project)
    if release.canary_id != canary_id:
        raise Refused(
            400, "bad_request", f"The active rolling release is of {release.canary_id}, not of {canary_id}."
        )
    return release
