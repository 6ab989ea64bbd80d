"""The chooser's filter, and the log of what was sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import cast

import pytest
from textual.widgets import Input, OptionList

from console.canary.verdict import Word
from console.host import Candidate
from console.last_verdicts import LastVerdict
from console.outcome import End, Outcome
from console.production import Production
from console.project import Project
from screens.dialogs.calls import CallsDialog
from screens.dialogs.choose import ChooseDialog
from screens.dialogs.review import ReviewDialog
from screens.release.screen import ReleaseScreen
from tests.screens import worlds
from tests.screens.cockpit import PreparedCockpit
from tests.screens.running import running

NEWER = replace(worlds.CANARY, id="dpl_new", commit_sha="f00dfeed", commit_message="Sort cart", author="kim")


class Offering:
    """A host that offers these deployments, and freezes when asked."""

    async def candidates(self, *, for_rollback: bool) -> list[Candidate]:
        return [Candidate(one) for one in (NEWER, worlds.CANARY, worlds.BASELINE)]

    async def last_verdicts(self, deployments: Iterable[str]) -> Mapping[str, LastVerdict]:
        said = LastVerdict(Word.ROLLBACK, worlds.NOW - 60_000)
        return {one: said for one in deployments if one == NEWER.id}

    async def project(self) -> Project:
        return Project("prj_1", "shop", "team_1", worlds.BASELINE.id, True, None, True)

    async def freeze(self, reason: str) -> Outcome:
        return Outcome(End.DONE, "Frozen.")


def offering() -> PreparedCockpit:
    cockpit = PreparedCockpit(worlds.healthy())
    cockpit.production = cast("Production", Offering())
    return cockpit


@pytest.mark.slow
async def test_the_chooser_filters_by_what_a_deployment_says_and_escapes_in_two_steps() -> None:
    async with running(worlds.healthy(), cockpit=offering(), size=(100, 30)) as session:
        await session.press("P")
        await session.until(lambda: isinstance(session.app.screen, ChooseDialog))
        chooser = session.app.screen
        options = chooser.query_one(OptionList)

        def left() -> list[str | None]:
            return [option.id for option in options.options]

        await session.until(lambda: len(left()) == 3, "the candidates")
        told = [str(option.prompt) for option in options.options]
        assert ["▼ roll back" in one for one in told] == [True, False, False]
        await session.press("slash")
        field = chooser.query_one(Input)
        for pattern, ids in (
            ("SORT", [NEWER.id]),
            ("^dpl_8F", [worlds.CANARY.id]),
            ("9ac03f1be", [worlds.BASELINE.id]),
            ("kim", [NEWER.id]),
            ("!kim", [worlds.CANARY.id, worlds.BASELINE.id]),
            ("(", []),
        ):
            field.value = pattern
            await session.until(lambda ids=ids: left() == ids, pattern)  # type: ignore[misc]
        await session.shows("None of 3 matches (")
        await session.press("escape")
        assert session.app.screen is chooser
        assert len(left()) == 3
        assert session.app.focused is options
        await session.press("slash", *"kim", "enter")
        await session.shows("1 of 3 match")
        await session.press("enter")
        await session.until(lambda: isinstance(session.app.screen, ReviewDialog))
        await session.press("escape", "P")
        await session.until(lambda: isinstance(session.app.screen, ChooseDialog))
        await session.press("escape")
        await session.until(lambda: isinstance(session.app.screen, ReleaseScreen))


@pytest.mark.slow
async def test_what_was_sent_is_listed_newest_first_with_its_command_and_outcome() -> None:
    async with running(worlds.healthy(), cockpit=offering(), size=(100, 30)) as session:
        await session.press("ctrl+l")
        await session.shows("Nothing has been sent in this session")
        await session.press("escape", "F", *"weekend")
        await session.press("ctrl+s")
        await session.until(lambda: len(session.app.acts) == 1)
        await session.until(lambda: isinstance(session.app.screen, ReleaseScreen))
        await session.press("X")
        await session.until(lambda: isinstance(session.app.screen, ReviewDialog))
        review = cast("ReviewDialog", session.app.screen)
        await session.until(lambda: review.review.stage == "ready")
        review.query_one("#reason", Input).value = "it's bad"
        session.cockpit.outcome = Outcome(End.REFUSED_BY_HOST, "The host said no.")
        await session.pilot.pause()
        await session.press("ctrl+s")
        await session.until(lambda: len(session.app.acts) == 2)
        await session.press("escape", "ctrl+l")
        await session.until(lambda: isinstance(session.app.screen, CallsDialog))
        arm = worlds.healthy().armed
        assert arm is not None
        shown = await session.shows("Calls and commands", "! refused by the host")
        abort, freeze = (act.command for act in reversed(session.app.acts))
        assert abort == f"""coalmine release abort --reason 'it'"'"'s bad' --arm '{arm.reason}'"""
        assert shown.index("release abort") < shown.index("release freeze --reason weekend")
        assert freeze.startswith("coalmine release freeze --reason weekend --arm ")
        await session.press("y")
        assert session.app.clipboard == abort
        await session.press("j", "y")
        assert session.app.clipboard == freeze
        await session.press("k", "enter")
        await session.shows("The host said no.", "the same as a command:")
