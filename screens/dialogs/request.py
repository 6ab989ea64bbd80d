"""A request on one page, read to its end and then answered, taken back or carried out. Cancel is focused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Input

from console.as_command import as_request_command
from console.outcome import Outcome
from console.ports import SourceError, StoreUnusable
from console.readings import Millis
from console.rollback.afterwards import verdict_of
from console.traffic import per_minute
from console.world import World
from screens.context import console
from screens.dialogs.asking import SendingDialog, reason_row
from screens.dialogs.request_text import (
    ANSWERS,
    BUTTONS,
    OPEN,
    READ_FIRST,
    REASONED,
    Answering,
    Verb,
    cannot,
    foot,
    lapsed,
    missing,
    offered,
)
from screens.keys import hidden, live_key, shown
from screens.paint import Line, span
from screens.rollbacks.page import Held, page
from screens.widgets.painted import Painted

if TYPE_CHECKING:
    from console.cockpit import Cockpit
    from console.rollback.afterwards import Verdict
    from console.rollback.counting import View

KINDS = ("request.", "policy.")
MOVES = ("move", "end")
"""Actions of keys that are letters: they type where there is something to type."""


class RequestDialog(SendingDialog):
    """Follows the request while it is open; nothing is sent before the whole page was on show."""

    FIELDS = ("typed", "reason")
    BINDINGS: ClassVar[list[BindingType]] = [
        shown("A", "approve", "request.approve", "approve…", "Approve it, once it was read to the end"),
        shown("D", "deny", "request.deny", "deny…", "Deny it, or close what was reopened"),
        shown("U", "take_back", "request.undo", "take back…", "Withdraw your request, or revoke your answer"),
        shown("X", "execute", "request.execute", "carry out…", "Carry it out, once it is approved"),
        shown("S", "skip", "request.skip", "go on without…", "Leave the step that failed out, and go on"),
        shown("R", "reverse", "request.reverse", "undo…", "Ask for what takes back the steps that were done"),
        shown(
            "B", "break", "request.break", "break glass…", "Pass over missing approvals, as the policy allows"
        ),
        shown("V", "review", "request.review", "review…", "Review its broken glass, as somebody else"),
        shown("ctrl+s", "send", "request.send", "send", "Send it, once everything asked is there"),
        shown("ctrl+r", "again", "request.again", "ask again", "Ask whether the plan still holds"),
        hidden("j,down", "move(1)", "request.down", "One line down"),
        hidden("k,up", "move(-1)", "request.up", "One line up"),
        hidden("pagedown,ctrl+f", "page(1)", "request.page_down", "A page down"),
        hidden("pageup,ctrl+b", "page(-1)", "request.page_up", "A page up"),
        hidden("ctrl+d", "page(0.5)", "request.half_down", "Half a page down"),
        hidden("ctrl+u", "page(-0.5)", "request.half_up", "Half a page up"),
        hidden("g,home", "end(0)", "request.top", "To the top"),
        hidden("G,end", "end(1)", "request.bottom", "To the end"),
    ]

    def __init__(self, view: View, verb: Verb | None = None) -> None:
        """``verb``: what is to be asked for as soon as the page was read."""
        super().__init__()
        self.it = Answering(view)
        self._wanted = verb
        self._recorded: int | None = None
        """The newest event about a request that was followed by a reading."""
        self._reading = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            with VerticalScroll(classes="scroll", can_focus=False):
                yield Painted(id="text")
            with Horizontal(classes="field", id="typed-row"):
                yield Painted(id="typed-label", classes="label")
                yield Input(id="typed", compact=True, max_length=200, select_on_focus=False)
            yield reason_row(id="reason-row")
            yield Painted(id="foot")
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                for name in ("review", "break", "reverse", "undo", "skip", "execute", "deny", "approve"):
                    yield Button("", id=name, compact=True)
                yield Button("", id="send", compact=True, disabled=True)

    def on_mount(self) -> None:
        super().on_mount()
        self.watch(self._scroll, "scroll_y", self._looked, init=False)
        self.find_out()

    @property
    def _scroll(self) -> VerticalScroll:
        return self.query_one(VerticalScroll)

    # --- finding out ---------------------------------------------------------------------------

    @work(exclusive=True, group="who", exit_on_error=False)
    async def find_out(self) -> None:
        """Who answers, and whether production is still what the plan was made for."""
        app = console(self)
        if app.cockpit is None:
            return
        room = app.cockpit.requests()
        self.it = replace(self.it, who=await room.answering.who())
        self.refresh_world()
        if self.it.view.state not in OPEN or self.it.view.wrong:
            return
        try:
            held = Held(app.present(), await room.moved(self.it.view))
        except SourceError as error:
            held = Held(app.present(), problem=error.problem.what)
        self.it = replace(self.it, held=held)
        self.refresh_world()

    @work(group="request", exit_on_error=False)
    async def read_again(self) -> None:
        """The request as it stands by now."""
        app = console(self)
        if app.cockpit is None or self._reading:
            return
        self._reading = True
        try:
            view = await app.cockpit.requests().desk.get(self.it.view.id)
        except StoreUnusable as error:
            app.say(error.problem.what, "error")
            return
        finally:
            self._reading = False
        if view is not None:
            self.it = replace(self.it, view=view)
            self.refresh_world()

    def _due(self, world: World, now: Millis) -> bool:
        if self._reading:
            return False
        newest = max((one.seq for one in world.recent if one.kind.startswith(KINDS)), default=0)
        before, self._recorded = self._recorded, newest
        return (before is not None and newest > before) or lapsed(self.it.view, now)

    def action_again(self) -> None:
        self.find_out()
        self.read_again()

    # --- drawing -------------------------------------------------------------------------------

    def draw(self, world: World, now: Millis) -> None:
        if self._due(world, now):
            self.read_again()
        it, cells = self.it, self.box_cells()
        text = page(it.view, now, cells - 2, you=it.person, held=it.held, per_minute=per_minute(world))
        self._show("text", text)
        asking = it.stage == "open" and it.verb is not None
        self.query_one("#reason-row").display = asking and it.verb != "execute"
        self.query_one("#typed-row").display = asking and it.asks_typed
        label = "VERDICT" if it.verb == "review" else f"TYPE {self._word(world)}"
        self._show("typed-label", [(span(label, "quiet"),)])
        held = self._missing(world)
        below = foot(it, held, self.sends_by(), console(self).monotonic(), cells)
        self._show("foot", below)
        self._buttons(held)
        fields = 0 if not asking else (it.verb != "execute") + it.asks_typed
        blank = 0 if self.has_class("-short") else 1
        self.give_room(fields * (1 + blank) + (len(below) + blank if below else 0) + 1 + blank)
        self.call_after_refresh(self._looked)

    def _buttons(self, held: str | None) -> None:
        it = self.it
        on = offered(it.view, it.person) if it.stage == "open" and it.verb is None else frozenset()
        for name, verbs in WAYS.items():
            verb = next((one for one in verbs if one in on), None)
            button = self.query_one(f"#{name}", Button)
            button.display = verb is not None
            if verb is not None:
                button.label = f"{BUTTONS[verb]}…  {live_key(self, f'request.{name}', KEYS[name])}"
        send = self.query_one("#send", Button)
        send.display = it.stage == "open" and it.verb is not None
        send.disabled = held is not None
        if it.verb is not None:
            send.label = f"{BUTTONS[it.verb]}  {self.sends_by()}"
        self.query_one("#cancel", Button).label = "Cancel" if it.stage == "open" else "Close"

    def _show(self, name: str, lines: list[Line]) -> None:
        self.query_one(f"#{name}", Painted).show(lines)

    def _word(self, world: World) -> str:
        """What has to be typed: the project's name; of another project's request its own."""
        project, mine = world.project.value, self.it.view.request.opened.project_id
        return world.project_label if project is None or project.id == mine else self.it.view.id

    def _missing(self, world: World) -> str | None:
        reason, typed = self.query_one("#reason", Input).value, self.query_one("#typed", Input).value
        return missing(self.it, reason, typed, self._word(world))

    # --- reading to the end --------------------------------------------------------------------

    def _looked(self) -> None:
        """Whether the last row of the page is, or was, on show."""
        if not self.ready or self.it.read or self.hidden:
            return
        scroll, rows = self._scroll, len(self.query_one("#text", Painted).lines)
        most = scroll.styles.max_height
        high = min(scroll.size.height, int(most.value) if most is not None else 0)
        if high and rows and scroll.scroll_y + high >= rows:
            self.it = replace(self.it, read=True)
            self.refresh_world()
            if self._wanted is not None:
                self._begin(self._wanted)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Letters type while something is asked for."""
        return not (action in MOVES and self.it.verb is not None and self.it.stage == "open")

    def action_move(self, rows: int) -> None:
        self._scroll.scroll_relative(y=rows, animate=False)

    def action_page(self, pages: float) -> None:
        self.action_move(int(pages * self._scroll.size.height) or (1 if pages > 0 else -1))

    def action_end(self, bottom: int) -> None:
        (self._scroll.scroll_end if bottom else self._scroll.scroll_home)(animate=False)

    # --- asking --------------------------------------------------------------------------------

    def action_approve(self) -> None:
        self._press("approve")

    def action_deny(self) -> None:
        self._press("deny")

    def action_take_back(self) -> None:
        self._press("undo")

    def action_execute(self) -> None:
        self._press("execute")

    def action_break(self) -> None:
        self._press("break")

    def action_review(self) -> None:
        self._press("review")

    def action_skip(self) -> None:
        self._press("skip")

    def action_reverse(self) -> None:
        self._press("reverse")

    @on(Button.Pressed, "#approve,#deny,#undo,#execute,#break,#review,#skip,#reverse")
    def _pressed(self, event: Button.Pressed) -> None:
        self._press(event.button.id or "")

    def _press(self, name: str) -> None:
        """Ask for what that button stands for now, or say why not."""
        it, app = self.it, console(self)
        if it.stage != "open" or it.verb is not None:
            return
        verb = next((one for one in WAYS[name] if one in offered(it.view, it.person)), None)
        if verb is None:
            app.say(cannot(it.view, name), "warning")
        elif not it.read:
            app.say(f"{READ_FIRST[:1].upper()}{READ_FIRST[1:]}.", "warning")
        else:
            self._begin(verb)

    def _begin(self, verb: Verb) -> None:
        self._wanted = None
        if verb in offered(self.it.view, self.it.person):
            self.it = replace(self.it, verb=verb)
            why = "why, for the ledger" if verb in REASONED else "why, if there is more to say"
            self.query_one("#reason", Input).placeholder = why
            self.query_one("#cancel").focus()
            self.refresh_world()

    def action_back(self) -> None:
        """One step: what is asked for, then the dialog."""
        if self.it.stage == "open" and self.it.verb is not None:
            self.it = replace(self.it, verb=None)
            self.query_one("#cancel").focus()
            self.refresh_world()
        else:
            self.leave()

    # --- sending -------------------------------------------------------------------------------

    def action_send(self) -> None:
        """Send it, if nothing stands in the way; a second press while it is under way does nothing."""
        app, it = console(self), self.it
        if it.verb is None or self.hidden or self._missing(app.world) is not None:
            self.refresh_world()
            return
        reason = self.query_one("#reason", Input).value.strip()
        self.it = replace(it, stage="sending", started=app.monotonic())
        self.query_one("#cancel").focus()
        self.refresh_world()
        verdict = verdict_of(self.query_one("#typed", Input).value) if it.verb == "review" else None
        command = as_request_command(it.verb, it.view.id, reason, verdict or "")
        app.on_request(command, it.view.id, doing(it.verb, it.view, reason, verdict), self.told)

    def told(self, outcome: Outcome) -> bool:
        """Keep the outcome on show; false if this is closed already, or too small to be read."""
        self.it = replace(self.it, stage="ended", outcome=outcome)
        if self.ready:
            self.read_again()
            self.refresh_world()
        return self.ready and not self.hidden


WAYS: dict[str, tuple[Verb, ...]] = {
    "approve": ("approve", "submit"),
    "deny": ("deny", "close"),
    "undo": ("withdraw", "revoke"),
    "execute": ("execute",),
    "break": ("break_glass",),
    "review": ("review",),
    "skip": ("skip",),
    "reverse": ("reverse",),
}
"""What each button may stand for."""
KEYS = {
    "approve": "A",
    "deny": "D",
    "undo": "U",
    "execute": "X",
    "break": "B",
    "review": "V",
    "skip": "S",
    "reverse": "R",
}


def doing(
    verb: Verb, view: View, reason: str, verdict: Verdict | None = None
) -> Callable[[Cockpit], Awaitable[Outcome]]:
    """What is done with the session's requests."""

    async def do(cockpit: Cockpit) -> Outcome:
        room = cockpit.requests()
        if verb == "reverse":
            from console.rollback.undoing import undo

            return await undo(cockpit, view.id, reason)
        if verdict is not None:
            return await room.answering.review(view, verdict, reason)
        if verb in ANSWERS:
            return await room.answering.give(view, verb, reason)  # type: ignore[arg-type]
        if verb == "execute":
            return await room.execute(view.id, again=view.request.attempt is not None)
        if verb == "close":
            return await room.answering.close(view, reason)
        if verb == "skip":
            return await room.execute(view.id, skip=reason)
        if verb == "submit":
            return await room.accept(view.id, reason)
        taking = room.answering.withdraw if verb == "withdraw" else room.answering.revoke
        return await taking(view, reason)

    return do
