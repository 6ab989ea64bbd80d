"""The sources that measurements of the tracks can come from: one of them is *the* metrics source.

Which one is decided where the console is put together, and may change while it runs (an account without
the paid product is measured by its request logs); so the name travels with what is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from console.readings import Millis

PROMETHEUS, OBSERVABILITY, REQUEST_LOGS = "prometheus", "observability", "request-logs"
TITLES = {
    PROMETHEUS: "Prometheus",
    OBSERVABILITY: "Vercel Observability",
    REQUEST_LOGS: "Vercel request logs",
}

SPEED_INSIGHTS, WEB_ANALYTICS = "speed-insights", "web-analytics"
SUPPLEMENTS = {SPEED_INSIGHTS: "Speed Insights", WEB_ANALYTICS: "Web Analytics"}
"""What stands in where the source that measures the tracks has nothing, in the order in which they are asked.
They tell no deployments apart."""
SUPPLEMENTS_EVERY_MS: Millis = 300_000
"""Each of them: their grain is coarse, and every question counts towards the quota of the day."""

VERCEL_EVERY_MS: Millis = 60_000
"""How often Vercel is asked: its finest bucket is a minute, and its quota is the day's."""


class Named(Protocol):
    """Something with a source's name."""

    @property
    def name(self) -> str: ...


S = TypeVar("S", bound=Named)


def title_of(name: str) -> str:
    """The source called ``name`` as a person reads it."""
    return TITLES.get(name) or SUPPLEMENTS.get(name) or name


def the_metrics(sources: Iterable[S]) -> S | None:
    """The one among ``sources`` that measures the tracks."""
    return next((source for source in sources if source.name in TITLES), None)
