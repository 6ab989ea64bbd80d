"""Reading how many people have the flags of a release, again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from console.engine import Job
from console.flags.blast import changed_share
from console.flags.exposure import Exposed, Exposures, Linked
from console.flags.model import BadFlag, Flag, packed_segments
from console.flags.provider import FlagProvider
from console.flags.telling import environment_of
from console.keeping import EXPOSURE, dump
from console.ports import Clock, Sample, SourceError
from console.readings import Millis

EVERY_MS: Millis = 10_000


class ExposureJob:
    """Asks for each linked flag by itself: they are few."""

    def __init__(
        self, provider: Callable[[], FlagProvider], linked: Sequence[Linked], clock: Clock, scope: str
    ) -> None:
        self._make, self._linked, self._clock, self._scope = provider, tuple(linked), clock, scope
        self._provider: FlagProvider | None = None

    def job(self) -> Job:
        return Job(EXPOSURE, "vercel", EVERY_MS, self._run)

    async def _run(self) -> Sequence[Sample]:
        provider = self._provider = self._provider or self._make()
        segments = await provider.segments()
        now = self._clock.now()
        found = await asyncio.gather(*(self._one(provider, one, segments, now) for one in self._linked))
        body = dump(Exposures, Exposures(tuple(found)))
        return [Sample(f"{self._scope}/{EXPOSURE}", now, now, "vercel", body)]

    async def _one(
        self, provider: FlagProvider, linked: Linked, segments: Sequence[Mapping[str, Any]], now: Millis
    ) -> Exposed:
        try:
            held = await provider.get(linked.key)
        except SourceError as error:
            return Exposed(linked.key, linked.variant, problem=error.problem.what)
        return await asyncio.to_thread(exposed, held.flag, linked, segments, now)


def exposed(flag: Flag, linked: Linked, segments: Sequence[Mapping[str, Any]], now: Millis) -> Exposed:
    """The share of people with the variant: those who would not change if everyone got it.

    People listed by name are few and left aside, as in every preview.
    """
    key, variant = linked.key, linked.variant
    if flag.archived:
        return Exposed(key, variant, problem="it is archived: everyone gets the default in the code")
    if variant not in flag.variant_ids:
        there = ", ".join(flag.variant_ids)
        return Exposed(key, variant, problem=f"it has no variant {variant}; it has {there}")
    where = environment_of(flag)
    try:
        packed, held = flag.packed(), packed_segments(segments)
    except BadFlag as error:
        return Exposed(key, variant, problem=str(error))
    assert packed is not None
    unnamed = {name: _unnamed(entry) for name, entry in packed["environments"].items()}
    served = {**packed, "environments": unnamed}
    everyone = {**packed, "environments": {**unnamed, where: flag.variant_ids.index(variant)}}
    others = changed_share(served, everyone, where, now_ms=now, segments=held)
    return Exposed(key, variant, 100 * (1 - others.high), 100 * (1 - others.low))


def _unnamed(entry: Any) -> Any:
    """An environment without those listed by name."""
    if not isinstance(entry, dict):
        return entry
    return {key: value for key, value in entry.items() if key != "targets"}
