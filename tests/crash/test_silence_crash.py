"""A console is killed at every step of silencing; the next one finds the silence by its comment, or none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from console.alerts.happened import SilenceEnded
from console.alerts.silencing import SilenceIntent, intents_of
from console.envelope import Recorded
from console.reconcile import SETTLE_MS
from tests.console.consoles import until
from tests.crash.acting import STEPS
from tests.crash.children import child, ended, go, ready
from tests.crash.scale import sized
from tests.crash.test_console_crash import scene_of_now

MADE = ("after-answer", "before-outcome", "after-outcome", "in-flight-done")
SENT = (*MADE, "in-flight-none")


async def crash(folder: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with scene_of_now(folder) as scene:
        at = {"ALERTMANAGER__URL": scene.sim.alertmanager_url}
        flight = step.startswith("in-flight")
        if flight:
            effect = "done" if step.endswith("done") else "none"
            scene.fault("/silences", "delay", seconds=20, effect=effect, method="POST")
        monkeypatch.setenv("COALMINE_ALERTMANAGER__URL", scene.sim.alertmanager_url)
        async with child(scene, "-m", "tests.crash.silencing", step) as process:
            await ready(process)
            go(process)
            if flight:
                await until(lambda: scene.asked("/silences", "alertmanager", "POST"), "the request")
                process.kill()
            assert await ended(process) == -9
        scene.sim.clock.advance(SETTLE_MS / 1000 + 1)
        one = await scene.started(**at)
        await until(lambda: not open_intents(one.stores.ledger.read()), "everything settled")
        assert scene.asked("/silences", "alertmanager", "POST") == (step in SENT)
        outcomes = [event.outcome for event in one.recorded(SilenceEnded)]
        desk = one.session.desks.alerts()
        made = [silence for silence in await desk.alertmanager.silences() if silence.by == "ana"]
        assert len(made) == (step in MADE)
        assert outcomes == ([] if step == "before-intent" else ["done" if made else "not_sent"])
        assert one.stores.ledger.verify().ok


def open_intents(recorded: Sequence[Recorded]) -> list[SilenceIntent]:
    return [one for one in intents_of(recorded)[0] if one.open]


@pytest.mark.slow
@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.parametrize("step", [*STEPS, "in-flight-done", "in-flight-none"])
async def test_killed_at_each_step(tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(sized(10)):
        await crash(tmp_path / str(number), step, monkeypatch)
