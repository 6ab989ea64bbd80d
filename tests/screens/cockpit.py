"""A cockpit that serves prepared worlds and remembers what was asked of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from console import actions, previews
from console.actions import Impossible, Preview
from console.calls import CallLog
from console.envelope import Head, Recorded, VerifyReport
from console.flags.desk import FlagDesk
from console.incidents.room import IncidentRoom
from console.outcome import End, Outcome
from console.planning import Choice
from console.playbooks.library import Found
from console.production import Production
from console.rollback.room import Room
from console.runs.room import RunRoom
from console.sources import Facts, SourceView, views
from console.tokens import Tried
from console.world import World


@dataclass
class PreparedDesk:
    """What stands behind a prepared picture: the sources as it knows them, and calls that a test adds."""

    facts: Facts = field(default_factory=Facts)
    calls: CallLog = field(default_factory=CallLog)
    tried: list[Tried] = field(default_factory=list)
    """Answers to offered tokens, the next one first."""
    offered: list[tuple[str | None, str | None]] = field(default_factory=list)

    def sources(self, world: World) -> tuple[SourceView, ...]:
        return views(world, self.facts)

    async def another_token(self, text: str | None, *, as_other: str | None = None) -> Tried:
        self.offered.append((text, as_other))
        return self.tried.pop(0)


@dataclass
class PreparedCockpit:
    """Answers from ``present``, which a test changes with :meth:`show`; the other answers it sets."""

    present: World
    ledger: tuple[Recorded, ...] = ()
    """Newest first."""
    refusing: str | None = None
    outcome: Outcome = field(default_factory=lambda: Outcome(End.DONE, "The host accepted it.", seq=10))
    raises: Exception | None = None
    report: VerifyReport | None = None
    hold: asyncio.Event | None = None
    """While set and not set to true, ``perform`` and ``verify`` wait for it."""
    performed: list[tuple[str, str, str]] = field(default_factory=list)
    armed: list[tuple[str, int]] = field(default_factory=list)
    disarmed: int = 0
    refreshed: int = 0
    closed: bool = False
    desk: Any = field(default_factory=PreparedDesk)
    flag_desk: FlagDesk | None = None
    room: Room | None = None
    incident_room: IncidentRoom | None = None
    library: tuple[Found, ...] = ()
    run_room: RunRoom | None = None
    production: Production = field(init=False, repr=False)
    """Not there: what asks for it must not be tested on prepared worlds."""
    _listeners: list[Callable[[World], None]] = field(default_factory=list)

    def world(self) -> World:
        return self.present

    def watch(self, listener: Callable[[World], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def show(self, world: World) -> None:
        """Publish ``world``."""
        self.present = world
        for listener in list(self._listeners):
            listener(world)

    async def preview(self, action: str, choice: Choice | None = None) -> Preview:
        if self.raises is not None:
            raise self.raises
        release = self.present.release.value
        made = actions.make(action, release)
        assert release is not None
        return previews.preview(made, release, self.present.verdict, 3_360.0, self.present.project_label)

    async def perform(self, preview: Preview, reason: str, typed: str = "") -> Outcome:
        self.performed.append((preview.action.NAME, reason, typed))
        if self.hold is not None:
            await self.hold.wait()
        return self.outcome

    def refusal(self, action: str) -> str | None:
        return self.refusing

    def flags(self) -> FlagDesk:
        if self.flag_desk is None:
            raise Impossible("This session has no back-end of flags.")
        return self.flag_desk

    def requests(self) -> Room:
        if self.room is None:
            raise Impossible("This session cannot check signatures.")
        return self.room

    def incidents(self) -> IncidentRoom:
        if self.incident_room is None:
            from tests.screens.incident_room import room

            self.incident_room = room()[0]
        return self.incident_room

    def runs(self) -> RunRoom:
        if self.run_room is None:
            from tests.screens.run_room import room_of

            self.run_room = room_of(self.incidents())
        return self.run_room

    async def playbooks(self) -> tuple[Found, ...]:
        return self.library

    async def arm(self, reason: str, minutes: int) -> Outcome:
        self.armed.append((reason, minutes))
        return self.outcome

    async def disarm(self) -> Outcome:
        self.disarmed += 1
        return self.outcome

    async def refresh(self) -> None:
        self.refreshed += 1

    async def events(
        self, *, stream: str | None = None, before_seq: int | None = None, limit: int = 200
    ) -> list[Recorded]:
        found = [
            event
            for event in self.ledger or self.present.recent
            if (stream is None or event.stream == stream) and (before_seq is None or event.seq < before_seq)
        ]
        return found[:limit]

    async def verify(self) -> VerifyReport:
        if self.hold is not None:
            await self.hold.wait()
        if self.report is not None:
            return self.report
        events = self.ledger or self.present.recent
        head = Head(events[0].seq, events[0].hash)
        return VerifyReport(checked=len(events), head=head, redacted=0, breaks=())

    async def close(self) -> None:
        self.closed = True
