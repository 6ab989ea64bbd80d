"""The host's calls about people, teams, and who did what."""

from __future__ import annotations

from aiohttp import web

from data.simulator import vercel_shapes
from data.simulator.vercel_asked import PAGE, iso_moment, limit
from data.simulator.vercel_scope import Scope


class PeopleCalls:
    """Users, teams, members and the activity list."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def add(self, routes: web.UrlDispatcher) -> None:
        routes.add_get("/v2/user", self._user)
        routes.add_get("/v2/teams", self._teams)
        for path in ("/v2/teams/{team}", "/teams/{team}"):
            routes.add_get(path, self._team)
        routes.add_get("/v3/teams/{team}/members", self._members)
        routes.add_get("/v3/events", self._events)

    async def _user(self, request: web.Request) -> web.Response:
        return web.json_response(vercel_shapes.user(self._scope.person, self._scope.project))

    async def _teams(self, request: web.Request) -> web.Response:
        own = self._scope.grant
        teams = [vercel_shapes.team(self._scope.project, own.person)] if own.rights != "no-team" else []
        shown, pagination = vercel_shapes.page(teams, [team["createdAt"] for team in teams], PAGE)
        return web.json_response({"teams": shown, "pagination": pagination})

    async def _team(self, request: web.Request) -> web.Response:
        self._scope.named_team(request.match_info["team"])
        return web.json_response(vercel_shapes.team(self._scope.project, self._scope.person))

    async def _members(self, request: web.Request) -> web.Response:
        self._scope.named_team(request.match_info["team"])
        members = vercel_shapes.members(self._scope.project)
        pagination = {"count": len(members), "next": None, "prev": None, "hasNext": False}
        return web.json_response({"members": members, "pagination": pagination})

    async def _events(self, request: web.Request) -> web.Response:
        query, project = request.query, self._scope.project
        since, until = iso_moment(query, "since"), iso_moment(query, "until")
        kinds = set(query["types"].split(",")) if "types" in query else None
        mine = self._scope.in_team(request) and project.id in query.get("projectIds", project.id).split(",")
        principal = query.get("principalId") or query.get("userId")
        found = [
            vercel_shapes.event(event)
            for _, event in sorted(enumerate(project.events), key=lambda one: (-one[1].at, -one[0]))
            if mine
            and (since is None or event.at >= since)
            and (until is None or event.at < until)
            and (kinds is None or event.kind in kinds)
            and principal in (None, event.principal.id)
        ]
        return web.json_response({"events": found[: limit(query)]})
