"""From Vercel's words to Coalmine's. Pure."""

from __future__ import annotations

from console.canary.stages import Advancement, Deployment, Release, ReleaseState, Stage
from console.ports import Account, Activity, AliasJob, Project, ReleaseTemplate, RolledBack, Served
from data.vercel import models as wire


def account(answer: wire.UserAnswer) -> Account:
    user = answer.user
    return Account(user.id, user.username, user.email, user.limited)


def project(answer: wire.ProjectAnswer) -> Project:
    production = (answer.targets or {}).get("production")
    note = answer.rollbackDescription
    domains = [one for one in answer.alias or () if (one.target or "production").lower() == "production"]
    return Project(
        id=answer.id,
        name=answer.name,
        account_id=answer.accountId,
        serving_id=production.id if production else None,
        auto_assign_domains=answer.autoAssignCustomDomains,
        alias_job=alias_job(answer.lastAliasRequest),
        rolling_releases=answer.rollingRelease is not None,
        domains=tuple(one.domain for one in domains),
        production_branch=answer.link.productionBranch if answer.link else None,
        served=tuple(
            Served(one.domain, one.deployment.id if one.deployment else None, one.redirect or None)
            for one in domains
        ),
        rolled_back=RolledBack(note.createdAt, note.description, note.username) if note else None,
        auto_assign_changed_by=answer.autoAssignCustomDomainsUpdatedBy,
    )


def alias_job(answer: wire.LastAliasRequest | None) -> AliasJob | None:
    if answer is None:
        return None
    return AliasJob(
        kind=answer.type,
        status=answer.jobStatus,
        requested_at=answer.requestedAt,
        from_deployment_id=answer.fromDeploymentId,
        to_deployment_id=answer.toDeploymentId,
        from_release_canary_id=answer.fromRollingReleaseId,
    )


def deployment(answer: wire.DeploymentAnswer) -> Deployment:
    meta = answer.meta or wire.Meta()
    return Deployment(
        id=answer.id,
        url=answer.url or "",
        name=answer.name or "",
        created_at=answer.createdAt,
        ready_state=answer.readyState or "",
        target=answer.target,
        commit_sha=meta.first("CommitSha") or (answer.gitSource.sha if answer.gitSource else None),
        commit_message=meta.first("CommitMessage"),
        author=meta.first("CommitAuthorName")
        or meta.first("CommitAuthorLogin")
        or (answer.creator.username if answer.creator else None),
    )


def release(answer: wire.ReleaseAnswer) -> Release | None:
    """``percentage`` is the stored one where Vercel gives it, else that of the active stage."""
    found = answer.rollingRelease
    if found is None:
        return None
    running = found.state == "ACTIVE"
    stage = found.activeStage if running else None
    percentage = found.currentCanaryPercentage if running else None
    if percentage is None and stage is not None:
        percentage = stage.targetPercentage
    return Release(
        state=ReleaseState(found.state),
        advancement=Advancement(found.advancementType),
        baseline=deployment(found.currentDeployment) if found.currentDeployment else None,
        canary=deployment(found.canaryDeployment) if found.canaryDeployment else None,
        stages=tuple(_stage(one) for one in sorted(found.stages, key=lambda one: one.index)),
        active_index=stage.index if stage else None,
        percentage=percentage,
        started_at=found.startedAt,
        updated_at=found.updatedAt,
        paused=running and found.substate == "PAUSED",
        queued_deployment_id=found.queuedDeploymentId,
    )


def _stage(answer: wire.RunningStage) -> Stage:
    return Stage(
        index=answer.index,
        percentage=round(answer.targetPercentage),
        requires_approval=answer.requireApproval,
        duration_s=None if answer.duration is None else round(answer.duration),
        final=answer.isFinalStage,
        linear_shift=bool(answer.linearShift),
    )


def template(answer: wire.ConfigAnswer) -> ReleaseTemplate | None:
    config = answer.rollingRelease
    if config is None:
        return None
    gate = config.gate or wire.Gate()
    return ReleaseTemplate(
        stages=tuple(
            (round(one.targetPercentage), one.duration, bool(one.requireApproval))
            for one in config.stages or ()
        ),
        gate_enabled=gate.enabled,
        gate_action=gate.action,
        gate_dry_run=gate.dryRun,
        gate_failure_threshold=gate.failureThreshold,
        gate_window_size=gate.windowSize,
    )


def activity(event: wire.Event) -> Activity:
    return Activity(event.id, event.type or "", event.createdAt, event.text, event.principalId)
