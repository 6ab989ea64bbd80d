"""The gate for Edge Config stores: intent on record → sent once → read back → outcome on record.

Only a request's approved plan comes here. The host takes no condition with a restoring: the store is read and
compared just before, and a small race remains, which the reading back shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from console import events
from console.authorise import Allowed, Standing
from console.effect import TOO_LATE, TOO_LATE_MS, Fate, Offload, OnRecord, sent_once, unrecorded
from console.envelope import Actor, NewEvent, Recorded
from console.flags.words import shown_text
from console.outcome import End, Outcome
from console.ports import Clock, EffectNotSent, Ledger, SourceError, StoreUnusable
from console.readings import Problem
from console.reconcile import SETTLE_MS
from console.rollback.store_events import StoreEnded, StoreIntended
from console.rollback.store_step import StoreStep, moved_store
from console.rollback.stores import ConfigStores

LOOK = "Look at the store in Vercel's dashboard, and decide again."


@dataclass(frozen=True, slots=True)
class _Intent:
    event: StoreIntended
    recorded: Recorded
    ended: StoreEnded | None

    @property
    def open(self) -> bool:
        return self.ended is None or (self.ended.outcome == "unknown" and self.ended.how == "answered")

    @property
    def step(self) -> StoreStep:
        one = self.event
        return StoreStep(one.store_id, one.name, one.backup, one.before, one.after)


class StoreGate:
    """Takes one approved restoring at a time to the host, and records what became of it."""

    def __init__(
        self,
        stores: Callable[[], ConfigStores] | None,
        ledger: Ledger,
        clock: Clock,
        standing: Callable[[], Standing],
        actor: Callable[[], Actor],
        offload: Offload,
    ) -> None:
        self._make, self._ledger, self._clock = stores, ledger, clock
        self._standing, self._actor, self._offload = standing, actor, offload
        self._record = OnRecord(ledger, offload)

    def stores(self) -> ConfigStores:
        """The stores of the team. Raises :class:`SourceError` where there are none."""
        if self._make is None:
            raise SourceError(Problem("unconfigured", "There are no Edge Config stores here.", LOOK))
        return self._make()

    async def with_authority(self, step: StoreStep, reason: str, allowed: Allowed, action_id: str) -> Outcome:
        """Restore it, authorised by other people's approval of exactly this; nothing is raised."""
        try:
            new = partial(self._intent, step, reason, allowed, action_id)
            intent = await self._record.intend(step.stream, partial(self._objection, step), new)
        except StoreUnusable as error:
            return Outcome(End.REFUSED_HERE, f"Nothing was sent: {error.problem.what}", error.problem.next)
        if intent is None:
            says = "Others are writing about this store all the time."
            return Outcome(End.REFUSED_HERE, says, "Look again, then try again.")
        return intent if isinstance(intent, Outcome) else await self._send(step, intent)

    async def _objection(self, step: StoreStep, told: Sequence[Recorded]) -> Outcome | None:
        intents, blocked = _intents(told)
        if blocked:
            says = f"Nothing was sent: the ledger holds something that cannot be read here ({blocked})."
            return Outcome(End.REFUSED_HERE, says, "Update Coalmine on this machine.")
        waiting = next((one for one in intents if one.open), None)
        if waiting is not None and await self._settled(waiting) is None:
            what = f"what became of {waiting.event.person}'s restoring of it is not known yet"
            return Outcome(End.REFUSED_HERE, f"Nothing was sent: {what}.", "Wait for its outcome.")
        try:
            moved = await moved_store(step, self.stores())
        except SourceError as error:
            says = f"Nothing was sent: the store could not be read. {error.problem.what}"
            return Outcome(End.REFUSED_HERE, says, error.problem.next)
        return None if moved is None else Outcome(End.REFUSED_HERE, f"Nothing was sent: {moved}", LOOK)

    def _intent(self, step: StoreStep, reason: str, allowed: Allowed, action_id: str) -> NewEvent:
        book = self._standing().rulebook
        return StoreIntended(
            action_id=action_id,
            store_id=step.store_id,
            name=step.name,
            backup=step.backup,
            before=step.before,
            after=step.after,
            person=allowed.person,
            reason=reason.strip(),
            rule=allowed.rule,
            policy_sha256="" if isinstance(book, str) else book.policy_sha256,
            arming=allowed.arming,
        ).new(self._actor(), self._clock.now())

    async def _send(self, step: StoreStep, intent: Recorded) -> Outcome:
        if self._clock.now() - intent.at > TOO_LATE_MS:  # this machine slept, or its disk hung
            return await self._end(intent, TOO_LATE)
        answer = await sent_once(partial(self._restored, step), f"a restoring of {step.store_id}")
        return await self._end(intent, answer)

    async def _restored(self, step: StoreStep) -> Outcome:
        name = shown_text(step.name)
        try:
            stores = self.stores()
            present = await stores.present(step.store_id)
        except SourceError as error:
            raise EffectNotSent(error.problem) from None
        if present.token != step.before:
            raise EffectNotSent(Problem("refused", f"The Edge Config {name} was changed meanwhile.", LOOK))
        await stores.restore(step.store_id, step.backup, present.digest)
        done = f"{name} holds what its backup {shown_text(step.backup)} has."
        try:
            now = await stores.present(step.store_id)
        except SourceError as error:
            says = f"The host restored {name}; it could not be read back: {error.problem.what}"
            return Outcome(End.DONE, says, error.problem.next)
        if now.token == step.after:
            return Outcome(End.DONE, done)
        says = f"The host took it, but {name} does not hold what the backup has: somebody else changes it."
        return Outcome(End.UNKNOWN, says, LOOK)

    async def _end(
        self, intent: Recorded, outcome: Outcome, how: Literal["answered", "asked_host"] = "answered"
    ) -> Outcome:
        action_id = str((intent.payload or {})["action_id"])
        ended = StoreEnded.model_validate(
            {
                "action_id": action_id,
                "outcome": outcome.end.value,
                "how": how,
                "says": outcome.says,
                "next": outcome.next,
            }
        )
        try:
            await self._record.end(
                intent.stream,
                partial(_fate, action_id=action_id),
                ended.outcome,
                how == "answered",
                lambda: ended.new(self._actor(), self._clock.now()),
            )
        except StoreUnusable as error:
            return unrecorded(outcome, error.problem.what, error.problem.next, intent)
        return outcome

    # --- after a crash -----------------------------------------------------------------------

    async def became(self, step: StoreStep, action_id: str) -> Outcome | None:
        """What became of an intent: its outcome; not sent where there is none; ``None``: not known yet."""
        told = await self._offload(partial(self._ledger.read, stream=step.stream))
        mine = next((one for one in _intents(told)[0] if one.event.action_id == action_id), None)
        if mine is None:
            return Outcome(End.NOT_SENT, "It was never sent.")
        if not mine.open and mine.ended is not None:
            return Outcome(End(mine.ended.outcome), mine.ended.says, mine.ended.next)
        return await self._settled(mine)

    async def _settled(self, intent: _Intent) -> Outcome | None:
        """Ask the store whether it is as the backup now, and record that; ``None``: it cannot be told yet."""
        step, name = intent.step, shown_text(intent.event.name)
        asked_at = self._clock.now()
        try:
            present = await self.stores().present(step.store_id)
        except SourceError:
            return None
        if present.token == step.after:
            outcome = Outcome(End.DONE, f"{name} holds what its backup {shown_text(step.backup)} has.")
        elif asked_at - intent.recorded.at <= SETTLE_MS:
            return None
        elif present.token == step.before:
            outcome = Outcome(End.NOT_SENT, f"{name} is as it was before: it did not happen.")
        else:
            says = f"{name} was changed since; whether it was restored before that is not known."
            outcome = Outcome(End.UNKNOWN, says, LOOK)
        return await self._end(intent.recorded, outcome, "asked_host")


def _intents(told: Sequence[Recorded]) -> tuple[list[_Intent], str]:
    """Every intent of one store's stream, oldest first; and what could not be read."""
    found: dict[str, _Intent] = {}
    blocked = ""
    for one in told:
        try:
            event = events.read(one)
        except events.Unknown as error:
            blocked = str(error)
            continue
        if isinstance(event, StoreIntended):
            found[event.action_id] = _Intent(event, one, None)
        elif isinstance(event, StoreEnded) and event.action_id in found:
            found[event.action_id] = replace(found[event.action_id], ended=event)
    return list(found.values()), blocked


def _fate(told: Sequence[Recorded], action_id: str) -> Fate:
    for one in _intents(told)[0]:
        if one.event.action_id == action_id:
            settled = one.ended.outcome if one.ended is not None and not one.open else None
            return Fate(settled, one.open and one.ended is not None)
    return Fate(None)
