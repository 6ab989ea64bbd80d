"""A source lost, and back again, while a release runs: recorded once, by the session that polls."""

from __future__ import annotations

from collections.abc import Sequence

from console import events
from console.effect import Offload
from console.envelope import Actor, Recorded
from console.ports import Clock, Ledger, LedgerConflict
from console.world import SourceHealth, SourceState, World

STREAM = "sources"


class Outages:
    """Compares each picture's sources with what was last recorded of them."""

    def __init__(self, ledger: Ledger, clock: Clock, actor: Actor, offload: Offload) -> None:
        self._ledger, self._clock, self._actor, self._offload = ledger, clock, actor, offload
        self._settled: tuple[object, ...] | None = None

    async def seen(self, world: World) -> None:
        """Record what changed. Raises :class:`console.ports.StoreUnusable`."""
        release = world.release.value
        active = release is not None and release.active
        present = (active, *((source.name, source.state) for source in world.sources))
        if present != self._settled and await self._offload(lambda: self._record(world.sources, active)):
            self._settled = present

    def forget(self) -> None:
        """Somebody else polls: what they recorded is read anew before anything is added."""
        self._settled = None

    def _record(self, sources: Sequence[SourceHealth], active: bool) -> bool:
        story = self._ledger.read(stream=STREAM)
        lost = lost_now(story)
        found = [event for source in sources if (event := transition(source, source.name in lost, active))]
        if not found:
            return True
        now = self._clock.now()
        version = story[-1].version if story else 0
        try:
            self._ledger.append(STREAM, version, [event.new(self._actor, now) for event in found])
        except LedgerConflict:
            return False  # the next picture compares again
        return True


def lost_now(story: Sequence[Recorded]) -> set[str]:
    """The sources whose last event says that they are lost."""
    lost: set[str] = set()
    for one in story:
        try:
            event = events.read(one)
        except events.Unknown:
            continue
        if isinstance(event, events.SourceChanged):
            (lost.add if event.state == "lost" else lost.discard)(event.source)
    return lost


def transition(source: SourceHealth, was_lost: bool, active: bool) -> events.SourceChanged | None:
    """What to record of a source; a loss only while a release is ``active``, its end always."""
    heard = source.fresh_at is not None or source.problem is not None
    if source.state is SourceState.LOST and not was_lost and active and heard:
        why = source.problem.what if source.problem else "nothing was heard of it for too long."
        return events.SourceChanged(source=source.name, state="lost", says=why)
    if source.state is SourceState.OK and was_lost:
        return events.SourceChanged(source=source.name, state="back", says="it answers again.")
    return None
