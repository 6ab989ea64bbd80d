"""The host's calls about builds: their state, their logs (also as they are written), and the checks."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from aiohttp import web

from data.simulator import build_shapes, building, checks, vercel_shapes
from data.simulator.records import Deployment, ProjectCheck
from data.simulator.refused import Refused
from data.simulator.serving import did
from data.simulator.vercel_asked import moment
from data.simulator.vercel_scope import Scope

LINES = "application/stream+json"

LOOK_S = 0.05
"""How often, in real seconds, a stream of log lines looks for new ones."""


class BuildCalls:
    """Builds, their logs and checks."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def add(self, routes: web.UrlDispatcher) -> None:
        routes.add_get("/v11/deployments/{deployment}/builds", self._builds)
        for path in ("/v3/deployments/{deployment}/events", "/v3/now/deployments/{deployment}/events"):
            routes.add_get(path, self._log)
        routes.add_patch("/v12/deployments/{deployment}/cancel", self._cancel)
        routes.add_get("/v1/deployments/{deployment}/checks", self._checks_v1)
        routes.add_get("/v1/deployments/{deployment}/checks/{check}", self._check_v1)
        routes.add_get("/v2/projects/{project}/checks", self._project_checks)
        routes.add_get("/v2/projects/{project}/checks/{check}", self._project_check)
        routes.add_get("/v2/projects/{project}/checks/{check}/runs", self._check_runs)
        routes.add_get("/v2/deployments/{deployment}/check-runs", self._runs)
        routes.add_get("/v2/deployments/{deployment}/check-runs/{run}", self._run)

    # --- builds -----------------------------------------------------------------------------------

    async def _builds(self, request: web.Request) -> web.Response:
        self._scope.now()
        build = build_shapes.build(self._scope.named_deployment(request))
        return web.json_response({"builds": [build]})

    async def _cancel(self, request: web.Request) -> web.Response:
        at, deployment = self._scope.now(), self._scope.named_deployment(request)
        building.cancel(self._scope.project, deployment.id, at)
        did(f"canceled the build of {deployment.id}")
        return web.json_response(vercel_shapes.full_deployment(self._scope.project, deployment, at))

    async def _log(self, request: web.Request) -> web.StreamResponse:
        """The log as an array or as lines (``format=lines``); ``follow=1``: until the build has ended."""
        deployment, query = self._scope.named_deployment(request), request.query
        if query.get("follow") == "1":
            return await self._stream(request, deployment)
        found = building.lines(deployment, self._scope.now())
        since, until = moment(query, "since"), moment(query, "until")
        found = [
            line
            for line in found
            if (since is None or line.at >= since) and (until is None or line.at <= until)
        ]
        if query.get("direction") == "backward":
            found = found[::-1]
        most = query.get("limit", "-1")
        if most != "-1":
            found = found[: moment(query, "limit")]
        items = [build_shapes.log_line(deployment, line) for line in found]
        if query.get("format") == "lines":
            text = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)
            return web.Response(text=text, content_type=LINES)
        return web.json_response(items)

    async def _stream(self, request: web.Request, deployment: Deployment) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": LINES})
        await answer.prepare(request)
        told = 0
        with suppress(ConnectionError):  # the reader has gone
            while True:
                written = building.lines(deployment, self._scope.now())
                for line in written[told:]:
                    text = json.dumps(build_shapes.log_line(deployment, line), ensure_ascii=False)
                    await answer.write(text.encode() + b"\n")
                told = len(written)
                if deployment.state in building.ENDED:
                    break
                await asyncio.sleep(LOOK_S)
        return answer

    # --- checks -----------------------------------------------------------------------------------

    def _runs_of(self, request: web.Request, version: int) -> list[checks.Run]:
        at, deployment = self._scope.now(), self._scope.named_deployment(request)
        return checks.runs_of(self._scope.project, deployment, version, at)

    async def _checks_v1(self, request: web.Request) -> web.Response:
        return web.json_response({"checks": [build_shapes.check_v1(r) for r in self._runs_of(request, 1)]})

    async def _check_v1(self, request: web.Request) -> web.Response:
        wanted = request.match_info["check"]
        for run in self._runs_of(request, 1):
            if run.check.id == wanted:
                return web.json_response(build_shapes.check_v1(run))
        raise Refused(404, "not_found", f"The check {wanted} could not be found.")

    async def _project_checks(self, request: web.Request) -> web.Response:
        project, blocks = self._scope.named_project(request), request.query.get("blocks")
        found = [c for c in project.checks if c.version == 2 and blocks in (None, c.blocks)]
        return web.json_response({"checks": [build_shapes.check_v2(project, check) for check in found]})

    async def _project_check(self, request: web.Request) -> web.Response:
        project = self._scope.named_project(request)
        return web.json_response(build_shapes.check_v2(project, self._named_check(request)))

    async def _check_runs(self, request: web.Request) -> web.Response:
        project, at = self._scope.named_project(request), self._scope.now()
        check = self._named_check(request)
        built = sorted(project.deployments.values(), key=lambda d: -d.created_at)
        runs = [checks.run_of(project, check, d, at) for d in built if d.target == "production"]
        return web.json_response({"runs": [build_shapes.run_v2(project, run) for run in runs]})

    async def _runs(self, request: web.Request) -> web.Response:
        runs = [build_shapes.run_v2(self._scope.project, run) for run in self._runs_of(request, 2)]
        return web.json_response({"runs": runs})

    async def _run(self, request: web.Request) -> web.Response:
        wanted = request.match_info["run"]
        for run in self._runs_of(request, 2):
            if run.id == wanted:
                return web.json_response(build_shapes.run_v2(self._scope.project, run))
        raise Refused(404, "not_found", f"The check run {wanted} could not be found.")

    def _named_check(self, request: web.Request) -> ProjectCheck:
        wanted = request.match_info["check"]
        for check in self._scope.project.checks:
            if check.version == 2 and check.id == wanted:
                return check
        raise Refused(404, "not_found", f"The check {wanted} could not be found.")
