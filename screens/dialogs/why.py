"""Why the verdict is what it is: the evidence over time, the reasons in full, what each metric rests on."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll

from console.readings import Millis
from console.world import World
from screens.dialogs.reading import ReadingDialog
from screens.dialogs.why_text import evidence_plot, lead_lines, metric_lines, why_lines
from screens.paint import Line
from screens.widgets.building import Building
from screens.widgets.filterline import FilterLine
from screens.widgets.painted import Painted
from screens.widgets.plot import Plot


class WhyDialog(ReadingDialog):
    """Follows the verdict while it is open. The plot scrolls with what is read; a filter hides it."""

    heading = "Why"
    CSS = """
    WhyDialog #evidence { height: 9; margin: 1 0; display: none; }
    WhyDialog.-charted #evidence { display: block; }
    WhyDialog.-charted.-short #evidence { height: 7; margin: 0; }
    """
    _charted = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Painted(id="title")
            with VerticalScroll(classes="scroll"):
                yield Painted(id="lead")
                with Building(id="evidence"):
                    yield Plot()
                yield Painted(id="text")
            yield FilterLine()
            yield Painted(id="foot")

    def lines(self, world: World, now: Millis, cells: int) -> list[Line]:
        return (metric_lines if self._charted else why_lines)(world, now, cells)

    def draw(self, world: World, now: Millis) -> None:
        chart = None if self.filter.value or world.verdict is None else evidence_plot(world)
        self._charted = chart is not None
        self.set_class(self._charted, "-charted")
        lead = lead_lines(world, now, self.box_cells() - 2) if self._charted else []
        self.query_one("#lead", Painted).show(lead)
        self.query_one(Plot).show(chart, None)
        self.query_one(Building).ask()
        super().draw(world, now)

    def copied(self) -> tuple[str, str]:
        text, what = super().copied()
        lead = "\n".join(row.rstrip() for row in self.query_one("#lead", Painted).text.splitlines())
        return f"{lead}\n{text}" if self._charted else text, what
