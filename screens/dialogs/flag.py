"""The review of a change of flags: preview, reason, sent once, outcome. Cancel is focused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button, Input

from console.actions import Impossible
from console.as_command import as_flag_command
from console.flags.changing import Change
from console.flags.edits import Unfit
from console.ports import SourceError
from console.previews import evidence
from console.readings import Millis, Problem
from console.world import World
from screens.context import console
from screens.dialogs.confirming import ConfirmingDialog
from screens.dialogs.flag_text import TIMED_MIN, TIMED_MS, FlagReview, Verb, body, foot, missing
from screens.keys import hidden, live_key, shown
from screens.paint import span
from screens.widgets.painted import Painted

if TYPE_CHECKING:
    from console.cockpit import Cockpit
    from console.flags.desk import FlagDesk
    from console.flags.gate import FlagOutcome, Offer, Wish

LONGEST_INCIDENT = 60


class FlagDialog(ConfirmingDialog):
    """Kills flags, changes one, or takes its newest change made here back. Dismissed with nothing."""

    FIELDS = ("reason", "typed", "incident")
    REFUSALS = (Unfit, Impossible)
    SHORT = 32
    AGAIN = ("ready", "failed", "ended")
    BINDINGS: ClassVar[list[BindingType]] = [
        shown("ctrl+s", "send", "flag.send", "send", "Send it, once everything asked is there"),
        shown(
            "ctrl+o", "timed", "flag.timed", f"{TIMED_MIN} min only", "For a set time only, or for good again"
        ),
        shown("ctrl+r", "read_again", "flag.again", "read again", "Ask the host afresh"),
        shown("W", "app.arm", "flag.arm", "arm", "Arm this session, or disarm it"),
        hidden("pagedown", "page(1)", "flag.page_down", "A page down"),
        hidden("pageup", "page(-1)", "flag.page_up", "A page up"),
    ]

    def __init__(
        self, verb: Verb, keys: Sequence[str], environment: str, change: Change | None = None
    ) -> None:
        """``change``: of the verb ``change``, which is of one flag."""
        super().__init__()
        self._change = change
        words = "" if change is None else change.words
        self.review = FlagReview(verb, tuple(keys), environment, "reading", 0.0, words)
        self._desk: FlagDesk | None = None

    def more_fields(self) -> Iterable[Widget]:
        incident = Input(
            id="incident",
            compact=True,
            placeholder="its id, if it belongs to one",
            max_length=LONGEST_INCIDENT,
            select_on_focus=False,
        )
        yield Horizontal(Painted([(span("INCIDENT", "quiet"),)], classes="label"), incident, classes="field")

    def choices(self) -> Horizontal:
        return Horizontal(
            Button("Cancel", id="cancel", compact=True),
            Button("", id="timed", compact=True),
            Button(f"Send  {self.sends_by()}", id="send", compact=True, disabled=True),
            classes="buttons",
        )

    # --- reading the host ----------------------------------------------------------------------

    @property
    def stage(self) -> str:
        return self.review.stage

    def begin(self) -> None:
        self.review = replace(self.review, stage="reading", offers=(), left_out=(), problem=None, made=())

    async def ask(self, cockpit: Cockpit) -> None:
        from screens.flags.reading import desk_of

        desk = self._desk = await desk_of(cockpit)
        offers: list[Offer] = []
        left_out: list[tuple[str, str]] = []
        for key in self.review.keys:
            try:
                offers.append(await desk.gate.offer(await self._wish(desk, key)))
            except Unfit as error:
                if len(self.review.keys) == 1:
                    raise
                left_out.append((key, str(error)))
            except SourceError as error:
                if len(self.review.keys) == 1:
                    raise
                left_out.append((key, error.problem.what))
        if not offers:
            raise Unfit("None of them can be changed so: " + " ".join(why for _, why in left_out[:3]))
        self.review = replace(
            self.review,
            stage="ready",
            offers=tuple(offers),
            left_out=tuple(left_out),
            follows=desk.provider.capabilities.follows,
        )
        if self.review.verb == "kill":
            self.suggest(evidence(console(self).world.verdict))

    async def _wish(self, desk: FlagDesk, key: str) -> Wish:
        if self.review.verb == "undo":
            return await desk.take_back(key)
        if self._change is not None:
            return desk.change(key, self._change)
        return desk.kill(key, self.review.environment)

    def fail(self, problem: Problem) -> None:
        self.review = replace(self.review, stage="failed", problem=problem)

    # --- drawing -------------------------------------------------------------------------------

    def _refusal(self) -> str | None:
        review = self.review
        if self._desk is None or not review.offers:
            return None
        refused = self._desk.gate.refusal(review.offers[0])
        return f"{refused.says} {refused.next}" if refused else None

    def _held(self) -> str | None:
        return missing(self.review, self._refusal(), self.reason, self.typed)

    def draw(self, world: World, now: Millis) -> None:
        review, cells = self.review, self.box_cells()
        refusal, held = self._refusal(), self._held()
        timed_key = live_key(self, "flag.timed", "ctrl+o")
        self.show("text", body(review, world, now, cells - 2, timed_key))
        below = foot(review, refusal, held, self.sends_by(), cells)
        ready = review.stage == "ready" and refusal is None
        self.lay_out(ready, "" if review.word is None else "TYPE KEY", below, held)
        timed = self.query_one("#timed", Button)
        timed.display = review.stage == "ready" and review.may_be_timed
        timed.label = f"For good  {timed_key}" if review.timed else f"{TIMED_MIN} min only  {timed_key}"
        waiting = review.stage in ("reading", "ready")
        self.query_one("#cancel", Button).label = "Cancel" if waiting else "Close"

    # --- sending -------------------------------------------------------------------------------

    @on(Button.Pressed, "#timed")
    def _timed(self) -> None:
        self.action_timed()

    def action_timed(self) -> None:
        """For a set time only, or for good again."""
        if self.review.stage == "ready" and self.review.may_be_timed:
            self.review = replace(self.review, timed=not self.review.timed)
            self.refresh_world()

    def action_send(self) -> None:
        """Send it, if nothing stands in the way; a second press while it is under way does nothing."""
        from console.flags.gate import Order

        app, review = console(self), self.review
        if not review.offers or self.hidden or self._held() is not None:
            self.refresh_world()
            return
        reason, typed = self.reason.strip(), self.typed.strip()
        incident = self.query_one("#incident", Input).value.strip() or None
        back_at = app.present() + TIMED_MS if review.timed else None
        self.review = replace(review, stage="sending", started=app.monotonic())
        self.query_one("#cancel").focus()
        self.refresh_world()
        command = as_flag_command(
            self._command(),
            reason,
            app.arm_reason(),
            TIMED_MIN if review.timed else None,
            incident,
        )
        app.change_flag(Order(review.offers, reason, typed, back_at, incident), command, self.told)

    def _command(self) -> list[str]:
        from console.flags.as_options import arguments

        review = self.review
        keys = [one.plan.key for one in review.offers]
        if self._change is not None:
            return arguments(self._change, keys[0], review.environment)
        where = ["--environment", review.environment] if review.verb == "kill" else []
        return [review.verb, *keys, *where]

    def told(self, made: tuple[FlagOutcome, ...]) -> bool:
        """Keep the outcomes on show; false if this is closed already, or too small to be read."""
        self.review = replace(self.review, stage="ended", made=made)
        self.refresh_world()
        return self.ready and not self.hidden
