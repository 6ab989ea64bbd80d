"""What the screens are handed: one object that knows the world and takes decisions to the gate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from console.actions import Preview
    from console.desk import Desk
    from console.envelope import Recorded, VerifyReport
    from console.flags.desk import FlagDesk
    from console.incidents.room import IncidentRoom
    from console.outcome import Outcome
    from console.planning import Choice
    from console.playbooks.library import Found
    from console.production import Production
    from console.rollback.room import Room
    from console.runs.room import RunRoom
    from console.world import World


class Cockpit(Protocol):
    """The console's inside as a screen sees it. All methods are safe to call on the event loop."""

    def world(self) -> World:
        """The present picture; cheap."""
        ...

    def watch(self, listener: Callable[[World], None]) -> Callable[[], None]:
        """Call ``listener`` on the event loop with each new picture; the returned function ends that."""
        ...

    desk: Desk
    """The sources in detail, what was sent, and the token with which it is sent."""

    production: Production
    """Lists to choose from, preflight, freeze and thaw."""

    async def preview(self, action: str, choice: Choice | None = None) -> Preview:
        """Read the host afresh and say what ``action`` would do; ``choice``: what it is about.

        Raises :class:`console.actions.Impossible` or :class:`console.ports.SourceError`.
        """
        ...

    async def perform(self, preview: Preview, reason: str, typed: str = "") -> Outcome:
        """Take the confirmed action through the gate. Never raises for what a person can be told."""
        ...

    def refusal(self, action: str) -> str | None:
        """Why the gate would refuse ``action`` now (not armed, role, …); ``None`` if it would not."""
        ...

    def flags(self) -> FlagDesk:
        """What this session does with flags; the first call loads much: import ``console.flags.desk`` before.

        Raises :class:`console.actions.Impossible` where there is no back-end of flags.
        """
        ...

    def requests(self) -> Room:
        """What waits for other people's approval; the first call loads much: import
        ``console.rollback.room`` before.

        Raises :class:`console.actions.Impossible` where signatures cannot be checked.
        """
        ...

    def incidents(self) -> IncidentRoom:
        """What is worked on; the first call loads much: import ``console.incidents.room`` before."""
        ...

    def runs(self) -> RunRoom:
        """The runs of playbooks; the first call loads much: import ``console.runs.room`` before."""
        ...

    async def playbooks(self) -> tuple[Found, ...]:
        """Every playbook there is, read and checked anew; takes a moment."""
        ...

    async def arm(self, reason: str, minutes: int) -> Outcome: ...

    async def disarm(self) -> Outcome: ...

    async def refresh(self) -> None:
        """Poll everything now."""
        ...

    async def events(
        self, *, stream: str | None = None, before_seq: int | None = None, limit: int = 200
    ) -> list[Recorded]:
        """Events of the ledger, newest first."""
        ...

    async def verify(self) -> VerifyReport: ...

    async def close(self) -> None:
        """Stop polling and close the stores; idempotent."""
        ...


class Opener(Protocol):
    """Builds the cockpit after the first paint (heavy imports happen inside)."""

    async def __call__(self) -> Cockpit: ...
