"""The gate for silences: offer → authorise → record the intent → send once → record the outcome.

The intent's id stands in the silence's comment. So after a crash, or where no answer came, the Alertmanager
itself tells whether the silence was made; nothing is ever sent again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from console.alerts.happened import STREAM, SilenceEnded, SilenceIntended
from console.alerts.model import Matcher
from console.alerts.port import Alertmanager
from console.alerts.silencing import (
    Offer,
    SilenceIntent,
    became,
    comment_of,
    fate,
    intents_of,
    local,
    moved,
    refused,
    unconfirmed,
    unfit,
)
from console.authorise import Allowed, Refused, Standing, authorise_named
from console.effect import TOO_LATE, TOO_LATE_MS, Offload, OnRecord, sent_once, unrecorded
from console.envelope import Actor, NewEvent, Recorded
from console.outcome import End, Outcome
from console.ports import Clock, Ledger, SourceError, StoreUnusable
from console.readings import Millis

LOOK = "Look at what fires again: coalmine alert list."
_ENDS = {"done": End.DONE, "not_sent": End.NOT_SENT, "unknown": End.UNKNOWN, "refused": End.REFUSED_BY_HOST}


class Unfit(Exception):
    """What was asked for cannot be a silence, or the end of one; in words."""


class SilenceGate:
    """Takes one confirmed silence, or its end, to the Alertmanager, and records what became of it."""

    def __init__(
        self,
        alertmanager: Alertmanager,
        ledger: Ledger,
        clock: Clock,
        standing: Callable[[], Standing],
        actor: Callable[[], Actor],
        offload: Offload,
    ) -> None:
        self._at, self._ledger, self._clock = alertmanager, ledger, clock
        self._standing, self._actor, self._offload = standing, actor, offload
        self._record = OnRecord(ledger, offload)

    # --- before ------------------------------------------------------------------------------

    async def offer(self, matchers: Sequence[Matcher], for_ms: Millis) -> Offer:
        """What silencing would cover now. Raises :class:`Unfit` and :class:`SourceError`."""
        wrong = unfit(matchers, for_ms)
        if wrong is not None:
            raise Unfit(wrong)
        covers = await self._at.alerts(matchers)
        return Offer("silence", self._at.place, tuple(sorted(set(matchers))), covers, for_ms)

    async def offer_end(self, silence_id: str) -> Offer:
        """What ending a silence would do. Raises :class:`Unfit` and :class:`SourceError`."""
        found = next((one for one in await self._at.silences() if one.id == silence_id), None)
        if found is None:
            raise Unfit(f"The Alertmanager knows no silence {silence_id}.")
        if found.state == "expired":
            raise Unfit(f"The silence {silence_id} is over already.")
        covers = tuple(one for one in await self._at.alerts() if silence_id in one.silenced_by)
        return Offer("unsilence", self._at.place, tuple(sorted(set(found.matchers))), covers, ends=found)

    def decided(self, offer: Offer, standing: Standing | None = None) -> Allowed | Refused:
        """Whether policy, people and arming allow it now."""
        return authorise_named(offer.what, 100, standing or self._standing())

    # --- doing it ----------------------------------------------------------------------------

    async def perform(self, offer: Offer, reason: str) -> Outcome:
        """Send it, once. The outcome says it all; nothing is raised for the expected."""
        wrong = unconfirmed(reason)
        if wrong is not None:
            return refused(wrong)
        decided = self.decided(offer)
        if isinstance(decided, Refused):
            return refused(decided.says, decided.next, decided.rule)
        action_id = secrets.token_hex(8)
        try:
            new = partial(self._intent, offer, reason.strip(), decided, action_id)
            intent = await self._record.intend(offer.stream, partial(self._objection, offer), new)
        except StoreUnusable as error:
            return refused(f"Nothing was sent: {error.problem.what}", error.problem.next)
        if intent is None:
            return refused("Others are silencing the same all the time.", LOOK)
        return intent if isinstance(intent, Outcome) else await self._send(offer, intent)

    async def _objection(self, offer: Offer, told: Sequence[Recorded]) -> Outcome | None:
        intents, blocked = intents_of(told)
        if blocked:
            says = f"Nothing was sent: the ledger holds something that cannot be read here ({blocked})."
            return refused(says, "Update Coalmine on this machine.")
        waiting = next((one for one in intents if one.open), None)
        if waiting is not None and await self._settled(waiting) is None:
            says = f"Nothing was sent: what became of the same by {waiting.event.person} is not known yet."
            return refused(says, "Wait for its outcome; the Alertmanager is being asked.")
        try:
            covers = await self._at.alerts(offer.matchers) if offer.what == "silence" else ()
            why = moved(offer, covers, await self._at.silences())
        except SourceError as error:
            says = f"Nothing was sent: the Alertmanager could not be read. {error.problem.what}"
            return refused(says, error.problem.next)
        return None if why is None else refused(f"Nothing was sent: {why}", LOOK)

    def _intent(self, offer: Offer, reason: str, allowed: Allowed, action_id: str) -> NewEvent:
        book, now, ends = self._standing().rulebook, self._clock.now(), offer.ends
        return SilenceIntended(
            action_id=action_id,
            what=offer.what,
            place=offer.place,
            silence_id="" if ends is None else ends.id,
            matchers=[one.text for one in offer.matchers],
            covers=[one.fingerprint for one in offer.covers],
            starts_at=now if ends is None else ends.starts_at,
            ends_at=now + offer.for_ms if ends is None else ends.ends_at,
            person=allowed.person,
            reason=reason,
            rule=allowed.rule,
            policy_sha256="" if isinstance(book, str) else book.policy_sha256,
            preview=[*offer.lines, *(f"! {one}" for one in offer.warnings)],
            arming=allowed.arming,
        ).new(self._actor(), now)

    async def _send(self, offer: Offer, intent: Recorded) -> Outcome:
        event = SilenceIntended.model_validate(intent.payload)
        if self._clock.now() - intent.at > TOO_LATE_MS:  # this machine slept, or its disk hung
            return await self._end(intent, TOO_LATE)
        if offer.ends is not None:
            ending = partial(self._expired, offer.ends.id)
            answer = await sent_once(ending, f"the end of the silence {offer.ends.id}")
        else:
            answer = await sent_once(partial(self._silenced, offer, event), "a silence")
        if isinstance(answer, Outcome):
            return await self._end(intent, answer)
        says, silence_id = answer
        return await self._end(intent, Outcome(End.DONE, says, silence_id), silence_id)

    async def _silenced(self, offer: Offer, event: SilenceIntended) -> tuple[str, str]:
        comment = comment_of(event.reason, event.action_id)
        made = await self._at.silence(offer.matchers, event.starts_at, event.ends_at, event.person, comment)
        return f"Silenced until {local(event.ends_at)} as {made}.", made

    async def _expired(self, silence_id: str) -> tuple[str, str]:
        await self._at.expire(silence_id)
        return f"The silence {silence_id} is over.", silence_id

    async def _end(self, intent: Recorded, outcome: Outcome, silence_id: str = "") -> Outcome:
        ended = SilenceEnded.model_validate(
            {
                "action_id": str((intent.payload or {})["action_id"]),
                "outcome": outcome.end.value,
                "how": "answered",
                "says": outcome.says,
                "next": "" if outcome.end is End.DONE else outcome.next,
                "silence_id": silence_id,
            }
        )
        try:
            seq = await self._append(intent.stream, ended)
        except StoreUnusable as error:
            return unrecorded(outcome, error.problem.what, error.problem.next, intent)
        return replace(outcome, next="" if outcome.end is End.DONE else outcome.next, seq=seq)

    async def _append(self, stream: str, ended: SilenceEnded) -> int | None:
        return await self._record.end(
            stream,
            partial(fate, action_id=ended.action_id),
            ended.outcome,
            ended.how == "answered",
            lambda: ended.new(self._actor(), self._clock.now()),
        )

    # --- after a crash -----------------------------------------------------------------------

    async def settle(self) -> tuple[Outcome, ...]:
        """Ask what became of everything that is open on this Alertmanager; what was found out is recorded.

        Raises :class:`StoreUnusable`.
        """
        found = []
        for intent in await self._offload(self._open):
            ended = await self._settled(intent)
            found += [] if ended is None else [Outcome(_ENDS[ended.outcome], ended.says)]
        return tuple(found)

    def _open(self) -> list[SilenceIntent]:
        told = (one for name in self._ledger.streams(STREAM) for one in self._ledger.read(stream=name))
        return [one for one in intents_of(told)[0] if one.open and one.event.place == self._at.place]

    async def _settled(self, intent: SilenceIntent) -> SilenceEnded | None:
        asked_at = self._clock.now()
        try:
            silences = await self._at.silences()
        except SourceError:
            return None
        ended = became(intent, silences, asked_at)
        if ended is not None:
            await self._append(intent.recorded.stream, ended)
        return ended
