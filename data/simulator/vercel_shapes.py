"""The host's JSON: projects, deployments, releases, events, as its API writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from console.readings import Millis
from data.simulator import checks, release_shapes, releases, variables
from data.simulator.records import Deployment, Domain, Event, Person, Project

Json = dict[str, Any]
_RESOURCES = {"functionDefaultRegions": ["fra1", "iad1"], "functionDefaultTimeout": 60, "fluid": True}
YEAR_MS = 365 * 24 * 3_600_000


def iso(at: Millis) -> str:
    """A moment as the host writes it where it does not write milliseconds."""
    text = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def user(person: Person, project: Project) -> Json:
    return {
        "user": {
            "id": person.id,
            "username": person.username,
            "email": person.email,
            "name": person.name,
            "avatar": None,
            "defaultTeamId": project.team_id,
            "softBlock": None,
            "createdAt": project.created_at - 2 * YEAR_MS,
        }
    }


def team(project: Project, person: Person) -> Json:
    """The team as ``person`` is a member of it."""
    role = "OWNER" if person == project.people[0] else "MEMBER"
    return {
        "id": project.team_id,
        "slug": project.team_slug,
        "name": project.team_name,
        "createdAt": project.created_at - YEAR_MS,
        "avatar": None,
        "limited": False,
        "limitedBy": [],
        "saml": {"enforced": False},
        "membership": {"role": role, "confirmed": True, "uid": person.id, "teamId": project.team_id},
        "billing": {"plan": project.account.plan},
    }


def members(project: Project) -> list[Json]:
    return [
        {
            "uid": person.id,
            "username": person.username,
            "name": person.name,
            "email": person.email,
            "role": "OWNER" if person.username == "ana" else "MEMBER",
            "confirmed": True,
            "createdAt": project.created_at,
        }
        for person in project.people
    ]


def creator(person: Person) -> Json:
    return {
        "uid": person.id,
        "username": person.username,
        "email": person.email,
        "githubLogin": person.username,
        "type": "user",
    }


def meta(deployment: Deployment) -> dict[str, str]:
    return {
        "githubCommitSha": deployment.sha,
        "githubCommitRef": deployment.branch,
        "githubCommitMessage": deployment.message,
        "githubCommitAuthorName": deployment.author.name,
        "githubCommitAuthorLogin": deployment.author.username,
        "githubOrg": "acme",
        "githubRepo": "shop",
        "githubRepoId": "704121",
        "githubDeployment": "1",
    }


def _serves(project: Project, deployment: Deployment) -> list[str]:
    return [d.name for d in project.domains if d.deployment_id == deployment.id]


def listed_deployment(project: Project, deployment: Deployment, at: Millis) -> Json:
    """An item of the deployments list."""
    item: Json = {
        "uid": deployment.id,
        "name": project.name,
        "projectId": project.id,
        "type": "LAMBDAS",
        "url": deployment.url,
        "inspectorUrl": f"https://vercel.com/{project.team_slug}/{project.name}/{deployment.id[4:]}",
        "created": deployment.created_at,
        "createdAt": deployment.created_at,
        "state": deployment.state,
        "readyState": deployment.state,
        "target": deployment.target,
        "isRollbackCandidate": releases.can_go_back_to(project, deployment),
        "aliasAssigned": deployment.aliased_at,
        "aliasError": None,
        "creator": creator(deployment.author),
        "source": deployment.source,
        "meta": meta(deployment),
    }
    item |= _checked(project, deployment, at)
    if deployment.build is None:
        item["buildingAt"] = deployment.building_at or deployment.created_at + 1_200
    elif deployment.building_at is not None:
        item["buildingAt"] = deployment.building_at
    if deployment.ready_at is not None:
        item["ready"] = deployment.ready_at
    if deployment.state == "READY" and deployment.substate is not None:
        item["readySubstate"] = deployment.substate
    if deployment.error is not None:
        item["errorCode"], item["errorMessage"] = "BUILD_UTILS_SPAWN_1", deployment.error
    return item


def _checked(project: Project, deployment: Deployment, at: Millis) -> Json:
    """What the checks say of a deployment; nothing where the project has none."""
    runs = [run for version in (1, 2) for run in checks.runs_of(project, deployment, version, at)]
    if not runs:
        return {}
    ended = all(run.status == "completed" for run in runs)
    begun = any(run.status != "queued" for run in runs)
    answer: Json = {"checksState": "completed" if ended else "running" if begun else "registered"}
    if ended:
        order = ("failed", "timeout", "canceled", "skipped", "succeeded")
        said = {run.conclusion for run in runs} - {"neutral"}
        worst = next((word for word in order if word in said), "succeeded")
        answer["checksConclusion"] = "failed" if worst == "timeout" else worst
    gate = [run for run in runs if run.check.blocks == "deployment-alias" and run.started_at is not None]
    if gate:
        alias: Json = {"state": "pending", "startedAt": min(run.started_at or 0 for run in gate)}
        if all(run.status == "completed" for run in gate):
            alias["state"] = "failed" if any(run.red for run in gate) else "succeeded"
            alias["completedAt"] = max(run.completed_at or 0 for run in gate)
        answer["checks"] = {"deployment-alias": alias}
    return answer


def full_deployment(project: Project, deployment: Deployment, at: Millis) -> Json:
    """The answer to the call for one deployment."""
    item = listed_deployment(project, deployment, at)
    del item["uid"], item["created"], item["state"]
    aliases = _serves(project, deployment)
    return (
        item
        | {
            "id": deployment.id,
            "status": deployment.state,
            "version": 2,
            "plan": project.account.plan,
            "public": False,
            "regions": ["fra1", "iad1"],
            "alias": aliases,
            "userAliases": [],
            "automaticAliases": [f"{project.name}-git-{deployment.branch.replace('/', '-')}-acme.vercel.app"],
            "aliasAssigned": deployment.aliased_at is not None,
            "aliasFinal": aliases[0] if aliases else None,
            "aliasAssignedAt": deployment.aliased_at,
            "ownerId": project.team_id,
            "team": {"id": project.team_id, "slug": project.team_slug, "name": project.team_name},
            "project": {"id": project.id, "name": project.name},
            "gitSource": {
                "type": "github",
                "org": "acme",
                "repo": "shop",
                "ref": deployment.branch,
                "sha": deployment.sha,
                "repoId": 704121,
            },
            "bootedAt": deployment.created_at + 800,
            "buildSkipped": False,
            "isInConcurrentBuildsQueue": deployment.state == "QUEUED",
            "crons": [],
            "env": variables.names(project, deployment.created_at),
            "build": {"env": variables.names(project, deployment.created_at)},
            "projectSettings": {"framework": "nextjs", "nodeVersion": "22.x", "buildCommand": None},
        }
        | _ended(deployment)
    )


def _ended(deployment: Deployment) -> Json:
    """When a build ended badly."""
    if deployment.state == "ERROR":
        return {"buildErrorAt": deployment.ended_at}
    return {"canceledAt": deployment.ended_at} if deployment.state == "CANCELED" else {}


def target(project: Project, deployment: Deployment, at: Millis) -> Json:
    """A deployment as a project's targets and latest deployments show it."""
    return {
        "id": deployment.id,
        "name": project.name,
        "url": deployment.url,
        "deploymentHostname": deployment.url.split(".", 1)[0],
        "createdAt": deployment.created_at,
        "readyAt": deployment.ready_at,
        "readyState": deployment.state,
        "readySubstate": deployment.substate,
        "target": deployment.target,
        "alias": _serves(project, deployment),
        "automaticAliases": [],
        "aliasAssigned": deployment.aliased_at,
        "aliasError": None,
        "meta": meta(deployment),
        "creator": creator(deployment.author),
        "plan": project.account.plan,
        "type": "LAMBDAS",
    } | {key: value for key, value in _checked(project, deployment, at).items() if key != "checks"}


def full_project(project: Project, at: Millis) -> Json:
    note = project.rollback_note
    newest = sorted(project.deployments.values(), key=lambda d: -d.created_at)[:5]
    answer: Json = {
        "id": project.id,
        "name": project.name,
        "accountId": project.team_id,
        "createdAt": project.created_at,
        "updatedAt": max(domain.updated_at for domain in project.domains),
        "framework": "nextjs",
        "nodeVersion": "22.x",
        "live": True,
        "paused": False,
        "tier": "critical",
        "autoAssignCustomDomains": project.auto_assign,
        "targets": {"production": target(project, project.deployments[project.serving_id], at)},
        "latestDeployments": [target(project, deployment, at) for deployment in newest],
        "lastAliasRequest": release_shapes.alias_request(project.job) if project.job else None,
        "lastRollbackTarget": {}
        if project.job and project.job.kind == "rollback" and not project.job.done
        else None,
        "rollingRelease": release_shapes.template(project),
        "deploymentExpiration": {"expirationDays": 365, "deploymentsToKeep": 10},
        "defaultResourceConfig": _RESOURCES,
        "resourceConfig": _RESOURCES,
        "alias": [
            {
                "domain": domain.name,
                "target": "PRODUCTION",
                "environment": "production",
                "deployment": target(project, project.deployments[domain.deployment_id], at),
            }
            for domain in project.domains
        ],
        "link": {
            "type": "github",
            "org": "acme",
            "repo": "shop",
            "repoId": 704121,
            "productionBranch": "main",
            "deployHooks": [],
            "createdAt": project.created_at,
            "updatedAt": project.created_at,
        },
    }
    answer["ssoProtection"] = (
        {"deploymentType": "prod_deployment_urls_and_all_previews"} if project.previews_protected else None
    )
    if project.account.has("speed-insights"):
        answer["speedInsights"] = {"id": "sin_" + project.id[4:16], "hasData": True}
    if project.account.has("web-analytics"):
        answer["webAnalytics"] = {"id": "web_" + project.id[4:16], "hasData": True}
    if project.account.has("skew-protection"):
        answer["skewProtectionMaxAge"] = 43_200
    if project.auto_assign_changed_by is not None:
        answer["autoAssignCustomDomainsUpdatedBy"] = project.auto_assign_changed_by
    if note is not None:
        answer["rollbackDescription"] = {
            "createdAt": note.at,
            "description": note.description,
            "userId": note.person.id,
            "username": note.person.username,
        }
    return answer


def event(item: Event) -> Json:
    return {
        "id": item.id,
        "type": item.kind,
        "text": item.text,
        "createdAt": item.at,
        "userId": item.principal.id,
        "principalId": item.principal.id,
        "entities": [{"type": "author", "start": 0, "end": len(item.principal.name)}],
        "categories": ["deployment"],
    }


def domain(item: Domain) -> Json:
    return {
        "name": item.name,
        "apexName": ".".join(item.name.split(".")[-2:]),
        "verified": True,
        "gitBranch": None,
        "redirect": None,
        "createdAt": item.created_at,
        "updatedAt": item.updated_at,
    }


def alias(project: Project, item: Domain) -> Json:
    deployment = project.deployments[item.deployment_id]
    return {
        "uid": item.id,
        "alias": item.name,
        "deploymentId": deployment.id,
        "deployment": {"id": deployment.id, "url": deployment.url, "meta": {}},
        "projectId": project.id,
        "redirect": None,
        "created": iso(item.created_at),
        "createdAt": item.created_at,
        "updatedAt": item.updated_at,
    }


def deployment_alias(item: Domain) -> Json:
    """A domain as the list of a deployment's aliases shows it."""
    return {"uid": item.id, "alias": item.name, "created": iso(item.updated_at), "redirect": None}


def page(items: list[Json], keys: list[Millis], limit: int) -> tuple[list[Json], Json]:
    """The first ``limit`` of ``items`` (newest first, ``keys`` are their times) and the pagination."""
    shown = items[:limit]
    more = len(items) > limit
    return shown, {
        "count": len(shown),
        "next": keys[limit - 1] if more else None,
        "prev": keys[0] if shown else None,
    }
