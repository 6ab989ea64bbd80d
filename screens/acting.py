"""What a person asks of production, from the key to the answer: choosing, reviewing, sending, arming."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any

from console.outcome import End
from console.world import Mode
from screens.dialogs.base import Dialog
from screens.log import SEVERITIES, Acted

if TYPE_CHECKING:
    from console.actions import Preview
    from console.cockpit import Cockpit
    from console.flags.gate import FlagOutcome, Order
    from console.outcome import Outcome
    from screens.app import CoalmineApp
    from screens.dialogs.choose import Wish
    from screens.dialogs.stopping_text import Move

Doing = Callable[["Cockpit"], Awaitable["Outcome"]]
"""What is done with a session's requests, and how that ended."""
KEPT = 500


class Acting:
    """Opens the dialogs that lead to the gate, and sends what was confirmed there.

    The sending is the app's own work: closing a dialog does not cut it off.
    """

    def __init__(self, app: CoalmineApp) -> None:
        self._app = app
        self.acts: deque[Acted] = deque(maxlen=KEPT)

    def _can(self, what: str) -> bool:
        """Whether a dialog may open now; why not is said."""
        if self._app.cockpit is None:
            self._app.say(f"{what} yet: the console is still opening.", "warning")
            return False
        if isinstance(self._app.screen, Dialog):
            self._app.say("Close this dialog first.", "warning")
            return False
        return True

    def review(self, action: str, deployment_id: str | None = None) -> None:
        """Open the review of ``action``, of those that take a deployment on the one given."""
        from console.planning import Choice
        from screens.dialogs.review import ReviewDialog

        if self._can("Nothing can be sent"):
            choice = None if deployment_id is None else Choice(target_id=deployment_id)
            self._app.push_screen(ReviewDialog(action, choice))

    def choose(self, wish: Wish) -> None:
        """Choose a deployment, then review what would happen to it."""
        from screens.dialogs.choose import ChooseDialog

        def chosen(deployment_id: str | None) -> None:
            if deployment_id is not None:
                self.review(wish, deployment_id)

        if self._can("Nothing can be chosen"):
            self._app.push_screen(ChooseDialog(wish), chosen)

    def mitigate(self) -> None:
        """List what would stop the harm; what is chosen there is previewed as by its own key."""
        from screens.dialogs.stopping import StopDialog

        def chosen(move: Move | None) -> None:
            if move is None:
                return
            if move.verb == "abort":
                self.review("abort")
            elif move.verb == "rollback":
                self.choose("rollback")
            else:
                from screens.dialogs.flag import FlagDialog

                self._app.push_screen(FlagDialog("kill", (move.key,), move.environment))

        if self._can("Nothing can be stopped"):
            self._app.push_screen(StopDialog(), chosen)

    def freeze(self) -> None:
        """Freeze changes (asks why), or end the freeze."""
        from screens.dialogs.freeze import FreezeDialog

        if self._can("Nothing can be frozen"):
            self._app.push_screen(FreezeDialog(thaw=self._app.world.frozen is not None))

    def perform(self, preview: Preview, reason: str, typed: str, told: Callable[[Outcome], bool]) -> None:
        """Send a confirmed action, keep it with its command, and tell the outcome.

        ``told`` says whether it stands on the screen now; else a toast tells it.
        """
        self._work(self._perform(preview, reason, typed, told), "perform")

    async def _perform(
        self, preview: Preview, reason: str, typed: str, told: Callable[[Outcome], bool]
    ) -> None:
        app = self._app
        if app.cockpit is None:
            return
        from console.as_command import as_command
        from screens.dialogs.review_text import outcome_toast

        command, asked = as_command(preview.action, reason, self.reason()), app.present()
        outcome = await app.cockpit.perform(preview, reason, typed)
        self.acts.append(Acted(asked, command, outcome))
        says, severity = outcome_toast(preview.action.NAME, outcome), SEVERITIES[outcome.end]
        (app.keep if told(outcome) else app.say)(says, severity)

    def change_flag(
        self, order: Order, command: str, told: Callable[[tuple[FlagOutcome, ...]], bool]
    ) -> None:
        """Send a confirmed change of flags, as :meth:`perform` does with an action of the host."""
        self._work(self._change_flag(order, command, told), "perform")

    async def _change_flag(
        self, order: Order, command: str, told: Callable[[tuple[FlagOutcome, ...]], bool]
    ) -> None:
        app = self._app
        if app.cockpit is None:
            return
        from screens.dialogs.review_text import outcome_toast

        asked = app.present()
        all_made = await app.cockpit.flags().perform(order)
        shown = told(all_made)
        for made in all_made:
            self.acts.append(Acted(asked, command, made.outcome))
            says, severity = outcome_toast(f"flag {made.key}", made.outcome), SEVERITIES[made.outcome.end]
            (app.keep if shown else app.say)(says, severity)

    def on_request(self, command: str, name: str, doing: Doing, told: Callable[[Outcome], bool]) -> None:
        """Do what was confirmed with the request ``name``; ``command`` does the same."""
        self._work(self._on_request(command, name, doing, told), "perform")

    async def _on_request(
        self, command: str, name: str, doing: Doing, told: Callable[[Outcome], bool]
    ) -> None:
        app = self._app
        if app.cockpit is None:
            return
        from screens.dialogs.review_text import outcome_toast

        asked = app.present()
        outcome = await doing(app.cockpit)
        self.acts.append(Acted(asked, command, outcome))
        says, severity = outcome_toast(name, outcome), SEVERITIES[outcome.end]
        (app.keep if told(outcome) else app.say)(says, severity)

    async def open_incident(self) -> None:
        """Ask what is wrong, and open an incident; its room comes on show when it is open."""
        if not self._can("No incident can be opened"):
            return
        import asyncio
        from importlib import import_module

        for name in ("console.incidents.room", "screens.dialogs.verb", "screens.incidents.opening"):
            await asyncio.to_thread(import_module, name)
        from screens.dialogs.verb import VerbDialog
        from screens.incidents.opening import opening

        app = self._app
        dialog = VerbDialog(opening(app.world, app.present()), "incident")

        def closed(_: None) -> None:
            if dialog.outcome is not None and dialog.outcome.end is End.DONE:
                app.show_incident(dialog.outcome.next)

        if not isinstance(app.screen, Dialog):
            await app.push_screen(dialog, closed)

    def reason(self) -> str | None:
        """Why this session is armed, if a person armed it."""
        armed = self._app.world.armed
        return armed.reason if armed is not None else None

    def arm(self) -> None:
        """Arm this session (asks why and for how long), or disarm it at once."""
        from screens.dialogs.arm import ArmDialog

        app = self._app
        if app.cockpit is None:
            app.say("This session cannot be armed yet: the console is still opening.", "warning")
        elif app.world.mode is Mode.DEMO:
            app.say("The demo is armed from the start.")
        elif app.world.armed is not None:
            self._work(self._disarm(), "disarm", exclusive=True)
        elif not isinstance(app.screen, ArmDialog):
            app.push_screen(ArmDialog())

    async def _disarm(self) -> None:
        if self._app.cockpit is not None:
            outcome = await self._app.cockpit.disarm()
            self._app.say(outcome.says, SEVERITIES[outcome.end])

    def _work(self, work: Coroutine[Any, Any, None], group: str, *, exclusive: bool = False) -> None:
        self._app.run_worker(work, group=group, exclusive=exclusive, exit_on_error=False)
