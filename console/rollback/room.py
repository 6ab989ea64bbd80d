"""A session's requests: the desk, the executor, and what it does by itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from console.actions import Preview
from console.authorise import Standing, out_of_the_question
from console.effect import Offload
from console.envelope import Actor
from console.gate import Gate
from console.orphans import alive_name
from console.outcome import End, Outcome
from console.parts import Parts
from console.policy import Rulebook
from console.ports import Clock, Leases, Ledger, SourceError, StoreUnusable
from console.readings import Millis, Problem
from console.rollback.afterwards import reopened, review_due
from console.rollback.answering import Answering
from console.rollback.command_gate import CommandGate
from console.rollback.counting import Counting, View
from console.rollback.desk import OPEN, Requests, Shown
from console.rollback.executing import Executor
from console.rollback.hands import SessionHands
from console.rollback.making import not_covered_by
from console.rollback.plan import HostStep, Plan, ordered
from console.rollback.policy_hands import PolicyHands
from console.rollback.reopening import led_to, reopened_by
from console.rollback.request import State
from console.rollback.store_gate import StoreGate
from console.signing import OwnKey, Verifier
from console.world import Waiting

if TYPE_CHECKING:
    from console.bake import Bake
    from console.flags.desk import FlagDesk
    from console.rollback.stores import ConfigStores

ALIVE_MS: Millis = 10_000
"""For how long a session that carries something out says that it lives, where it would be taken for dead."""

HELD_EVERY_MS = 5_000
"""How often it is looked whether the plans of open requests still hold."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a room is made of."""

    ledger: Ledger
    leases: Leases
    clock: Clock
    verifier: Verifier
    book: Callable[[], Rulebook | str]
    standing: Callable[[], Standing]
    actor: Callable[[], Actor]
    session_id: str
    offload: Offload
    own_key: Callable[[], OwnKey | None] | None = None


class Room:
    """Everything one session does with requests."""

    def __init__(self, needs: Needs, hands: SessionHands) -> None:
        self._needs, self._hands = needs, hands
        counting = Counting(needs.ledger, needs.book, needs.verifier)
        self.desk = Requests(needs.ledger, needs.clock, counting, needs.book, needs.offload)
        self.executor = Executor(
            needs.ledger,
            needs.clock,
            counting,
            hands,
            needs.actor,
            self._alive,
            needs.offload,
        )
        self.answering = Answering(self.desk, needs.book, self._account, needs.actor, needs.own_key)
        self._looked = 0
        self._running: dict[str, asyncio.Task[Outcome]] = {}

    @property
    def commands(self) -> CommandGate:
        """The database level: what is configured on this machine."""
        return self._hands.commands

    async def _account(self) -> str | Problem:
        standing = self._needs.standing()
        following = "Or name your key: key under [approval] in coalmine.toml."
        return standing.person or Problem("refused", standing.person_problem, following)

    async def ask_for(self, preview: Preview, reason: str, evidence: tuple[str, ...] = ()) -> Outcome:
        """Open a request for a previewed action that the policy wants approved."""
        try:
            project_id = await self._hands.project_id()
        except SourceError as error:
            return Outcome(End.REFUSED_HERE, error.problem.what, error.problem.next)
        plan = ordered(project_id, [HostStep(preview.action)])
        return await self.ask(plan, shown_of(preview, evidence), reason)

    async def ask(
        self,
        plan: Plan,
        shown: Shown,
        reason: str,
        *,
        wait: bool = False,
        once: str = "",
        within_ms: Millis | None = None,
        under: str | None = None,
    ) -> Outcome:
        """Open a request for a plan. Where nobody has to approve it, it is approved at once.

        ``once``, ``within_ms``, ``under``: as of :meth:`Requests.ask`.
        """
        how: Literal["execute", "wait"] = "wait" if wait else "execute"
        actor = self._needs.actor()
        asked = await self.desk.ask(
            plan, shown, actor, reason, how, once=once, within_ms=within_ms, under=under
        )
        if asked.end is not End.DONE:
            return asked
        view = await self.desk.get(asked.next)
        return asked if view is None or view.state is not State.AWAITING_APPROVAL else _awaiting(view)

    async def withdraw(self, request_id: str, why: str) -> Outcome:
        """Not ask any more, as whoever uses this session."""
        return await self.desk.withdraw(request_id, self._needs.actor(), why)

    async def propose(self, preview: Preview, evidence: tuple[str, ...]) -> str | None:
        """Put an act down as the judge's proposal, once for each plan; its name if it is a new one."""
        plan = ordered(await self._hands.project_id(), [HostStep(preview.action)])
        for view in await self.desk.all():
            if view.request.opened.plan_sha256 == plan.sha256:
                return None
        return await self.desk.propose(plan, shown_of(preview, evidence), self._needs.actor())

    async def accept(self, request_id: str, reason: str) -> Outcome:
        """Ask for what the judge proposed. Where the policy wants nobody else, it is carried out at once."""
        asked = await self.desk.submit(request_id, self._needs.actor(), reason)
        if asked.end is not End.DONE:
            return asked
        view = await self.desk.get(request_id)
        if view is not None and view.state is State.AWAITING_APPROVAL:
            return _awaiting(view)
        return await self.execute(request_id)

    def stores(self) -> ConfigStores:
        """The team's Edge Config stores. Raises :class:`SourceError` where there are none."""
        return self._hands.stores()

    async def waiting(self) -> Waiting:
        """How many requests wait for a person. Raises :class:`StoreUnusable`."""
        views = [one for one in await self.desk.open() if not one.wrong]
        awaited = [one.request.submitted for one in views if one.state is State.AWAITING_APPROVAL]
        me = self._needs.standing().person
        others = sum(one is not None and one.person != me for one in awaited)
        reviews = sum(review_due(one) is not None for one in views)
        again = sum(reopened(one) is not None for one in views)
        return Waiting(len(awaited), sum(by_hand(one) for one in views), others, reviews, again)

    async def reopen(self, bake: Bake) -> bool:
        """Reopen the request that led to a bake which is worse; whether nothing is left to be found out.

        Raises :class:`SourceError` and :class:`StoreUnusable`.
        """
        project_id = await self._hands.project_id()
        views = [one for one in await self.desk.all() if one.request.opened.project_id == project_id]
        found = led_to(bake, views, self._hands.aim)
        if found is not None and reopened_by(bake, found) is not None:
            says = f"{found.id} is reopened."
            already = Outcome(End.REFUSED_HERE, f"{found.id} is reopened already.")
            await self.desk.record(
                found.id, self._needs.actor(), lambda now: reopened_by(bake, now) or already, says
            )
        return all(one.state not in (State.EXECUTING, State.VERIFYING) for one in views)

    async def moved(self, view: View) -> str | None:
        """Why the plan is not what it would be today; ``None`` if it still is. Raises ``SourceError``."""
        if view.request.opened.project_id != await self._hands.project_id():
            return "It is about another project than this console."
        return await self._hands.moved(view)

    async def execute(self, request_id: str, *, again: bool = False, skip: str = "") -> Outcome:
        """Carry an approved request out, as whoever uses this session. ``again``, ``skip``: as of
        :meth:`Executor.execute`."""
        standing = self._needs.standing()
        view = await self.desk.get(request_id)
        refused = _may_execute(standing, view)
        return refused or await self._carried(request_id, standing.person or "", again, skip)

    async def _carried(self, request_id: str, person: str, again: bool = False, skip: str = "") -> Outcome:
        """One at a time in this session; whoever waits for it may go away, it goes on."""
        if request_id in self._running:
            return await asyncio.shield(self._running[request_id])
        doing = partial(self.executor.execute, request_id, person, again=again, skip=skip)
        task = asyncio.ensure_future(self._living(doing))
        self._running[request_id] = task
        task.add_done_callback(lambda done: self._running.pop(request_id, None))
        return await asyncio.shield(task)

    async def _living(self, work: Callable[[], Awaitable[Outcome]]) -> Outcome:
        """Do it and say all the while that this session lives: a command has no loop of its own for that."""
        saying = asyncio.ensure_future(self._say_alive())
        try:
            return await work()
        finally:
            saying.cancel()

    async def _say_alive(self) -> None:
        needs = self._needs
        name, me = alive_name(needs.session_id), needs.session_id

        def say() -> None:
            now, held = needs.clock.now(), needs.leases.holder(name)
            if held is None or held.expires_at < now + ALIVE_MS // 2:
                needs.leases.acquire(name, me, ALIVE_MS, now)

        while True:
            with contextlib.suppress(StoreUnusable):
                await needs.offload(say)
            await needs.clock.sleep(ALIVE_MS / 5_000)

    async def finished(self, seconds: float) -> None:
        """Wait for what is being carried out, so long at most."""
        if self._running:
            await asyncio.wait(list(self._running.values()), timeout=seconds)

    async def tend(self) -> tuple[Outcome, ...]:
        """Void what holds no more, carry out what is approved, go on with what a crash has left.

        Only for the session that polls.
        """
        done, now = [], self._needs.clock.now()
        try:
            project_id = await self._hands.project_id()
        except SourceError:
            return ()  # asked again soon
        look = now - self._looked >= HELD_EVERY_MS
        if look:
            self._looked = now
        for view in await self.desk.open():
            if view.wrong or view.request.opened.project_id != project_id:
                continue
            if look and view.state in OPEN:
                await self._void_moved(view)
            if self._by_itself(view):
                done.append(await self._carried(view.id, self._needs.actor().person))
        return tuple(done)

    def _by_itself(self, view: View) -> bool:
        standing, attempt = self._needs.standing(), view.request.attempt
        if out_of_the_question(standing) is not None:
            return False
        submitted = view.request.submitted
        if submitted is None:
            return False
        if self._hands.unable(view) is not None:
            return False  # another console may be able to
        if view.state is State.APPROVED:
            return submitted.on_quorum == "execute"
        abandoned = attempt is not None and attempt.ended is None and not self._alive(attempt.session)
        return abandoned and view.state in (State.EXECUTING, State.VERIFYING)

    async def _void_moved(self, view: View) -> None:
        try:
            why = await self._hands.moved(view)
        except SourceError:
            return
        if why is not None:
            await self.desk.void(view.id, self._needs.actor(), why)

    def _alive(self, session: str) -> bool:
        if session == self._needs.session_id:
            return bool(self._running)
        holder = self._needs.leases.holder(alive_name(session))
        return holder is not None and holder.expires_at > self._needs.clock.now()


def room_of(
    parts: Parts,
    gate: Gate,
    flags: Callable[[], FlagDesk],
    standing: Callable[[], Standing],
    actor: Callable[[], Actor],
    offload: Offload,
) -> Room:
    """The room of a session made of ``parts``. Raises ``ValueError`` where it cannot check signatures."""
    if parts.verifier is None:
        raise ValueError("no verifier")
    policy = PolicyHands(parts.ledger, parts.clock, actor, parts.write_policy, offload)
    stores = StoreGate(parts.stores, parts.ledger, parts.clock, standing, actor, offload)
    commands = CommandGate(parts.database, parts.router, parts.ledger, parts.clock, actor, offload)
    hands = SessionHands(
        gate, parts.router, flags, parts.prober, parts.ledger, parts.clock, policy, stores, commands, offload
    )
    needs = Needs(
        parts.ledger,
        parts.leases,
        parts.clock,
        parts.verifier(),
        lambda: standing().rulebook,
        standing,
        actor,
        parts.session_id,
        offload,
        parts.own_key,
    )
    return Room(needs, hands)


def _awaiting(view: View) -> Outcome:
    missing = "; ".join(view.counted.missing) if view.counted else ""
    says = f"{view.id} waits for approval: {missing}. Nothing was sent."
    return Outcome(End.AWAITING, says, f"They confirm it with: coalmine approve {view.id}")


def by_hand(view: View) -> bool:
    """Whether it is approved, and waits for a person who carries it out."""
    submitted = view.request.submitted
    return view.state is State.APPROVED and submitted is not None and submitted.on_quorum == "wait"


def _may_execute(standing: Standing, view: View | None) -> Outcome | None:
    """Why this person may not carry a request out by hand; the approval stands in for arming."""
    refused, book = out_of_the_question(standing), standing.rulebook
    if refused is not None:
        return Outcome(End.REFUSED_HERE, refused.says, refused.next)
    entry = None if isinstance(book, str) else book.people.people.get(standing.person or "")
    roles = set(entry.roles) if entry is not None else set()
    for name, rule in view.rules if view is not None else ():
        if not roles & set(rule.roles):
            says = f"Rule {name} lets one of {', '.join(rule.roles)} carry it out; {standing.person} is none."
            return Outcome(End.REFUSED_HERE, says, "Ask one of them.", name)
    return None


def shown_of(preview: Preview, evidence: tuple[str, ...]) -> Shown:
    """What the preview says, as a request keeps it."""
    lines = (*preview.what, *(f"! {one}" for one in preview.warnings))
    return Shown(preview.title, lines, not_covered_by(preview), preview.touches, evidence)
