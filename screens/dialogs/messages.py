"""Every message of this session, newest first."""

from __future__ import annotations

from console.readings import Millis
from console.world import World
from screens.dialogs.reading import ReadingDialog, joined
from screens.log import Said
from screens.paint import Line, Span, Tone, paragraph, span
from screens.present import clock

GLYPHS = {"information": "·", "warning": "!", "error": "!"}


class MessagesDialog(ReadingDialog):
    """The toasts that have come and gone."""

    heading = "Messages of this session"

    def __init__(self, said: tuple[Said, ...]) -> None:
        super().__init__()
        self.said = said

    def lines(self, world: World, now: Millis, cells: int) -> list[Line]:
        if not self.said:
            return [(span("Nothing has been said yet.", "quiet"),)]
        return joined(self.pieces(world, now, cells), ())

    def pieces(self, world: World, now: Millis, cells: int) -> list[list[Line]]:
        out: list[list[Line]] = []
        for one in reversed(self.said):
            head = f"{clock(one.at, now, seconds=True)} {GLYPHS.get(one.severity, '·')} "
            tone: Tone = "worse" if one.severity == "error" else "normal"
            rows = paragraph(one.text, max(cells - len(head), 8), tone)
            out.append(
                [
                    (Span(head if row == 0 else " " * len(head), "quiet"), *line)
                    for row, line in enumerate(rows)
                ]
            )
        return out
