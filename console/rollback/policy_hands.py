"""Puts an approved policy in force: the ledger says so first, then the files beside it are written."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from console.adopted import STREAM, adoption, last_adopted
from console.effect import Offload
from console.envelope import Actor
from console.events import Unknown
from console.outcome import End, Outcome
from console.policy import PolicyFault, Rulebook
from console.ports import Clock, Ledger, LedgerConflict
from console.rollback.policy_step import PolicyStep, mark_of

MEANWHILE = "Another policy was adopted meanwhile."
RESTORE = "Run `coalmine config restore`: it writes the files in force."


class PolicyHands:
    """Of one session. ``write`` puts a rulebook's files beside the ledger; raises :class:`PolicyFault`."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        actor: Callable[[], Actor],
        write: Callable[[Rulebook], object],
        offload: Offload,
    ) -> None:
        self._ledger, self._clock, self._actor = ledger, clock, actor
        self._write, self._offload = write, offload

    async def moved(self, step: PolicyStep) -> str | None:
        """Why it is not the policy that the step would replace."""
        return await self._offload(partial(self._moved, step))

    def _moved(self, step: PolicyStep) -> str | None:
        try:
            adopted = last_adopted(self._ledger.read(stream=STREAM))
        except Unknown as error:
            return f"The policy in force cannot be read: {error}"
        return None if adopted is not None and mark_of(adopted) == step.replaces else MEANWHILE

    async def take(self, step: PolicyStep, reason: str) -> Outcome:
        """Adopt it, once: at the version of the stream at which the one before was still in force."""
        return await self._offload(partial(self._take, step, reason))

    def _take(self, step: PolicyStep, reason: str) -> Outcome:
        try:
            book = step.book()
        except PolicyFault as error:
            return Outcome(End.NOT_SENT, f"This program would not accept it: {error.faults[0]}")
        story = self._ledger.read(stream=STREAM)
        adopted = last_adopted(story)
        if adopted is None or mark_of(adopted) != step.replaces:
            return Outcome(End.NOT_SENT, MEANWHILE)
        event = adoption(book, reason, self._actor(), self._clock.now())
        try:
            [recorded] = self._ledger.append(STREAM, story[-1].version, [event])
        except LedgerConflict:
            return Outcome(End.NOT_SENT, MEANWHILE)
        return self._written(book, f"In force from event {recorded.seq} on")

    async def became(self, step: PolicyStep) -> Outcome:
        """Whether it is in force: then its files are written, should a crash have come between."""

        def look() -> Outcome:
            adopted = last_adopted(self._ledger.read(stream=STREAM))
            if adopted is None or mark_of(adopted) != step.mark:
                return Outcome(End.NOT_SENT, "It was not adopted.")
            return self._written(step.book(), "It is in force")

        return await self._offload(look)

    def _written(self, book: Rulebook, says: str) -> Outcome:
        try:
            self._write(book)
        except PolicyFault as error:
            return Outcome(End.DONE, f"{says}; its files are not there: {error.faults[0]}", RESTORE)
        return Outcome(End.DONE, f"{says}.")
