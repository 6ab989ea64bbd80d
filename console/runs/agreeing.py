"""At the console a step that somebody has to agree to waits for their word before it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from console.incidents.rules import refused
from console.outcome import End, Outcome
from console.ports import Clock
from console.readings import Millis
from console.runs.consent import Consent, Consents
from console.runs.doing import Done, Say, Task
from console.runs.hands_of_session import ConsentingHand

LOOK_S = 0.2
"""How often it is looked whether the word was typed (real seconds)."""
AGAIN_MS: Millis = 5_000
"""How often it is looked whether what would be done is still the same."""


@dataclass(frozen=True, slots=True)
class Pending:
    """What waits to be agreed to."""

    task: Task
    consent: Consent


@dataclass(slots=True)
class Board:
    """What waits for a word in one session, by run."""

    consents: Consents = field(default_factory=Consents)
    pending: dict[str, Pending] = field(default_factory=dict)
    agreed: set[str] = field(default_factory=set)
    """Keys of the attempts that somebody agreed to."""

    def agree(self, run_id: str, digest: str, typed: str) -> Outcome:
        """Agree to what was shown, which ``digest`` stands for."""
        waiting = self.pending.get(run_id)
        if waiting is None:
            return refused(f"Nothing of {run_id} waits for a word here.", "Look at it again.")
        if waiting.consent.digest != digest:
            return refused("What would be done has changed since it was shown.", "Look at it again.")
        wrong = self.consents.give(waiting.task, waiting.consent, typed)
        if wrong is not None:
            return refused(wrong, "Nothing was done.")
        self.agreed.add(waiting.task.key)
        return Outcome(End.DONE, f"Step {waiting.task.step.id} of {run_id} is agreed to.")


@dataclass(frozen=True, slots=True)
class Agreeing:
    """Implements :class:`console.runs.doing.Hand` around a hand that asks for a consent."""

    hand: ConsentingHand
    board: Board
    clock: Clock
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def would(self, task: Task) -> tuple[str, ...]:
        return await self.hand.would(task)

    async def do(self, task: Task, say: Say) -> Done:
        late = await self._agreed(task, say)
        return late or await self.hand.do(task, say)

    async def resume(self, task: Task, say: Say) -> Done:
        return await self.hand.resume(task, say)

    async def _agreed(self, task: Task, say: Say) -> Done | None:
        """Wait for the word, as long as the step has time; how it ended where none came."""
        try:
            looked = None
            while task.key not in self.board.agreed:
                now = self.clock.now()
                if task.deadline is not None and now >= task.deadline:
                    return Done("timed_out", "Nothing was sent: nobody agreed to it in its time.")
                if looked is None or now - looked >= AGAIN_MS:
                    consent = await self.hand.consent(task)
                    if consent.word is None:
                        return None
                    if looked is None:
                        task.waits(f"{task.person} to agree to it")
                    looked = now
                    self.board.pending[task.run_id] = Pending(task, consent)
                    say(f"enter shows what it would do; it waits for {consent.word!r} to be typed")
                await self.wait(LOOK_S)
            return None
        finally:
            self.board.pending.pop(task.run_id, None)
            self.board.agreed.discard(task.key)
