"""A rollback that needs another person, on two consoles, real sessions and the simulated host."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from console.cockpit import Cockpit
from console.rollback import happened as h
from console.rollback.desk import Shown
from console.rollback.request import State
from console.world import Waiting
from screens.app import CoalmineApp
from screens.dialogs.choose import ChooseDialog
from screens.dialogs.request import RequestDialog
from screens.dialogs.review import ReviewDialog
from tests.console.consoles import Console
from tests.console.rollback.people import asked_for, office, seen
from tests.console.rollback.test_requests import rollbacks
from tests.screens.text import screen_text

pytestmark = pytest.mark.slow

PATIENCE_S = 60.0


@dataclass
class Sat:
    """The app on one person's session."""

    app: CoalmineApp
    pilot: Pilot[int]
    console: Console

    async def until(self, holds: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, f"{what} never came:\n{screen_text(self.app)}"
            await self.pilot.pause(0.02)

    async def shows(self, *texts: str) -> None:
        await self.until(lambda: all(t in screen_text(self.app) for t in texts), str(texts))

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def request(self) -> RequestDialog:
        """The dialog on the newest request, read to its end."""
        await self.press("3")
        await self.shows("RB-1")
        await self.press("enter")
        await self.until(lambda: isinstance(self.app.screen, RequestDialog), "the dialog")
        dialog = self.app.screen
        assert isinstance(dialog, RequestDialog)
        await self.until(
            lambda: dialog.it.who is not None and dialog.it.held is not None, "all that is asked"
        )
        await self.press("G")
        await self.until(lambda: dialog.it.read, "the end of the page")
        return dialog

    async def confirmed(self, dialog: RequestDialog, key: str, words: str) -> str:
        """Press ``key``, type ``words``, send; the outcome in words."""
        await self.press(key, *words)
        await self.press("ctrl+s")
        await self.until(lambda: dialog.it.stage == "ended", "the outcome")
        assert dialog.it.outcome is not None
        return dialog.it.outcome.says


@asynccontextmanager
async def sitting(one: Console, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Sat]:
    async def opener() -> Cockpit:
        return one.session

    app = CoalmineApp(one.world, opener)
    async with app.run_test(size=size) as pilot:
        sat = Sat(app, pilot, one)
        await sat.until(lambda: app.opening.state == "open", "the cockpit")
        yield sat


async def test_asked_for_with_r_approved_with_a_key_and_carried_out_once(tmp_path: Path) -> None:
    async with office(tmp_path, speed=10) as scene:
        ana = await scene.of("ana")
        async with sitting(ana) as at_ana:
            await at_ana.until(lambda: at_ana.app.world.candidates.value, "the candidates")
            await at_ana.press("R")
            await at_ana.until(lambda: isinstance(at_ana.app.screen, ChooseDialog), "the chooser")
            options = at_ana.app.screen.query_one(OptionList)
            await at_ana.until(lambda: options.highlighted is not None, "something to choose")
            await at_ana.press("enter")
            await at_ana.until(lambda: isinstance(at_ana.app.screen, ReviewDialog), "the review")
            await at_ana.shows("NEEDS", "Ask for it")
            review = at_ana.app.screen
            review.query_one("#reason", Input).value = "errors at checkout"
            review.query_one("#typed", Input).value = "shop"
            await at_ana.press("ctrl+s")
            await at_ana.shows("… asked for", "RB-1 waits for approval", "The screen of requests (3)")
            assert rollbacks(scene.effects()) == []
            await at_ana.press("escape")
            await at_ana.until(lambda: at_ana.app.world.waiting == Waiting(1, 0), "the count")
            await at_ana.shows("3 Rollbacks•1", "1 approval")
            dialog = await at_ana.request()
            await at_ana.shows("Withdraw…")
            await at_ana.press("A")
            assert dialog.it.verb is None

        bo = await scene.of("jo", APPROVAL__KEY=str(scene.keys["bo"]))
        async with sitting(bo) as at_bo:
            dialog = await at_bo.request()
            await at_bo.shows("bo signs with SHA256:", "Approve…")
            assert await at_bo.confirmed(dialog, "A", "shop") == "bo approved RB-1."
            await at_bo.until(lambda: dialog.it.view.state is State.SUCCEEDED, "the end of it")
            await at_bo.press("home")
            await at_bo.shows("✓ succeeded")
        assert len(rollbacks(scene.effects())) == 1
        [answered] = ana.recorded(h.RequestAnswered)
        assert answered.person == "bo"
        assert answered.signature
        await ana.sees(lambda w: w.waiting == Waiting(), "nothing waits any more")


def shown_again(of: h.RequestOpened) -> Shown:
    return Shown(of.title, tuple(of.lines), tuple(of.not_covered), of.touches, tuple(of.evidence))


async def test_what_waits_for_a_hand_is_carried_out_with_its_key(tmp_path: Path) -> None:
    async with office(tmp_path, speed=10) as scene:
        ana = await scene.of("ana")
        name, room = await asked_for(ana), ana.session.requests()
        view = await seen(room, name)
        assert view.plan is not None
        await room.desk.withdraw(name, ana.session.actor(), "to be done by hand")
        outcome = await room.ask(view.plan, shown_again(view.request.opened), "by hand", wait=True)
        assert "RB-2" in outcome.says
        assert (await scene.answer(room, "RB-2", "bo")).says == "bo approved RB-2."
        async with sitting(ana, (120, 40)) as at_ana:
            await at_ana.until(lambda: at_ana.app.world.waiting == Waiting(0, 1), "the count")
            await at_ana.press("3")
            await at_ana.shows("✓ 1 to be carried out", "– withdrawn")
            assert rollbacks(scene.effects()) == []
            dialog = await at_ana.request()
            says = await at_ana.confirmed(dialog, "X", "shop")
            assert "3 of 3 domains serve" in says
            await at_ana.until(lambda: dialog.it.view.state is State.SUCCEEDED, "the end of it")
        assert len(rollbacks(scene.effects())) == 1
