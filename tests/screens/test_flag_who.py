"""Who gets what: typed on the flags screen, answered by the evaluator, with the step that decided."""

from __future__ import annotations

from textual.widgets import Input

from screens.dialogs.who import WhoDialog
from tests.screens import worlds
from tests.screens.flag_desk import flagged, flags
from tests.screens.running import running


async def test_a_context_is_answered_with_value_reason_and_step() -> None:
    it = flags()
    async with running(worlds.healthy(), size=(100, 40), cockpit=flagged(it)) as session:
        await session.press("2")
        await session.shows("new-cart", "read 0 s ago")
        await session.press("slash", *"one-page", "enter")
        await session.shows("1 match")
        await session.press("enter")
        await session.shows("WHO GETS WHAT of one-page-checkout", "nobody in particular")
        asked, dialog = len(it.host.asked), session.app.screen
        assert isinstance(dialog, WhoDialog)
        listed = next(iter(_listed(it.host.store.flag("one-page-checkout").document)))
        field = dialog.query_one("#context", Input)
        await session.press(*"user.id")
        await session.shows("user.id: it has no value: type it as user.id=qa-1")
        field.value = f"user.id={listed}"
        await session.shows(
            "production: true", "variant on", "REASON    TARGETING_MATCH", f"{listed}' is listed"
        )
        field.value = '{"user": {"id": "somebody else"}}'
        await session.shows("production: false", "No target and no rule fits")
        assert len(it.host.asked) == asked
        await session.press("escape")
        assert session.app.screen is session.app.top()


def _listed(document: dict[str, object]) -> list[str]:
    entry = document["environments"]["production"]  # type: ignore[index]
    return [one["value"] for one in entry["targets"]["on"]["user"]["id"]]
