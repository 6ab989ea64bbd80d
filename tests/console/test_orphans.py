"""Intents without an outcome: whose they are to settle, and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from console.actions import Advance
from console.envelope import Actor
from console.gate import Gate
from console.intents import OpenIntent
from console.offload import StoreThread
from console.orphans import Orphans, alive_name
from data.clock import ScaledClock
from data.sqlite.leases import SqliteLeases
from data.sqlite.ledger import SqliteLedger
from tests.console.recorded import STREAM, ended, intended, still_ledger
from tests.simulated import ORIGIN

ACT = Advance("dpl_c", "dpl_b", 0, 1, 5, 25)


class Asked(Gate):
    """Notes which intents it is asked about."""

    def __init__(self) -> None:
        self.about: list[str] = []

    async def reconcile(self, intent: OpenIntent) -> None:
        self.about.append(intent.action_id)


class Scene:
    """A ledger with intents of several sessions, seen by the session ``own``."""

    def __init__(self, folder: Path, ledger: SqliteLedger) -> None:
        self.ledger, self.clock = ledger, ScaledClock(ORIGIN, 1e-9)
        self.leases, self.stores = SqliteLeases(folder / "ledger.db"), StoreThread()
        self.asked = Asked()
        self.busy: set[str] = set()
        self.orphans = Orphans(
            ledger, self.leases, self.clock, self.asked, "own", lambda: self.busy, self.stores
        )

    def intend(self, action_id: str, session: str, stream: str = STREAM) -> None:
        event = intended(ACT, action_id).new(Actor("ana", session), ORIGIN)
        self.ledger.append(stream, self.ledger.version(stream), [event])

    def end(self, action_id: str, outcome: str, how: str = "answered", stream: str = STREAM) -> None:
        event = ended(outcome, action_id, how).new(Actor("ana", "x"), ORIGIN)
        self.ledger.append(stream, self.ledger.version(stream), [event])

    async def about(self, **how: bool) -> list[str]:
        self.asked.about.clear()
        await self.orphans.ask(**how)
        return sorted(self.asked.about)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with made(tmp_path) as one:
        yield one


@contextmanager
def made(folder: Path) -> Iterator[Scene]:
    with still_ledger(folder) as ledger:
        one = Scene(folder, ledger)
        yield one
        one.stores.close()
        one.leases.close()


async def test_a_dead_sessions_intent_is_asked_about_a_living_ones_is_left_alone(scene: Scene) -> None:
    scene.intend("a1", "there")
    scene.leases.acquire(alive_name("there"), "there", 10_000, ORIGIN)
    assert await scene.about() == []
    scene.clock.advance(11)
    assert await scene.about() == ["a1"]


async def test_one_without_an_answer_is_asked_about_whoever_lives(scene: Scene) -> None:
    scene.intend("a1", "there")
    scene.leases.acquire(alive_name("there"), "there", 10_000, ORIGIN)
    scene.end("a1", "unknown")
    assert await scene.about() == ["a1"]
    scene.end("a1", "done", "asked_host")
    assert await scene.about() == []


async def test_our_own_unless_we_are_at_it(scene: Scene) -> None:
    scene.intend("a1", "own")
    scene.leases.acquire(alive_name("own"), "own", 10_000, ORIGIN)
    scene.busy.add(STREAM)
    assert await scene.about() == []
    scene.busy.clear()
    assert await scene.about() == ["a1"]
    scene.intend("a2", "dead", "release:dpl_d")
    assert await scene.about() == ["a1", "a2"]
    assert await scene.about(own_only=True) == ["a1"]


async def test_what_comes_later_is_seen_and_what_is_settled_forgotten(scene: Scene) -> None:
    for number in range(3):
        scene.intend(f"a{number}", "dead", f"release:{number}")
    assert await scene.about() == ["a0", "a1", "a2"]
    scene.end("a1", "done", stream="release:1")
    scene.intend("a3", "dead", "release:3")
    assert await scene.about() == ["a0", "a2", "a3"]
    assert {e.payload["action_id"] for e in scene.orphans._story if e.payload} == {"a0", "a2", "a3"}
