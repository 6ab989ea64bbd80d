"""When to ask again: intervals with jitter, back-off after failures, the host's own wish first."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from console.readings import Millis, Problem

JITTER = 0.1
BACKOFF_BASE_MS: Millis = 1_000
BACKOFF_CAP_MS: Millis = 60_000
NEEDS_A_PERSON = frozenset({"unauthorised", "forbidden", "payment_required", "not_found"})
"""Problems that asking again does not heal: asked rarely until somebody acts."""
RARELY_MS: Millis = 60_000


@dataclass(frozen=True, slots=True)
class Pace:
    """The rhythm of one job: its interval, and how many attempts failed in a row."""

    every_ms: Millis
    failures: int = 0

    def succeeded(self) -> Pace:
        return replace(self, failures=0)

    def failed(self) -> Pace:
        return replace(self, failures=self.failures + 1)

    def delay_ms(self, rng: random.Random, now: Millis, problem: Problem | None = None) -> Millis:
        """How long to wait before the next attempt.

        After success the interval ± 10 %, so that many consoles do not beat in step; after failures
        full jitter over a doubling span, never more often than the interval's tenth and at most a
        minute; a time that the host named (``retry_at``) wins.
        """
        if problem is not None and problem.retry_at is not None:
            return max(0, problem.retry_at - now) + int(rng.uniform(0, BACKOFF_BASE_MS))
        if problem is not None and problem.kind in NEEDS_A_PERSON:
            return max(self.every_ms, RARELY_MS)
        if self.failures:
            span = min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** min(self.failures, 16))
            return max(self.every_ms // 10, int(rng.uniform(0.1, 1) * min(span, max(self.every_ms, 5_000))))
        return int(self.every_ms * rng.uniform(1 - JITTER, 1 + JITTER))
