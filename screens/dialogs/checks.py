"""The checks of a deployment with all that is known of each."""

from __future__ import annotations

from console.looking import Looking
from console.readings import Millis
from console.world import World
from screens.deployment.checks import checks_in_full
from screens.dialogs.reading import ReadingDialog
from screens.paint import Line


class ChecksDialog(ReadingDialog):
    """Follows the checks while it is open."""

    heading = "Checks"

    def __init__(self, looking: Looking) -> None:
        super().__init__()
        self._looking = looking

    def lines(self, world: World, now: Millis, cells: int) -> list[Line]:
        return checks_in_full(self._looking.checks, now, cells)
