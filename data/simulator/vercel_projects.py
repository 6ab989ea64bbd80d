"""The host's calls about projects, their deployments, domains, aliases and variables."""

from __future__ import annotations

from aiohttp import web

from data.simulator import releases, variables, vercel_shapes
from data.simulator.refused import Refused
from data.simulator.vercel_asked import limit, moment
from data.simulator.vercel_scope import Scope


class ProjectCalls:
    """What there is, and what points where."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def add(self, routes: web.UrlDispatcher) -> None:
        routes.add_get("/v9/projects/{project}", self._one_project)
        routes.add_get("/v10/projects", self._projects)
        for version in ("v6", "v7"):
            routes.add_get(f"/{version}/deployments", self._deployments)
        routes.add_get("/v13/deployments/{deployment}", self._deployment)
        routes.add_get("/v9/projects/{project}/domains", self._domains)
        routes.add_get("/v10/projects/{project}/env", self._env)
        routes.add_get("/v4/aliases", self._aliases)
        routes.add_get("/v4/aliases/{alias}", self._alias)
        routes.add_get("/v2/deployments/{deployment}/aliases", self._deployment_aliases)

    async def _one_project(self, request: web.Request) -> web.Response:
        return web.json_response(
            vercel_shapes.full_project(self._scope.named_project(request), self._scope.now())
        )

    async def _projects(self, request: web.Request) -> web.Response:
        mine = (
            [vercel_shapes.full_project(self._scope.project, self._scope.now())]
            if self._scope.in_team(request) and self._scope.grant.rights == "all"
            else []
        )
        search = request.query.get("search", "")
        found = [p for p in mine if search in p["name"]]
        pagination = {"count": len(found), "next": None, "prev": None}
        return web.json_response({"projects": found, "pagination": pagination})

    async def _deployments(self, request: web.Request) -> web.Response:
        query, project = request.query, self._scope.project
        wanted = query.get("projectId") or query.get("projectIds")
        if not self._scope.in_team(request) or (wanted is not None and project.id not in wanted.split(",")):
            raise Refused(404, "not_found", f"Project {wanted} not found.")
        self._scope.may_see_the_project()
        states = set(query["state"].split(",")) if "state" in query else None
        since, until, at = moment(query, "since"), moment(query, "until"), self._scope.now()
        found = [
            d
            for d in sorted(project.deployments.values(), key=lambda d: -d.created_at)
            if (until is None or d.created_at < until)
            and (since is None or d.created_at > since)
            and (states is None or d.state in states)
            and ("target" not in query or (d.target or "preview") == query["target"])
            and (query.get("rollbackCandidate") != "true" or releases.can_go_back_to(project, d))
            and ("branch" not in query or d.branch == query["branch"])
            and ("sha" not in query or d.sha == query["sha"])
            and query.get("app", project.name) == project.name
        ]
        items = [vercel_shapes.listed_deployment(project, d, at) for d in found]
        shown, pagination = vercel_shapes.page(items, [d.created_at for d in found], limit(query))
        return web.json_response({"deployments": shown, "pagination": pagination})

    async def _deployment(self, request: web.Request) -> web.Response:
        at, deployment = self._scope.now(), self._scope.named_deployment(request)
        return web.json_response(vercel_shapes.full_deployment(self._scope.project, deployment, at))

    async def _deployment_aliases(self, request: web.Request) -> web.Response:
        project, deployment = self._scope.project, self._scope.named_deployment(request)
        serving = [d for d in project.domains if d.deployment_id == deployment.id]
        return web.json_response({"aliases": [vercel_shapes.deployment_alias(d) for d in serving]})

    async def _domains(self, request: web.Request) -> web.Response:
        project = self._scope.named_project(request)
        items = [vercel_shapes.domain(d) for d in project.domains]
        shown, pagination = vercel_shapes.page(
            items, [d.created_at for d in project.domains], limit(request.query)
        )
        return web.json_response({"domains": shown, "pagination": pagination})

    async def _env(self, request: web.Request) -> web.Response:
        found = variables.listed(self._scope.named_project(request))
        target = request.query.get("target")
        return web.json_response({"envs": [v for v in found if target is None or target in v["target"]]})

    async def _aliases(self, request: web.Request) -> web.Response:
        query, project = request.query, self._scope.project
        if not self._scope.in_team(request) or query.get("projectId", project.id) != project.id:
            raise Refused(404, "not_found", "Project not found.")
        found = [
            d
            for d in project.domains
            if query.get("domain") in (None, d.name) and query.get("rollbackDeploymentId") != d.deployment_id
        ]
        items = [vercel_shapes.alias(project, d) for d in found]
        shown, pagination = vercel_shapes.page(items, [d.created_at for d in found], limit(query))
        return web.json_response({"aliases": shown, "pagination": pagination})

    async def _alias(self, request: web.Request) -> web.Response:
        wanted = request.match_info["alias"]
        for domain in self._scope.project.domains:
            if wanted in (domain.id, domain.name) and self._scope.in_team(request):
                return web.json_response(vercel_shapes.alias(self._scope.project, domain))
        raise Refused(404, "not_found", f"The alias {wanted} could not be found.")
