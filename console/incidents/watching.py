"""The part of a session that opens incidents by itself, or says which it would open."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from console.authorise import Standing, out_of_the_question
from console.effect import Offload
from console.envelope import Actor
from console.incidents.desk import Incidents
from console.incidents.opener import Opener, Settled
from console.incidents.opening import Cause, Terms, causes
from console.parts import Parts
from console.readings import Millis
from console.world import Banner, World

log = logging.getLogger("coalmine.incidents")

LEASE = "opening incidents"
LEASE_MS: Millis = 10_000
"""One session at a time opens: another goes on where that one is gone."""


class IncidentWatch:
    """Of one session. Each cause is settled once in the ledger; what is settled is not looked at again."""

    def __init__(
        self,
        parts: Parts,
        terms: Terms,
        standing: Callable[[], Standing],
        actor: Callable[[], Actor],
        offload: Offload,
    ) -> None:
        self._parts, self._terms = parts, terms
        self._standing, self._actor, self._offload = standing, actor, offload
        incidents = Incidents(parts.ledger, parts.clock, lambda: standing().rulebook, offload)
        self._opener = Opener(parts.ledger, parts.clock, incidents)
        self._settled: set[str] = set()
        self._would: tuple[Cause, ...] = ()

    async def tend(self, world: World) -> None:
        """Settle every cause in ``world``. Raises :class:`console.ports.StoreUnusable`."""
        found = causes(world, self._terms, self._settled)
        if not found:
            self._would = ()
            return
        project = world.project.value
        if project is None:
            return
        if out_of_the_question(self._standing()) is not None:
            known = {one.key: await self._offload(partial(self._opener.carrier, one)) for one in found}
            self._would = tuple(one for one in found if known[one.key] is None)
            return
        self._would = ()
        for one in found:
            await self._settle(one, project.id)

    async def _settle(self, cause: Cause, project_id: str) -> None:
        def write() -> tuple[bool, Settled | None]:
            parts = self._parts
            lease = parts.leases.acquire(LEASE, parts.session_id, LEASE_MS, parts.clock.now())
            if lease is None:
                return self._opener.carrier(cause) is not None, None
            made = self._opener.settle(cause, project_id, self._actor())
            return made is not None or self._opener.carrier(cause) is not None, made

        done, made = await self._offload(write)
        if done:
            self._settled.add(cause.key)
        if made is not None:
            log.info("%s %s for %s", "opened" if made.opened else "wrote to", made.incident_id, cause.key)

    def banners(self) -> tuple[Banner, ...]:
        """What would be opened, and why this console does not."""
        if not self._would:
            return ()
        why = out_of_the_question(self._standing())
        said = why.says if why is not None else ""
        return tuple(
            Banner("warning", f"An incident would be opened: {one.title}. Not from here: {said}")
            for one in self._would
        )
