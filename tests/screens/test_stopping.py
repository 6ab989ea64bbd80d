"""``m``: what would stop the harm is listed with whom it hits; choosing one opens its preview, no more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.widgets import OptionList

from screens.dialogs.flag import FlagDialog
from screens.dialogs.review import ReviewDialog
from screens.dialogs.stopping import StopDialog
from tests.screens import worlds
from tests.screens.flag_desk import flags
from tests.screens.running import Running, running
from tests.screens.test_suspects_on_screen import Counts, harmed

SMALL = (80, 24)


async def listed(session: Running) -> StopDialog:
    """The dialog, host and metrics asked."""
    await session.press("m")
    await session.until(lambda: isinstance(session.app.screen, StopDialog))
    found = session.app.screen
    assert isinstance(found, StopDialog)
    await session.until(lambda: "asking" not in session.text)
    return found


@pytest.mark.parametrize("room", ["1", "2"])
async def test_the_moves_stand_with_whom_they_hit_and_enter_opens_the_preview(room: str) -> None:
    it = flags()
    async with running(worlds.rollback(), size=SMALL, cockpit=harmed(it)) as session:
        await session.press(room)
        await listed(session)
        shown = await session.shows(
            "WHAT WOULD STOP THE HARM",
            "The verdict is to roll back.",
            "turn guest-order-tracking off: ",
            "9 % of requests with on fail",
            "abort the release: 25 % of visitors go back to the baseline",
            "turn new-cart off: another variant for 25 % of people",
            "nothing is sent from here",
        )
        order = [shown.index(word) for word in ("turn guest", "abort the", "turn new-cart")]
        assert order == sorted(order)
        await session.press("k", "enter")
        await session.until(lambda: isinstance(session.app.screen, FlagDialog))
        await session.shows("KILL guest-order-tracking")
        assert it.host.written == 0


async def test_the_abort_is_marked_from_the_start_and_reviewed_as_by_its_own_key() -> None:
    async with running(worlds.rollback(), size=SMALL, cockpit=harmed()) as session:
        await listed(session)  # what is found meanwhile does not move the mark
        await session.press("enter")
        await session.until(lambda: isinstance(session.app.screen, ReviewDialog))
        assert session.cockpit.performed == []


async def test_what_is_no_way_out_comes_last_and_cannot_be_chosen() -> None:
    cockpit = harmed(counts=Counts("new-cart", "off"))
    async with running(worlds.rollback(), size=SMALL, cockpit=cockpit) as session:
        dialog = await listed(session)
        await session.shows("no way out: turning it off would give everyone off")
        options = dialog.query_one("#moves", OptionList)
        assert [one.disabled for one in options.options] == [False, True]
        await session.press("escape")
        await session.until(lambda: not isinstance(session.app.screen, StopDialog))


async def test_where_the_flags_cannot_be_asked_the_abort_is_there_all_the_same() -> None:
    it = flags()
    it.host.down = True
    async with running(worlds.rollback(), size=SMALL, cockpit=harmed(it)) as session:
        await session.press("m")
        await session.shows("The flags are not known: Vercel does not answer.", "abort the release")


async def test_while_nothing_rolls_production_can_be_rolled_back() -> None:
    calm = replace(worlds.healthy(), release=replace(worlds.healthy().release, value=None))
    cockpit = harmed()
    cockpit.present = calm
    async with running(calm, size=SMALL, cockpit=cockpit) as session:
        await listed(session)
        await session.shows("No harm is seen: nothing rolls", "roll production back")
