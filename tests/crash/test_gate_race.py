"""Many consoles press the same key at the same moment: one request goes out, and the others hear of it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from console import events
from data.simulator.control import truth_of
from tests.console.consoles import Consoles
from tests.crash.children import child, go, ready, told
from tests.crash.scale import sized
from tests.crash.test_console_crash import scene_of_now

RACERS = 8


async def race(scene: Consoles, rounds: int, action: str, racers: int = RACERS) -> list[list[dict[str, Any]]]:
    """Let ``racers`` processes act ``rounds`` times, all let go at once; what each said in each round."""
    results = []
    async with AsyncExitStack() as stack:
        words = ("-m", "tests.crash.acting", action, "none", str(rounds))
        every = [await stack.enter_async_context(child(scene, *words)) for _ in range(racers)]
        for _ in range(rounds):
            await asyncio.gather(*(ready(one) for one in every))
            for one in every:
                go(one)
            results.append(list(await asyncio.gather(*(told(one) for one in every))))
            for one in every:
                go(one)
    return results


def won_once(outcomes: list[dict[str, Any]]) -> None:
    """One is done; the others sent nothing, and know who did."""
    [winner] = [one for one in outcomes if one["end"] == "done"]
    losers = [one for one in outcomes if one is not winner]
    for loser in losers:
        assert loser["end"] == "refused_here", loser
        assert "Nothing was sent" in loser["says"]
        assert f"by {winner['pid']}" in loser["says"], (winner, loser)


async def raced(folder: Path, action: str, rounds: int, racers: int = RACERS) -> None:
    async with scene_of_now(folder) as scene:
        results = await race(scene, rounds, action, racers)
        for outcomes in results:
            won_once(outcomes)
        assert len(scene.effects()) == rounds
        one = scene.console()
        assert len(one.recorded(events.ActionIntended)) == rounds
        assert [e.outcome for e in one.recorded(events.ActionEnded)] == ["done"] * rounds
        assert one.stores.ledger.verify().ok
        release = truth_of(scene.sim.world, 1.0).release
        assert release is not None
        if action == "advance" and rounds < 3:
            assert release.active_stage_index == rounds


async def test_two_consoles_one_advance(tmp_path: Path) -> None:
    await raced(tmp_path, "advance", 1, racers=2)


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("action", "rounds"), [("advance", 3), ("complete", 1), ("abort", 1)])
async def test_eight_consoles_and_one_effect_a_round(tmp_path: Path, action: str, rounds: int) -> None:
    for number in range(sized(10)):
        await raced(tmp_path / str(number), action, rounds)
