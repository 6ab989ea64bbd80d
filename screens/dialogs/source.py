"""One source in full, and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict

from console.readings import Millis
from console.sources import SourceView
from console.world import World
from screens import clean, paint
from screens.context import console
from screens.dialogs.reading import ReadingDialog
from screens.paint import Line, Span
from screens.sources.rows import detail


class SourceDialog(ReadingDialog):
    """One source, as it was when it was opened; its ages go on."""

    def __init__(self, view: SourceView) -> None:
        super().__init__()
        self.view = view
        self.heading = f"Source: {clean.clean(view.finding.title)}"

    def lines(self, world: World, now: Millis, cells: int) -> list[Line]:
        app = console(self)
        if app.cockpit is not None:
            found = (one for one in app.cockpit.desk.sources(world) if one.id == self.view.id)
            self.view = next(found, self.view)
        return detail(self.view, now, cells)


class SourceRawDialog(ReadingDialog):
    """What is known of one source, as JSON."""

    def __init__(self, view: SourceView) -> None:
        super().__init__()
        self.heading = f"Raw data: {clean.clean(view.finding.title)}"
        self.text = json.dumps(asdict(view), ensure_ascii=False, indent=2, default=str)

    def lines(self, world: World, now: Millis, cells: int) -> list[Line]:
        return [paint.cut((Span(clean.clean(line)),), cells) for line in self.text.splitlines()]
