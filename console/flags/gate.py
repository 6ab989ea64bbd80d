"""The gate for flags: plan → authorise → record the intent → send once → read back → record the outcome.

As for releases, the intent is appended with the version of the flag's stream that was read *before* the host
was asked for the flag, so that of two consoles on one ledger exactly one gets through; of others the host's
own guard (or its emulation) does the same. A conflict is told, with mine, base and theirs, and never retried.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, TypeGuard

from console import events
from console.authorise import Allowed, Refused, Standing, authorise_named
from console.effect import TOO_LATE, TOO_LATE_MS, Offload, OnRecord, sent_once, unrecorded
from console.envelope import Actor, NewEvent, Recorded
from console.flags.changing import Change
from console.flags.counts import lately
from console.flags.edits import canonical
from console.flags.intents import FlagIntent, fate, story_of, stream_of
from console.flags.many import Population
from console.flags.previewing import Preview, preview, share_words
from console.flags.provider import Conflict, FlagProvider, Held, Plan, Revision
from console.flags.words import shown_text
from console.objections import REASON_LIMIT
from console.outcome import End, Outcome
from console.ports import (
    Clock,
    Ledger,
    LedgerConflict,
    SourceError,
    StoreUnusable,
)
from console.readings import Millis
from console.reconcile import SETTLE_MS

What = Literal["off", "change", "undo", "expire"]
BESIDE = frozenset({"preview", "development"})
"""Environments that no visitor of a release sees."""
STOPPING: tuple[What, ...] = ("off", "expire")
"""What stops harm, and widens nothing."""


def rule_name(what: What) -> str:
    """What the policy calls a change of this kind."""
    return "flag_off" if what in STOPPING else "flag"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a flag: made of it when it has been read."""

    key: str
    make: Callable[[Held], Change]
    what: What = "change"
    takes_back: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One change as it would be sent, and what it would do."""

    plan: Plan
    preview: Preview
    what: What
    takes_back: str | None = None

    @property
    def stops_harm(self) -> bool:
        return self.what in STOPPING

    @property
    def rule_name(self) -> str:
        """What the policy calls it."""
        return rule_name(self.what)

    @property
    def lines(self) -> tuple[str, ...]:
        """The preview as sentences, which the intent records."""
        shown = [*self.preview.lines]
        for hit in self.preview.hits:
            through = f" (it copies {hit.through})" if hit.through else ""
            shown.append(f"{hit.environment}{through}: another variant for {share_words(hit.now)}")
        return (*shown, *(f"! {one}" for one in self.preview.warnings))


@dataclass(frozen=True, slots=True)
class Order:
    """Confirmed offers: one action, one outcome a flag."""

    offers: tuple[Offer, ...]
    reason: str
    typed: str = ""
    back_at: Millis | None = None
    incident: str | None = None

    @property
    def word(self) -> str | None:
        """The word that has to be typed: none where all of it stops harm."""
        changing = [one for one in self.offers if not one.stops_harm]
        return changing[0].plan.key if changing else None


@dataclass(frozen=True, slots=True)
class FlagOutcome:
    """What became of one flag's change."""

    key: str
    outcome: Outcome
    revision: Revision | None = None
    conflict: Conflict | None = None


class FlagGate:
    """Takes confirmed changes of flags to their provider, one flag after the other."""

    def __init__(
        self,
        provider: FlagProvider,
        ledger: Ledger,
        clock: Clock,
        standing: Callable[[], Standing],
        actor: Callable[[], Actor],
        offload: Offload,
        both_tracks: Callable[[], Awaitable[str | None]] | None = None,
        ask: Callable[[Order], Awaitable[Outcome]] | None = None,
    ) -> None:
        """``both_tracks``: what has to be known of a change in production while a release rolls. ``ask``:
        asks other people for an order that the policy wants approved; without it that is refused."""
        self._both_tracks, self._ask = both_tracks, ask
        self._provider, self._ledger, self._clock = provider, ledger, clock
        self._standing, self._actor, self._offload = standing, actor, offload
        self._record = OnRecord(ledger, offload)

    # --- before ------------------------------------------------------------------------------

    async def offer(self, wish: Wish, population: Population | None = None) -> Offer:
        """What the wish would do to the flag as it is now.

        Raises :class:`Unfit` where it cannot be done, :class:`SourceError` where the flag cannot be read.
        """
        held = await self._provider.get(wish.key)
        plan = self._provider.plan(held, wish.make(held))
        return await self.of_plan(plan, wish.what, wish.takes_back, population)

    async def of_plan(
        self, plan: Plan, what: What, takes_back: str | None = None, population: Population | None = None
    ) -> Offer:
        """What a plan would do. Raises :class:`SourceError` where the segments cannot be read."""
        segments = await self._provider.segments() if self._provider.capabilities.targeting else ()
        now = self._clock.now()
        counts = None if population is not None else await lately(self._provider, plan.change.before)
        work_out = partial(preview, plan.change, now_ms=now, segments=segments, counts=counts)
        seen = await asyncio.to_thread(work_out, population=population)  # it may take its time
        warnings = [*seen.warnings]
        if self._both_tracks is not None and {hit.environment for hit in seen.hits} - BESIDE:
            told = await self._both_tracks()
            warnings += [told] if told else []
        decided = authorise_named(rule_name(what), 100, self._standing())
        if self._for_others(decided):
            warnings.append(f"{decided.says} Sending asks for it. {decided.next}")
        return Offer(plan, replace(seen, warnings=tuple(warnings)), what, takes_back)

    def refusal(self, offer: Offer) -> Refused | None:
        """Why the offer would be refused now, if so."""
        return self.refusal_of(offer.what)

    def refusal_of(self, what: What) -> Refused | None:
        """Why a change of this kind would be refused now whatever it is about, if so."""
        decided = authorise_named(rule_name(what), 100, self._standing())
        return decided if isinstance(decided, Refused) and not self._for_others(decided) else None

    def _for_others(self, decided: Allowed | Refused) -> TypeGuard[Refused]:
        """Whether nothing but other people's approval is missing, and it can be asked for."""
        return isinstance(decided, Refused) and decided.approvals > 0 and self._ask is not None

    # --- doing it ----------------------------------------------------------------------------

    async def perform(self, order: Order) -> tuple[FlagOutcome, ...]:
        """All of the order, each flag with an outcome of its own; nothing is raised for the expected."""
        wrong = unconfirmed(order)
        decided = [authorise_named(one.rule_name, 100, self._standing()) for one in order.offers]
        if wrong is None and self._ask is not None and any(map(self._for_others, decided)):
            asked = await self._ask(order)  # as one plan, also what could be sent alone
            return tuple(FlagOutcome(one.plan.key, asked) for one in order.offers)
        batch = secrets.token_hex(4) if len(order.offers) > 1 else None
        found = []
        for offer in order.offers:
            made = FlagOutcome(offer.plan.key, wrong) if wrong else await self._one(order, offer, batch)
            found.append(made)
        return tuple(found)

    async def _one(self, order: Order, offer: Offer, batch: str | None) -> FlagOutcome:
        decided = authorise_named(offer.rule_name, 100, self._standing())
        if isinstance(decided, Refused):
            return _refused(offer, decided.says, decided.next, decided.rule)
        return await self.with_authority(order, offer, decided, batch)

    async def with_authority(
        self,
        order: Order,
        offer: Offer,
        allowed: Allowed,
        batch: str | None = None,
        action_id: str | None = None,
    ) -> FlagOutcome:
        """The same, authorised already: by the gate, by the recorded override that it ends, or by other
        people's approval of exactly this. ``action_id``: of the intent, where somebody has to know it."""
        try:
            intent = await self._intend(order, offer, allowed, batch, action_id or secrets.token_hex(8))
        except StoreUnusable as error:
            says = f"Nothing was sent: {error.problem.what}"
            return _refused(offer, says, error.problem.next)
        if isinstance(intent, FlagOutcome):
            return intent
        return await self._send(order, offer, intent)

    async def _intend(
        self, order: Order, offer: Offer, allowed: Allowed, batch: str | None, action_id: str
    ) -> Recorded | FlagOutcome:
        async def objection(told: Sequence[Recorded]) -> FlagOutcome | None:
            return self._in_the_way(offer, told) or await self._moved(offer)

        stream = stream_of(offer.plan.provider, offer.plan.key)
        new = partial(self._intent, order, offer, allowed, batch, action_id)
        intent = await self._record.intend(stream, objection, new)
        if intent is not None:
            return intent
        return _refused(offer, "Others are changing this flag all the time.", "Look again, then try again.")

    def _in_the_way(self, offer: Offer, told: Sequence[Recorded]) -> FlagOutcome | None:
        story = story_of(told)
        if story.blocked:
            says = f"Nothing was sent: the ledger holds something that cannot be read here ({story.blocked})."
            return _refused(offer, says, "Update Coalmine on this machine.")
        if not story.open:
            return None
        first = story.open[0]
        what = "its outcome is not known yet" if first.unknown else "it is under way"
        says = f"Nothing was sent: {first.event.person} asked for {first.event.words}, and {what}."
        return _refused(offer, says, "Wait for its outcome; the host is being asked.")

    async def _moved(self, offer: Offer) -> FlagOutcome | None:
        """Refuse if the flag is no longer what the plan was made for."""
        plan = offer.plan
        try:
            held = await self._provider.get(plan.key)
        except SourceError as error:
            says = f"Nothing was sent: the flag could not be read. {error.problem.what}"
            return _refused(offer, says, error.problem.next)
        if held.token == plan.token:
            return None
        raw = held.flag.raw
        theirs = Conflict(
            plan.change.after,
            plan.change.before,
            held.flag,
            held.token,
            raw.get("updatedBy"),
            raw.get("updatedAt"),
        )
        return FlagOutcome(
            plan.key,
            Outcome(End.REFUSED_HERE, f"Nothing was sent: {conflict_words(theirs)}", LOOK_AGAIN),
            conflict=theirs,
        )

    def _intent(
        self, order: Order, offer: Offer, allowed: Allowed, batch: str | None, action_id: str
    ) -> NewEvent:
        plan, book = offer.plan, self._standing().rulebook
        return events.FlagIntended(
            action_id=action_id,
            provider=plan.provider,
            key=plan.key,
            what=offer.what,
            words=plan.change.words,
            token=plan.token,
            before=canonical(plan.change.before.raw),
            after=canonical(plan.change.after.raw),
            body=canonical(dict(plan.body)),
            plan_sha256=plan.digest,
            person=allowed.person,
            reason=order.reason.strip(),
            rule=allowed.rule,
            policy_sha256="" if isinstance(book, str) else book.policy_sha256,
            preview=list(offer.lines),
            arming=allowed.arming,
            back_at=order.back_at,
            takes_back=offer.takes_back,
            batch=batch,
            incident=order.incident,
        ).new(self._actor(), self._clock.now())

    async def _send(self, order: Order, offer: Offer, intent: Recorded) -> FlagOutcome:
        plan = offer.plan
        if self._clock.now() - intent.at > TOO_LATE_MS:  # this machine slept, or its disk hung
            return await self._end(intent, FlagOutcome(plan.key, TOO_LATE))
        sending = partial(self._provider.apply, plan, order.reason.strip(), plan.token)
        answer = await sent_once(sending, f"a change of flag {plan.key}")
        if isinstance(answer, Outcome):
            return await self._end(intent, FlagOutcome(plan.key, answer))
        return await self._end(intent, _answered(plan, answer))

    async def _end(
        self, intent: Recorded, made: FlagOutcome, how: Literal["answered", "asked_host"] = "answered"
    ) -> FlagOutcome:
        """Record the outcome; what somebody else settled first stands unless the host itself answered."""
        outcome = made.outcome
        ended = events.FlagEnded.model_validate(
            {
                "action_id": str((intent.payload or {})["action_id"]),
                "outcome": outcome.end.value,
                "how": how,
                "says": outcome.says,
                "next": outcome.next,
                "revision": made.revision.number if made.revision else None,
                "amiss": list(made.revision.notes) if made.revision else [],
            }
        )
        try:
            seq = await self._record.end(
                intent.stream,
                partial(fate, action_id=ended.action_id),
                ended.outcome,
                how == "answered",
                lambda: ended.new(self._actor(), self._clock.now()),
            )
        except StoreUnusable as error:
            failed = unrecorded(outcome, error.problem.what, error.problem.next, intent)
            return replace(made, outcome=failed)
        return replace(made, outcome=replace(outcome, seq=seq))

    async def record_unsent(self, one: FlagIntent, allowed: Allowed, outcome: Outcome) -> FlagOutcome | None:
        """Record that an override will not be taken back, as an intent that ends at once; nothing is sent."""
        event = one.event.model_copy(
            update={
                "action_id": secrets.token_hex(8),
                "what": "expire",
                "words": f"take back: {one.event.words}",
                "person": allowed.person,
                "rule": allowed.rule,
                "arming": allowed.arming,
                "takes_back": one.event.action_id,
                "back_at": None,
                "preview": [],
            }
        )
        ended = events.FlagEnded(
            action_id=event.action_id, outcome="not_sent", how="answered", says=outcome.says
        )
        stream = stream_of(one.event.provider, one.event.key)
        told = await self._offload(partial(self._ledger.read, stream=stream))
        actor, now = self._actor(), self._clock.now()
        new = [event.new(actor, now), ended.new(actor, now)]
        try:
            await self._offload(partial(self._ledger.append, stream, told[-1].version, new))
        except (LedgerConflict, StoreUnusable):
            return None  # looked at again soon
        return FlagOutcome(one.event.key, outcome)

    # --- after a crash -----------------------------------------------------------------------

    async def reconcile(self, change: FlagIntent) -> FlagOutcome | None:
        """Ask the host what became of a change that nobody works on; ``None`` if it cannot be told yet."""
        plan, now = change.plan, self._clock.now()
        try:
            found = await self._provider.landed(plan)
        except SourceError:
            return None
        if isinstance(found, Revision) and found.notes:
            says = f"It was made, and {shown_text(plan.key)} has been changed again since."
            outcome = Outcome(End.DONE, says, " ".join(found.notes))
        elif isinstance(found, Revision):
            outcome = Outcome(End.DONE, f"{shown_text(plan.key)} is as it was to be: {plan.change.words}.")
        elif now - change.at <= SETTLE_MS:
            return None
        elif found is None:
            says = f"{plan.key} is as it was before: it did not happen. You can try again."
            outcome = Outcome(End.NOT_SENT, says)
        elif self._provider.capabilities.history == "host":
            says = f"It was not made: {conflict_words(found)}"
            outcome = Outcome(End.NOT_SENT, says, LOOK_AGAIN)
        else:
            outcome = Outcome(End.UNKNOWN, "The flag was changed since; whether this was made is not known.")
        made = FlagOutcome(plan.key, outcome, found if isinstance(found, Revision) else None)
        stream = stream_of(plan.provider, plan.key)
        told = await self._offload(partial(self._ledger.read, stream=stream))
        intent = next((one for one in told if one.seq == change.seq), None)
        return None if intent is None else await self._end(intent, made, "asked_host")


LOOK_AGAIN = "Look at the flag as it is now, and decide again."


def unconfirmed(order: Order) -> Outcome | None:
    """What a confirmation lacks."""
    if not order.offers:
        return Outcome(End.REFUSED_HERE, "No flag was chosen.", "Choose one.")
    if not order.reason.strip():
        return Outcome(End.REFUSED_HERE, "A reason is required.", "Say why, in a few words.")
    if len(order.reason) > REASON_LIMIT:
        return Outcome(
            End.REFUSED_HERE, f"The reason is longer than {REASON_LIMIT} characters.", "Shorten it."
        )
    if order.word is not None and order.typed.strip() != order.word:
        says = f"The word to type is {shown_text(order.word)}."
        return Outcome(End.REFUSED_HERE, says, "Type it to confirm.")
    return None


def conflict_words(conflict: Conflict) -> str:
    """Who was first and what they changed, in a sentence."""
    if conflict.theirs is None:
        return "the flag was changed or removed meanwhile, and cannot be read now."
    who = shown_text(conflict.by) if conflict.by else "somebody"
    why = f" ({shown_text(conflict.message)})" if conflict.message else ""
    lines = "; ".join(conflict.their_lines[:3]) or "nothing that counts"
    return f"{who} changed it meanwhile{why}: {lines}."


def _answered(plan: Plan, answer: Revision | Conflict) -> FlagOutcome:
    if isinstance(answer, Conflict):
        says = f"It was not written: {conflict_words(answer)}"
        return FlagOutcome(plan.key, Outcome(End.REFUSED_BY_HOST, says, LOOK_AGAIN), conflict=answer)
    number = f" (revision {answer.number})" if answer.number is not None else ""
    says = f"{shown_text(plan.key)}: {plan.change.words}{number}."
    following = " ".join(answer.notes)
    return FlagOutcome(plan.key, Outcome(End.DONE, says, following), answer)


def _refused(offer: Offer, says: str, following: str, rule: str = "") -> FlagOutcome:
    return FlagOutcome(offer.plan.key, Outcome(End.REFUSED_HERE, says, following, rule))
