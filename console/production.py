"""What a session offers beyond the running release: preflight, freeze, the lists to choose from."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Literal

from console import events, freeze
from console.authorise import Refused, Standing, authorise_named
from console.effect import Offload
from console.envelope import Actor, Recorded
from console.host import AliasMove, BuildLine, Candidate, Check, Detail, Host, Slots
from console.last_verdicts import LastVerdict, last_verdicts
from console.looking import Looking
from console.outcome import End, Outcome
from console.planning import active_canary
from console.ports import Clock, Ledger, LedgerConflict, Project, SourceError, StoreUnusable
from console.preflight import Facts, Item, preflight
from console.situation import Situation, read_situation


class Production:
    """Reads for choosing, and the change freeze. Reads raise :class:`SourceError`."""

    def __init__(
        self,
        host: Host,
        ledger: Ledger,
        clock: Clock,
        standing: Callable[[], Standing],
        actor: Callable[[], Actor],
        offload: Offload,
    ) -> None:
        self._host, self._ledger, self._clock = host, ledger, clock
        self._standing, self._actor, self._offload = standing, actor, offload

    async def candidates(self, *, for_rollback: bool) -> list[Candidate]:
        """Deployments to choose from, newest first."""
        if for_rollback:
            return await self._host.rollback_candidates()
        return await self._host.candidates()

    async def last_verdicts(self, deployments: Iterable[str]) -> Mapping[str, LastVerdict]:
        """What was said last of each that was ever judged; nothing where the ledger cannot be read."""
        try:
            return await self._offload(partial(last_verdicts, self._ledger, tuple(deployments)))
        except StoreUnusable:
            return {}

    async def situation(self, action: str) -> Situation:
        """The state of production as far as ``action`` depends on it, without a target."""
        return await read_situation(self._host, action)

    async def project(self) -> Project:
        """The project as it is now, with its newest promote or rollback."""
        return await self._host.project()

    async def slots(self) -> Slots:
        return await self._host.slots()

    async def alias_moves(self, kind: Literal["promote", "rollback"]) -> list[AliasMove]:
        """What became of each domain of the newest promote or rollback."""
        return await self._host.alias_moves(kind, failed_only=False)

    async def preflight(self, deployment_id: str) -> tuple[Item, ...]:
        """What speaks for and against starting a release of the deployment."""
        listed = await self._host.candidates()
        chosen = next((c for c in listed if deployment_id in (c.deployment.id, c.deployment.url)), None)
        if chosen is None:
            return (Item("stop", "deployment", f"{deployment_id} is not among the production deployments"),)
        release, template = await self._host.release(), await self._host.template()
        slots, skew, checks = await asyncio.gather(
            self._slots(), self._skew(), self._checks(chosen.deployment.id)
        )
        running = active_canary(Situation(release))
        return preflight(Facts(chosen, template, slots, skew, checks, running))

    async def _slots(self) -> Slots | None:
        try:
            return await self._host.slots()
        except SourceError:
            return None

    async def _skew(self) -> int | None:
        try:
            return await self._host.skew_protection_s()
        except SourceError:
            return None

    async def _checks(self, deployment_id: str) -> list[Check] | None:
        try:
            return await self._host.checks(deployment_id)
        except SourceError:
            return None

    async def checks(self, deployment_id: str) -> list[Check]:
        return await self._host.checks(deployment_id)

    async def detail(self, deployment_id: str) -> Detail:
        return await self._host.detail(deployment_id)

    def look(self, deployment_id: str) -> Looking:
        """A close look at one deployment, which asks nothing until it is run."""
        return Looking(self._host, self._clock, deployment_id)

    def build_log(self, deployment_id: str, *, follow: bool) -> AsyncIterator[Sequence[BuildLine]]:
        return self._host.build_log(deployment_id, follow=follow)

    async def story(self, prefix: str) -> list[Recorded]:
        """What is recorded on every stream whose name begins so, stream after stream.

        Raises :class:`StoreUnusable`.
        """

        def read() -> list[Recorded]:
            names = self._ledger.streams(prefix)
            return [one for name in names for one in self._ledger.read(stream=name)]

        return await self._offload(read)

    async def freeze(self, reason: str) -> Outcome:
        """Let nothing widen exposure from now on."""
        return await self._change("freeze", reason)

    async def thaw(self, reason: str) -> Outcome:
        """End the freeze."""
        return await self._change("thaw", reason)

    async def _change(self, verb: str, reason: str) -> Outcome:
        if not reason.strip():
            return Outcome(End.REFUSED_HERE, "A reason is required.", "Say why, in a few words.")
        decided = authorise_named(verb, 0, self._standing())
        if isinstance(decided, Refused):
            return Outcome(End.REFUSED_HERE, decided.says, decided.next, decided.rule)
        try:
            project = await self._host.project()
        except SourceError as error:
            return Outcome(End.REFUSED_HERE, error.problem.what, error.problem.next)
        stream = freeze.stream(project.id)
        cls = events.ReleaseFrozen if verb == "freeze" else events.ReleaseThawed
        event = cls(person=decided.person, reason=reason.strip(), rule=decided.rule)
        while True:
            story = await self._offload(partial(self._ledger.read, stream=stream))
            try:
                frozen = freeze.stands(story)
            except events.Unknown as error:
                return Outcome(End.REFUSED_HERE, str(error), "Update Coalmine on this machine.")
            if (frozen is not None) == (verb == "freeze"):
                says = f"{frozen.person} froze changes already." if frozen else "Nothing is frozen."
                return Outcome(End.DONE, says)
            version = story[-1].version if story else 0
            new = event.new(self._actor(), self._clock.now())
            try:
                recorded = await self._offload(partial(self._ledger.append, stream, version, [new]))
            except LedgerConflict:
                continue
            says = "Frozen: nothing that widens exposure is sent." if verb == "freeze" else "Thawed."
            return Outcome(End.DONE, says, rule=decided.rule, seq=recorded[0].seq)
