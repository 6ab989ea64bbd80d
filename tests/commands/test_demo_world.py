"""The demo's world, without its screen: a simulator of its own, a ledger of its own, armed from the start."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from console.commands.demo import SCENARIOS
from console.commands.demo_world import KEEP, DemoWorld, SimulatorFailed, tidy
from console.session import Session
from console.world import Mode
from data.simulator import scenario
from tests.console.consoles import until


@asynccontextmanager
async def demo(name: str = "healthy") -> AsyncIterator[tuple[DemoWorld, Session]]:
    world = DemoWorld(name, 3, 1.0)
    try:
        await world.prepare()
        session = await asyncio.to_thread(world.build)
        await session.start()
        try:
            yield world, session
        finally:
            await session.close()
    finally:
        world.end()


def test_the_scenarios_offered_are_those_of_the_simulator() -> None:
    assert sorted(SCENARIOS) == sorted(scenario.names())


@pytest.mark.slow
async def test_it_is_armed_and_acts_on_its_own_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COALMINE_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("VERCEL_TOKEN", "a-real-token")
    async with demo() as (world, session):
        await until(lambda: session.world().armed and session.world().release.value, "armed, with a release")
        now = session.world()
        assert (now.mode, now.person.value and now.person.value.key) == (Mode.DEMO, "ana")
        assert session.refusal("advance") is None
        assert world.ledger_path.is_relative_to(tmp_path / "demo")
        kept = {path.name for path in world.ledger_path.parent.iterdir()}
        assert {"ledger.db", "policy.yaml", "people.yaml"} <= kept
        again = await asyncio.to_thread(world.build)  # what ctrl+r does when something behind it failed
        await again.close()


@pytest.mark.slow
async def test_read_only_counts_in_the_demo_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COALMINE_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("COALMINE_READ_ONLY", "1")
    async with demo() as (_, session):
        await until(lambda: session.world().release.value and session.world().person.value, "a release")
        assert session.world().armed is None
        assert "Read-only by the settings" in (session.refusal("abort") or "")


async def test_a_simulator_that_does_not_start_is_said_in_its_own_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COALMINE_STATE_DIR", str(tmp_path))
    world = DemoWorld("no-such-thing", 1, 1.0)
    try:
        with pytest.raises(SimulatorFailed, match="no-such-thing"):
            await world.prepare()
    finally:
        world.end()


def test_only_what_ended_demos_left_is_removed(tmp_path: Path) -> None:
    dead = 2**22 + 1  # beyond the largest process id of Linux
    names = [f"2026010{n}-120000-{dead}" for n in range(1, 9)]
    others = ["photos", "20260101-120000", f"20250101-120000-{os.getpid()}"]
    for name in [*names, *others]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "ledger.db").touch()
    (tmp_path / f"20240101-120000-{dead}").touch()  # a file
    tidy(tmp_path)
    left = {path.name for path in tmp_path.iterdir() if path.is_dir()}
    assert left == {*names[-(KEEP - 1) :], *others}
    tidy(tmp_path / "nowhere")
