"""The whole catalogue on a real Prometheus and a real VictoriaMetrics, with the simulator's samples in them.

What the source measures there is what it measures on the stand-in, count by count.
"""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from console.canary.catalogue import CATALOGUE, LATENCY_P95
from console.canary.catalogue_file import load
from console.canary.measures import SHARED, Gauge, Histogram, Measure, Window
from console.canary.values import value_of
from console.ports import Answered
from data.http import Limits, Transport
from data.prometheus.client import PrometheusClient
from data.prometheus.native import GRID
from data.prometheus.source import PrometheusSource
from data.simulator.evaluate import SCRAPED_AS
from data.simulator.world import World
from tests.data.hosts import StillClock
from tests.remote_write import native, push, series
from tests.servers import flushed, prometheus, victoria
from tests.simulated import simulated

pytestmark = pytest.mark.slow

SPAN_MS = 30 * 60_000
"""How much of the simulator's past the servers are given."""
CONFIG = "global: {scrape_interval: 5s}\nstorage: {tsdb: {out_of_order_time_window: 2h}}\n"


@dataclass(frozen=True)
class Server:
    kind: str
    url: str


def written(world: World, since: int, until: int) -> Iterator[bytes]:
    """Every series of the world as the stand-in has scraped it, from ``since`` to ``until``."""
    for target in world.samples:
        for place, (name, own) in enumerate(target.layout.columns):
            labels = dict((*own, *target.labels(), *SCRAPED_AS), __name__=name)
            points = [
                (at, row[place])
                for at, row in zip(target.times, target.rows, strict=True)
                if since <= at <= until and target.layout.exists(place, row)
            ]
            if points:
                yield series(labels, points)


@asynccontextmanager
async def source(base: str) -> AsyncIterator[PrometheusSource]:
    transport = Transport(StillClock(), limits=Limits(retries=0))
    try:
        yield PrometheusSource(PrometheusClient(transport, base), sampled_every_s=5)
    finally:
        await transport.aclose()


@pytest.fixture(scope="module", params=["prometheus", "victoria-metrics"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("catalogue")
    running = prometheus(folder, CONFIG) if request.param == "prometheus" else victoria(folder)
    with running as base:
        yield Server(request.param, base)


async def test_the_servers_and_the_stand_in_count_the_same(server: Server) -> None:
    origin = (int(time.time()) - 1500) * 1000
    async with simulated("harm-new-errors", seed=4, speed=1e-9, origin=origin) as sim:
        sim.clock.advance(1200)
        now = sim.world.advance()
        window = Window(now - now % 5000 - 300_000, now - now % 5000)
        release = sim.world.project.release
        assert release is not None
        ids = (release.base_id, release.canary_id)
        push(server.url, written(sim.world, window.end - SPAN_MS, window.end))
        if server.kind == "victoria-metrics":
            flushed(server.url)
        async with source(sim.prometheus_url) as theirs, source(server.url) as ours:
            expected = await theirs.measure_all(CATALOGUE.asked, ids, window)
            found = await ours.measure_all(CATALOGUE.asked, ids, window)
            lines = {m.id: await ours.history(m, ids, window, 30) for m in CATALOGUE.asked}
    for metric in CATALOGUE.asked:
        places = ids if metric.split else (SHARED,)
        answer, wanted = found[metric.id], expected[metric.id]
        assert isinstance(answer, Answered)
        assert answer.warnings == ()
        assert answer.instead == ("INP" if metric.id == "time_to_interactive" else "")
        assert set(answer) == set(places)
        for one in places:
            assert wanted[one] is not None, metric.id
            assert alike(answer[one], wanted[one]), (metric.id, answer[one], wanted[one])
            assert lines[metric.id][one], metric.id
            value = value_of(metric, answer[one])
            assert value is not None
            if metric.kind in ("histogram", "gauge"):  # of the others a minute of a canary says little
                assert lines[metric.id][one][-1].value == pytest.approx(value, rel=0.5), metric.id


def alike(found: Measure | None, wanted: Measure | None) -> bool:
    """Counts are equal to the event; rates behind a level are stretched a little differently."""
    if isinstance(found, Gauge) and isinstance(wanted, Gauge):
        return found.value == pytest.approx(wanted.value, rel=0.03) and found.seconds == wanted.seconds
    return found == wanted


async def test_a_question_that_cannot_be_evaluated_takes_nothing_else_with_it(server: Server) -> None:
    own = {
        "title": "own",
        "family": "infrastructure",
        "kind": "gauge",
        "unit": "s",
        "guard": False,
        "prometheus": [{"expression": "no_such_function(x{$D})"}],
    }
    catalogue = load({"own": own})
    window = Window(*(int(time.time()) * 1000 - back for back in (60_000, 0)))
    async with source(server.url) as metrics:
        found = await metrics.measure_all(tuple(catalogue), ["dpl_a"], window)
        line = await metrics.history(catalogue["own"], ["dpl_a"], window, 15)
    broken, other = found["own"], found["cpu"]
    assert isinstance(broken, Answered)
    assert isinstance(other, Answered)
    assert broken["dpl_a"] is None
    assert "cannot evaluate" in broken.warnings[0]
    assert other.warnings == ()
    assert line == {"dpl_a": ()}
    assert line.partial


@pytest.fixture(scope="module")
def with_natives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    flag = "--enable-feature=native-histograms"
    with prometheus(Path(tmp_path_factory.mktemp("natives")), CONFIG, flag) as base:
        yield base


def observed(schema: int, seconds: dict[float, int]) -> dict[int, int]:
    """Observations by the index of a native bucket: (base^(i-1), base^i]."""
    base = 2 ** (2**-schema)
    found: dict[int, int] = {}
    for value, count in seconds.items():
        index = math.ceil(math.log(value) / math.log(base) - 1e-9)
        found[index] = found.get(index, 0) + count
    return found


async def test_native_histograms_are_counted_and_drawn(with_natives: str) -> None:
    start = int(time.time()) // 60 * 60_000 - 10 * 60_000
    window = Window(start, start + 300_000)
    every = {0.003: 2, 0.08: 30, 0.31: 5, 2.0: 1}

    def life(resets_at: int | None = None) -> list[tuple[int, dict[int, int]]]:
        """A sample every 15 s from a minute before the window on; each has one more of ``every``."""
        samples, reached = [], 0
        for number in range(-4, 21):
            reached = 1 if number == resets_at else reached + 1
            counts = observed(3, {value: count * reached for value, count in every.items()})
            samples.append((start + number * 15_000, counts))
        return samples

    name = "http_request_duration_seconds"
    push(
        with_natives,
        [
            native({"__name__": name, "deployment": "dpl_n", "instance": "a"}, 3, life()),
            native({"__name__": name, "deployment": "dpl_n", "instance": "b"}, 3, life(resets_at=9)),
        ],
    )
    async with source(with_natives) as metrics:
        found = await metrics.measure(LATENCY_P95, ["dpl_n", "dpl_none"], window)
        line = await metrics.history(LATENCY_P95, ["dpl_n"], window, 15)
    histogram = found["dpl_n"]
    assert isinstance(histogram, Histogram)
    assert histogram.bounds == GRID
    assert found["dpl_none"] is None
    assert histogram.total == 2 * 20 * sum(every.values())
    for value, count in every.items():
        place = next(i for i, bound in enumerate(GRID) if value <= bound * (1 + 1e-9))
        assert histogram.counts[place] == 2 * 20 * count
    quantile = histogram.quantile(0.95)
    assert quantile is not None
    assert 0.25 < quantile <= 0.36
    assert line["dpl_n"]
    assert line["dpl_n"][-1].value == pytest.approx(quantile * 1000, rel=0.2)
