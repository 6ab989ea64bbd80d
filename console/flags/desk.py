"""The flags of a session: read, change through the gate, take back, and settle what a crash left open."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

from console.authorise import Allowed
from console.effect import Offload
from console.envelope import Recorded
from console.flags.changing import Change, PutBack
from console.flags.differing import difference_lines
from console.flags.edits import Unfit
from console.flags.gate import FlagGate, FlagOutcome, Order, Wish
from console.flags.intents import STREAM, FlagIntent, FlagStory, story_of, stream_of
from console.flags.provider import FlagProvider, Held, agree
from console.flags.splits import SplitsByFlag
from console.flags.words import shown_text
from console.orphans import ASK_EVERY_S, alive_name
from console.outcome import End, Outcome
from console.ports import Clock, Leases, Ledger, SourceError
from console.readings import Millis

OVERRIDE = "recorded override"
"""The rule and the arming under which a change for a set time is taken back by itself."""
PASSING = ("unreachable", "timeout", "rate_limited")
"""Problems after which it is worth asking again."""
LONGEST_MS: Millis = 7 * 86_400_000
"""A change for a set time lasts so long at most."""


class FlagDesk:
    """Everything that a session does with flags, on one provider."""

    def __init__(
        self,
        provider: FlagProvider,
        gate: FlagGate,
        ledger: Ledger,
        leases: Leases,
        clock: Clock,
        session: str,
        offload: Offload,
        splits: SplitsByFlag | None = None,
    ) -> None:
        """``splits``: where requests are counted by the variant of a flag, if anywhere."""
        self.splits = splits
        self.provider, self.gate = provider, gate
        self._ledger, self._leases, self._clock = ledger, leases, clock
        self._session, self._offload = session, offload
        self._busy: set[str] = set()
        """Streams on which this session acts just now."""
        self._tasks: set[asyncio.Future[tuple[FlagOutcome, ...]]] = set()
        self._names: Mapping[str, str] | None = None
        self._read_to = 0
        self._told: list[Recorded] = []

    # --- what is known -----------------------------------------------------------------------

    async def story(self, key: str) -> FlagStory:
        """Every change of one flag made by consoles on this ledger."""
        stream = stream_of(self.provider.name, key)
        return story_of(await self._offload(partial(self._ledger.read, stream=stream)))

    async def names(self) -> Mapping[str, str]:
        """What people are called, by the back-end's ids; asked once. Empty where that may not be read."""
        if self._names is None:
            try:
                self._names = await self.provider.people()
            except SourceError as error:
                if error.problem.kind in PASSING:
                    return {}
                self._names = {}
        return self._names

    def all_changes(self) -> FlagStory:
        """Of all flags; the ledger is read once, and then only what is new. Blocking."""
        while page := self._ledger.read(after_seq=self._read_to, limit=500):
            self._read_to = page[-1].seq
            self._told += [one for one in page if one.stream.startswith(STREAM)]
        return story_of(self._told)

    async def told(self) -> FlagStory:
        """As :meth:`all_changes`, off the event loop."""
        return await self._offload(self.all_changes)

    # --- wishes ------------------------------------------------------------------------------

    def kill(self, key: str, environment: str) -> Wish:
        """Off for everyone: paused on the safe variant, rules kept."""
        return Wish(key, lambda held: self.provider.off(held.flag, environment), "off")

    def change(self, key: str, change: Change) -> Wish:
        return Wish(key, lambda held: change)

    async def take_back(self, key: str) -> Wish:
        """Undo the newest change made here, if nobody has changed what it touched since.

        Raises :class:`Unfit` where there is none.
        """
        story = await self.story(key)
        taken = {one.event.takes_back for one in story.changes if one.done}
        made = [
            one for one in story.changes if one.done and one.event.action_id not in taken and _its_own(one)
        ]
        if not made:
            raise Unfit(f"Nothing that was changed here can be taken back of {key}.")
        return back_of(made[-1], "undo")

    async def perform(self, order: Order) -> tuple[FlagOutcome, ...]:
        """Take a confirmed order through the gate; whoever waits for it may go away, it goes on."""
        streams = {stream_of(one.plan.provider, one.plan.key) for one in order.offers}
        task = asyncio.ensure_future(self.gate.perform(order))
        self._busy |= streams
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._over(done, streams))
        return await asyncio.shield(task)

    def _over(self, task: asyncio.Future[tuple[FlagOutcome, ...]], streams: set[str]) -> None:
        self._tasks.discard(task)
        self._busy -= streams

    async def finished(self, seconds: float) -> None:
        """Wait for the answers to what was sent, so long at most."""
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=seconds)

    # --- what waits --------------------------------------------------------------------------

    async def overrides(self) -> tuple[FlagIntent, ...]:
        """Changes for a set time that still stand, the next to end first."""
        story = await self._offload(self.all_changes)
        return tuple(sorted(story.overrides, key=lambda one: one.event.back_at or 0))

    async def fire(self) -> tuple[FlagOutcome, ...]:
        """Take back the overrides whose time is up. The recorded override is the authority for that, once.

        One whose flag was changed since is not taken back; that is recorded, and it waits no longer.
        """
        now, found = self._clock.now(), []
        for one in await self.overrides():
            if one.event.provider == self.provider.name and now >= (one.event.back_at or 0):
                made = await self._fire(one)
                if made is not None:
                    found.append(made)
        return tuple(found)

    async def _fire(self, one: FlagIntent) -> FlagOutcome | None:
        allowed = Allowed(OVERRIDE, one.event.person, f"{one.event.person}'s override {one.event.action_id}")
        reason = f"the time is up: {one.event.reason}"[:500]
        try:
            offer = await self.gate.offer(back_of(one, "expire"))
        except SourceError:
            return None  # asked again soon
        except Unfit as error:
            return await self._given_up(one, allowed, str(error))
        return await self.gate.with_authority(Order((offer,), reason), offer, allowed)

    async def _given_up(self, one: FlagIntent, allowed: Allowed, why: str) -> FlagOutcome | None:
        outcome = Outcome(End.NOT_SENT, f"The override of {one.event.key} ends and nothing is sent: {why}")
        return await self.gate.record_unsent(one, allowed, outcome)

    # --- after a crash -----------------------------------------------------------------------

    async def settle(self, *, own_only: bool = False) -> tuple[FlagOutcome, ...]:
        """Ask the host once about each change without an answer that nobody works on."""
        found = []
        for one in (await self._offload(self.all_changes)).open:
            own = one.session == self._session
            stream = stream_of(one.event.provider, one.event.key)
            if stream in self._busy or (own_only and not own) or one.event.provider != self.provider.name:
                continue
            if own or one.unknown or await self._offload(partial(self._dead, one)):
                made = await self.gate.reconcile(one)
                if made is not None:
                    found.append(made)
        return tuple(found)

    async def settle_own(self, seconds: float) -> tuple[FlagOutcome, ...]:
        """For a command: go on asking what became of this session's own changes, so long at most."""
        deadline, found = self._clock.monotonic() + seconds, list[FlagOutcome]()
        while self._clock.monotonic() < deadline:
            found += await self.settle(own_only=True)
            story = await self._offload(self.all_changes)
            if not [one for one in story.open if one.session == self._session]:
                break
            await self._clock.sleep(ASK_EVERY_S)
        return tuple(found)

    def _dead(self, one: FlagIntent) -> bool:
        holder = self._leases.holder(alive_name(one.session))
        return holder is None or holder.expires_at <= self._clock.now()


def _its_own(one: FlagIntent) -> bool:
    return one.event.what in ("off", "change")


def back_of(one: FlagIntent, what: str) -> Wish:
    """What takes a recorded change back, as long as nobody has changed the flag since."""
    made = one.plan.change

    def make(held: Held) -> PutBack:
        if not agree(held.flag, made.after):
            lines = "; ".join(difference_lines(made.after, held.flag)[:3])
            raise Unfit(f"{shown_text(one.event.key)} has been changed since: {lines}.")
        return made.inverse

    return Wish(one.event.key, make, "expire" if what == "expire" else "undo", one.event.action_id)
