"""Approved requests under bad luck: killed at every boundary, raced by many. Each step is sent exactly once.

What the simulated host was asked to do is counted by the host itself.
"""

from __future__ import annotations

import asyncio
import json
import random
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from console.envelope import Actor
from console.flags.changing import Resume
from console.flags.gate import Order
from console.outcome import End
from console.reconcile import SETTLE_MS
from console.rollback.desk import Shown
from console.rollback.making import Wishes, planned
from console.rollback.request import State
from console.rollback.stores import token_of
from console.session import COMMAND_ALIVE_MS
from data.simulator import vercel_gate
from tests.console.consoles import Console, Consoles
from tests.crash.children import child, line, ready
from tests.crash.scale import SCALE, sized
from tests.crash.test_console_crash import scene_of_now

FLAG = "new-cart"
ANA = Actor("ana", "requester", "command")


class Bench:
    """One simulated host on which requests are put down one after the other."""

    def __init__(self, scene: Consoles, own: Console) -> None:
        self.scene, self.own = scene, own
        self.room = own.session.requests()
        self.rng = random.Random(7)

    async def ask(self, verb: str, flag: bool) -> str:
        """A new approved request that nobody carries out by itself."""
        target = None
        if verb == "rollback":
            production = self.own.session.production
            serving = (await production.project()).serving_id
            fit = await production.candidates(for_rollback=True)
            target = self.rng.choice([one.deployment.id for one in fit if one.deployment.id != serving])
        if flag:
            await self._flag_on()
        plan, shown = await planned(self.own.session, Wishes(verb, target, (FLAG,) if flag else ()))
        outcome = await self.room.desk.ask(plan, Shown(shown.title, (), (), ""), ANA, "drill", "wait")
        assert outcome.end is End.DONE, outcome
        return outcome.next

    async def ask_store(self, backup: str) -> str:
        """A new approved request that restores the shop's own store."""
        plan, shown = await planned(self.own.session, Wishes(store="shop-config", backup=backup))
        outcome = await self.room.desk.ask(plan, shown, ANA, "drill", "wait")
        assert outcome.end is End.DONE, outcome
        return outcome.next

    def restored(self) -> int:
        """How often the host was asked to restore a backup."""
        entries = self.scene.sim.journal.entries
        return sum(one.method == "POST" and one.path.endswith("/restore") for one in entries)

    async def _flag_on(self) -> None:
        desk = self.own.session.flags()
        held = await desk.provider.get(FLAG)
        if held.flag.raw["environments"]["production"]["active"]:
            return
        assert (await self.own.session.arm("drill", 60)).end is End.DONE
        offer = await desk.gate.offer(desk.change(FLAG, Resume("production")))
        [made] = await desk.perform(Order((offer,), "drill", FLAG))
        assert made.outcome.end is End.DONE, made

    def sent(self, since: int = 0) -> list[str]:
        """What the host was asked to change, in order; a flag's change is a PATCH.

        ``since``: only what came after so many requests; the journal keeps the newest alone.
        """
        journal = self.scene.sim.journal
        first = max(journal.seen - len(journal.entries), since)
        entries = list(journal.entries)[len(journal.entries) - (journal.seen - first) :]
        effects = [e.path for e in entries if e.method == "POST" and "/rollback/" in e.path]
        return effects + [e.path for e in entries if e.method == "PATCH" and e.path.endswith(FLAG)]

    async def outlive(self) -> None:
        """Let the dead session's word run out, and the host's answers become certain."""
        self.scene.sim.clock.advance((COMMAND_ALIVE_MS + SETTLE_MS) / 1000 + 1)


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    async with scene_of_now(folder) as scene:
        scene.act("abort", "jo")
        own = scene.console()
        await own.session.identify()
        yield Bench(scene, own)


async def asked_of(process: Process, text: str) -> Any:
    assert process.stdin is not None
    process.stdin.write(f"{text}\n".encode())
    answer = await line(process)
    assert answer, (await process.communicate())[1].decode()
    return json.loads(answer)


async def killed_and_taken_up(one: Bench, zygote: Process, point: int, flag: bool) -> bool:
    """One request, killed at ``point``; whether it was (else it was through before)."""
    name, before = await one.ask("rollback", flag), one.sent()
    told = await asked_of(zygote, f"{name} {point} {one.scene.clock.now()}")
    if told["signal"] != 9:
        assert told.get("end") == "done", told
        return False
    await one.outlive()
    outcome = await one.room.execute(name)
    view = await one.room.desk.get(name)
    assert view is not None
    assert view.state is State.SUCCEEDED, (point, outcome, view.request.attempts)
    assert len(one.sent()) - len(before) == (2 if flag else 1), (point, one.sent())
    attempt = view.request.attempt
    assert attempt is not None
    assert all(step.certain for step in attempt.steps)
    target = view.plan.steps[-1].action.deployment_id  # type: ignore[union-attr]
    assert (await one.own.session.production.project()).serving_id == target
    assert one.own.stores.ledger.verify().ok
    return True


async def killed_at_every_boundary(folder: Path, flag: bool) -> int:
    async with bench(folder) as one, child(one.scene, "-m", "tests.crash.executing", "dying") as zygote:
        await ready(zygote)
        step = 1 if SCALE >= 1 else 3  # at a small scale every third
        point = 1
        while await killed_and_taken_up(one, zygote, point, flag):
            point += step
        return point - 1


@pytest.mark.proof
@pytest.mark.timeout(900)
async def test_killed_at_every_boundary_of_a_rollback(tmp_path: Path) -> None:
    assert await killed_at_every_boundary(tmp_path, flag=False) >= 12


@pytest.mark.proof
@pytest.mark.timeout(900)
async def test_killed_at_every_boundary_of_a_restored_store(tmp_path: Path) -> None:
    async with bench(tmp_path) as one, child(one.scene, "-m", "tests.crash.executing", "dying") as zygote:
        await ready(zygote)
        store = one.scene.sim.world.project.stores.named("shop-config")
        point, died = 1, True
        while died:
            backup = f"bak_{2 + point % 2:06}"  # the one that it does not hold now
            name, before = await one.ask_store(backup), one.restored()
            told = await asked_of(zygote, f"{name} {point} {one.scene.clock.now()}")
            died = told["signal"] == 9
            assert died or told.get("end") == "done", told
            await one.outlive()
            outcome = await one.room.execute(name)
            view = await one.room.desk.get(name)
            assert view is not None
            assert view.state is State.SUCCEEDED, (point, outcome, view.request.attempts)
            assert one.restored() == before + 1, point
            values = {key: item["value"] for key, item in store.items.items()}
            assert token_of(values) == view.plan.steps[0].after  # type: ignore[union-attr]
            point += 1
        assert point > 10
        assert one.own.stores.ledger.verify().ok


@pytest.mark.proof
@pytest.mark.timeout(900)
async def test_killed_at_every_boundary_of_a_flag_and_a_rollback(tmp_path: Path) -> None:
    assert await killed_at_every_boundary(tmp_path, flag=True) >= 20


@pytest.mark.proof
@pytest.mark.timeout(900)
async def test_killed_anywhere_over_random_plans(tmp_path: Path) -> None:
    """At full size 500 kills."""
    kills, rng = 0, random.Random(3)
    while kills < sized(500):
        folder, words = tmp_path / str(kills), ("-m", "tests.crash.executing", "dying")
        async with bench(folder) as one, child(one.scene, *words) as zygote:
            await ready(zygote)
            for _ in range(25):
                flag = rng.random() < 0.5
                point = rng.randint(1, 28 if flag else 18)
                kills += await killed_and_taken_up(one, zygote, point, flag)


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty consoles ask more in a minute than the host allows one team: that is not what is raced for."""
    monkeypatch.setattr(vercel_gate, "RATE_LIMIT", 1_000_000)


async def raced(folder: Path, rounds: int, processes: int, each: int) -> None:
    async with bench(folder) as one, AsyncExitStack() as stack:
        words = ("-m", "tests.crash.executing", "racing", str(each))
        every = [await stack.enter_async_context(child(one.scene, *words)) for _ in range(processes)]
        await asyncio.gather(*(ready(process) for process in every))
        for _ in range(rounds):
            name, before = await one.ask("rollback", flag=False), one.scene.sim.journal.seen
            told = await asyncio.gather(*(asked_of(process, name) for process in every))
            outcomes = [outcome for some in told for outcome in some]
            assert [outcome["end"] for outcome in outcomes].count("done") == 1, outcomes
            assert all(outcome["end"] in ("done", "refused_here") for outcome in outcomes)
            assert len(one.sent(since=before)) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("unlimited")
async def test_of_eight_executors_one_sends(tmp_path: Path) -> None:
    await raced(tmp_path, rounds=2, processes=2, each=4)


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("unlimited")
async def test_of_fifty_executors_in_five_processes_one_sends_each_round(tmp_path: Path) -> None:
    await raced(tmp_path, rounds=sized(200), processes=5, each=10)
