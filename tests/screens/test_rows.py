"""A list shows what its rows say now, whatever became of its size meanwhile."""

from __future__ import annotations

from textual.app import App, ComposeResult

from screens import themes
from screens.paint import Line, span
from screens.widgets.rows import Rows
from tests.screens.text import screen_text


class Listing(App[None]):
    """A list of three whose words change."""

    CSS = "Rows { height: 5; }"

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(themes.DARK)
        self.theme = themes.DARK.name
        self.word = "first"

    def compose(self) -> ComposeResult:
        yield Rows()

    def on_mount(self) -> None:
        self.query_one(Rows).show(["a", "b", "c"], self.line)

    def line(self, index: int, cells: int, marked: bool) -> Line:
        return (span(f"{'abc'[index]} {self.word}"),)


async def test_rows_that_stay_when_the_height_changes_are_still_painted_again() -> None:
    app = Listing()
    async with app.run_test(size=(40, 12)) as pilot:
        rows = app.query_one(Rows)
        await pilot.pause()
        for height, word in ((3, "second"), (8, "third"), (8, "fourth")):
            rows.styles.height = height
            await pilot.pause()
            app.word = word
            rows.tick()
            await pilot.pause()
            assert [line.rstrip() for line in screen_text(app).splitlines()[:3]] == [
                f"{key} {word}" for key in "abc"
            ]
