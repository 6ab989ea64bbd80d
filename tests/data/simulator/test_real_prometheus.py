"""A real Prometheus scrapes the simulator, and agrees with it."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from data.simulator.evaluate import stretch
from data.simulator.server import Simulator
from tests.servers import binary, prometheus, scraping

pytestmark = pytest.mark.slow


async def test_a_real_prometheus_reads_the_metrics_and_counts_the_same(tmp_path: Path) -> None:
    simulator = Simulator(scenario="error-spike", seed=1, speed=1.0)
    release = simulator.world.project.release
    assert release is not None
    async with simulator.serving() as ready, httpx.AsyncClient(trust_env=False) as http:
        text = (await http.get(ready.metrics_url)).content
        checked = await asyncio.to_thread(
            subprocess.run,
            [binary("promtool", "prometheus"), "check", "metrics"],
            input=text,
            capture_output=True,
            check=False,
        )
        said = checked.stderr.decode().splitlines()
        # its real exporter calls the gauge so, and the linter does not like the name
        assert [line for line in said if not line.startswith("pg_stat_activity_count ")] == []
        assert checked.returncode in (0, 3)
        with prometheus(tmp_path / "prometheus", scraping(ready.metrics_url)) as base:
            await scraped(http, base, seconds=15)
            await compare(http, base, simulator, release.canary_id)
            await extrapolation_agrees(http, base)


async def raw(
    http: httpx.AsyncClient, base: str, query: str, at: float | None = None
) -> list[dict[str, Any]]:
    params = {"query": query} | ({} if at is None else {"time": str(at)})
    body = (await http.get(f"{base}/api/v1/query", params=params)).json()
    result: list[dict[str, Any]] = body["data"]["result"]
    return result


async def scraped(http: httpx.AsyncClient, base: str, seconds: float) -> None:
    """Wait until samples of the canary over that many seconds are there."""
    async with asyncio.timeout(60):
        while True:
            lines = await raw(http, base, 'http_requests_total{track="canary",route="/",status="200"}[1h]')
            if lines and float(lines[0]["values"][-1][0]) - float(lines[0]["values"][0][0]) >= seconds:
                return
            await asyncio.sleep(0.2)


async def compare(http: httpx.AsyncClient, base: str, simulator: Simulator, canary_id: str) -> None:
    """Between two scrapes the counters grew by what the world counted, give or take a tick at both ends."""
    lines = await raw(http, base, f'http_requests_total{{deployment="{canary_id}"}}[1h]')
    assert len(lines) > 20
    start, end = (round(lines[0]["values"][place][0] * 1000) for place in (0, -1))
    grown = sum(float(line["values"][-1][1]) - float(line["values"][0][1]) for line in lines)
    most = simulator.world.counts(canary_id, start - 1_500, end + 1_500)[0]
    least = simulator.world.counts(canary_id, start + 1_500, end - 1_500)[0]
    assert least <= grown <= most
    assert all(
        [float(v) for _, v in line["values"]] == sorted(float(v) for _, v in line["values"]) for line in lines
    )


async def extrapolation_agrees(http: httpx.AsyncClient, base: str) -> None:
    """The stand-in's ``increase`` of the same samples is Prometheus's own."""
    selector = 'http_requests_total{track="baseline",status="200"}'
    newest = await raw(http, base, f"timestamp({selector})")
    at = float(newest[0]["value"][1]) + 0.4
    for window in (6, 10):
        samples = await raw(http, base, f"{selector}[{window}s]", at)
        theirs = {
            (i["metric"]["route"], i["metric"]["method"]): float(i["value"][1])
            for i in await raw(http, base, f"increase({selector}[{window}s])", at)
        }
        assert theirs
        for line in samples:
            points = [(float(t), float(v)) for t, v in line["values"]]
            (first_at, first), (last_at, last) = points[0], points[-1]
            factor = stretch(
                first_at - (at - window), at - last_at, last_at - first_at, len(points), first, last
            )
            key = (line["metric"]["route"], line["metric"]["method"])
            assert (last - first) * factor == pytest.approx(theirs[key], rel=1e-6)
