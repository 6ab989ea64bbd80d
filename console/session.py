"""One console's inside: stores, engine, gate and picture held together behind the cockpit's interface."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from console import actions
from console.actions import Abort, Action, Advance, Complete, Impossible, Preview, Start
from console.adopted import STREAM as POLICY_STREAM
from console.adopted import in_force
from console.arming import Arming
from console.authorise import Refused, Standing, authorise_named, may_now, out_of_the_question
from console.desk import Desk
from console.desks import Desks
from console.engine import own_fault
from console.envelope import Actor, Recorded, VerifyReport
from console.gate import NO_CHOICE, Gate
from console.identity import Identity
from console.loops import Loops
from console.objections import Confirmed, unconfirmed
from console.offers import not_offered
from console.offload import StoreThread
from console.orphans import ASK_EVERY_S, Orphans, alive_name
from console.outcome import End, Outcome
from console.parts import Parts
from console.picture import Picture, Self, grown_old
from console.planning import Choice
from console.policy import Rulebook
from console.poller import Poller
from console.ports import Leases, StoreUnusable
from console.preflight import with_preflight
from console.production import Production
from console.readings import Millis
from console.renewal import LOOK_AGAIN_S
from console.rollback.evidence import evidence_of
from console.traffic import per_minute
from console.trust import Trust
from console.world import Armed, Banner, World

if TYPE_CHECKING:
    from console.flags.desk import FlagDesk
    from console.flags.gate import Offer
    from console.incidents.room import IncidentRoom
    from console.playbooks.library import Found
    from console.rollback.room import Room
    from console.runs.room import RunRoom

log = logging.getLogger("coalmine.session")

OF_A_RELEASE = (Advance.NAME, Complete.NAME, Abort.NAME)

LOOK_S = 0.25
"""How often the stores are asked whether something is new (a cheap look at a counter)."""

REFRESH_MS: Millis = 1_000
"""A picture is built anew after this long (in real time), even of the same stores."""

ALIVE_MS: Millis = 10_000
"""A session that has not said so for this long is taken for dead."""

COMMAND_ALIVE_MS: Millis = 60_000
"""A command says once that it lives, for as long as it can possibly take."""

TIDY_S = 3_600.0

PROVE_S = 60.0
"""How soon a chain that did not hold is proven again: it may have been restored meanwhile."""

TEND_S = 2.0
"""How often it is looked whether a flag's time is up, an answer is missing, a request is approved."""

LAST_ANSWER_S = 5.0
"""How long (in real seconds) closing waits for the answer to what was sent."""


class Session:
    """Implements :class:`console.cockpit.Cockpit`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._clock, self._ledger = parts.clock, parts.ledger
        self._stores = StoreThread()
        self._listeners: list[Callable[[World], None]] = []
        self._loops = Loops(parts.clock)
        self._book: Rulebook | str = "The policy has not been read yet."
        self._arming = Arming(parts.ledger, parts.session_id)
        self._identity = Identity(parts.router, parts.clock)
        self._picture = Picture(parts.ledger, parts.samples, parts.where)
        self._trust, self._proving = Trust(parts.ledger, parts.heads, parts.clock), asyncio.Lock()
        self._acting: dict[asyncio.Future[Outcome], str] = {}
        self._closed = False
        self._arm_at_start = parts.arm_at_start
        self._seen: tuple[int, int] | None = None
        self._gate = Gate(parts.ledger, parts.router, parts.clock, self.standing, self._actor, self._stores)
        self.desks = Desks(parts, self._gate, self.standing, self._actor, self._stores)
        self.production = Production(
            parts.router, parts.ledger, parts.clock, self.standing, self._actor, self._stores
        )
        self._orphans = Orphans(
            parts.ledger,
            parts.leases,
            parts.clock,
            self._gate,
            parts.session_id,
            lambda: frozenset(self._acting.values()),
            self._stores,
        )
        self._poller = Poller(parts, self._stores, self._name_of)
        self._engine = self._poller.engine
        self.desk = Desk(
            parts,
            self._engine,
            self._identity,
            lambda: self._book,
            lambda: bool(self._acting),
            self._end_arming,
        )
        self._world = self._picture.build(self._clock.now(), self._self())

    # --- life ----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin polling, looking and reconciling."""
        await self._read_policy()
        sleep = self._clock.sleep
        for doing, step, pause in (
            ("polling", self._engine.run, partial(sleep, 1.0)),
            ("asking whose token this is", self._identify, self._identity.wait),
            ("looking for what is new", self._look, partial(asyncio.sleep, LOOK_S)),
            ("saying that this session lives", self._live, partial(sleep, ALIVE_MS / 1000 / 3)),
            ("asking what became of an action", self._reconcile, partial(sleep, ASK_EVERY_S)),
            ("tending the flags", self._tend_flags, partial(sleep, TEND_S)),
            ("tending the requests", self._tend_requests, partial(sleep, TEND_S)),
            ("opening incidents", self._tend_incidents, partial(sleep, TEND_S)),
            ("looking for another token", self.desk.look_for_token, partial(sleep, LOOK_AGAIN_S)),
            ("pruning the samples", self._tidy, partial(sleep, TIDY_S)),
            ("proving the ledger", self._prove, partial(sleep, PROVE_S)),
        ):
            self._loops.begin(doing, step, pause)

    async def identify(self) -> None:
        """For a command that acts: prove the ledger, know policy and person, say that this session lives.

        Where no console watches, this is also when a crash of an earlier command is looked into.
        """
        await self._prove()
        await self._known()

    async def _known(self) -> None:
        await self._read_policy()
        await self._identity.ask()
        await self._stores(partial(self._say_alive, COMMAND_ALIVE_MS))
        await self._orphans.ask()

    async def look_once(self) -> None:
        """For a command: ask everything once and build the picture."""
        await self._known()
        await self._engine.once()
        await self._rebuild()

    async def settle(self, action: Action, seconds: float) -> Outcome | None:
        """For a command: go on asking the host what became of our own unknown ``action``, so long at most."""
        return await self._orphans.settle(action, seconds)

    async def look_into(self) -> None:
        """Ask the host once what became of each action without an answer that nobody works on any more."""
        await self._orphans.ask()

    async def close(self) -> None:
        """Stop polling and close the stores; idempotent."""
        if self._closed:
            return
        self._closed = True
        if self._acting:  # what was sent should be recorded; what is not will be asked for at the next start
            await asyncio.wait(list(self._acting), timeout=LAST_ANSWER_S)
        await self.desks.finished(LAST_ANSWER_S)
        await self._loops.end()
        with contextlib.suppress(StoreUnusable):
            await self._engine.stop()
            await self._stores(partial(self._say_alive, -1))
            await self._stores(self._trust.look)
        for closing in self._parts.on_close:
            await closing()
        self._stores.close()
        self._parts.leases.close()
        self._parts.samples.close()
        self._ledger.close()

    # --- what the screens see -------------------------------------------------------------------

    def world(self) -> World:
        """The present picture, dated now."""
        return replace(self._world, now=self._clock.now())

    def watch(self, listener: Callable[[World], None]) -> Callable[[], None]:
        self._listeners.append(listener)

        def end() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return end

    async def refresh(self) -> None:
        self._engine.refresh()
        self._identity.refresh()
        await self._read_policy()

    async def events(
        self, *, stream: str | None = None, before_seq: int | None = None, limit: int = 200
    ) -> list[Recorded]:
        return await self._stores(
            lambda: self._ledger.read(stream=stream, before_seq=before_seq, limit=limit, newest_first=True)
        )

    async def verify(self) -> VerifyReport:
        return await asyncio.to_thread(self._ledger.verify)

    # --- acting -----------------------------------------------------------------------------------

    @property
    def leases(self) -> Leases:
        """What says who is alive and who drives."""
        return self._parts.leases

    def standing(self) -> Standing:
        """What an authorisation rests on now."""
        book = self._book
        person, problem = self._identity.person(book)
        return Standing(
            book,
            person,
            problem,
            self._arming.armed,
            self._parts.read_only,
            self._parts.via == "command",
            self._clock.now(),
            self._trust.problem,
        )

    def refusal(self, action: str) -> str | None:
        if action == Start.NAME and (unfit := not_offered(self._world, action)):
            return unfit
        if action not in OF_A_RELEASE:
            refused = may_now(action, self.standing())
            return None if refused is None or refused.approvals else f"{refused.says} {refused.next}"
        try:
            made = actions.make(action, self._world.release.value)
        except Impossible as error:
            return str(error)
        return self.refusal_of(made)

    def refusal_of(self, action: Action) -> str | None:
        """As :meth:`refusal`, for an action already made."""
        refused = self._gate.refusal(action)
        return None if refused is None or refused.approvals else f"{refused.says} {refused.next}"

    async def preview(self, action: str, choice: Choice | None = None) -> Preview:
        await self._read_policy()
        world = self._world
        preview = await self._gate.preview(
            action,
            world.verdict,
            per_minute(world),
            world.project_label,
            world.deployments,
            choice or NO_CHOICE,
        )
        refused = self._gate.refusal(preview.action)
        if refused is not None and refused.approvals:
            preview = replace(preview, needs=f"{refused.says} Sending asks for it. {refused.next}")
        if isinstance(preview.action, Start):
            items = await self.production.preflight(preview.action.canary_deployment_id)
            return with_preflight(preview, items)
        return preview

    async def perform(self, preview: Preview, reason: str, typed: str = "") -> Outcome:
        await self._prove()
        await self._read_policy()
        refused = self._gate.refusal(preview.action)
        if refused is not None and refused.approvals:
            wrong = unconfirmed(Confirmed(preview, reason, typed))
            return wrong or await self.requests().ask_for(preview, reason, evidence_of(self._world))
        task = asyncio.ensure_future(self._gate.perform(Confirmed(preview, reason, typed)))
        self._acting[task] = actions.stream_of(preview.action)
        task.add_done_callback(lambda done: self._acting.pop(done, None))
        outcome = await asyncio.shield(task)  # whoever waits for it may go away; the act goes on
        self._engine.refresh()
        return outcome

    async def arm(self, reason: str, minutes: int) -> Outcome:
        await self._prove(again=self._parts.via == "console")  # a command has just done it
        await self._read_policy()
        standing = self.standing()
        refused = out_of_the_question(standing)
        if refused is not None or standing.person is None:
            refused = refused or Refused(standing.person_problem, "")
            return Outcome(End.REFUSED_HERE, refused.says, refused.next)
        return await self._ledgered(
            partial(self._arming.arm, standing.person, reason, minutes, self._actor(), self._clock.now())
        )

    async def disarm(self) -> Outcome:
        return await self._ledgered(partial(self._arming.disarm, "by hand", self._actor(), self._clock.now()))

    async def _end_arming(self, why: str) -> None:
        """Whoever armed this session is not the one who uses it from here on."""
        self._arm_at_start = None
        await self._ledgered(partial(self._arming.disarm, why, self._actor(), self._clock.now()))

    async def _ledgered(self, call: Callable[[], Outcome]) -> Outcome:
        try:
            outcome = await self._stores(call)
        except StoreUnusable as error:
            outcome = Outcome(End.REFUSED_HERE, error.problem.what, error.problem.next)
        await self._rebuild()
        return outcome

    # --- flags ------------------------------------------------------------------------------------

    def flags(self) -> FlagDesk:
        """What this session does with flags; made when it is first asked for. Raises :class:`Impossible`."""
        return self.desks.flags()

    def requests(self) -> Room:
        """Requests for other people's approval; made when first asked for. Raises :class:`Impossible`."""
        return self.desks.requests()

    def incidents(self) -> IncidentRoom:
        """The incidents of this ledger; made when first asked for."""
        return self.desks.incidents()

    def runs(self) -> RunRoom:
        """The runs of playbooks; made when first asked for."""
        return self.desks.runs(lambda: self._world.project.value)

    async def playbooks(self) -> tuple[Found, ...]:
        """Every playbook there is, read and checked anew."""
        return await self.desks.playbooks()

    def flag_refusal(self, offer: Offer, *, as_if_armed: str | None = None) -> Refused | None:
        """Why the gate would refuse a flag's change now; ``as_if_armed``: were it armed for that reason."""
        standing = self.standing()
        if as_if_armed is not None and standing.person is not None:
            armed = Armed(standing.person, standing.now + 60_000, as_if_armed)
            standing = replace(standing, armed=armed)
        decided = authorise_named(offer.rule_name, 100, standing)
        return decided if isinstance(decided, Refused) and not decided.approvals else None

    async def _tend_flags(self) -> None:
        """What the session that polls does with flags by itself."""
        if self._engine.polling and self._trust.problem is None:
            await self.desks.tend_flags()

    async def _tend_requests(self) -> None:
        """The same with requests: carrying one out takes its time, and no flag has to wait for it."""
        if self._engine.polling and self._trust.problem is None:
            await self.desks.tend_requests(self._world, self.preview)

    async def _tend_incidents(self) -> None:
        """Each session does: one that cannot write says what it would open."""
        if self._engine.polling and self._trust.problem is None:
            await self.desks.tend_alerts()
        await self.desks.tend_incidents(self.world())

    # --- loops --------------------------------------------------------------------------------------

    async def _identify(self) -> None:
        await self._identity.ask()
        await self._rebuild()
        wanted = self._arm_at_start
        if wanted and self.standing().person is not None and (await self.arm(*wanted)).end is End.DONE:
            self._arm_at_start = None

    async def _look(self) -> None:
        speed = self._parts.where.speed
        try:
            state = await self._stores(
                lambda: (self._ledger.data_version(), self._parts.samples.data_version())
            )
            if state != self._seen:
                await self._stores(self._trust.look)
        except StoreUnusable:
            state = None  # building the picture says why
        if state is None or state != self._seen or self._clock.now() - self._world.now > REFRESH_MS * speed:
            self._seen = state
            await self._rebuild()
        await self._poller.looked(self._world)

    async def _live(self) -> None:
        await self._stores(partial(self._say_alive, ALIVE_MS))
        await self._read_policy()

    def _say_alive(self, ttl_ms: Millis) -> None:
        name = alive_name(self._parts.session_id)
        self._parts.leases.acquire(name, self._parts.session_id, ttl_ms, self._clock.now())

    async def _reconcile(self) -> None:
        await self._orphans.ask(own_only=not self._engine.polling)

    async def _tidy(self) -> None:
        if self._engine.polling:
            await self._stores(lambda: self._parts.samples.prune(self._clock.now()))

    # --- picture ---------------------------------------------------------------------------------------

    async def _rebuild(self) -> None:
        try:
            own = replace(
                self._self(), waiting=await self.desks.waiting(), incidents=await self.desks.ongoing()
            )
            world = await self._stores(partial(self._picture.build, self._clock.now(), own))
            self._world = replace(
                world, banners=(*self.desk.banners(world), *self.desks.banners(), *world.banners)
            )
        except Exception as error:  # the screens must learn that what they show does not move any more
            if isinstance(error, StoreUnusable):
                problem = error.problem
            else:
                log.exception("building the picture")
                problem = own_fault("building the picture", error)
            banner = Banner("error", f"{problem.what} {problem.next}")
            self._world = grown_old(self._world, self._clock.now(), banner)
        for listener in list(self._listeners):
            listener(self._world)

    def _self(self) -> Self:
        book = self._book
        banners = [] if not isinstance(book, str) else [Banner("warning", book)]
        unsound = self._trust.problem
        if unsound is not None:
            banners.insert(0, Banner("error", f"{unsound.what} {unsound.next}"))
        banners += self._loops.faults.values()
        if self._engine.fault is not None:
            banners.append(Banner("error", f"{self._engine.fault.what} {self._engine.fault.next}"))
        said = [*self._parts.clocks(), *filter(None, [self._parts.samples.warning, self._trust.warning])]
        banners += [Banner("warning", f"{problem.what} {problem.next}") for problem in said]
        return Self(self._identity.reading(book), self._identity.account, self._arming.armed, tuple(banners))

    async def _read_policy(self) -> None:
        """Never raises: a policy that cannot be read is none, and refuses every effect.

        So is that of a ledger which does not go on from where it was seen last.
        """
        try:
            await self._stores(self._trust.look)
            story = await self._stores(lambda: self._ledger.read(stream=POLICY_STREAM))
            self._book = await self._stores(lambda: in_force(story, self._parts.files, self._parts.chain))
        except StoreUnusable as error:
            self._book = f"The policy in force cannot be read: {error.problem.what}"

    async def _prove(self, *, again: bool = False) -> None:
        """Walk the whole chain beside everything else; what cannot be read refuses every effect anyhow."""
        with contextlib.suppress(StoreUnusable):
            async with self._proving:
                await asyncio.to_thread(partial(self._trust.prove, again=again))

    def _name_of(self, principal: str) -> str | None:
        return None if isinstance(self._book, str) else self._book.person_of(principal)

    def actor(self) -> Actor:
        """Who acts in this session, as the ledger records it."""
        return self._actor()

    def _actor(self) -> Actor:
        person = self._identity.person(self._book)[0] or "unknown"
        return Actor(person, self._parts.session_id, self._parts.via)
