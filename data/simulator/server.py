"""The simulator as servers on this machine: the host's API, the metrics, the queries and the control."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from console.readings import Millis
from data.clock import ScaledClock, SystemClock
from data.simulator.account import Account
from data.simulator.alertmanager_api import AlertmanagerApi
from data.simulator.answers import Ready
from data.simulator.control import control_app
from data.simulator.faults import Faults
from data.simulator.prometheus_api import PrometheusApi, metrics_app
from data.simulator.serving import LOCAL_HOSTS, Journal
from data.simulator.site import site_app
from data.simulator.tokens import Tokens, made
from data.simulator.vercel_api import VercelApi
from data.simulator.world import World

METRICS_PORTS = ("metrics", "prometheus")


class Simulator:
    """A world and the ports that show it. The token, if not given, is made anew for every start."""

    def __init__(
        self,
        *,
        scenario: str,
        seed: int,
        speed: float,
        origin: Millis | None = None,
        token: str | None = None,
        account: Account | None = None,
    ) -> None:
        """Raises :class:`data.simulator.scenario.BadScenario` and, for a bad speed, ``ValueError``."""
        self.clock = ScaledClock(SystemClock().now() if origin is None else origin, speed)
        self.world = World(seed=seed, clock=self.clock, scenario=scenario, account=account)
        self.journal = Journal()
        self.faults = Faults()
        self.tokens = Tokens(token or made(), self.world.project.people[0])

    @property
    def token(self) -> str:
        """The token that is printed when the simulator is ready."""
        return self.tokens.first

    @asynccontextmanager
    async def serving(
        self, *, host: str = "127.0.0.1", port: int = 0, metrics_port: int = 0
    ) -> AsyncIterator[Ready]:
        """Serve on ``host`` (this machine only); ``port`` is the host API's. What is 0 becomes a free one.

        Raises ``ValueError`` for another machine's address and ``OSError`` when a port is taken.
        """
        if host not in LOCAL_HOSTS:
            raise ValueError(f"The simulator serves on this machine only (127.0.0.1), not on {host}.")
        apps = {
            "vercel": VercelApi(self.world, self.tokens).app(self.journal, self.faults),
            "metrics": metrics_app(self.world, self.journal, self.faults),
            "prometheus": PrometheusApi(self.world).app(self.journal, self.faults),
            "alertmanager": AlertmanagerApi(self.world).app(self.journal, self.faults),
            "site": site_app(self.world),
            "control": control_app(self.world, self.clock, self.journal, self.faults, self.tokens),
        }
        runners: list[web.AppRunner] = []
        urls: dict[str, str] = {}
        dead: list[socket.socket] = []
        try:
            for name, app in apps.items():
                if name in METRICS_PORTS and not self.world.account.has("prometheus"):
                    dead.append(_silent(host))
                    urls[name] = f"http://{_bracketed(host)}:{dead[-1].getsockname()[1]}"
                    continue
                runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
                runners.append(runner)
                await runner.setup()
                site = web.TCPSite(runner, host, {"vercel": port, "metrics": metrics_port}.get(name, 0))
                await site.start()
                urls[name] = f"http://{_bracketed(host)}:{runner.addresses[0][1]}"
            yield self._ready(urls)
        finally:
            for sock in dead:
                sock.close()
            for runner in runners:
                await runner.cleanup()

    def _ready(self, urls: dict[str, str]) -> Ready:
        return Ready(
            vercel_url=urls["vercel"],
            metrics_url=urls["metrics"] + "/metrics",
            prometheus_url=urls["prometheus"],
            alertmanager_url=urls["alertmanager"],
            site_url=urls["site"],
            token=self.token,
            team_id=self.world.project.team_id,
            project_id=self.world.project.id,
            control_url=urls["control"],
            now_ms=self.clock.now(),
            speed=self.clock.speed,
            seed=self.world.seed,
            scenario=self.world.running.name,
            plan=self.world.account.plan,
            without=sorted(self.world.account.without),
        )


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _silent(host: str) -> socket.socket:
    """A port that nobody answers on and nobody else gets: connections are refused."""
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    sock.bind((host, 0))
    return sock
