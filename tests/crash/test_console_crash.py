"""A console is killed at every step of an act; the next one finds out what happened and records that.

Whatever the moment: the host was asked to act at most once, and what the ledger says in the end is what
the host really did.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from console import events
from console.intents import open_intents
from console.reconcile import SETTLE_MS
from console.session import COMMAND_ALIVE_MS
from data.clock import SystemClock
from data.simulator.control import truth_of
from tests.console.consoles import Console, Consoles, adopt, until
from tests.crash.acting import STEPS
from tests.crash.children import child, ended, go, ready
from tests.crash.scale import sized
from tests.simulated import simulated

ACTIONS = ("advance", "complete", "abort")
DONE = {"advance": ("ACTIVE", 1), "complete": ("COMPLETE", None), "abort": ("ABORTED", None)}
UNTOUCHED = ("ACTIVE", 0)
PATH = {"advance": "approve-stage", "complete": "/complete", "abort": "/rollback/"}


@asynccontextmanager
async def scene_of_now(folder: Path) -> AsyncIterator[Consoles]:
    """A simulator at the machine's own time, which the children share."""
    async with simulated(origin=SystemClock().now()) as sim:
        adopt(folder, sim.clock)
        scene = Consoles(sim, folder, sim.clock, 1.0)
        try:
            yield scene
        finally:
            for one in scene.opened:
                await one.session.close()


def happened(scene: Consoles) -> tuple[str, int | None]:
    release = truth_of(scene.sim.world, 1.0).release
    assert release is not None
    return release.state, release.active_stage_index


async def killed_at(scene: Consoles, action: str, step: str) -> None:
    """A console acts and dies at ``step``; ``in-flight``: after the request came, before its answer."""
    if step.startswith("in-flight"):
        effect = "done" if step == "in-flight-done" else "none"
        scene.fault(PATH[action], "delay", seconds=20, effect=effect)
    async with child(scene, "-m", "tests.crash.acting", action, step) as process:
        await ready(process)
        go(process)
        if step.startswith("in-flight"):
            await until(scene.effects, "the request")
            process.kill()
        assert await ended(process) == -9


async def recovered(scene: Consoles) -> list[Console]:
    """Two new consoles on the ledger, when everything that was open has been settled."""
    scene.sim.clock.advance((COMMAND_ALIVE_MS + SETTLE_MS) / 1000)  # the dead session's word has run out
    found = [await scene.started(), await scene.started()]
    for one in found:
        await one.sees(lambda w: w.release.value, "the release")
    await until(lambda: not open_intents(found[0].stores.ledger.read()).open, "everything settled")
    return found


def check(scene: Consoles, one: Console, action: str) -> None:
    """The proof: at most one request, and the ledger's last word is the host's truth."""
    truth, outcomes = happened(scene), [e.outcome for e in one.recorded(events.ActionEnded)]
    assert len(scene.effects()) <= 1
    assert sum(entry.did is not None for entry in scene.sim.journal.entries) <= 1
    assert truth in (DONE[action], UNTOUCHED)
    intents = one.recorded(events.ActionIntended)
    assert len(intents) <= 1
    if intents:
        assert outcomes == ["done" if truth == DONE[action] else "not_sent"]
    else:
        assert (truth, outcomes, scene.effects()) == (UNTOUCHED, [], [])
    assert one.stores.ledger.verify().ok


async def crash(folder: Path, action: str, step: str) -> None:
    async with scene_of_now(folder) as scene:
        await killed_at(scene, action, step)
        one, _ = await recovered(scene)
        check(scene, one, action)
        sent = step not in ("before-intent", "after-intent", "before-send")
        assert len(scene.effects()) == sent
        assert happened(scene) == (DONE[action] if sent and step != "in-flight-none" else UNTOUCHED)


async def test_killed_while_the_host_answers(tmp_path: Path) -> None:
    await crash(tmp_path, "advance", "in-flight-done")


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.parametrize("step", [*STEPS, "in-flight-done", "in-flight-none"])
@pytest.mark.parametrize("action", ACTIONS)
async def test_killed_at_each_step(tmp_path: Path, action: str, step: str) -> None:
    for number in range(sized(10)):
        await crash(tmp_path / str(number), action, step)


@pytest.mark.proof
@pytest.mark.timeout(900)
async def test_killed_at_any_moment(tmp_path: Path) -> None:
    """The moment is drawn over the whole act, disk and network included."""
    rng = random.Random(1)
    for number in range(sized(120)):
        action, wait_s = rng.choice(ACTIONS), rng.uniform(0, 0.08)
        async with scene_of_now(tmp_path / str(number)) as scene:
            async with child(scene, "-m", "tests.crash.acting", action, "none") as process:
                await ready(process)
                go(process)
                await asyncio.sleep(wait_s)  # synchronises nothing: it is the moment of death
                process.kill()
                await ended(process)
            one, _ = await recovered(scene)
            check(scene, one, action)


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.parametrize("action", ACTIONS)
async def test_a_killed_command_is_looked_into_by_the_next_command(tmp_path: Path, action: str) -> None:
    """Where no console watches, the commands themselves find out."""
    async with scene_of_now(tmp_path) as scene:
        scene.fault(PATH[action], "delay", seconds=20)
        command = ("-P", "-m", "console", "release", action, "--reason", "why", "--arm", "on call")
        async with child(scene, *command) as process:
            await until(scene.effects, "the request")
            process.kill()
            assert await ended(process) == -9
        scene.sim.clock.advance(1)
        one = scene.console()
        assert len(open_intents(one.stores.ledger.read()).open) == 1
        scene.sim.clock.advance((COMMAND_ALIVE_MS + SETTLE_MS) / 1000)
        await one.session.identify()
        check(scene, one, action)
        assert happened(scene) == DONE[action]
