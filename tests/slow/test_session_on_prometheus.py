"""A console on a real Prometheus that scrapes the simulator; the simulator dies, and comes back."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from console.session import Session
from console.settings import combine
from console.target import Target
from console.wiring import build_session, open_stores
from console.world import World
from data.clock import SystemClock
from data.simulator.answers import Ready
from tests.console.consoles import adopt, until
from tests.servers import free_port, prometheus, scraping

pytestmark = pytest.mark.slow

POLL_S = 2
RETRIES_S = 4
"""Room for repeating a question, and for a busy machine."""

LONG_S = 300.0
"""A host that failed repeatedly is tried again every half minute."""

TOKEN = "simulated-and-known"
SIMULATE = f"""
import asyncio, sys
from data.simulator.server import Simulator
async def main(port, metrics_port):
    simulator = Simulator(scenario="healthy", seed=1, speed=1.0, token={TOKEN!r})
    async with simulator.serving(port=port, metrics_port=metrics_port) as ready:
        print(ready.model_dump_json(), flush=True)
        await asyncio.Event().wait()
asyncio.run(main(*map(int, sys.argv[1:])))
"""


@asynccontextmanager
async def simulator(ports: tuple[int, int]) -> AsyncIterator[tuple[Process, Ready]]:
    """A simulator as a program of its own, always at the same addresses and with the same token."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SIMULATE, *map(str, ports), stdout=PIPE, stdin=DEVNULL, env=dict(os.environ)
    )
    assert child.stdout is not None
    try:
        yield child, Ready.model_validate_json(await child.stdout.readline())
    finally:
        if child.returncode is None:
            child.kill()
        await child.communicate()


def console(folder: Path, ready: Ready, prometheus_url: str) -> Session:
    settings = {
        "VERCEL__API_URL": ready.vercel_url,
        "VERCEL__TOKEN": ready.token,
        "VERCEL__TEAM_ID": ready.team_id,
        "VERCEL__PROJECT_ID": ready.project_id,
        "PROMETHEUS__URL": prometheus_url,
        "PROMETHEUS__SCRAPE_S": "1",
        "POLL__RELEASE_S": str(POLL_S),
        "POLL__METRICS_S": str(POLL_S),
        "JUDGE__KIND": "limits",  # which are satisfied sooner
        "JUDGE__MIN_SAMPLE": "20",
        "JUDGE__PASSES": "3",
    }
    loaded = combine(None, None, {f"COALMINE_{k}": v for k, v in settings.items()}, folder)
    aim = Target(loaded, folder / "ledger.db", SystemClock())
    return build_session(aim, open_stores(aim.ledger_path, aim.clock))


def fresh(world: World) -> bool:
    """Whether both tracks have live values, and both sources answer."""
    rhythm = world.rhythm("prometheus")
    readings = [r for view in world.metrics for r in (view.canary, view.baseline)]
    return (
        bool(readings)
        and all(r.freshness(world.now, rhythm).value == "fresh" for r in readings)
        and all(s.state.value == "ok" for s in world.sources)
    )


def word(session: Session) -> str:
    verdict = session.world().verdict
    return verdict.word.value if verdict else ""


async def test_a_live_release_through_the_death_of_its_source(tmp_path: Path) -> None:
    adopt(tmp_path, SystemClock())
    ports = (free_port(), free_port())
    async with simulator(ports) as (child, ready):
        with prometheus(tmp_path / "prometheus", scraping(ready.metrics_url)) as base:
            session = console(tmp_path, ready, base)
            try:
                await session.start()
                await until(lambda: fresh(session.world()), "live values of both tracks", LONG_S)
                await until(lambda: word(session) == "promote", "a verdict", LONG_S)
                child.kill()
                await child.wait()
                await dies(session)
                async with simulator(ports) as (_, again):
                    assert (again.vercel_url, again.metrics_url) == (ready.vercel_url, ready.metrics_url)
                    await until(lambda: fresh(session.world()), "live values again", LONG_S)
                    await until(lambda: word(session) in ("hold", "promote"), "a verdict again", LONG_S)
            finally:
                await session.close()


async def dies(session: Session) -> None:
    """The host is gone: said with the very next question; the pictures go on, and promise nothing."""
    pictures: list[World] = []
    end = session.watch(pictures.append)
    await until(lambda: any(w.sources[0].problem for w in pictures), "that the host is gone")
    first = next(w for w in pictures if w.sources[0].problem)
    assert first.sources[0].fresh_at is not None
    assert first.now - first.sources[0].fresh_at < (POLL_S * 1.1 + RETRIES_S) * 1000
    await until(lambda: word(session) == "no_data", "that nothing is known")
    drawn = len(pictures)
    await until(lambda: len(pictures) >= drawn + 5, "new pictures all the same")
    world = session.world()
    assert world.metrics[0].canary.value is not None
    assert not fresh(world)
    end()
