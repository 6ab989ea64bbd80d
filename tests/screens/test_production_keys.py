"""The keys that start, promote, roll back and freeze, on a whole session and the simulated host."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from console import events
from console.cockpit import Cockpit
from screens.app import CoalmineApp
from screens.dialogs.choose import ChooseDialog
from screens.dialogs.review import ReviewDialog
from screens.release.screen import ReleaseScreen
from tests.console.consoles import Console, Consoles, consoles
from tests.screens.text import screen_text

pytestmark = pytest.mark.slow

PATIENCE_S = 60.0


@dataclass
class Whole:
    """The app on a real session."""

    app: CoalmineApp
    pilot: Pilot[int]
    console: Console
    scene: Consoles

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

    async def choose(self, key: str) -> None:
        """Open the chooser and take what is marked."""
        await self.press(key)
        await self.until(lambda: isinstance(self.app.screen, ChooseDialog), "the chooser")
        options = self.app.screen.query_one(OptionList)
        await self.until(lambda: options.highlighted is not None, "the candidates")
        await self.press("enter")
        await self.until(lambda: isinstance(self.app.screen, ReviewDialog), "the review")

    async def send(self, reason: str) -> None:
        """Fill in what the review asks for, and send."""
        review = self.app.screen
        assert isinstance(review, ReviewDialog)
        await self.until(lambda: review.review.stage in ("ready", "failed"), "the preview")
        assert review.review.preview is not None, screen_text(self.app)
        review.query_one("#reason", Input).value = reason
        review.query_one("#typed", Input).value = review.review.preview.typed_word or ""
        await self.pilot.pause()
        await self.press("ctrl+s")
        await self.until(lambda: review.review.stage == "ended", "the outcome")

    async def back(self) -> None:
        await self.press("escape")
        await self.until(lambda: isinstance(self.app.screen, ReleaseScreen), "the screen")


@asynccontextmanager
async def whole(
    tmp_path: Path, *, before: Callable[[Consoles], None] = lambda scene: None
) -> AsyncIterator[Whole]:
    async with consoles(tmp_path) as scene:
        before(scene)
        one = await scene.armed()

        async def opener() -> Cockpit:
            return one.session

        app = CoalmineApp(one.world, opener)
        async with app.run_test(size=(110, 40)) as pilot:
            w = Whole(app, pilot, one, scene)
            await w.until(lambda: app.opening.state == "open", "the cockpit")
            await w.until(lambda: app.world.release.value and app.world.candidates.value, "first readings")
            yield w


def release_over(scene: Consoles) -> None:
    scene.act("complete")


async def test_a_release_is_started_from_the_chooser_through_its_preflight(tmp_path: Path) -> None:
    async with whole(tmp_path, before=release_over) as w:
        await w.until(lambda: not w.app.world.release.value.active, "the end of the first")  # type: ignore[union-attr]
        await w.choose("S")
        await w.shows("START a rolling release", "✓ running: no other release is running", "skew protection")
        await w.send("next one")
        await w.back()
        await w.until(lambda: w.app.world.release.value.active, "the new release")  # type: ignore[union-attr]
        [intended] = w.console.recorded(events.ActionIntended)
        assert (intended.action["action"], intended.rule) == ("start", "widen")


async def test_while_one_is_running_a_start_says_why_not(tmp_path: Path) -> None:
    async with whole(tmp_path) as w:
        await w.choose("S")
        await w.shows("START is not possible now", "Another rolling release is running")
        assert w.console.recorded(events.ActionIntended) == []


async def test_an_instant_rollback_moves_production_and_says_what_stays(tmp_path: Path) -> None:
    async with whole(tmp_path, before=release_over) as w:
        await w.until(lambda: not w.app.world.release.value.active, "the end of the first")  # type: ignore[union-attr]
        await w.choose("R")
        await w.shows("INSTANT ROLLBACK of shop", "environment variables stay", "TYPE shop")
        await w.send("checkout broken")
        [ended] = w.console.recorded(events.ActionEnded)
        assert ended.outcome == "done"
        await w.back()
        await w.shows("Automatic assignment of production domains is off")


async def test_a_promotion_says_what_it_leads_to(tmp_path: Path) -> None:
    async with whole(tmp_path) as w:
        await w.choose("P")
        await w.shows("PROMOTE a deployment of shop")
        words = ("COMPLETES the release", "waits in its queue")
        await w.until(lambda: any(one in screen_text(w.app) for one in words), "what it leads to")


async def test_a_freeze_lets_only_what_stops_harm_through(tmp_path: Path) -> None:
    async with whole(tmp_path) as w:
        await w.press("F", *"weekend")
        await w.press("ctrl+s")
        await w.shows("froze changes: weekend")
        await w.press("A")
        await w.until(lambda: isinstance(w.app.screen, ReviewDialog), "the review")
        await w.send("no")
        await w.shows("froze changes (weekend)")
        assert w.console.recorded(events.ActionIntended) == []
        await w.back()
        await w.press("X")
        await w.until(lambda: isinstance(w.app.screen, ReviewDialog), "the review")
        await w.send("harm")
        [ended] = w.console.recorded(events.ActionEnded)
        assert ended.outcome == "done"


async def test_sources_raw_data_and_copy(tmp_path: Path) -> None:
    async with whole(tmp_path) as w:
        await w.press("s")
        await w.shows(
            "Sources", "✓ works    Vercel", "deployments, the rolling release", "· off      Alertmanager"
        )
        await w.press("escape")
        await w.until(lambda: isinstance(w.app.screen, ReleaseScreen), "the release")
        await w.press("d")
        await w.shows("Raw data", '"release"')
        await w.back()
        await w.press("y")
        await w.until(lambda: any("Copied dpl_" in said.text for said in w.app.said), "the copy")
