"""Arming: for how long, and why. Cancel is focused; it is recorded and shown in the status line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input

from console.outcome import Outcome
from console.world import World
from screens.dialogs.asking import AskingDialog
from screens.keys import live_key, shown
from screens.paint import EMPTY, Line, paragraph, span
from screens.widgets.painted import Painted

if TYPE_CHECKING:
    from console.cockpit import Cockpit

MOST_MINUTES = 480
USUAL_MINUTES = 30


def minutes_of(text: str) -> int | None:
    """Whole minutes from 1 to :data:`MOST_MINUTES`, or ``None``."""
    text = text.strip()
    if not (text.isascii() and text.isdigit()):
        return None
    minutes = int(text)
    return minutes if 1 <= minutes <= MOST_MINUTES else None


class ArmDialog(AskingDialog):
    """Asks reason and minutes, and says what the gate answered if it refuses."""

    SEND, DOES = "Arm", "arms it"
    BINDINGS: ClassVar[list[BindingType]] = [
        shown("ctrl+s", "send", "arm.send", "arm", "Arm this session"),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield from self.inside()

    def more_fields(self) -> Iterable[Widget]:
        yield Horizontal(
            Painted([(span("MINUTES", "quiet"),)], classes="label"),
            Input(str(USUAL_MINUTES), id="minutes", compact=True, max_length=4),
            classes="field",
        )

    @property
    def minutes(self) -> int | None:
        """The minutes as typed, if they can be meant."""
        return minutes_of(self.query_one("#minutes", Input).value)

    def held(self) -> str | None:
        held = super().held()
        if held is None and self.minutes is None:
            return f"minutes are a whole number from 1 to {MOST_MINUTES}"
        return held

    def text(self, world: World, cells: int) -> list[Line]:
        person = world.person.value
        who = person.name if person else "nobody known yet"
        return [
            *paragraph(f"ARM this session on {world.project_label}", cells, "strong", bold=True),
            EMPTY,
            *paragraph(
                f"Until the time is up, keys of this session may change production, as {who}."
                f" Each act is still previewed and recorded. {live_key(self, 'app.arm', 'W')} again disarms.",
                cells,
            ),
            *paragraph("If nothing is pressed, the session stays read-only.", cells),
        ]

    async def ask(self, cockpit: Cockpit, reason: str) -> Outcome:
        return await cockpit.arm(reason, self.minutes or 0)
