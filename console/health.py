"""How the sources do, derived from what was kept of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from console.ports import Sample
from console.readings import CLOCK_TOLERANCE_MS, Millis, Problem, Rhythm
from console.world import SourceHealth, SourceState

Latest = Mapping[str, tuple[Sample | None, Sample | None]]


@dataclass(frozen=True, slots=True)
class Source:
    """A configured source: the key whose readings show its health, and its rhythm."""

    name: str
    title: str
    key: str
    rhythm: Rhythm
    off: Problem | None = None
    """Set when the source is not configured: why that matters and what to do."""
    note: str = ""
    """What it says of itself."""


def health_of(source: Source, latest: Latest, now: Millis, since: Millis) -> SourceHealth:
    """The source's state now. ``since``: when this console began to listen."""
    if source.off is not None:
        return SourceHealth(source.name, source.title, SourceState.OFF, None, source.rhythm, source.off)
    good, failure = latest.get(source.key, (None, None))
    fresh_at = good.until if good else None
    problem = failure.problem if failure else None
    return SourceHealth(
        source.name,
        source.title,
        _state(fresh_at, problem, source.rhythm, now, since),
        fresh_at,
        source.rhythm,
        problem,
        problem.retry_at if problem else None,
        note=source.note,
    )


def aged(health: SourceHealth, now: Millis) -> SourceHealth:
    """The same knowledge of a source, looked at later."""
    if health.state is SourceState.OFF:
        return health
    return replace(health, state=_state(health.fresh_at, health.problem, health.rhythm, now, 0))


def _state(
    fresh_at: Millis | None, problem: Problem | None, rhythm: Rhythm, now: Millis, since: Millis
) -> SourceState:
    age = None if fresh_at is None else now - fresh_at
    if age is not None and -CLOCK_TOLERANCE_MS <= age <= rhythm.stale_after_ms:
        return SourceState.FAILING if problem else SourceState.OK
    if problem is None and now - since <= rhythm.stale_after_ms:
        return SourceState.STARTING
    if age is not None and age <= rhythm.lost_after_ms:
        return SourceState.FAILING
    return SourceState.LOST
