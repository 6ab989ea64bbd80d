"""Asking for a token: never shown, tried before it is taken, somebody else's only on a second yes."""

from __future__ import annotations

from typing import cast

from textual import events
from textual.widgets import Input

from console.tokens import Tried
from screens.dialogs.token import TokenDialog
from screens.release.screen import ReleaseScreen
from tests.screens import worlds
from tests.screens.cockpit import PreparedCockpit, PreparedDesk
from tests.screens.running import Running, running

TOKEN = "Abc123VerySecret"
JO = Tried(False, "The token that was typed belongs to jo, not to ana.", "Confirm it.", other="jo")
NO = Tried(False, "Not taken, the token that was typed: Vercel refused the token (403).", "Renew it.")
YES = Tried(True, "Signed in as ana, with the token that was typed.")


def behind(*tried: Tried) -> PreparedCockpit:
    return PreparedCockpit(worlds.healthy(), desk=PreparedDesk(tried=list(tried)))


async def dialog(session: Running) -> TokenDialog:
    await session.press("ctrl+t")
    await session.until(lambda: isinstance(session.app.screen, TokenDialog))
    return cast("TokenDialog", session.app.screen)


async def test_it_is_typed_unseen_and_taken_if_the_host_accepts_it() -> None:
    cockpit = behind(NO, YES)
    async with running(worlds.healthy(), size=(80, 24), cockpit=cockpit) as session:
        await dialog(session)
        await session.shows("ANOTHER TOKEN for shop", "a token is needed", "Cancel")
        await session.press(*TOKEN)
        assert TOKEN not in await session.shows("ctrl+s tries it", "•" * len(TOKEN))
        await session.press("ctrl+s")
        await session.shows("! Not taken", "(403)", "Renew it.")
        await session.press("ctrl+s")
        await session.until(lambda: isinstance(session.app.screen, ReleaseScreen))
        assert session.app.said[-1].text == YES.says
        assert cockpit.desk.offered == [(TOKEN, None), (TOKEN, None)]
        assert TOKEN not in repr(list(session.app.said))


async def test_it_can_be_pasted() -> None:
    cockpit = behind(YES)
    async with running(worlds.healthy(), size=(80, 24), cockpit=cockpit) as session:
        field = (await dialog(session)).query_one("#token", Input)
        field.post_message(events.Paste(f"{TOKEN}\n"))
        await session.until(lambda: field.value == TOKEN)
        await session.press("enter")
        await session.until(lambda: cockpit.desk.offered == [(TOKEN, None)])


async def test_somebody_elses_is_taken_only_on_the_same_key_again() -> None:
    cockpit = behind(JO, JO, JO, YES)
    async with running(worlds.healthy(), size=(80, 24), cockpit=cockpit) as session:
        await dialog(session)
        await session.press(*TOKEN)
        await session.press("ctrl+s")
        await session.shows("belongs to jo, not to ana", "ctrl+s again goes on", "as jo; the arming")
        await session.press("x")
        await session.shows("ctrl+s tries it")
        await session.press("ctrl+s")
        await session.shows("ctrl+s again goes on")
        await session.press("ctrl+r")
        await session.shows("ctrl+r again goes on")
        await session.press("ctrl+r")
        await session.until(lambda: isinstance(session.app.screen, ReleaseScreen))
        assert cockpit.desk.offered == [
            (TOKEN, None),
            (f"{TOKEN}x", None),
            (None, None),
            (None, "jo"),
        ]


async def test_esc_changes_nothing_and_a_fault_of_ours_shows_no_secret() -> None:
    class Broken(PreparedDesk):
        async def another_token(self, text: str | None, *, as_other: str | None = None) -> Tried:
            raise RuntimeError(f"with {text}")

    cockpit = PreparedCockpit(worlds.healthy(), desk=Broken())
    async with running(worlds.healthy(), size=(80, 24), cockpit=cockpit) as session:
        await dialog(session)
        await session.press(*TOKEN)
        await session.press("ctrl+s")
        assert TOKEN not in await session.shows("fault of its own: RuntimeError")
        await session.press("escape")
        await session.until(lambda: isinstance(session.app.screen, ReleaseScreen))
        field = (await dialog(session)).query_one("#token", Input)
        assert field.value == ""
