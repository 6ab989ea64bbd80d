"""A console is killed at every step of turning a flag off; the next one records what happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from console import events
from console.flags.intents import story_of
from console.reconcile import SETTLE_MS
from console.session import COMMAND_ALIVE_MS
from tests.console.consoles import Console, Consoles, until
from tests.crash.acting import STEPS
from tests.crash.children import child, ended, go, ready
from tests.crash.flagging import FLAG, WHERE
from tests.crash.scale import sized
from tests.crash.test_console_crash import scene_of_now

SENT = ("after-answer", "before-outcome", "after-outcome", "in-flight-done", "in-flight-none")
WRITTEN = ("after-answer", "before-outcome", "after-outcome", "in-flight-done")


def writes(scene: Consoles) -> int:
    return sum(one.method == "PATCH" and one.path.endswith(FLAG) for one in scene.sim.journal.entries)


def off(scene: Consoles) -> bool:
    entry = scene.sim.world.project.flags.flag(FLAG).document["environments"][WHERE]
    return not entry["active"]


async def crash(folder: Path, step: str) -> None:
    async with scene_of_now(folder) as scene:
        flight = step.startswith("in-flight")
        if flight:
            scene.fault(
                FLAG, "delay", seconds=20, effect="done" if step.endswith("done") else "none", method="PATCH"
            )
        async with child(scene, "-m", "tests.crash.flagging", step) as process:
            await ready(process)
            go(process)
            if flight:
                await until(lambda: writes(scene), "the request")
                process.kill()
            assert await ended(process) == -9
        scene.sim.clock.advance((COMMAND_ALIVE_MS + SETTLE_MS) / 1000)  # the dead session's word has run out
        one = await recovered(scene)
        assert writes(scene) == (step in SENT)
        assert off(scene) == (step in WRITTEN)
        outcomes = [event.outcome for event in one.recorded(events.FlagEnded)]
        intended = step != "before-intent"
        assert outcomes == (["done" if off(scene) else "not_sent"] if intended else [])
        assert one.stores.ledger.verify().ok


async def recovered(scene: Consoles) -> Console:
    """A new console on the ledger, when everything that was open has been settled."""
    found = await scene.started()
    await found.sees(lambda w: w.release.value, "the release")
    await until(lambda: not story_of(found.stores.ledger.read()).open, "everything settled")
    return found


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.parametrize("step", [*STEPS, "in-flight-done", "in-flight-none"])
async def test_killed_at_each_step(tmp_path: Path, step: str) -> None:
    for number in range(sized(10)):
        await crash(tmp_path / str(number), step)
