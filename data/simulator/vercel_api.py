"""The host's API: who may ask, how often, and every path that is served."""

from __future__ import annotations

from aiohttp import web

from data.simulator.faults import Faults
from data.simulator.serving import Journal, port_app
from data.simulator.tokens import Tokens
from data.simulator.vercel_builds import BuildCalls
from data.simulator.vercel_edge_config import EdgeConfigCalls
from data.simulator.vercel_flags import FlagCalls
from data.simulator.vercel_gate import Gate, spoiled_answer
from data.simulator.vercel_observability import ObservabilityCalls
from data.simulator.vercel_people import PeopleCalls
from data.simulator.vercel_projects import ProjectCalls
from data.simulator.vercel_releases import ReleaseCalls
from data.simulator.vercel_scope import Scope
from data.simulator.web_analytics import WebAnalyticsCalls
from data.simulator.world import World


class VercelApi:
    """The host's port."""

    def __init__(self, world: World, tokens: Tokens) -> None:
        self._world = world
        self._gate = Gate(world, tokens)

    def app(self, journal: Journal, faults: Faults) -> web.Application:
        """The application that serves the host's port."""
        app = port_app("vercel", self._world, journal, faults, spoiled_answer)
        self._gate.guard(app)
        scope = Scope(self._world)
        for calls in (
            PeopleCalls,
            ProjectCalls,
            BuildCalls,
            ReleaseCalls,
            ObservabilityCalls,
            FlagCalls,
            EdgeConfigCalls,
            WebAnalyticsCalls,
        ):
            calls(scope).add(app.router)
        return app


def served(app: web.Application) -> list[tuple[str, str]]:
    """Every method and path that ``app`` serves; parts of a path that vary are in braces."""
    return sorted(
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    )
