"""What a screen may ask of the app it stands in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable

    from textual.screen import Screen

    from console.actions import Preview
    from console.cockpit import Cockpit
    from console.flags.gate import FlagOutcome, Order
    from console.outcome import Outcome
    from console.readings import Millis
    from console.world import World
    from screens.acting import Doing
    from screens.log import Acted
    from screens.look import Look
    from screens.opening import Opening
    from screens.screen_mode import ScreenMode


class Console(Protocol):
    """The app as its screens see it."""

    world: World
    cockpit: Cockpit | None
    opening: Opening
    acts: deque[Acted]
    """What this session sent or tried to, oldest first."""

    look: Look
    """Colours and keys of the person's own."""
    screen_modes: dict[str, ScreenMode]
    """The screen mode of each numbered screen, where it is not the normal one."""

    sought_request: str
    """The request that is to be marked on the screen of requests; empty once it is."""

    @property
    def picture(self) -> World:
        """What screens show: ``world``, or while paused the one that stands still. Acting uses ``world``."""
        ...

    def paused(self) -> str:
        """How long the picture has stood still, in words; empty while it follows."""
        ...

    def present(self) -> Millis:
        """Now, in the world's own time: the newest picture's moment plus what has passed since."""
        ...

    def say(self, message: str, severity: str = "information") -> None:
        """A toast, kept in the log of messages."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        ...

    def arm_reason(self) -> str | None:
        """Why this session is armed, if a person armed it."""
        ...

    def show_incident(self, incident_id: str) -> None:
        """Go to the room of an incident."""
        ...

    def show_run(self, run_id: str) -> None:
        """Go to a run of a playbook."""
        ...

    def show_playbooks(self, incident_id: str = "") -> None:
        """Look at the playbooks; those for the incident, if one is named, stand first."""
        ...

    def act(self, action: str) -> None:
        """Open the review of an action (advance, complete, abort)."""
        ...

    def look_at(self, deployment_id: str) -> None:
        """Look closely at a deployment: its state, its checks, its build with the log."""
        ...

    def review(self, action: str, deployment_id: str) -> None:
        """Open the review of an action on a deployment that was chosen already."""
        ...

    def perform(self, preview: Preview, reason: str, typed: str, told: Callable[[Outcome], bool]) -> None:
        """Send a confirmed action, and tell the outcome however long it takes and whatever is closed."""
        ...

    def on_request(self, command: str, name: str, doing: Doing, told: Callable[[Outcome], bool]) -> None:
        """Do what was confirmed with a request (``command`` does the same), and tell the outcome."""
        ...

    def change_flag(
        self, order: Order, command: str, told: Callable[[tuple[FlagOutcome, ...]], bool]
    ) -> None:
        """Send a confirmed change of flags (``command`` does the same), and tell the outcomes."""
        ...


def console(screen: Screen[Any]) -> Console:
    """The app of ``screen``."""
    return cast("Console", screen.app)
