"""The host's JSON of rolling releases: the template, the running release, slots, alias jobs."""

from __future__ import annotations

from typing import Any

from console.readings import Millis
from data.simulator import releases
from data.simulator.records import AliasJob, HostGate, Project, Release, Stage

Json = dict[str, Any]


def alias_request(job: AliasJob) -> Json:
    answer: Json = {
        "type": job.kind,
        "jobStatus": job.status,
        "requestedAt": job.requested_at,
        "fromDeploymentId": job.from_id,
        "toDeploymentId": job.to_id,
    }
    if job.from_release_canary_id is not None:
        answer["fromRollingReleaseId"] = job.from_release_canary_id
    return answer


def template(project: Project) -> Json | None:
    """The project's rolling release configuration; durations in minutes."""
    if project.template is None:
        return None
    stages = []
    for stage in project.template:
        item: Json = {"targetPercentage": stage.percentage, "requireApproval": stage.require_approval}
        if stage.minutes is not None:
            item["duration"] = stage.minutes
        if stage.linear:
            item["linearShift"] = True
        stages.append(item)
    answer: Json = {
        "target": "production",
        "stages": stages,
        "canaryResponseHeader": project.canary_header,
    }
    if project.gate is not None:
        answer["gate"] = _gate(project.gate)
    return answer


def _gate(gate: HostGate) -> Json:
    return {
        "enabled": gate.enabled,
        "action": gate.action,
        "dryRun": gate.dry_run,
        "failureThreshold": gate.failure_threshold,
        "windowSize": gate.window_size,
        "checks": [
            {
                "type": "error-rate-5xx",
                "minSampleSize": check.min_sample,
                "ingestWatermarkSeconds": check.watermark_s,
                "excludePaths": list(check.exclude_paths),
                "excludeStatusCodes": list(check.exclude_statuses),
            }
            for check in gate.checks
        ],
    }


def billing(project: Project) -> Json:
    """How many projects of the account may still use rolling releases."""
    account = project.account
    if account.plan == "enterprise":
        return {
            "availableSlots": "unlimited",
            "reason": "unlimited_slots",
            "message": "Your plan has no limit on rolling releases.",
        }
    if account.plan == "hobby":
        return {
            "availableSlots": 0,
            "reason": "plan_not_supported",
            "message": "Rolling releases are available on the Pro and Enterprise plans.",
        }
    if account.has("slots") and project.template is None:
        return {
            "availableSlots": 1,
            "reason": "available_slots",
            "message": "One project of your team can use rolling releases.",
        }
    return {
        "availableSlots": 0,
        "reason": "no_available_slots",
        "enabledProjects": [project.id if account.has("slots") else "prj_landing"],
        "message": "Every slot of your plan is in use.",
    }


def stage(item: Stage) -> Json:
    answer: Json = {
        "index": item.index,
        "targetPercentage": item.percentage,
        "requireApproval": item.require_approval,
        "duration": item.duration_s,
        "isFinalStage": item.final,
    }
    return answer | {"linearShift": True} if item.linear else answer


def _released(project: Project, deployment_id: str) -> Json:
    deployment = project.deployments[deployment_id]
    return {
        "id": deployment.id,
        "name": project.name,
        "url": deployment.url,
        "createdAt": deployment.created_at,
        "readyState": deployment.state,
        "readyStateAt": deployment.ready_at,
        "target": deployment.target,
        "source": deployment.source,
    }


def release_document(project: Project, release: Release | None, at: Millis) -> Json:
    """The rolling release as GET, start, approve and complete answer it; durations in seconds."""
    if release is None:
        return {"rollingRelease": None}
    active = release.state == "ACTIVE"
    present = release.stages[release.active_index]
    following = release.active_index + 1
    answer: Json = {
        "rollingRelease": {
            "state": release.state,
            "substate": None if release.paused_at is None else "PAUSED",
            "advancementType": release.advancement,
            "currentDeployment": _released(project, release.base_id),
            "canaryDeployment": _released(project, release.canary_id),
            "queuedDeploymentId": release.queued_id,
            "stages": [stage(item) for item in release.stages],
            "activeStage": None if release.state == "ABORTED" else stage(present),
            "nextStage": stage(release.stages[following])
            if active and following < len(release.stages)
            else None,
            "startedAt": release.started_at,
            "updatedAt": release.updated_at,
        }
    }
    if active and (release.paused_at is not None or present.linear):
        planned = round(releases.planned_percentage(release, at), 2)
        answer["rollingRelease"]["currentCanaryPercentage"] = planned
    return answer
