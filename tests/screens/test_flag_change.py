"""Changing a flag on the screen: chosen in words, filled in, previewed, sent; and several killed as one."""

from __future__ import annotations

import pytest
from textual.widgets import Button, Input

from screens.dialogs.change import ChangeDialog
from screens.dialogs.flag import FlagDialog
from screens.dialogs.form import FormDialog
from screens.flags.screen import FlagsScreen
from tests.screens import worlds
from tests.screens.flag_desk import flagged, flags
from tests.screens.running import Running, running

SMALL = (80, 24)


async def choosing(session: Running, *keys: str) -> ChangeDialog:
    """The changes of the marked flag, its versions read; ``keys`` mark another one before."""
    await session.press("2")
    await session.shows("new-cart", "read 0 s ago")
    await session.until(lambda: isinstance(session.app.top(), FlagsScreen) and session.app.top().marked)  # type: ignore[attr-defined]
    await session.press(*keys, "E")
    await session.until(lambda: isinstance(session.app.screen, ChangeDialog))
    found = session.app.screen
    assert isinstance(found, ChangeDialog)
    await session.until(lambda: "being read" not in session.text)
    return found


async def choose(session: Running, dialog: ChangeDialog, name: str) -> None:
    """Choose the change of that name."""
    options = dialog.options
    options.highlighted = options.get_option_index(name)
    await session.press("enter")


async def filled(session: Running, **typed: str) -> FormDialog:
    """The form, with these answers."""
    await session.until(lambda: isinstance(session.app.screen, FormDialog))
    form = session.app.screen
    assert isinstance(form, FormDialog)
    for name, text in typed.items():
        form.query_one(f"#field-{name}", Input).value = text
    await session.pilot.pause()
    return form


async def reviewed(session: Running) -> FlagDialog:
    await session.until(lambda: isinstance(session.app.screen, FlagDialog))
    dialog = session.app.screen
    assert isinstance(dialog, FlagDialog)
    await session.until(lambda: dialog.review.stage in ("ready", "failed"))
    await session.pilot.pause()
    return dialog


async def sent(session: Running, dialog: FlagDialog, **typed: str) -> None:
    for name, text in typed.items():
        dialog.query_one(f"#{name}", Input).value = text
    await session.pilot.pause()
    await session.press("ctrl+s")
    await session.until(lambda: dialog.review.stage == "ended")
    await session.pilot.pause()


async def test_a_share_goes_from_words_to_the_host_and_into_the_ledger() -> None:
    it = flags()
    async with running(worlds.healthy(), size=SMALL, cockpit=flagged(it)) as session:
        dialog = await choosing(session)
        await session.shows("CHANGE new-cart", "in production", "another share of a variant", "archive it")
        await choose(session, dialog, "share")
        form = await filled(session, variant="on", percent="lots")
        await session.shows("lots is no percentage", "not yet")
        assert form.query_one("#preview", Button).disabled
        form.query_one("#field-percent", Input).value = "50"
        await session.shows("50 % off = false, 50 % on = true", "enter in the last field previews it")
        form.query_one("#field-percent", Input).focus()
        await session.press("enter")
        review = await reviewed(session)
        await session.shows("CHANGE new-cart: 50 % on in production", "25 % of people")
        await sent(session, review, reason="ramp", incident="INC-7", typed="new-cart")
        await session.shows("✓ done")
        outcome = it.host.store.flag("new-cart").document["environments"]["production"]["fallthrough"]
        assert outcome["weights"] == {"off": 50, "on": 50}
        [intent] = [one for one in it.ledger.told if one.kind == "flag.intended"]
        assert intent.payload is not None
        assert intent.payload["incident"] == "INC-7"
        command = session.app.acts[-1].command
        assert command.startswith("coalmine flags set new-cart --environment production --share on 50 ")
        assert command.endswith("--incident INC-7")


async def test_the_environment_can_be_another_and_arrows_choose_what_can_be_chosen() -> None:
    it = flags()
    async with running(worlds.healthy(), size=SMALL, cockpit=flagged(it)) as session:
        dialog = await choosing(session)
        await session.press("right")
        await session.shows("in preview", "let the rules decide again")
        await choose(session, dialog, "serve")
        form = await filled(session)
        await session.press("down")
        assert form.query_one("#field-variant", Input).value == "off"
        await session.press("down")
        assert form.query_one("#field-variant", Input).value == "on"
        await session.shows("changes nothing")
        await session.press("up", "enter")
        await reviewed(session)
        await session.shows("off for everyone in preview", "development (linked to preview, changes too)")


async def test_what_needs_no_form_is_previewed_at_once_or_says_why_not() -> None:
    it = flags()
    async with running(worlds.healthy(), size=SMALL, cockpit=flagged(it)) as session:
        dialog = await choosing(session)
        await choose(session, dialog, "archive")
        await reviewed(session)
        await session.shows("every caller gets the", "TYPE KEY")
        await session.press("escape")
        it.host.store.flag("new-cart").document["environments"]["production"]["active"] = False
        await session.press("ctrl+r")
        await session.shows("static: off = false for everyone")
        await session.press("E")
        again = session.app.screen
        assert isinstance(again, ChangeDialog)
        await choose(session, again, "off")
        await session.shows("is so already")


async def test_esc_goes_back_to_the_choice_and_then_to_the_list() -> None:
    async with running(worlds.healthy(), size=SMALL, cockpit=flagged()) as session:
        dialog = await choosing(session)
        await choose(session, dialog, "give")
        await filled(session)
        await session.press("escape")
        await session.shows("another share of a variant")
        await session.press("escape")
        assert isinstance(session.app.screen, FlagsScreen)


async def test_an_old_version_is_brought_back_as_a_plan() -> None:
    it = flags()
    async with running(worlds.healthy(), size=SMALL, cockpit=flagged(it)) as session:
        dialog = await choosing(session)
        await choose(session, dialog, "restore")
        form = await filled(session, version="1")
        await session.shows("90 % off = false, 10 % on = true")
        form.query_one("#field-what", Input).focus()
        await session.press("enter")
        review = await reviewed(session)
        await session.shows("restore version 1 in production", "15 % of people")
        await sent(session, review, reason="back to what was", typed="new-cart")
        assert "coalmine flags restore new-cart 1 --environment production" in session.app.acts[-1].command
        entry = it.host.store.flag("new-cart").document["environments"]["production"]
        assert entry["fallthrough"]["weights"] == {"off": 90, "on": 10}


async def test_versions_that_cannot_be_read_are_missed_aloud() -> None:
    it = flags()
    async with running(worlds.healthy(), size=SMALL, cockpit=flagged(it)) as session:
        await session.press("2")
        await session.shows("read 0 s ago")
        it.host.down = True
        await session.press("E")
        await session.shows("No old version can be brought back: Vercel does not answer.", "turn it off")


@pytest.mark.slow
async def test_several_are_killed_as_one_with_an_outcome_each() -> None:
    it = flags()
    async with running(worlds.healthy(), size=(100, 50), cockpit=flagged(it)) as session:
        await session.press("2")
        await session.shows("new-cart", "read 0 s ago")
        it.elsewhere("search-ranking", {"tags": ["x"], "message": "mine"})
        await session.press("x", "x", "x")
        await session.shows("✓ 3 picked", "✓new-cart", "✓gift-cards")
        await session.press("K")
        dialog = await reviewed(session)
        await session.shows("KILL 3 flags in production", "gift-cards", "delivery-promise")
        it.elsewhere("gift-cards", {"description": "hands off", "message": "mine first"})
        await sent(session, dialog, reason="all of them")
        await session.shows("new-cart: ✓ done", "gift-cards: ! refused here", "2 of 3 done")
        assert (it.served("new-cart"), it.served("delivery-promise")) == ("off", "off")
        batches = {
            one.payload["batch"] for one in it.ledger.told if one.kind == "flag.intended" and one.payload
        }
        assert len(batches) == 1
        assert batches != {None}
        command = session.app.acts[-1].command
        assert command.startswith("coalmine flags kill new-cart gift-cards delivery-promise --environment")
        await session.press("escape")
        await session.until(lambda: not session.app.top().picked)  # type: ignore[attr-defined]


async def test_of_several_those_that_cannot_be_killed_are_left_out_aloud() -> None:
    it = flags()
    async with running(worlds.healthy(), size=(100, 50), cockpit=flagged(it)) as session:
        await session.press("2")
        await session.shows("new-cart", "read 0 s ago")
        it.elsewhere("gift-cards", {"state": "archived", "message": "gone"})
        await session.press("x", "x", "K")
        await reviewed(session)
        await session.shows("! OMITTED gift-cards", "archived")
        await session.press("escape", "escape")
        assert isinstance(session.app.screen, FlagsScreen)
        assert not session.app.screen.picked


@pytest.mark.slow
@pytest.mark.parametrize("size", [SMALL, (200, 50)])
async def test_every_form_fits_its_terminal(size: tuple[int, int]) -> None:
    """All fields, the hint, what it would change and the buttons are on show at once."""
    async with running(worlds.healthy(), size=size, cockpit=flagged()) as session:
        dialog = await choosing(session, "j", "j", "j", "j")
        for name, form in list(dialog._forms.items()):
            if not form.fields:
                continue
            await choose(session, dialog, name)
            shown = await filled(session)
            for field in form.fields:
                assert shown.query_one(f"#field-{field.name}").region.height == 1, name
            assert shown.query_one("#preview").region.bottom < size[1], name
            assert "…" in session.text, name
            await session.press("escape")
