"""The console's app: its rooms, its keys, and what a person may ask of production."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.reactive import Reactive
from textual.screen import Screen
from textual.theme import Theme
from textual.widget import AwaitMount
from textual.widgets import Input

from console.world import World
from screens import themes
from screens.dialogs.over import dialog
from screens.following import Follower
from screens.keys import hidden, offers, shown, typing
from screens.look import Look
from screens.release.screen import ReleaseScreen
from screens.room import Room
from screens.screen_mode import ScreenMode
from screens.trail import Trail

if TYPE_CHECKING:
    from console.actions import Preview
    from console.cockpit import Opener
    from console.flags.gate import FlagOutcome, Order
    from console.outcome import Outcome
    from screens.acting import Acting, Doing
    from screens.dialogs.choose import Wish
    from screens.flags.screen import FlagsScreen
    from screens.incidents.screen import IncidentsScreen
    from screens.ledger.screen import LedgerScreen
    from screens.log import Acted
    from screens.metrics.screen import MetricsScreen
    from screens.overview.screen import OverviewScreen
    from screens.rollbacks.screen import RollbacksScreen
    from screens.sources.screen import SourcesScreen


def _overview() -> OverviewScreen:
    """The overview, loaded when it is first gone to."""
    from screens.overview.screen import OverviewScreen

    return OverviewScreen()


def _incidents() -> IncidentsScreen:
    """The incidents' screen, loaded when it is first gone to."""
    from screens.incidents.screen import IncidentsScreen

    return IncidentsScreen()


def _metrics() -> MetricsScreen:
    """The metrics' screen, loaded when it is first gone to."""
    from screens.metrics.screen import MetricsScreen

    return MetricsScreen()


def _flags() -> FlagsScreen:
    """The flags' screen, loaded when it is first gone to."""
    from screens.flags.screen import FlagsScreen

    return FlagsScreen()


def _rollbacks() -> RollbacksScreen:
    """The requests' screen, loaded when it is first gone to."""
    from screens.rollbacks.screen import RollbacksScreen

    return RollbacksScreen()


def _ledger() -> LedgerScreen:
    """The ledger's screen, loaded when it is first gone to and not before the first paint."""
    from screens.ledger.screen import LedgerScreen

    return LedgerScreen()


def _sources() -> SourcesScreen:
    """The sources' screen, loaded when it is first gone to."""
    from screens.sources.screen import SourcesScreen

    return SourcesScreen()


class CoalmineApp(Follower):
    """The rooms, the keys that work everywhere, and what a person asks of production.

    ``look``: colours and keys of the person's own. ``more``: as :class:`Follower` has it. ``target``:
    what is shown first, by its name or address. ``keep_copy``
    writes what was copied into a file, for terminals that do not pass it on, and gives the file (``None``
    if that could not be written).
    """

    TITLE = "coalmine"
    CSS_PATH = ["app.tcss", "release/release.tcss"]  # noqa: RUF012
    MODES = {  # noqa: RUF012
        "overview": _overview,
        "incidents": _incidents,
        "flags": _flags,
        "rollbacks": _rollbacks,
        "metrics": _metrics,
        "ledger": _ledger,
        "sources": _sources,
    }
    DEFAULT_MODE = "release"
    theme = Reactive(themes.DARK.name)
    ENABLE_COMMAND_PALETTE = False  # the command line of our own is one
    BINDINGS: ClassVar[list[BindingType]] = [
        hidden("0", "room('overview')", "room.overview", "Everything that matters now", priority=True),
        hidden("1", "room('release')", "room.release", "The rolling release", priority=True),
        hidden("2", "room('flags')", "room.flags", "The feature flags, and who gets what", priority=True),
        hidden(
            "3", "room('rollbacks')", "room.rollbacks", "Requests that other people approve", priority=True
        ),
        hidden("4", "room('incidents')", "room.incidents", "What is wrong, who works on it", priority=True),
        hidden("7", "room('metrics')", "room.metrics", "Every metric of both tracks", priority=True),
        hidden("9", "room('ledger')", "room.ledger", "Everything recorded", priority=True),
        hidden("minus", "last_room", "app.last_room", "The screen before this one", priority=True),
        hidden("left_square_bracket", "step(-1)", "app.back", "Back through the screens", priority=True),
        hidden("right_square_bracket", "step(1)", "app.forward", "Forth again on that way", priority=True),
        hidden("exclamation_mark", "worst", "app.worst", "The worst thing now, anywhere", priority=True),
        hidden("space", "pause", "app.pause", "Let the picture stand still, or follow again"),
        hidden("W", "arm", "app.arm", "Arm this session, or disarm it"),
        hidden("ctrl+r", "refresh", "app.refresh", "Ask every source now"),
        hidden("ctrl+l", "calls", "app.calls", "Calls and commands: what this session sent, as commands"),
        hidden("ctrl+t", "token", "app.token", "Give another token for the host"),
        hidden("L", "messages", "app.messages", "All messages of this session"),
        shown("question_mark", "help", "app.help", "keys", "The keys of this screen"),
        typing("colon", "command", "app.palette", "palette", "Every action, by name or by a word typed"),
        hidden("ctrl+p", "command", "app.palette_anywhere", "The same, also while you type", priority=True),
        hidden("q", "leave", "app.leave", "Quit, from the top level"),
        hidden("ctrl+q", "quit", "app.quit", "Quit, from anywhere", priority=True),
    ]

    def __init__(
        self,
        first: World,
        open_cockpit: Opener,
        *,
        look: Look | None = None,
        more: Callable[[World], World] | None = None,
        target: str | None = None,
        keep_copy: Callable[[str], Path | None] = lambda text: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.look = look or Look()
        self.keep_copy = keep_copy
        self.screen_modes: dict[str, ScreenMode] = {}
        self.sought_request = ""
        """The request that is to be marked on the screen of requests, until it is."""
        self._first_target = target
        self._home = ReleaseScreen()
        self._trail = Trail("release")
        if self.look.theme is not None:  # before Textual works out its colours, so that it does so once
            self.set_reactive(CoalmineApp.theme, self.look.theme)
        super().__init__(first, open_cockpit, more=more, monotonic=monotonic)
        for theme in themes.THEMES:
            self.register_theme(theme)
        if self.look.keys:
            self.set_keymap(dict(self.look.keys))

    def get_default_screen(self) -> Screen[None]:
        """The release screen; as a mode of its own it would be styled three times before it is drawn."""
        return self._home

    def get_theme(self, theme_name: str) -> Theme | None:
        """As Textual's; ours are known from the start, so that nothing is styled twice."""
        return themes.BY_NAME.get(theme_name) or super().get_theme(theme_name)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return themes.fallback(self.current_theme)

    def on_mount(self) -> None:
        self.add_mode("release", ReleaseScreen)  # the default screen, now to be come back to

    def settle(self) -> None:
        super().settle()
        self._home.settle()
        if self._first_target is not None:
            self.show(self._first_target)

    # --- actions -------------------------------------------------------------------------------

    def switch_mode(self, mode: str) -> AwaitMount:
        """As Textual's; the way is remembered for ``-``, ``[`` and ``]``."""
        self._trail.went(mode)
        return super().switch_mode(mode)

    async def action_room(self, mode: str) -> None:
        """Go to a room; the key after this one is looked at when it is there."""
        if mode == self.current_mode and len(self.screen_stack) > 1:
            await self._to_room()
        await self.switch_mode(mode)

    async def _to_room(self) -> None:
        """From what lies over a room back to it: a deployment, an incident, what was opened from there."""
        while len(self.screen_stack) > 1:
            await self.pop_screen()

    async def action_last_room(self) -> None:
        if self._trail.last is not None:
            await self.switch_mode(self._trail.last)

    async def action_step(self, by: int) -> None:
        """One room back (-1) or forth (1) on the way that was taken."""
        room = self._trail.step(by)
        if room is not None:
            await self.switch_mode(room)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Over a dialog or in a text field no key changes the room; what is not offered is off."""
        if action in ("room", "last_room", "step", "worst"):
            return dialog(self.screen) is None and not isinstance(self.focused, Input)
        return offers(self.world, action, parameters)

    # --- acting: all of it is in screens/acting.py ----------------------------------------------

    @cached_property
    def acting(self) -> Acting:
        """What leads to the gate, loaded when it is first needed."""
        from screens.acting import Acting

        return Acting(self)

    @property
    def acts(self) -> deque[Acted]:
        """What this session sent or tried to, oldest first."""
        return self.acting.acts

    def act(self, action: str) -> None:
        """Open the review of ``action``."""
        self.acting.review(action)

    def review(self, action: str, deployment_id: str) -> None:
        """Open the review of ``action`` on a deployment that was chosen already."""
        self.acting.review(action, deployment_id)

    def look_at(self, deployment_id: str) -> None:
        """Look closely at a deployment."""
        from screens.deployment.screen import DeploymentScreen

        self.push_screen(DeploymentScreen(deployment_id))

    def show_request(self, request_id: str) -> None:
        """Go to the requests, with this one marked."""
        self.sought_request = request_id.strip().upper()
        self.switch_mode("rollbacks")
        self.draw()

    async def action_worst(self) -> None:
        """Go where the worst thing now is; where nothing is wrong, that is said."""
        from screens.attention import worst

        found = worst(self.world)
        self.say(found.says, "warning" if found.room else "information")
        if found.incident_id:
            self.show_incident(found.incident_id)
        elif found.room:
            await self.action_room(found.room)

    def show_incident(self, incident_id: str) -> None:
        """Go to the room of an incident, over whatever is on show."""
        from screens.incidents.room import IncidentScreen

        name, top = incident_id.strip().upper(), self.screen
        if not (isinstance(top, IncidentScreen) and top.incident_id == name):
            self.push_screen(IncidentScreen(name))

    def show_playbooks(self, incident_id: str = "") -> None:
        """Look at the playbooks; those for the incident, if one is named, stand first."""
        from screens.playbooks.screen import PlaybooksScreen

        if dialog(self.screen) is None and not isinstance(self.screen, PlaybooksScreen):
            self.push_screen(PlaybooksScreen(incident_id))

    def show_run(self, run_id: str) -> None:
        """Go to a run of a playbook, over whatever is on show."""
        from screens.runs.screen import RunScreen

        name, top = run_id.strip().upper(), self.screen
        if not (isinstance(top, RunScreen) and top.run_id == name):
            self.push_screen(RunScreen(name))

    def show(self, target: str) -> None:
        """Go where ``target`` is: INC-7, PB-2, RB-14, dpl_…, or an address with one in it."""
        from screens.targets import target_of

        found = target_of(target)
        if found is None:
            self.say(f"{target} names nothing that could be shown: INC-1, PB-1, RB-1 or dpl_….", "warning")
            return
        kind, name = found
        going: dict[str, Callable[[str], object]] = {
            "incident": self.show_incident,
            "run": self.show_run,
            "request": self.show_request,
            "deployment": self.look_at,
            "room": self.switch_mode,
        }
        going[kind](name)

    def action_playbooks(self) -> None:
        self.show_playbooks()

    async def action_incident(self) -> None:
        await self.acting.open_incident()

    def on_request(self, command: str, name: str, doing: Doing, told: Callable[[Outcome], bool]) -> None:
        """Answer a request or carry it out; closing the dialog does not cut it off."""
        self.acting.on_request(command, name, doing, told)

    def perform(self, preview: Preview, reason: str, typed: str, told: Callable[[Outcome], bool]) -> None:
        """Send a confirmed action; closing the dialog does not cut it off."""
        self.acting.perform(preview, reason, typed, told)

    def change_flag(
        self, order: Order, command: str, told: Callable[[tuple[FlagOutcome, ...]], bool]
    ) -> None:
        """Send a confirmed change of a flag; closing the dialog does not cut it off."""
        self.acting.change_flag(order, command, told)

    def arm_reason(self) -> str | None:
        """Why this session is armed, if a person armed it."""
        return self.acting.reason()

    def action_act(self, action: str) -> None:
        self.acting.review(action)

    def action_choose(self, wish: Wish) -> None:
        self.acting.choose(wish)

    def action_mitigate(self) -> None:
        self.acting.mitigate()

    def action_freeze(self) -> None:
        self.acting.freeze()

    def action_arm(self) -> None:
        self.acting.arm()

    # --- what is asked for and shown ------------------------------------------------------------

    def action_calls(self) -> None:
        from screens.dialogs.calls import CallsDialog

        if dialog(self.screen) is None:
            self.push_screen(CallsDialog())

    def action_token(self) -> None:
        """Ask for another token of the host."""
        from screens.dialogs.token import TokenDialog

        if self.cockpit is None:
            self.say("No token can be given yet: the console is still opening.", "warning")
        elif dialog(self.screen) is None:
            self.push_screen(TokenDialog())

    def action_messages(self) -> None:
        from screens.dialogs.messages import MessagesDialog

        self.push_screen(MessagesDialog(tuple(self.said)))

    def action_help(self) -> None:
        from screens.dialogs.help import HelpDialog

        if dialog(self.screen) is None:
            self.push_screen(HelpDialog(self.screen))

    async def action_command(self) -> None:
        """The command line, over whatever is on show. No key is looked at before it can take it."""
        from screens.dialogs.command import CommandDialog

        if not isinstance(self.screen, CommandDialog):
            line = CommandDialog(self.screen)
            await self.push_screen(line)
            line.begin()

    def unable(self, action: str) -> str | None:
        """Why a key that works everywhere would do nothing now."""
        ways = {"step(-1)": self._trail.leads(-1), "step(1)": self._trail.leads(1)}
        ways["last_room"] = self._trail.last is not None
        return None if ways.get(action, True) else "the way through the screens goes no further"

    def room(self) -> Room:
        """The numbered screen under any dialogs."""
        room = self.top()
        assert isinstance(room, Room)
        return room

    def action_leave(self) -> None:
        """Quit, but only from the top level."""
        if len(self.screen_stack) == 1:
            self.exit(0)

    async def action_quit(self) -> None:
        self.exit(0)

    def top(self) -> Screen[object]:
        """The numbered screen under any dialogs."""
        return self.screen_stack[0]
