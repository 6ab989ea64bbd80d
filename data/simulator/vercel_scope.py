"""Whom a request to the host is about: the team, the project, the deployment, and who asks."""

from __future__ import annotations

from contextvars import ContextVar

from aiohttp import web

from console.readings import Millis
from data.simulator.records import Deployment, Person, Project
from data.simulator.refused import Refused
from data.simulator.tokens import Grant
from data.simulator.world import World

GRANT: ContextVar[Grant] = ContextVar("grant")
"""What the token of the request at hand stands for; every request has a context of its own."""


class Scope:
    """Resolves what a request names."""

    def __init__(self, world: World) -> None:
        self.world = world

    @property
    def project(self) -> Project:
        return self.world.project

    @property
    def grant(self) -> Grant:
        """Whose token the request at hand came with, and what it may touch."""
        return GRANT.get()

    @property
    def person(self) -> Person:
        """Whoever's token it is acts."""
        return self.grant.person

    def now(self) -> Millis:
        return self.world.advance()

    def in_team(self, request: web.Request) -> bool:
        """Whether the request acts for the team; without a scope it acts for the person alone."""
        team, slug = request.query.get("teamId"), request.query.get("slug")
        if team is None and slug is None:
            return False
        if team not in (None, self.project.team_id) or self.grant.rights == "no-team":
            raise Refused(403, "forbidden", "You don't have permission to access this team.")
        if slug not in (None, self.project.team_slug):
            raise Refused(404, "not_found", f"The team {slug} could not be found.")
        return True

    def named_team(self, name: str) -> Project:
        """The project whose team is called ``name``."""
        if name not in (self.project.team_id, self.project.team_slug):
            if name.startswith("team_"):
                raise Refused(403, "forbidden", "You don't have permission to access this team.")
            raise Refused(404, "not_found", f"The team {name} could not be found.")
        if self.grant.rights == "no-team":
            raise Refused(403, "forbidden", "You don't have permission to access this team.")
        return self.project

    def named_project(self, request: web.Request) -> Project:
        """The project in the path."""
        return self.project_called(request, request.match_info["project"])

    def project_of_any_team(self, request: web.Request) -> Project:
        """The project in the path by its id, for a call whose description knows no team."""
        if request.match_info["project"] != self.project.id or "teamId" in request.query:
            return self.named_project(request)
        return self.project

    def project_called(self, request: web.Request, name: str | None) -> Project:
        if not self.in_team(request) or name not in (self.project.id, self.project.name):
            raise Refused(404, "not_found", f"Project {name} not found.")
        self.may_see_the_project()
        return self.project

    def named_deployment(self, request: web.Request) -> Deployment:
        """The deployment in the path, by its id or its address."""
        wanted = request.match_info["deployment"]
        for deployment in self.project.deployments.values():
            if wanted in (deployment.id, deployment.url) and self.in_team(request):
                self.may_see_the_project()
                return deployment
        raise Refused(404, "not_found", f"The deployment {wanted} could not be found.")

    def may_see_the_project(self) -> None:
        """Raises :class:`Refused` where the token has no rights on the project."""
        if self.grant.rights == "no-project":
            raise Refused(403, "forbidden", "You don't have permission to access this project.")
