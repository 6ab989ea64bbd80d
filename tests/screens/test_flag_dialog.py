"""Killing a flag and taking that back from the console: seen before it is sent, sent once, its end told."""

from __future__ import annotations

import pytest
from textual.widgets import Button, Input

from screens.dialogs.flag import FlagDialog
from screens.flags.screen import FlagsScreen
from tests.screens import worlds
from tests.screens.flag_desk import Flags, flagged, flags
from tests.screens.running import Running, running
from tests.screens.worlds import NOW

SIZE = (100, 40)


async def reviewing(session: Running, key: str) -> FlagDialog:
    """The dialog that ``key`` opens on new-cart, the host asked."""
    await session.press("2")
    await session.shows("new-cart", "read 0 s ago")
    await session.until(lambda: isinstance(session.app.top(), FlagsScreen) and session.app.top().marked)  # type: ignore[attr-defined]
    await session.press(key)
    await session.until(lambda: isinstance(session.app.screen, FlagDialog))
    found = session.app.screen
    assert isinstance(found, FlagDialog)
    await session.until(lambda: found.review.stage in ("ready", "failed"))
    await session.pilot.pause()
    return found


async def sent(session: Running, dialog: FlagDialog) -> None:
    await session.press("ctrl+s")
    await session.until(lambda: dialog.review.stage == "ended")
    await session.pilot.pause()


async def test_a_kill_shows_whom_it_moves_and_sends_nothing_until_it_is_confirmed() -> None:
    it = flags()
    async with running(worlds.healthy(), size=SIZE, cockpit=flagged(it)) as session:
        dialog = await reviewing(session, "K")
        await session.shows(
            "KILL new-cart",
            "static: off = false",
            "25 % of people",
            "canary and baseline alike",
            "if nothing is pressed, nothing changes",
            "until somebody changes it",
            "as ana",
            "a reason is needed",
        )
        focused = session.app.focused
        assert isinstance(focused, Button)
        assert focused.id == "cancel"
        await session.press("ctrl+s", "K")
        assert it.host.written == 0
        await session.press(*"errors")
        await session.shows("ctrl+s sends it")
        await sent(session, dialog)
        await session.shows("✓ done", "event 2 of the ledger")
        assert it.served("new-cart") == "off"
        assert it.host.written == 1
        assert it.host.store.flag("new-cart").versions[-1]["message"] == "errors"
        assert session.app.acts[-1].command.startswith(
            "coalmine flags kill new-cart --environment production"
        )
        await session.press("escape")
        await session.shows("static: off = false for everyone")


async def test_where_the_verdict_has_culprits_the_reason_is_there_already() -> None:
    cockpit = flagged()
    cockpit.present = worlds.rollback()
    async with running(worlds.rollback(), size=SIZE, cockpit=cockpit) as session:
        dialog = await reviewing(session, "K")
        verdict = worlds.rollback().verdict
        assert verdict is not None
        assert dialog.query_one("#reason", Input).value == "; ".join(verdict.reasons)
        assert not dialog.query_one("#send", Button).disabled


@pytest.mark.slow
async def test_for_half_an_hour_only_is_recorded_and_counted_down() -> None:
    it = flags()
    async with running(worlds.healthy(), size=(200, 50), cockpit=flagged(it)) as session:
        dialog = await reviewing(session, "K")
        await session.press(*"err", "ctrl+o")
        await session.shows("back at 14:38 by itself", "coalmine watch")
        await session.press(*"ors")
        await sent(session, dialog)
        assert [one.event.back_at for one in await it.desk.overrides()] == [NOW + 30 * 60_000]
        assert session.app.acts[-1].command.count("--for 30 --reason errors")
        await session.press("escape")
        await session.shows("↺ 1 for a set time", "↺ back at 14:38, 30:00 left")
        session.clock.seconds += 61
        session.app.draw()
        await session.shows("28:59 left")


async def test_taking_back_asks_for_the_key_to_be_typed() -> None:
    it = flags()
    await killed(it)
    async with running(worlds.healthy(), size=SIZE, cockpit=flagged(it)) as session:
        dialog = await reviewing(session, "U")
        await session.shows("TAKE BACK the newest change made here of new-cart", "TYPE KEY")
        dialog.query_one("#reason", Input).value = "it was the database"
        await session.shows("type new-cart to confirm")
        await session.press("ctrl+s")
        assert it.served("new-cart") == "off"
        dialog.query_one("#typed", Input).value = "new-cart"
        await sent(session, dialog)
        await session.shows("✓ done")
        assert it.served("new-cart") == "rules"


async def killed(it: Flags) -> None:
    from console.flags.gate import Order

    offer = await it.desk.gate.offer(it.desk.kill("new-cart", "production"))
    [made] = await it.desk.perform(Order((offer,), "errors"))
    assert made.outcome.end.value == "done"


async def test_what_cannot_be_taken_back_says_why() -> None:
    async with running(worlds.healthy(), size=SIZE, cockpit=flagged()) as session:
        dialog = await reviewing(session, "U")
        await session.shows("Nothing that was changed here can be taken back of new-cart.")
        assert not dialog.query_one("#send", Button).display


async def test_a_conflict_shows_mine_base_and_theirs_and_sends_nothing_again() -> None:
    it = flags()
    async with running(worlds.healthy(), size=SIZE, cockpit=flagged(it)) as session:
        dialog = await reviewing(session, "K")
        it.elsewhere("new-cart", {"description": "hands off", "message": "mine first"})
        await session.press(*"errors")
        await sent(session, dialog)
        await session.shows(
            "BASE", "MINE", "THEIRS", "usr_jo", "hands off", "! refused here, nothing was sent"
        )
        await session.press("ctrl+s")
        assert it.host.written == 0
        await session.press("ctrl+r")
        await session.shows("CHANGE", "ctrl+s sends it")  # read again: a decision of its own
        assert it.host.written == 0


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"armed": False}, "This session is read-only. Press W to arm it for a set time."),
        ({"person": "zoe"}, "Rule stop-harm asks for one of"),
    ],
)
async def test_who_may_not_is_refused_with_the_reason(more: dict[str, object], says: str) -> None:
    it = flags(**more)  # type: ignore[arg-type]
    async with running(worlds.healthy(), size=SIZE, cockpit=flagged(it)) as session:
        dialog = await reviewing(session, "K")
        await session.shows(f"! {says}")
        assert dialog.query_one("#send", Button).disabled
        await session.press("ctrl+s")
        assert it.host.written == 0
        await session.press("escape")
        assert says in (session.app.top().unable("kill") or "")  # type: ignore[attr-defined]


async def test_a_host_that_does_not_answer_is_said() -> None:
    it = flags()
    async with running(worlds.healthy(), size=SIZE, cockpit=flagged(it)) as session:
        await session.press("2")
        await session.shows("read 0 s ago")
        it.host.down = True
        await session.press("K")
        await session.shows("Vercel does not answer.", "Close")
