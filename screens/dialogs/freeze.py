"""The change freeze: why it begins, or why it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from console.as_command import as_freeze_command
from console.outcome import Outcome
from console.world import World
from screens.context import console
from screens.dialogs.asking import AskingDialog
from screens.keys import shown
from screens.log import Acted
from screens.paint import EMPTY, Line, paragraph

if TYPE_CHECKING:
    from console.cockpit import Cockpit

WORDS = {
    False: (
        "FREEZE changes",
        "Nothing that widens exposure (start, advance, complete, promote) is sent until the freeze ends;"
        " abort and rollback stay possible. What Vercel advances by itself a freeze cannot stop.",
        "If nothing is pressed, nothing is frozen.",
    ),
    True: (
        "END the freeze",
        "Start, advance, complete and promote are possible again.",
        "If nothing is pressed, the freeze stands.",
    ),
}


class FreezeDialog(AskingDialog):
    """Asks why; closes when it is recorded, says why when it is refused."""

    BINDINGS: ClassVar[list[BindingType]] = [
        shown("ctrl+s", "send", "freeze.send", "record", "Record it"),
    ]

    def __init__(self, *, thaw: bool) -> None:
        super().__init__()
        self._thaw = thaw

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield from self.inside()

    def text(self, world: World, cells: int) -> list[Line]:
        title, means, otherwise = WORDS[self._thaw]
        return [
            *paragraph(f"{title} of {world.project_label}", cells, "strong", bold=True),
            EMPTY,
            *paragraph(means, cells),
            *paragraph(otherwise, cells),
        ]

    async def ask(self, cockpit: Cockpit, reason: str) -> Outcome:
        app, production = console(self), cockpit.production
        command = as_freeze_command("thaw" if self._thaw else "freeze", reason, app.arm_reason())
        asked = app.present()
        outcome = await (production.thaw(reason) if self._thaw else production.freeze(reason))
        app.acts.append(Acted(asked, command, outcome))
        return outcome
