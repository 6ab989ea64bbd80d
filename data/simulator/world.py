"""The simulated world: a shop, its visitors, its host and its metrics, moving with a clock.

The world is brought up to the clock whenever somebody looks at it, in whole ticks counted from its own
beginning. What a tick draws depends on the seed, the tick and the state alone, so it does not matter how
often anybody looks or how far the clock jumps.
"""

from __future__ import annotations

from console.ports import Clock
from console.readings import Millis
from data.simulator import appmodel, building, host_gate, releases, shop
from data.simulator.account import Account
from data.simulator.flow import Flow, Stream
from data.simulator.history import opening
from data.simulator.population import Population
from data.simulator.records import GateCheck, Project
from data.simulator.samples import SCRAPE_MS, Samples
from data.simulator.scenario import Running, load

TICK_MS = 1_000


class World:
    """One project and everything that happens to it. Not thread-safe.

    Call :meth:`advance` before looking at anything; it returns the time that is now true of the world.
    """

    def __init__(
        self, *, seed: int, clock: Clock, scenario: str = "healthy", account: Account | None = None
    ) -> None:
        """Raises :class:`data.simulator.scenario.BadScenario` if there is no such scenario."""
        self.seed = seed
        self.clock = clock
        now = clock.now()
        self.epoch: Millis = now - now % SCRAPE_MS
        """The world's beginning, on a whole scrape."""
        self.running = self._running(scenario, self.epoch)
        self.account = account or Account()
        self.project: Project = opening(seed, self.epoch, self.account)
        self.running.bind(self._on_trial())
        self.flow = Flow.with_past(seed, self.epoch, self.account)
        self._reached = self.epoch
        """The end of the last whole tick."""

    @property
    def population(self) -> Population:
        return self.flow.population

    @property
    def samples(self) -> Samples:
        return self.flow.samples

    def advance(self) -> Millis:
        """Let the world happen up to the clock's present; that present."""
        now = self.clock.now()
        while self._reached + TICK_MS <= now:
            start, self._reached = self._reached, self._reached + TICK_MS
            self._settle(self._reached)
            self.flow.tick(self.project, self.running, start, self._reached)
            if (self._reached - self.epoch) % host_gate.EVERY_MS == 0:
                host_gate.evaluate(self.project, self.counted, self._reached)
        self._settle(now)
        return now

    def _settle(self, at: Millis) -> None:
        self.running.happen(self.project, at)
        building.settle(self.project, at)
        releases.settle(self.project, at)

    def _on_trial(self) -> str | None:
        """The build that effects on the canary hold; without rolling releases the one that serves."""
        release = releases.active(self.project)
        if release is not None:
            return release.canary_id
        return self.project.serving_id if self.project.template is None else None

    def counted(self, deployment_id: str, start: Millis, end: Millis, check: GateCheck) -> tuple[int, int]:
        """Requests and 5xx answers as the host's own gate counts them."""
        requests = errors = 0
        cells = self.flow.snapshots.between(deployment_id, start, end)
        for cell, hits in enumerate(cells):
            if hits:
                place, status = shop.OUTCOMES[cell // shop.BUCKETS]
                route = shop.ENDPOINTS[place].route
                if route not in check.exclude_paths and status not in check.exclude_statuses:
                    requests += hits
                    errors += hits if status >= 500 else 0
        return requests, errors

    def switch(self, name: str) -> None:
        """Begin the scenario ``name`` now. Raises :class:`data.simulator.scenario.BadScenario`."""
        running = self._running(name, self.advance())
        running.bind(self._on_trial())
        self.running = running

    def streams(self, at: Millis) -> list[Stream]:
        """Who serves which share of the requests at ``at``."""
        return self.flow.streams(self.project, at)

    def canary_percentage(self, at: Millis) -> float:
        """The share of visitors, in percent, that the canary really has at ``at``, on all domains."""
        release = self.project.release
        if release is None or at < release.started_at:
            return 0.0
        split = sum(domain.weight for domain in self.project.domains if domain.split)
        return split * releases.canary_percentage(release, at)

    def behaviour(self, stream: Stream, at: Millis) -> shop.Behaviour:
        """How the deployment of ``stream`` behaves at ``at``."""
        return self.running.behaviour(stream.deployment_id, stream.track == "canary", at)

    def condition(self, stream: Stream, at: Millis) -> appmodel.Condition:
        """What is different about the metrics of the deployment of ``stream`` at ``at``."""
        return self.running.condition(stream.deployment_id, stream.track == "canary", at)

    def counts(self, deployment_id: str, start: Millis, end: Millis) -> tuple[int, int]:
        """Requests and 5xx answers of a deployment in ``(start, end]``, by whole ticks."""
        return self.flow.counts(deployment_id, start, end)

    @staticmethod
    def _running(name: str, since: Millis) -> Running:
        return Running(name, load(name), since)
