"""Readings: a value together with when it was true, who said so, and what is wrong with it.

Everything that comes from outside the process is a :class:`Reading`. Screens and judges see
readings only, so an old number can never pass for a live one, nor silence for health.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Generic, TypeVar

Millis = int
"""A moment: milliseconds since the Unix epoch, UTC."""

T = TypeVar("T")

CLOCK_TOLERANCE_MS = 5_000
"""A reading dated further ahead of our clock than this is not trusted as fresh."""


class Freshness(StrEnum):
    """How far a reading may be trusted now. Only ``FRESH`` may lead to a promotion."""

    FRESH = "fresh"
    PARTIAL = "partial"  # recent, but the source said that part of it is missing
    STALE = "stale"  # older than the source's rhythm allows: shown dimmed, with its age
    LOST = "lost"  # so old that it says nothing about now: shown as –, the value beside it
    MISSING = "missing"  # never had a value


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a source did not answer well, in words for a person.

    ``kind`` is one of: ``unreachable``, ``timeout``, ``unauthorised``, ``forbidden``, ``not_found``,
    ``payment_required``, ``rate_limited``, ``server_error``, ``garbage``, ``too_large``, ``refused``,
    ``clock``, ``unconfigured``, ``broken_query``, ``internal``.
    """

    kind: str
    what: str
    """One sentence: what happened, to what."""
    next: str
    """One sentence: what to do next."""
    retry_at: Millis | None = None
    """When the console itself will try again, if it will."""


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """A value from outside, when it was true, its source, and what is wrong with it if anything.

    ``problem`` with a ``value`` means: the newest attempt failed, this is the last good value.
    """

    value: T | None
    at: Millis | None
    source: str
    problem: Problem | None = None
    partial: bool = False

    @classmethod
    def missing(cls, source: str, problem: Problem | None = None) -> Reading[T]:
        """A reading that never had a value."""
        return cls(value=None, at=None, source=source, problem=problem)

    def age_ms(self, now: Millis) -> Millis | None:
        """Milliseconds since the value was true; ``None`` when there is no value."""
        return None if self.at is None else now - self.at

    def freshness(self, now: Millis, rhythm: Rhythm) -> Freshness:
        """How far to trust this reading at ``now``, given how often its source should speak."""
        if self.value is None or self.at is None:
            return Freshness.MISSING
        age = now - self.at
        if age > rhythm.lost_after_ms:
            return Freshness.LOST
        if age > rhythm.stale_after_ms or age < -CLOCK_TOLERANCE_MS:
            return Freshness.STALE
        return Freshness.PARTIAL if self.partial else Freshness.FRESH

    def failed(self, problem: Problem) -> Reading[T]:
        """The same last value, with the newest attempt's failure beside it."""
        return replace(self, problem=problem)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a source should speak, and from when on its silence makes values stale or lost."""

    poll_ms: Millis
    stale_after_ms: Millis
    lost_after_ms: Millis = 5 * 60_000
    """Five minutes: Prometheus's own lookback, after which it returns nothing either."""

    @classmethod
    def of(cls, poll_ms: Millis, *, sample_every_ms: Millis = 0) -> Rhythm:
        """Stale after two missed polls plus two of the source's own sampling intervals."""
        stale = 2 * poll_ms + 2 * sample_every_ms
        return cls(poll_ms=poll_ms, stale_after_ms=stale, lost_after_ms=max(5 * 60_000, 2 * stale))
