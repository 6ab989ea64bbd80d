"""The host's JSON of builds, their logs, and checks of both versions."""

from __future__ import annotations

from typing import Any

from data.simulator.building import Line
from data.simulator.checks import Run
from data.simulator.records import Deployment, Project, ProjectCheck

Json = dict[str, Any]

V2_TIMEOUT_MS = 3_600_000


def build_id(deployment: Deployment) -> str:
    return f"bld_{deployment.id[4:13].lower()}"


def build(deployment: Deployment) -> Json:
    """The one build of a deployment."""
    answer: Json = {
        "id": build_id(deployment),
        "deploymentId": deployment.id,
        "entrypoint": "package.json",
        "readyState": deployment.state,
        "use": "@vercel/next",
        "createdAt": deployment.created_at,
        "createdIn": "iad1",
        "output": [],
    }
    if deployment.building_at is not None or deployment.build is None:
        answer["scheduledAt"] = deployment.building_at or deployment.created_at + 1_200
    if deployment.ready_at or deployment.ended_at:
        answer["readyStateAt"] = deployment.ready_at or deployment.ended_at
    return answer


def log_line(deployment: Deployment, line: Line) -> Json:
    """An event of the build's log."""
    item: Json = {
        "type": line.kind,
        "created": line.at,
        "date": line.at,
        "deploymentId": deployment.id,
        "id": f"{line.at}{line.serial:06d}",
        "serial": f"{line.at}{line.serial:06d}",
        "text": line.text,
        "info": {"type": "build", "name": build_id(deployment), "entrypoint": "."},
    }
    if line.error:
        item["level"] = "warning" if line.text.startswith("npm warn") else "error"
    return item


def check_v1(run: Run) -> Json:
    answer: Json = {
        "id": run.check.id,
        "name": run.check.name,
        "status": "registered" if run.status == "queued" else run.status,
        "blocking": run.check.blocks != "none",
        "rerequestable": True,
        "integrationId": "oac_quality",
        "path": "/",
        "detailsUrl": f"https://quality.example/runs/{run.id}",
        "createdAt": run.created_at,
        "updatedAt": run.completed_at or run.started_at or run.created_at,
    }
    if run.started_at is not None:
        answer["startedAt"] = run.started_at
    if run.completed_at is not None:
        answer["completedAt"] = run.completed_at
        # Version 1 has no word for a run that took too long.
        answer["conclusion"] = "failed" if run.conclusion == "timeout" else run.conclusion
    return answer


def check_v2(project: Project, check: ProjectCheck) -> Json:
    return {
        "id": check.id,
        "name": check.name,
        "ownerId": project.team_id,
        "projectId": project.id,
        "blocks": check.blocks,
        "requires": "deployment-url",
        "targets": ["production"],
        "isRerequestable": True,
        "timeout": V2_TIMEOUT_MS,
        "sourceKind": "integration" if check.provider is None else "git-provider",
        "source": _source(check),
        "createdAt": project.created_at,
        "updatedAt": project.created_at,
    }


def run_v2(project: Project, run: Run) -> Json:
    answer: Json = {
        "id": run.id,
        "name": run.check.name,
        "checkId": run.check.id,
        "ownerId": project.team_id,
        "projectId": project.id,
        "deploymentId": run.deployment_id,
        "status": run.status,
        "blocks": run.check.blocks,
        "requires": "deployment-url",
        "targets": ["production"],
        "timeout": V2_TIMEOUT_MS,
        "externalUrl": f"https://ci.acme.example/runs/{run.id}",
        "source": _source(run.check),
        "createdAt": run.created_at,
        "updatedAt": run.completed_at or run.started_at or run.created_at,
    }
    if run.completed_at is not None:
        answer["completedAt"], answer["conclusion"] = run.completed_at, run.conclusion
        if run.conclusion not in ("succeeded", "skipped"):
            answer["conclusionText"] = f"{run.check.name}: 1 of 42 steps did not pass"
    return answer


def _source(check: ProjectCheck) -> Json:
    if check.provider is None:
        return {
            "kind": "integration",
            "integrationId": "oac_quality",
            "integrationConfigurationId": "icfg_quality",
        }
    return {"kind": "git-provider", "provider": check.provider, "externalCheckName": check.name}
