"""The part of a session that watches: what is asked, and what follows from each answer.

Every session has one; by the engine's lease only one of them is at work at a time.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial

from console.alerts.polling import AlertJob
from console.baking import BakeJob
from console.canary.catalogue import Metric
from console.canary.stages import Release
from console.engine import Engine, Job, lease_for
from console.envelope import Actor
from console.judging import Judging
from console.keeping import METRICS
from console.observing import Observing
from console.offload import StoreThread
from console.outages import Outages
from console.parts import Parts
from console.polling import HostJobs, MetricJob
from console.ports import MetricsSource
from console.probing import ProbeJob
from console.readings import Rhythm
from console.supplementing import SupplementJob
from console.unwatched import least_gap
from console.watching import Watching
from console.world import World


class Poller:
    """Asks the sources, judges, and records what changed, while this session holds the lease."""

    def __init__(self, parts: Parts, stores: StoreThread, name_of: Callable[[str], str | None]) -> None:
        """``name_of``: who somebody is by the host's id, as people.yaml has it."""
        self._parts, self._stores = parts, stores
        self._own = Actor("coalmine", parts.session_id, "engine")
        self._measured_of = ""
        self._outages = Outages(parts.ledger, parts.clock, self._own, stores)
        self._host = HostJobs(parts.router, parts.clock, parts.where.scope)
        self._watching = Watching(
            parts.ledger,
            parts.samples,
            parts.clock,
            parts.where.scope,
            self._own,
            stores,
            least_gap([source.rhythm for source in parts.where.sources if source.off is None]),
        )
        self.engine = Engine(
            self._jobs(name_of),
            parts.samples,
            parts.leases,
            parts.clock,
            parts.where.scope,
            parts.session_id,
            stores,
            random.Random(),
            lease_for(parts.intervals.metrics),
            self._watching.take_over,
        )

    async def looked(self, world: World) -> None:
        """After each picture: a source lost or back is recorded by the one who polls.

        Raises :class:`console.ports.StoreUnusable`.
        """
        if self.engine.polling:
            await self._outages.seen(world)
        else:
            self._outages.forget()

    def _jobs(self, name_of: Callable[[str], str | None]) -> list[Job]:
        parts = self._parts
        observing = Observing(parts.router, parts.ledger, parts.clock, self._own, self._stores, name_of)

        async def changed(release: Release) -> None:
            if release.canary is not None and release.canary.id != self._measured_of:
                self._measured_of = release.canary.id  # its first values should not wait a whole interval
                self.engine.wake(METRICS)
            await self._watching.resumed()
            await observing.seen(release)

        jobs = self._host.jobs(parts.intervals, changed)
        if parts.metrics is not None:
            jobs += [*self._metrics_jobs(), self._bake_job(parts.metrics)]
        if parts.prober is not None:
            scope, every = parts.where.scope, parts.probe_every
            probing = ProbeJob(parts.prober, parts.clock, scope, every, lambda: self._host.release)
            jobs.append(probing.job())
        if parts.alertmanager is not None:
            jobs.append(
                AlertJob(parts.alertmanager, parts.clock, parts.where.scope, parts.alerts_every).job()
            )
        if parts.linked and parts.flags is not None:
            from console.flags.exposing import ExposureJob  # heavy, and few have flags linked

            jobs.append(ExposureJob(parts.flags, parts.linked, parts.clock, parts.where.scope).job())
        return jobs

    def _bake_job(self, source: MetricsSource) -> Job:
        parts = self._parts
        return BakeJob(
            source,
            parts.samples,
            parts.ledger,
            parts.clock,
            parts.where.scope,
            self._own,
            self._stores,
            lambda: self.engine.fence,
            parts.intervals,
            self._host,
            parts.where.catalogue,
            parts.baked_by,
        ).job()

    def _metrics_jobs(self) -> list[Job]:
        """The source that measures the tracks, and what stands in for what it does not have."""
        parts, every = self._parts, self._parts.intervals
        assert parts.metrics is not None
        judging = Judging(
            parts.judged_by,
            max(every.metrics, every.scrape),
            Rhythm.of(every.metrics, sample_every_ms=every.scrape),
            parts.samples,
            parts.ledger,
            parts.clock,
            parts.where.scope,
            self._own,
            self._stores,
            lambda: self.engine.fence,
            lambda: self._host.reading,
            Rhythm.of(every.release),
            parts.metrics.lacks,
            parts.where.catalogue,
        )

        async def measured() -> None:
            await self._watching.resumed()
            await judging.judge()
            for one in stand_in:
                if one.behind:
                    self.engine.wake(one.name)

        metric = MetricJob(
            parts.metrics,
            parts.clock,
            parts.where.scope,
            every,
            lambda: self._host.release,
            parts.where.catalogue,
        )
        unanswered: Callable[[], Sequence[Metric]] = metric.unanswered
        stand_in: list[SupplementJob] = []
        for supplement in parts.supplements:
            one = SupplementJob(
                supplement, parts.clock, parts.where.scope, lambda: self._host.release, unanswered
            )
            stand_in.append(one)
            unanswered = partial(_left_by, one, unanswered)
        return [metric.job(measured), *(one.job() for one in stand_in)]


def _left_by(one: SupplementJob, unanswered: Callable[[], Sequence[Metric]]) -> Sequence[Metric]:
    """What is left for the next to be asked for."""
    return one.left(unanswered())
