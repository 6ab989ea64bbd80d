"""The part of the flags screen that leads to a change: picking several, choosing what, the review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.flags.model import Flag
from console.flags.telling import environment_of
from screens.context import console
from screens.flags.known import Known
from screens.two_panes import TwoPanes

if TYPE_CHECKING:
    from console.flags.changing import Change
    from console.flags.desk import FlagDesk
    from console.flags.gate import What
    from screens.dialogs.flag_text import Verb

WHAT: dict[str, What] = {"kill": "off", "edit": "change", "take_back": "undo"}
"""The keys that may lead to a change, and what the gate calls it."""


class FlagChanges(TwoPanes):
    """Nothing is sent from here: all of it ends in the review."""

    def __init__(self) -> None:
        super().__init__()
        self.known = Known()
        self.picked: dict[str, None] = {}
        """Keys of the flags that ``K`` takes together, in the order of picking."""
        self.desk: FlagDesk | None = None
        """The session's flags, once they were asked for."""

    @property
    def marked(self) -> Flag | None:
        """The marked flag, as it was read last."""
        raise NotImplementedError

    def read(self) -> object:
        """Ask for the flags again."""
        raise NotImplementedError

    def refused(self, action: str) -> str | None:
        """Why the gate would refuse what ``action`` leads to, whatever it is about."""
        if self.desk is None or action not in WHAT:
            return None
        refused = self.desk.gate.refusal_of(WHAT[action])
        return f"{refused.says} {refused.next}" if refused else None

    def action_pick(self) -> None:
        """Pick the marked flag, or no longer; on to the next, as one picks several."""
        if self.marked is not None:
            key = self.marked.key
            if key in self.picked:
                del self.picked[key]
            else:
                self.picked[key] = None
            self.rows.action_mark(1)
            self.refresh_world()

    def action_kill(self) -> None:
        self._review("kill", tuple(self.picked))

    def action_take_back(self) -> None:
        self._review("undo")

    def action_edit(self) -> None:
        """Choose what to change, then see what it would do."""
        from screens.dialogs.change import ChangeDialog, Wanted

        flag, desk = self.marked, self.desk
        if flag is None or desk is None:
            console(self).say("Nothing can be changed yet: the flags are being read.", "warning")
            return

        def wanted(found: Wanted | None) -> None:
            if found is not None:
                where, change = found
                self._review("kill" if change is None else "change", (flag.key,), where, change)

        dialog = ChangeDialog(flag, environment_of(flag), desk.provider, self.known.segments)
        self.app.push_screen(dialog, wanted)

    def _review(
        self, verb: Verb, keys: tuple[str, ...] = (), where: str = "", change: Change | None = None
    ) -> None:
        """Preview it (of the marked flag without ``keys``); what it did is read again when that is closed."""
        from screens.dialogs.flag import FlagDialog

        flag, app = self.marked, console(self)
        if flag is None:
            app.say("No flag is marked.", "warning")
            return
        if app.cockpit is None:
            app.say("Nothing can be sent yet: the console is still opening.", "warning")
            return
        dialog = FlagDialog(verb, keys or (flag.key,), where or environment_of(flag), change)

        def closed(_: None) -> None:
            if verb == "kill" and dialog.review.made:
                self.picked.clear()
            self.read()

        self.app.push_screen(dialog, closed)
