"""Notices that nobody watched while a release ran, and records it once, by the session that resumes.

Whoever polled last left the moment in the samples: a console that was closed, a laptop that slept, a lease
that was lost and sources that were all silent are the same from there.
"""

from __future__ import annotations

from dataclasses import dataclass

from console import events, unwatched
from console.canary.stages import Release
from console.effect import Offload
from console.envelope import Actor
from console.keeping import METRICS, RELEASE, reading
from console.ports import Clock, Ledger, LedgerConflict, Samples
from console.readings import Millis, Reading
from console.world import Unwatched


@dataclass(frozen=True, slots=True)
class Heard:
    """What the samples say: when any source answered last, and what the host said of the release."""

    at: Millis
    release: Reading[Release]


class Watching:
    """Compares each good answer with the one before it, whoever got that."""

    def __init__(
        self,
        ledger: Ledger,
        samples: Samples,
        clock: Clock,
        scope: str,
        actor: Actor,
        offload: Offload,
        least: Millis,
    ) -> None:
        self._ledger, self._samples, self._clock, self._scope = ledger, samples, clock, scope
        self._actor, self._offload, self._least = actor, offload, least
        self._before: Heard | None = None
        self._gap: Unwatched | None = None
        self._ran: Release | None = None

    async def take_over(self) -> None:
        """This session polls from now on: what was heard before it does is what counts.

        Raises :class:`console.ports.StoreUnusable`.
        """
        self._before = await self._offload(self._look)

    async def resumed(self) -> None:
        """After something was kept: was there a gap before it?

        Raises :class:`console.ports.StoreUnusable`.
        """
        now, before = await self._offload(self._look), self._before
        self._before = now
        if now is None or before is None:
            return
        if now.at - before.at > self._least:
            self._ran = before.release.value if self._gap is None else self._ran
            self._gap = Unwatched(before.at if self._gap is None else self._gap.since, now.at)
        gap = self._gap
        if gap is None or now.release.problem is not None or (now.release.at or 0) < gap.until:
            return  # whether a release ran is known once the host has said how it stands
        found = unwatched.of_release(gap, self._ran, now.release.value, self._least)
        if found is None or await self._offload(lambda: self._record(*found)):
            self._gap = self._ran = None

    def _look(self) -> Heard | None:
        goods = []
        for name in (RELEASE, METRICS):
            key = f"{self._scope}/{name}"
            goods.append(self._samples.latest(key).get(key, (None, None)))
        at = max((good.until for good, _ in goods if good is not None), default=None)
        return None if at is None else Heard(at, reading(Release, "vercel", goods[0]))

    def _record(self, canary_id: str, gap: Unwatched) -> bool:
        stream = f"release:{canary_id}"
        story = self._ledger.read(stream=stream)
        if any(one.until > gap.since for one in unwatched.recorded(story)):
            return True  # another session came back at the same time and has said it
        event = events.WatchResumed(canary_id=canary_id, since=gap.since, until=gap.until)
        version = story[-1].version if story else 0
        try:
            self._ledger.append(stream, version, [event.new(self._actor, self._clock.now())])
        except LedgerConflict:
            return False  # the next answer compares again
        return True
