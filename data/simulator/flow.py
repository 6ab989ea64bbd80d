"""The flow of visitors through the shop: who serves whom, tick by tick, and what was counted of it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache

from console.readings import Millis
from data.simulator import flag_requests, releases, shop, telemetry, traffic
from data.simulator.account import Account
from data.simulator.history import opening
from data.simulator.population import Population
from data.simulator.records import Project
from data.simulator.samples import SCRAPE_MS, Samples, Target, Track
from data.simulator.scenario import Running, load
from data.simulator.snapshots import Snapshots
from data.simulator.visits import Visits

APART = 2048
"""Numbers of the streams of random numbers that the telemetry draws from; the answers' are below."""

HISTORY_MS = 65 * 60_000
"""How much of the past is there when the world begins, drawn in ticks of the scrape's length."""


@dataclass(frozen=True, slots=True)
class Stream:
    """What one deployment serves at a moment."""

    deployment_id: str
    track: Track
    share: float
    """Of all requests, 0 to 1."""


class Flow:
    """Traffic, its samples and its tallies. Times are counted from ``epoch``, the world's beginning."""

    def __init__(self, seed: int, epoch: Millis) -> None:
        self.seed, self.epoch = seed, epoch
        self.population = Population(seed)
        self.samples = Samples()
        self.snapshots = Snapshots()
        self.visits = Visits()
        self.tallies: dict[str, traffic.Tally] = {}
        self._first_traffic: dict[str, Millis] = {}
        self._tried: set[str] = set()
        """Deployments that are or were a canary: they have the newest code."""

    def tick(self, project: Project, running: Running, start: Millis, end: Millis) -> None:
        """Draw the requests from ``start`` to ``end`` and, on a whole scrape, take the samples."""
        seconds = (end - start) / 1000
        mean = self.request_rate(start, running) * seconds
        tick = (start - self.epoch) // 1000
        shares: list[telemetry.Share] = []
        for asked in flag_requests.ASKED:
            running.served.look(project.flags, asked.flag, start)
        for stream in self.streams(project, start):
            if stream.share <= 0:
                continue
            self._first_traffic.setdefault(stream.deployment_id, start)
            target = self.samples.target(stream.deployment_id, stream.track, end)
            # A deployment in two roles at once (one domain moved, another not) has a stream for each.
            number = project.deployments[stream.deployment_id].number * 2 + (stream.track == "canary")
            behaviour = running.behaviour(stream.deployment_id, stream.track == "canary", start)
            requests, errors = traffic.serve(
                traffic.stream(self.seed, tick, number),
                target,
                mean * stream.share,
                behaviour,
                self.cold_share(stream.deployment_id, start),
            )
            condition = running.condition(stream.deployment_id, stream.track == "canary", start)
            rng = traffic.stream(self.seed, tick, APART + number)
            telemetry.count(
                rng,
                target.counted,
                telemetry.Tick(
                    mean * stream.share,
                    seconds,
                    shop.true_error_share(behaviour),
                    self.age_s(stream.deployment_id, start),
                    mean / seconds / shop.MEAN_RATE,
                    condition,
                ),
            )
            answered = flag_requests.Answered(requests, errors)
            self._by_flag(rng, target, stream, running, start, answered, behaviour)
            shares.append(telemetry.Share(mean * stream.share, mean * stream.share / seconds, condition))
            if requests:
                target.last_traffic = end
            self.tallies.setdefault(stream.deployment_id, traffic.Tally()).add(end, requests, errors)
        telemetry.host(traffic.stream(self.seed, tick, APART), self.samples.host.counted, shares)
        if (end - self.epoch) % SCRAPE_MS == 0:
            outage = running.endpoint_faults("metrics", end)
            broken = any(effect.share >= 1 and effect.fault != "delay" for effect in outage)
            self.samples.scrape(end, fails=broken)
            self.snapshots.take(end, self._hits())
            self.visits.take(end, (target.counted for target in self.samples.targets.values()))

    def _by_flag(
        self,
        rng: random.Random,
        target: Target,
        stream: Stream,
        running: Running,
        at: Millis,
        answered: flag_requests.Answered,
        behaviour: shop.Behaviour,
    ) -> None:
        """Count the tick's answers by the variants of the flags that this build asks for."""
        key, canary = stream.deployment_id, stream.track == "canary"
        if canary or running.canary_id == key:
            self._tried.add(key)

        def failing(flag: str, variant: str) -> float:
            if not running.depends_on(flag):
                return shop.true_error_share(behaviour)
            return shop.true_error_share(running.behaviour(key, canary, at, (flag, variant)))

        flag_requests.count(rng, target.flagged, answered, key in self._tried, running.served.shares, failing)

    def _hits(self) -> dict[str, list[int]]:
        """What every deployment has answered so far, whatever its role was."""
        hits: dict[str, list[int]] = {}
        for target in self.samples.targets.values():
            before = hits.get(target.deployment_id)
            hits[target.deployment_id] = (
                target.hits if before is None else [a + b for a, b in zip(before, target.hits, strict=True)]
            )
        return hits

    def streams(self, project: Project, at: Millis) -> list[Stream]:
        """Who serves which share of the requests at ``at``."""
        release = project.release
        shares: dict[tuple[str, Track], float] = {}

        def add(deployment_id: str, track: Track, share: float) -> None:
            shares[deployment_id, track] = shares.get((deployment_id, track), 0.0) + share

        for domain in project.domains:
            if domain.split and release is not None and at >= release.started_at:
                canary = self.population.request_share(releases.canary_percentage(release, at))
                add(release.canary_id, "canary", domain.weight * canary)
                add(release.base_id, "baseline", domain.weight * (1 - canary))
            else:
                past = domain.before_id if at < domain.updated_at else None
                add(past or domain.deployment_id, "baseline", domain.weight)
        return [Stream(deployment_id, track, share) for (deployment_id, track), share in shares.items()]

    def request_rate(self, at: Millis, running: Running) -> float:
        """Requests a second of the whole shop."""
        return shop.load((at - self.epoch) / 1000) * running.traffic(at)

    def age_s(self, deployment_id: str, at: Millis) -> float:
        """How long a deployment has had traffic."""
        return (at - self._first_traffic.get(deployment_id, at)) / 1000

    def cold_share(self, deployment_id: str, at: Millis) -> float:
        """The share of a deployment's requests that meet a cold function."""
        return shop.cold_share(self.age_s(deployment_id, at))

    def counts(self, deployment_id: str, start: Millis, end: Millis) -> tuple[int, int]:
        """Requests and 5xx answers of a deployment in ``(start, end]``, by whole ticks."""
        tally = self.tallies.get(deployment_id)
        return tally.between(start, end) if tally else (0, 0)

    @staticmethod
    def with_past(seed: int, epoch: Millis, account: Account) -> Flow:
        """The flow of the world of ``seed`` at its beginning, with its history behind it."""
        drawn = _past(seed, account.has("rolling-releases"))
        flow = Flow.__new__(Flow)
        flow.seed, flow.epoch, flow.population = seed, epoch, drawn.population
        flow.samples = drawn.samples.moved(epoch)
        flow.snapshots = drawn.snapshots.moved(epoch)
        flow.visits = drawn.visits.moved(epoch)
        flow.tallies = {key: tally.moved(epoch) for key, tally in drawn.tallies.items()}
        flow._tried = set(drawn._tried)
        flow._first_traffic = {key: at + epoch for key, at in drawn._first_traffic.items()}
        return flow


@lru_cache(maxsize=4)
def _past(seed: int, rolling: bool) -> Flow:
    """The history of a seed's world, with its beginning at 0: it is the same for every epoch."""
    account = Account(without=frozenset() if rolling else frozenset({"rolling-releases"}))
    project, flow = opening(seed, 0, account), Flow(seed, 0)
    running = Running("healthy", load("healthy"), -HISTORY_MS)
    for deployment in project.deployments.values():
        if deployment.aliased_at is not None and deployment.aliased_at < -HISTORY_MS:
            flow._first_traffic[deployment.id] = -10 * HISTORY_MS
    for end in range(-HISTORY_MS + SCRAPE_MS, SCRAPE_MS, SCRAPE_MS):
        flow.tick(project, running, end - SCRAPE_MS, end)
    return flow
