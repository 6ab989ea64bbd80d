"""The deployment view: a long log that stays quick and follows, and the way to it, from marking to esc."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from textual.widgets import Input, OptionList

from console.cockpit import Cockpit
from console.host import BuildLine, Check, Detail, Host, Listed
from console.looking import Looking
from console.ports import Clock, Project
from console.production import Production
from console.readings import Reading
from console.world import World
from data.clock import ScaledClock
from data.simulator import building
from data.simulator.account import Account
from screens.app import CoalmineApp
from screens.deployment.log import LogView
from screens.deployment.screen import DeploymentScreen
from screens.dialogs.checks import ChecksDialog
from screens.dialogs.choose import ChooseDialog
from screens.dialogs.help import HelpDialog
from screens.dialogs.raw import RawDialog
from screens.dialogs.review import ReviewDialog
from screens.paint import Line
from screens.release.screen import ReleaseScreen
from tests.console.consoles import Consoles, consoles
from tests.screens import worlds
from tests.screens.cockpit import PreparedCockpit
from tests.screens.running import Running, running
from tests.screens.test_plain import candidate
from tests.screens.test_production_keys import Whole

NOW = worlds.NOW
SMALL = (80, 24)
LONG = 10_000


class Telling:
    """A host that tells one build's log, as many lines at first as it is given."""

    def __init__(self, lines: Sequence[BuildLine]) -> None:
        self.lines = lines

    async def detail(self, deployment_id: str) -> Detail:
        return Detail(candidate(int(deployment_id.removeprefix("dpl_"))))

    async def checks(self, deployment_id: str) -> list[Check]:
        return [Check("c1", "Unit", "completed", "succeeded", True)]

    async def build_log(self, deployment_id: str, *, follow: bool) -> AsyncIterator[Sequence[BuildLine]]:
        yield self.lines

    def look(self, deployment_id: str) -> Looking:
        return Looking(cast("Host", self), cast("Clock", ScaledClock(NOW)), deployment_id)


def lines(count: int) -> list[BuildLine]:
    return [BuildLine(NOW + i, f"line {i}", error=i % 1_000 == 500) for i in range(count)]


def plain_world() -> World:
    project = Project("prj_1", "shop", "team_1", "dpl_1", True, None, False)
    listed = Listed(tuple(candidate(i) for i in range(1, 31)))
    return replace(
        worlds.no_release_ever(),
        project=Reading(project, NOW, "vercel"),
        candidates=Reading(listed, NOW, "vercel"),
    )


def telling(count: int) -> PreparedCockpit:
    cockpit = PreparedCockpit(plain_world())
    cockpit.production = cast("Production", Telling(lines(count)))
    return cockpit


async def view(session: Running) -> DeploymentScreen:
    await session.until(lambda: isinstance(session.app.screen, DeploymentScreen), "the view")
    screen = session.app.screen
    assert isinstance(screen, DeploymentScreen)
    return screen


async def test_ten_thousand_lines_are_drawn_only_where_they_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    line_of = LogView.line_of

    def counted(self: LogView, y: int) -> Line:
        drawn.append(y)
        return line_of(self, y)

    monkeypatch.setattr(LogView, "line_of", counted)
    async with running(plain_world(), cockpit=telling(LONG), size=SMALL) as session:
        await session.press("enter")
        screen = await view(session)
        await session.shows(f"line {LONG - 1}", "10,000 lines", "! 10 errors")
        assert screen.rows.following
        for keys in (("k",), ("pageup",), ("g",), ("G",), ("e",)):
            drawn.clear()
            await session.press(*keys)
            assert len(drawn) <= 4 * SMALL[1], keys
        assert max(drawn) < LONG


async def test_looking_back_stops_following_and_g_follows_again() -> None:
    async with running(plain_world(), cockpit=telling(300), size=SMALL) as session:
        await session.press("enter")
        screen = await view(session)
        await session.shows("line 299")
        await session.press("k")
        assert not screen.rows.following
        await session.shows("complete   G to its end")
        assert screen.looking is not None
        at = screen.rows.scroll_offset.y
        screen.looking.log.lines.append(BuildLine(NOW, "one more"))
        screen.refresh_world()
        await session.pilot.pause()
        assert screen.rows.scroll_offset.y == at, "what is read stays where it is"
        await session.press("G")
        await session.shows("one more")
        screen.looking.log.lines.append(BuildLine(NOW, "and another"))
        screen.refresh_world()
        await session.shows("and another")
        await session.press("g")
        assert "line 0\n" in session.text


async def test_a_paused_picture_takes_no_new_lines() -> None:
    async with running(plain_world(), cockpit=telling(3), size=SMALL) as session:
        await session.press("enter")
        screen = await view(session)
        await session.shows("line 2")
        await session.press("space")
        assert screen.looking is not None
        screen.looking.log.lines.append(BuildLine(NOW, "while you paused"))
        screen.refresh_world()
        await session.pilot.pause()
        assert "while you paused" not in session.text
        await session.press("space")
        await session.shows("while you paused")


async def test_the_log_is_filtered_and_escaped_in_steps() -> None:
    async with running(plain_world(), cockpit=telling(1_200), size=SMALL) as session:
        await session.press("enter")
        screen = await view(session)
        await session.shows("line 1199")
        await session.press("slash", *"line 7", "enter")
        await session.shows("111 match line 7", "line 799")
        assert "line 1199" not in session.text
        await session.press("slash")
        screen.query_one("#filter", Input).value = "nothing like it"
        await session.shows("None of 1,200 lines matches nothing like it")
        await session.press("escape")
        await session.shows("line 1199")
        await session.press("escape")
        await session.until(lambda: isinstance(session.app.screen, ReleaseScreen), "home")


async def test_e_goes_from_error_to_error_and_around() -> None:
    async with running(plain_world(), cockpit=telling(2_000), size=SMALL) as session:
        await session.press("enter")
        await view(session)
        await session.shows("line 1999")
        for number in (500, 1500, 500):
            await session.press("e")
            assert f"! error  line {number}" in await session.shows("▸")
        await session.press("G")
        await session.shows("line 1999")


async def test_neighbours_checks_raw_copy_and_one_lead_where_they_say() -> None:
    async with running(plain_world(), cockpit=telling(5), size=SMALL) as session:
        await session.press("enter")
        await view(session)
        await session.shows("Change number 1 ", "✓ 1 passed")
        await session.press("h")
        assert session.app.said[-1].text == "The list ends here."
        await session.press("l")
        await session.shows("Change number 2 ")
        await session.press("y")
        assert session.app.clipboard == "dpl_2"
        await session.press("c")
        await session.until(lambda: isinstance(session.app.screen, ChecksDialog), "the checks")
        await session.shows("conclusion succeeded")
        await session.press("escape", "d")
        await session.until(lambda: isinstance(session.app.screen, RawDialog), "the raw data")
        await session.shows('"candidate"')
        await session.press("escape", "1")
        await session.until(lambda: isinstance(session.app.screen, ReleaseScreen), "home")


async def test_home_marks_filters_and_applies_keys_to_the_marked_deployment() -> None:
    async with running(plain_world(), cockpit=telling(5), size=SMALL) as session:
        assert "advance" not in session.text.splitlines()[-1]
        await session.press("j", "j", "j")
        assert "▸○  served     0000003" in session.text
        await session.press("y")
        assert session.app.clipboard == "dpl_3"
        await session.press("G")
        assert "0000030" in session.text
        await session.press("g", "slash", *"number 2")
        await session.shows("11 of 30 match number 2")
        await session.press("enter", "j", "enter")
        await session.shows("Change number 2 ")
        await session.press("escape")
        await session.shows("11 of 30 match")
        await session.press("escape", "escape")
        assert "▸" not in session.text.replace("shop ▸", "")
        assert "match" not in session.text


async def test_what_is_not_offered_says_why_in_the_help_and_when_pressed() -> None:
    async with running(plain_world(), cockpit=telling(5), size=(110, 60)) as session:
        await session.press("A")
        assert session.app.said[-1].text == "There is no rolling release."
        assert isinstance(session.app.screen, ReleaseScreen)
        await session.press("S")
        assert "switched off for shop" in session.app.said[-1].text
        await session.press("question_mark")
        await session.until(lambda: isinstance(session.app.screen, HelpDialog), "the help")
        shown = await session.shows("Not offered now")
        assert shown.index("Not offered now") < shown.index("Advance to the next stage")
        assert shown.index("Make a deployment production") < shown.index("Not offered now")


# --- on the simulated host ----------------------------------------------------------------------------


@asynccontextmanager
async def hobby(tmp_path: Path, speed: float = 20.0) -> AsyncIterator[Whole]:
    async with consoles(tmp_path, account=Account("hobby"), speed=speed) as scene:
        one = await scene.armed()

        async def opener() -> Cockpit:
            return one.session

        app = CoalmineApp(one.world, opener)
        async with app.run_test(size=(110, 40)) as pilot:
            w = Whole(app, pilot, one, scene)
            await w.until(lambda: app.opening.state == "open", "the cockpit")
            await w.until(lambda: app.world.candidates.value and app.world.slots.value, "first readings")
            yield w


def push(scene: Consoles, *, fails: bool = False, seconds: float = 60.0) -> str:
    project, at = scene.sim.world.project, scene.sim.world.advance()
    return building.push(project, project.people[0], at, fails=fails, seconds=seconds).id


@pytest.mark.slow
async def test_a_build_is_watched_to_its_failure_and_asked_for_no_longer_than_that(tmp_path: Path) -> None:
    async with hobby(tmp_path) as w:
        deployment = push(w.scene, fails=True, seconds=300.0)  # long enough to be looked at in time
        await w.console.session.refresh()
        await w.shows("1 build under way")
        await w.press("g", "enter")
        await w.shows("… building", "▼ following", "Cloning")
        await w.shows("! error  Failed to compile.", "complete", "! failed")
        await w.press("escape")
        await w.until(lambda: isinstance(w.app.screen, ReleaseScreen), "home")
        asked = w.scene.asked(f"{deployment}/events")
        later = w.scene.clock.now() + 60_000
        await w.until(lambda: w.scene.clock.now() > later, "a minute of the world")
        assert w.scene.asked(f"{deployment}/events") == asked


@pytest.mark.slow
async def test_an_instant_rollback_is_undone_by_p_from_the_view(tmp_path: Path) -> None:
    async with hobby(tmp_path) as w:
        await w.choose("R")
        await w.send("checkout broken")
        await w.back()
        await w.shows(
            "Automatic assignment of production domains is off since", "Ana Lind rolled back to", "P promotes"
        )
        await w.press("g", "enter")
        await w.until(lambda: isinstance(w.app.screen, DeploymentScreen), "the view")
        await w.shows("checks  ", "P promote")
        await w.press("P")
        await w.until(lambda: isinstance(w.app.screen, ReviewDialog), "the review")
        await w.send("fixed forward")
        await w.press("escape", "escape")
        await w.until(lambda: isinstance(w.app.screen, ReleaseScreen), "home")
        await w.until(lambda: not w.app.world.banners, "no banner")
        project = w.app.world.project.value
        assert project is not None
        assert project.auto_assign_domains
        assert not project.behind


@pytest.mark.slow
async def test_the_chooser_leads_to_the_view_and_back(tmp_path: Path) -> None:
    async with hobby(tmp_path) as w:
        await w.press("P")
        await w.until(lambda: isinstance(w.app.screen, ChooseDialog), "the chooser")
        await w.shows("b looks closer")
        options = w.app.screen.query_one(OptionList)
        await w.until(lambda: options.highlighted is not None, "the candidates")
        await w.press("b")
        await w.until(lambda: isinstance(w.app.screen, DeploymentScreen), "the view")
        await w.shows("build log", "complete")
        await w.press("escape")
        await w.until(lambda: isinstance(w.app.screen, ChooseDialog), "the chooser again")
