"""What a session does with alerts: looks, silences, and finds out what became of that."""

from __future__ import annotations

import asyncio

from console.alerts.gate import SilenceGate
from console.alerts.port import Alertmanager
from console.alerts.silencing import Offer
from console.outcome import Outcome
from console.ports import Clock

ASK_AGAIN_S = 2.0


class AlertDesk:
    """One session's. What was begun goes on, whoever waits for it goes away."""

    def __init__(self, alertmanager: Alertmanager, gate: SilenceGate, clock: Clock) -> None:
        self.alertmanager, self.gate, self._clock = alertmanager, gate, clock
        self._tasks: set[asyncio.Task[Outcome]] = set()

    async def perform(self, offer: Offer, reason: str) -> Outcome:
        """Through the gate, once."""
        task = asyncio.create_task(self.gate.perform(offer, reason))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def settle(self, seconds: float) -> Outcome | None:
        """Ask what became of what has no answer, so long at most; the last that was found out."""
        end = self._clock.monotonic() + seconds
        while True:
            found = await self.gate.settle()
            if found or self._clock.monotonic() >= end:
                return found[-1] if found else None
            await self._clock.sleep(ASK_AGAIN_S)

    async def tend(self) -> None:
        """Settle what nobody here is sending just now."""
        if not self._tasks:
            await self.gate.settle()

    async def finished(self, seconds: float) -> None:
        """Wait for the answers to what was sent, so long at most."""
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=seconds)
