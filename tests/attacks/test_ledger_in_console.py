"""A console on a ledger that somebody has harmed says so and sends nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from console.outcome import End
from tests.attacks.harming import HARMS, cut_the_end, edit_a_payload
from tests.console.consoles import Console, Consoles, consoles

pytestmark = pytest.mark.slow

SLOW_WORLD = 1.0


async def harmed(scene: Consoles, name: str) -> str:
    """A day's work in the ledger, then the harm; what a person has to be told."""
    ledger, old = scene.folder / "ledger.db", scene.folder / "old.db"
    harm, says = HARMS[name]
    one = await scene.armed()
    await scene.opened.pop().session.close()
    shutil.copy(ledger, old)
    one = await scene.armed()
    await one.session.disarm()
    await scene.opened.pop().session.close()
    harm(ledger, old)
    return says


async def refused(scene: Consoles, one: Console, says: str) -> None:
    """Nothing can be armed, and nothing is sent."""
    world = await one.sees(lambda w: [b for b in w.banners if says in b.text], "the banner")
    [banner] = [b for b in world.banners if says in b.text]
    assert banner.level == "error"
    await one.sees(lambda w: w.person.value and w.release.value, "who is there, and the release")
    armed = await one.session.arm("on call", 60)
    assert (armed.end, says in armed.says) == (End.REFUSED_HERE, True)
    outcome = await one.session.perform(await one.session.preview("abort"), "errors")
    assert (outcome.end, says in outcome.says) == (End.REFUSED_HERE, True)
    assert scene.effects() == []


@pytest.mark.parametrize("name", HARMS)
async def test_a_harmed_ledger_is_found_when_the_console_opens(tmp_path: Path, name: str) -> None:
    async with consoles(tmp_path, speed=SLOW_WORLD) as scene:
        says = await harmed(scene, name)
        await refused(scene, await scene.started(), says)


async def test_a_ledger_that_is_cut_under_a_running_console_is_found_at_once(tmp_path: Path) -> None:
    async with consoles(tmp_path, speed=SLOW_WORLD) as scene:
        one = await scene.armed()
        for _ in range(2):
            await one.session.disarm()
            await one.session.arm("on call", 60)
        await one.session.refresh()
        cut_the_end(scene.folder / "ledger.db", tmp_path)
        await refused(scene, one, "lost")


async def test_a_ledger_that_is_edited_under_a_running_console_is_found_when_it_is_armed(
    tmp_path: Path,
) -> None:
    async with consoles(tmp_path, speed=SLOW_WORLD) as scene:
        one = await scene.armed()
        await one.session.disarm()
        edit_a_payload(scene.folder / "ledger.db", tmp_path)
        armed = await one.session.arm("on call", 60)
        assert (armed.end, "its payload was changed" in armed.says) == (End.REFUSED_HERE, True)
        await refused(scene, one, "its payload was changed")


async def test_a_file_that_was_put_in_the_ledgers_place_is_not_gone_on_with(tmp_path: Path) -> None:
    async with consoles(tmp_path, speed=SLOW_WORLD) as scene:
        one = await scene.armed()
        path = scene.folder / "ledger.db"
        shutil.copy(path, scene.folder / "other.db")
        (scene.folder / "other.db").replace(path)
        await one.sees(lambda w: [b for b in w.banners if "this program had the one before" in b.text])
        outcome = await one.session.perform(await one.session.preview("abort"), "errors")
        assert outcome.end is End.REFUSED_HERE
        assert scene.effects() == []
