"""The review dialog: nothing changes production without passing through it. Cancel is focused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widgets import Button

from console.outcome import Outcome
from console.readings import Millis, Problem
from console.world import World
from screens.context import console
from screens.dialogs.confirming import ConfirmingDialog
from screens.dialogs.review_text import Review, body, foot, missing, would_be
from screens.keys import live_key, shown

if TYPE_CHECKING:
    from console.cockpit import Cockpit
    from console.planning import Choice


class ReviewDialog(ConfirmingDialog):
    """Preview, reason, typed word, send, outcome. Dismissed with nothing: the outcome is in the world."""

    IMPOSSIBLE = "Close this; the screen shows how it stands."
    BINDINGS: ClassVar[list[BindingType]] = [
        shown("ctrl+s", "send", "review.send", "send", "Send it, once everything asked is there"),
        shown("ctrl+r", "read_again", "review.again", "read again", "Ask the host afresh"),
        shown("W", "app.arm", "review.arm", "arm", "Arm this session, or disarm it"),
    ]

    def __init__(self, action: str, choice: Choice | None = None) -> None:
        super().__init__()
        self._choice = choice
        self.review = Review(action, "reading", 0.0)

    # --- reading the host ----------------------------------------------------------------------

    @property
    def stage(self) -> str:
        return self.review.stage

    def begin(self) -> None:
        self.review = Review(self.review.action, "reading", console(self).monotonic())

    async def ask(self, cockpit: Cockpit) -> None:
        preview = await cockpit.preview(self.review.action, self._choice)
        seen = would_be(self.review.action, console(self).world)
        self.review = replace(self.review, stage="ready", preview=preview, problem=None, seen=seen)
        self.suggest(preview.suggested_reason)

    def fail(self, problem: Problem) -> None:
        self.review = replace(self.review, stage="failed", preview=None, problem=problem)

    # --- drawing -------------------------------------------------------------------------------

    def draw(self, world: World, now: Millis) -> None:
        app = console(self)
        cells = self.box_cells()
        refusal = None if app.cockpit is None else app.cockpit.refusal(self.review.action)
        self.review = replace(self.review, refusal=refusal)
        preview = self.review.preview
        word = None if preview is None else preview.typed_word
        self.show("text", body(self.review, world, cells - 2))
        held = missing(self.review, world, self.reason, self.typed)
        keys = self.sends_by(), live_key(self, "review.again", "ctrl+r")
        below = foot(self.review, world, held, app.monotonic(), cells, keys)
        ready = self.stage == "ready" and refusal is None
        self.lay_out(ready, "" if word is None else f"TYPE {word}", below, held)
        send = self.query_one("#send", Button)
        label = f"{'Ask for it' if preview is not None and preview.needs else 'Send'}  {self.sends_by()}"
        if str(send.label) != label:
            send.label = label
            send.refresh(layout=True)
        ended = self.stage in ("sending", "ended", "failed")
        self.query_one("#cancel", Button).label = "Close" if ended else "Cancel"

    # --- sending -------------------------------------------------------------------------------

    def action_send(self) -> None:
        """Send it, if nothing stands in the way; a second press while it is under way does nothing."""
        app = console(self)
        preview = self.review.preview
        held = missing(self.review, app.world, self.reason, self.typed)
        if preview is None or self.hidden or held is not None:
            self.refresh_world()
            return
        reason, typed = self.reason.strip(), self.typed
        self.review = replace(self.review, stage="sending", started=app.monotonic())
        self.query_one("#cancel").focus()
        self.refresh_world()
        app.perform(preview, reason, typed.strip(), self.told)

    def told(self, outcome: Outcome) -> bool:
        """Keep the outcome on show; false if this is closed already, or too small to be read."""
        self.review = replace(self.review, stage="ended", outcome=outcome)
        self.refresh_world()
        return self.ready and not self.hidden
