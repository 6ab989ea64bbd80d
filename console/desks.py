"""What a session does with flags and with requests: made when it is first asked for, and tended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING

from console.actions import Impossible, Preview
from console.authorise import Standing
from console.effect import Offload
from console.envelope import Actor
from console.gate import Gate
from console.outcome import End, Outcome
from console.parts import Parts
from console.planning import Choice
from console.ports import SourceError
from console.rollback.evidence import Harm, evidence_of, harm_of
from console.world import Banner, OpenIncident, Waiting, World

if TYPE_CHECKING:
    from console.alerts.desk import AlertDesk
    from console.bake import Bake, Baking
    from console.flags.desk import FlagDesk
    from console.flags.gate import Order
    from console.incidents.room import IncidentRoom
    from console.incidents.watching import IncidentWatch
    from console.playbooks.library import Found
    from console.ports import Project
    from console.rollback.room import Room
    from console.runs.room import RunRoom


class Desks:
    """Of one session. Loads nothing of either before it is needed."""

    def __init__(
        self,
        parts: Parts,
        gate: Gate,
        standing: Callable[[], Standing],
        actor: Callable[[], Actor],
        offload: Offload,
    ) -> None:
        self._parts, self._gate = parts, gate
        self._standing, self._actor, self._offload = standing, actor, offload
        self._flags: FlagDesk | None = None
        self._room: Room | None = None
        self._alerts: AlertDesk | None = None
        self._watch: IncidentWatch | None = None
        self._incidents: IncidentRoom | None = None
        self._runs: RunRoom | None = None
        self._proposed: Harm | None = None
        """The harm whose end was proposed last, by whomever."""
        self._reopened: Baking | None = None
        """The bake that was worse, and whose request was looked for."""

    async def finished(self, seconds: float) -> None:
        """Wait for the answers to what was sent, so long at most."""
        if self._runs is not None:
            await self._runs.close()
        if self._room is not None:
            await self._room.finished(seconds)
        if self._flags is not None:
            await self._flags.finished(seconds)
        if self._alerts is not None:
            await self._alerts.finished(seconds)

    # --- flags -------------------------------------------------------------------------------

    def flags(self) -> FlagDesk:
        """Raises :class:`Impossible` where there is no back-end of flags."""
        if self._flags is None:
            if self._parts.flags is None:
                raise Impossible("This session has no back-end of flags.")
            from console.flags.desk import FlagDesk
            from console.flags.gate import FlagGate
            from console.flags.splits import splits_of

            parts, provider = self._parts, self._parts.flags()
            gate = FlagGate(
                provider,
                parts.ledger,
                parts.clock,
                self._standing,
                self._actor,
                self._offload,
                self._both_tracks,
                None if parts.verifier is None else self._ask_for_flags,
            )
            self._flags = FlagDesk(
                provider,
                gate,
                parts.ledger,
                parts.leases,
                parts.clock,
                parts.session_id,
                self._offload,
                splits_of(parts.metrics),
            )
        return self._flags

    async def _both_tracks(self) -> str | None:
        """Asked of the host at each preview: the picture may be old, and a command has none."""
        from console.flags.exposure import both_tracks

        try:
            return both_tracks(await self._parts.router.release())
        except SourceError as error:
            why = error.problem.what
            return f"whether a release is rolling is not known ({why}): if one is, it hits both tracks alike"

    async def _ask_for_flags(self, order: Order) -> Outcome:
        from console.rollback.making import of_flags

        if order.back_at is not None:
            says = "A change for a set time cannot be asked for: nobody knows when it will be approved."
            return Outcome(End.REFUSED_HERE, says, "Ask for it without a time.")
        try:
            project = await self._parts.router.project()
        except SourceError as error:
            return Outcome(End.REFUSED_HERE, error.problem.what, error.problem.next)
        plan, shown = of_flags(project, order.offers)
        return await self.requests().ask(plan, shown, order.reason)

    async def tend_flags(self) -> None:
        """End overrides whose time is up, and settle what a crash left open."""
        if self._parts.flags is None:
            return
        if await self._offload(lambda: self._parts.ledger.streams("flag:")):
            await asyncio.to_thread(import_module, "console.flags.desk")
            desk = self.flags()
            await desk.settle()
            await desk.fire()

    # --- alerts ------------------------------------------------------------------------------

    def alerts(self) -> AlertDesk:
        """Raises :class:`Impossible` where no Alertmanager is named."""
        if self._alerts is None:
            parts = self._parts
            if parts.alertmanager is None:
                raise Impossible("No Alertmanager is named: set COALMINE_ALERTMANAGER__URL.")
            from console.alerts.desk import AlertDesk
            from console.alerts.gate import SilenceGate

            gate = SilenceGate(
                parts.alertmanager, parts.ledger, parts.clock, self._standing, self._actor, self._offload
            )
            self._alerts = AlertDesk(parts.alertmanager, gate, parts.clock)
        return self._alerts

    async def tend_alerts(self) -> None:
        """Find out what became of silences without an answer."""
        if self._parts.alertmanager is None:
            return
        if await self._offload(lambda: self._parts.ledger.streams("silence:")):
            await self.alerts().tend()

    # --- requests ----------------------------------------------------------------------------

    def requests(self) -> Room:
        """Raises :class:`Impossible` where no signature can be checked."""
        if self._room is None:
            if self._parts.verifier is None:
                raise Impossible("This session cannot check signatures.")
            from console.rollback.room import room_of

            self._room = room_of(
                self._parts, self._gate, self.flags, self._standing, self._actor, self._offload
            )
        return self._room

    async def waiting(self) -> Waiting:
        """Counted as they are executed: by signature. Loads nothing where there are none, or no screen."""
        if self._parts.verifier is None or self._parts.via != "console":
            return Waiting()
        if not await self._offload(lambda: self._parts.ledger.streams("request:")):
            return Waiting()
        await self._loaded()
        return await self.requests().waiting()

    async def tend_requests(
        self, world: World, preview: Callable[[str, Choice | None], Awaitable[Preview]]
    ) -> None:
        """Propose, void, carry out and go on with requests. ``preview``: of what is to be proposed."""
        if self._parts.verifier is None:
            return
        harm = harm_of(world)
        if harm is not None and harm != self._proposed:
            await self._loaded()
            await self._propose(harm, world, preview)
        if await self._offload(lambda: self._parts.ledger.streams("request:")):
            await self._loaded()
            await self._reopen(world.bake)
            await self.requests().tend()

    async def _reopen(self, bake: Bake | None) -> None:
        """What was carried out is somebody's again where production is worse than its own past since."""
        if bake is None or not bake.worse or bake.of == self._reopened:
            return
        try:
            if await self.requests().reopen(bake):
                self._reopened = bake.of
        except SourceError:
            return  # looked at again soon

    async def _propose(
        self, harm: Harm, world: World, preview: Callable[[str, Choice | None], Awaitable[Preview]]
    ) -> None:
        choice = Choice(target_id=harm.target_id) if harm.target_id is not None else None
        try:
            await self.requests().propose(await preview(harm.verb, choice), evidence_of(world))
        except SourceError:
            return  # looked at again soon
        except Impossible:
            if harm.verb == "abort":
                return  # the host may not have said yet that it rolls
        self._proposed = harm

    # --- incidents ---------------------------------------------------------------------------

    async def tend_incidents(self, world: World) -> None:
        """Open those that something in ``world`` tells of, or know which would be."""
        if self._parts.incident_terms is None:
            return
        if self._watch is None:
            watching = await asyncio.to_thread(import_module, "console.incidents.watching")
            self._watch = watching.IncidentWatch(
                self._parts, self._parts.incident_terms(), self._standing, self._actor, self._offload
            )
        await self._watch.tend(world)

    def banners(self) -> tuple[Banner, ...]:
        """What has to be said on every screen."""
        return () if self._watch is None else self._watch.banners()

    def incidents(self) -> IncidentRoom:
        """What this session does with incidents."""
        if self._incidents is None:
            from console.incidents.room import IncidentRoom

            parts = self._parts
            self._incidents = IncidentRoom(
                parts.ledger,
                parts.clock,
                self._standing,
                self._actor,
                self._offload,
                self.requests,
                parts.read_only,
            )
        return self._incidents

    def runs(self, project: Callable[[], Project | None]) -> RunRoom:
        """What this session does with runs of playbooks."""
        if self._runs is None:
            from console.runs.desk import Runs
            from console.runs.room import RunRoom

            parts, incidents = self._parts, self.incidents()
            desk = Runs(
                parts.ledger,
                parts.clock,
                lambda: self._standing().rulebook,
                self._offload,
                incidents.desk.seen,
                parts.read_only,
            )
            self._runs = RunRoom(desk, parts.leases, incidents, parts.driving, project)
        return self._runs

    async def playbooks(self) -> tuple[Found, ...]:
        """Every playbook there is, read and checked anew; takes a moment."""
        library = self._parts.library
        return () if library is None else await asyncio.to_thread(library)

    async def ongoing(self) -> tuple[OpenIncident, ...]:
        """The incidents that go on. Loads nothing where there are none, or no screen."""
        if self._parts.via != "console":
            return ()
        if self._incidents is None:
            if not await self._offload(lambda: self._parts.ledger.streams("incident:")):
                return ()
            await asyncio.to_thread(import_module, "console.incidents.room")
        return await self.incidents().ongoing()

    async def _loaded(self) -> None:
        """What a room needs, loaded beside the event loop: keys are pressed meanwhile."""
        if self._room is None:
            await asyncio.to_thread(import_module, "console.rollback.room")
