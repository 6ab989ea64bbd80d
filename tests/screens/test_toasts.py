"""Toasts: what they tell never lies over what a person is about to press."""

from __future__ import annotations

import pytest
from textual.widgets import Button, Input

from console.cockpit import Cockpit
from screens.app import CoalmineApp
from screens.dialogs.base import Dialog
from tests.screens.every import EVERY
from tests.screens.running import Running

LONG = "The metrics do not answer: prometheus.example:9090 refuses. It is tried again by itself. " * 2


@pytest.mark.parametrize(
    ("name", "messages"),
    [("review", 1), ("review", 5), ("arm", 5), ("freeze", 1), ("token", 1), ("command", 2)],
)
async def test_no_toast_lies_over_the_buttons_or_the_fields_of_a_dialog(name: str, messages: int) -> None:
    shown = EVERY[name]
    cockpit = shown.cockpit()

    async def opener() -> Cockpit:
        return cockpit

    app = CoalmineApp(cockpit.present, opener, monotonic=lambda: 0.0)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        session = Running(app, pilot, cockpit)
        await session.until(lambda: app.opening.state == "open")
        await session.press(*shown.keys)
        await session.shows(shown.shows)
        dialog = app.screen
        assert isinstance(dialog, Dialog)
        for number in range(messages):
            app.say(f"told as number {number}: {LONG}", "error")
        await session.shows(f"told as number {messages - 1}")  # the newest can be read
        held = [one for one in (*dialog.query(Button), *dialog.query(Input)) if one.region.area]
        assert held
        for one in held:
            for x, y in ((x, y) for x in one.region.column_range for y in one.region.line_range):
                assert dialog.get_widget_at(x, y)[0] is one, (one, x, y, session.text)
