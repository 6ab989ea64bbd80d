"""The host's calls that move production: rolling releases, promote, rollback, and how far they are."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from console.readings import Millis
from data.simulator import configuring, release_shapes, releases, vercel_shapes
from data.simulator.records import AliasJob, Project
from data.simulator.refused import Refused
from data.simulator.serving import did
from data.simulator.vercel_asked import body, limit, moment, required
from data.simulator.vercel_scope import Scope


class ReleaseCalls:
    """Rolling releases and alias jobs. Whoever's token it is acts."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def add(self, routes: web.UrlDispatcher) -> None:
        rolling = "/v1/projects/{project}/rolling-release"
        routes.add_get(f"{rolling}/billing", self._billing)
        routes.add_get(f"{rolling}/config", self._config)
        routes.add_patch(f"{rolling}/config", self._configure)
        routes.add_delete(f"{rolling}/config", self._switch_off)
        routes.add_get(rolling, self._release)
        routes.add_post(f"{rolling}/start", self._start)
        routes.add_post(f"{rolling}/approve-stage", self._approve)
        routes.add_post(f"{rolling}/complete", self._complete)
        for version in ("v1", "v9"):
            project = f"/{version}/projects/{{project}}"
            routes.add_post(f"{project}/rollback/{{deployment}}", self._rollback)
            routes.add_patch(f"{project}/rollback/{{deployment}}/update-description", self._describe)
            for kind in ("promote", "rollback"):
                routes.add_get(f"{project}/{kind}/aliases", self._job_aliases)
        routes.add_post("/v10/projects/{project}/promote/{deployment}", self._promote)

    async def _billing(self, request: web.Request) -> web.Response:
        return web.json_response(release_shapes.billing(self._scope.named_project(request)))

    async def _config(self, request: web.Request) -> web.Response:
        return self._template(self._scope.named_project(request))

    async def _configure(self, request: web.Request) -> web.Response:
        project, config = self._scope.named_project(request), configuring.parse(await body(request))
        configuring.configure(project, config, self._scope.person, self._scope.now())
        did("configured rolling releases" if config is not None else "disabled rolling releases")
        return self._template(project)

    async def _switch_off(self, request: web.Request) -> web.Response:
        project = self._scope.named_project(request)
        configuring.configure(project, None, self._scope.person, self._scope.now())
        did("disabled rolling releases")
        return self._template(project)

    def _template(self, project: Project) -> web.Response:
        return web.json_response({"rollingRelease": release_shapes.template(project)})

    def _document(self, project: Project) -> web.Response:
        answer = release_shapes.release_document(project, project.release, self._scope.now())
        return web.json_response(answer)

    async def _release(self, request: web.Request) -> web.Response:
        project = self._scope.named_project(request)
        state = request.query.get("state")
        if state not in (None, "ACTIVE", "COMPLETE", "ABORTED"):
            raise Refused(400, "bad_request", "`state` should be one of ACTIVE, COMPLETE, ABORTED.")
        release = project.release
        if release is not None and state is not None and release.state != state:
            release = None
        return web.json_response(release_shapes.release_document(project, release, self._scope.now()))

    async def _start(self, request: web.Request) -> web.Response:
        project, sent = self._scope.named_project(request), await body(request)
        canary = required(sent, "canaryDeploymentId", str)
        before = releases.active(project)
        releases.start(project, canary, self._scope.person, self._scope.now())
        if before is None:
            did(f"started the release of {canary}")
        return self._document(project)

    async def _approve(self, request: web.Request) -> web.Response:
        project, sent = self._scope.named_project(request), await body(request)
        index, canary = required(sent, "nextStageIndex", int), required(sent, "canaryDeploymentId", str)
        releases.approve(project, canary, index, self._scope.person, self._scope.now())
        did(f"advanced the release of {canary} to stage {index}")
        return self._document(project)

    async def _complete(self, request: web.Request) -> web.Response:
        project, sent = self._scope.named_project(request), await body(request)
        canary = required(sent, "canaryDeploymentId", str)
        releases.complete(project, canary, self._scope.person, self._scope.now())
        did(f"completed the release of {canary}")
        return self._document(project)

    async def _rollback(self, request: web.Request) -> web.Response:
        project, target = self._scope.named_project(request), request.match_info["deployment"]
        running = releases.active(project)
        why = request.query.get("description")
        releases.rollback(project, target, why, self._scope.person, self._scope.now())
        did(f"rolled back to {target}")
        if running is not None:
            did(f"aborted the release of {running.canary_id}")
        return web.Response(status=201)

    async def _describe(self, request: web.Request) -> web.Response:
        project, target = self._scope.project_of_any_team(request), request.match_info["deployment"]
        text = required(await body(request), "description", str)
        releases.describe_rollback(project, target, text, self._scope.person, self._scope.now())
        did(f"described the rollback to {target}")
        return web.Response(status=200)

    async def _promote(self, request: web.Request) -> web.Response:
        project, target = self._scope.named_project(request), request.match_info["deployment"]
        status = releases.promote(project, target, self._scope.person, self._scope.now())
        did(f"promoted {target}" if status == 201 else f"queued {target}")
        return web.Response(status=status)

    async def _job_aliases(self, request: web.Request) -> web.Response:
        project = self._scope.named_project(request)
        kind = request.path.split("/")[-2]
        job = project.job if project.job is not None and project.job.kind == kind else None
        items = _moves(project, job) if job is not None else []
        if request.query.get("failedOnly") == "true":
            items = [(at, item) for at, item in items if item["status"] == "failed"]
        until = moment(request.query, "until")
        items = [(at, item) for at, item in items if until is None or at < until]
        if request.path.startswith("/v9/"):  # what the command line reads names the deployment too
            for _, item in items:
                item["alias"] = {"alias": item["alias"], "deploymentId": _serves(project, item["alias"])}
        shown, pagination = vercel_shapes.page(
            [item for _, item in items], [at for at, _ in items], limit(request.query)
        )
        return web.json_response({"aliases": shown, "pagination": pagination})


def _moves(project: Project, job: AliasJob) -> list[tuple[Millis, dict[str, Any]]]:
    """What became of each domain of a job, each with the time that pages go by."""
    items = []
    for place, name in enumerate(job.domains):
        moving = "in-progress" if job.started and place == job.moved else "pending"
        status = "failed" if name in job.failed else "completed" if place < job.moved else moving
        domain = next(d for d in project.domains if d.name == name)
        items.append((job.requested_at - place, {"id": domain.id, "alias": name, "status": status}))
    return items


def _serves(project: Project, name: str) -> str:
    return next(d.deployment_id for d in project.domains if d.name == name)
