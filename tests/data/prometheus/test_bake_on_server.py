"""Production against its own past on a real Prometheus that has yesterday and last week."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar, cast

import pytest

from console import events
from console.bake import HOUR_BEFORE, LAST_WEEK, YESTERDAY, Bake, BakeTerms
from console.baking import BakeJob
from console.canary.catalogue import packaged
from console.canary.limits import Rules
from console.canary.verdict import Word
from console.envelope import Actor
from console.host import Host
from console.keeping import BAKE, load
from console.polling import HostJobs, Intervals
from console.project import AliasJob, Project
from console.readings import Millis
from data.clock import ScaledClock
from data.http import Limits, Transport
from data.prometheus.client import PrometheusClient
from data.prometheus.source import PrometheusSource
from data.sqlite.ledger import SqliteLedger
from data.sqlite.samples import SqliteSamples
from tests.data.hosts import StillClock
from tests.remote_write import push, series
from tests.servers import prometheus

pytestmark = pytest.mark.slow

T = TypeVar("T")
MIN: Millis = 60_000
HOUR, DAY = 60 * MIN, 24 * 60 * MIN
EVERY = 15_000
SINCE = int(time.time()) // 60 * 60_000 - 30 * MIN
"""When the deployment came to serve: the server takes only what is not much older than its newest sample, so
all is written from the oldest on."""
OLD, NEW = "dpl_old", "dpl_new"
PER_POLL = 1500


def counters(deployment: str, begin: Millis, end: Millis, bad: int, counted: dict[str, int]) -> list[bytes]:
    """Requests of one deployment, ``bad`` of each fifteen hundred failed; ``counted`` goes on."""
    made = []
    for status, by in (("200", PER_POLL - bad), ("500", bad)):
        points = []
        for at in range(begin, end + 1, EVERY):
            points.append((at, float(counted[status])))
            counted[status] += by
        labels = {"__name__": "http_requests_total", "deployment": deployment, "status": status}
        made.append(series(labels, points))
    return made


class AtOnce:
    """Calls the stores where it stands."""

    async def __call__(self, call: Callable[[], T]) -> T:
        return call()


class Scene:
    """The job on a real source, ledger and samples; the host says what the test lets it say."""

    def __init__(self, folder: Path, source: PrometheusSource) -> None:
        self.clock = ScaledClock(SINCE + 2 * MIN, 1e-9)
        self.ledger = SqliteLedger(folder / "ledger.db", self.clock)
        self.samples = SqliteSamples(folder / "samples.db", self.clock)
        host = HostJobs(cast("Host", None), self.clock, "s")
        host.project = Project(
            "prj", "shop", "team", NEW, True, AliasJob("promote", "succeeded", SINCE, OLD, NEW), True
        )
        catalogue = packaged()
        self.job = BakeJob(
            source,
            self.samples,
            self.ledger,
            self.clock,
            "s",
            Actor("coalmine", "x", "engine"),
            AtOnce(),
            lambda: 1,
            Intervals(5_000, 30_000, EVERY, EVERY),
            host,
            replace(catalogue, metrics=tuple(m for m in catalogue.metrics if m.id == "error_rate")),
            BakeTerms(20 * MIN, 0.5, 0.05, Rules(100, 3, 5, {})),
        ).job()

    async def poll(self) -> Bake | None:
        kept = await self.job.run()
        self.samples.record(kept, 1)
        assert self.job.then is not None
        await self.job.then()
        good, _ = self.samples.latest(f"s/{BAKE}").get(f"s/{BAKE}", (None, None))
        return load(Bake, good.body) if good else None

    async def to_the_end(self) -> Bake:
        bake = await self.poll()
        while self.clock.now() < SINCE + 22 * MIN:
            self.clock.advance(60)
            bake = await self.poll()
        assert bake is not None
        return bake


@asynccontextmanager
async def scene(folder: Path, bad: Mapping[str, int]) -> AsyncIterator[Scene]:
    """``bad`` requests of each fifteen hundred: last week, yesterday, in the hour before, and since."""
    counted = {"200": 0, "500": 0}
    config = "global: {scrape_interval: 15s}\n"
    with prometheus(folder, config, "--storage.tsdb.retention.time=30d") as base:
        for name, back in ((LAST_WEEK, 7 * DAY), (YESTERDAY, DAY)):
            if name in bad:
                begin = SINCE - back - 5 * MIN
                push(base, counters(OLD, begin, SINCE - back + HOUR + 5 * MIN, bad[name], counted))
        push(base, counters(OLD, SINCE - 65 * MIN, SINCE, bad[HOUR_BEFORE], counted))
        fresh = {"200": 0, "500": 0}
        push(base, counters(NEW, SINCE - 2 * MIN, SINCE + 25 * MIN, bad["since"], fresh))
        transport = Transport(StillClock(), limits=Limits(retries=0))
        one = Scene(folder, PrometheusSource(PrometheusClient(transport, base), sampled_every_s=15.0))
        try:
            yield one
        finally:
            await transport.aclose()
            one.ledger.close()
            one.samples.close()


async def test_twice_the_errors_of_the_hour_before_is_worse_where_it_is_no_habit(tmp_path: Path) -> None:
    bad = {LAST_WEEK: 4, YESTERDAY: 5, HOUR_BEFORE: 4, "since": 12}
    async with scene(tmp_path, bad) as it:
        bake = await it.to_the_end()
        assert bake.verdict.word is Word.ROLLBACK
        [row] = bake.verdict.metrics
        assert row.sentence == "worse than the hour before, yesterday and last week, beyond doubt"
        assert row.canary == "0.8 %"
        assert row.baseline == "0.3 %", "the past that it is least worse than"
        kinds = [one.kind for one in it.ledger.read()]
        assert kinds[0] == events.BakeBegan.KIND
        assert bake.lacking == ()


async def test_the_same_as_every_day_at_this_time_is_the_time_of_day(tmp_path: Path) -> None:
    bad = {LAST_WEEK: 12, YESTERDAY: 12, HOUR_BEFORE: 4, "since": 12}
    async with scene(tmp_path, bad) as it:
        bake = await it.to_the_end()
        assert bake.verdict.word is Word.PROMOTE
        assert bake.read == bake.to_read
        [row] = bake.verdict.metrics
        assert row.baseline == "0.8 %"


async def test_what_the_server_does_not_have_is_said(tmp_path: Path) -> None:
    async with scene(tmp_path, {YESTERDAY: 4, HOUR_BEFORE: 4, "since": 4}) as it:
        bake = await it.to_the_end()
        assert bake.verdict.word is Word.PROMOTE
        assert bake.lacking == (LAST_WEEK,)
