"""What a source says of both tracks together because it cannot tell deployments apart: context, beside what
was before the release. No verdict ever rests on it: it is kept apart from the tracks' own measurements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from console.canary.catalogue import Metric
from console.canary.measures import Measure, Point, Window
from console.canary.stages import Release
from console.readings import Millis, Problem

MINUTE: Millis = 60_000
MOST: Millis = 60 * MINUTE
"""How much of the release is looked at, and as much of the time before it."""
LAG: Millis = MINUTE
"""What is newer is still coming in."""


@dataclass(frozen=True, slots=True)
class Spans:
    """A part of the release, up to now, and a part of the same length before it."""

    since: Window
    before: Window


@dataclass(frozen=True, slots=True)
class Together:
    """One metric of everybody in ``since``, and in ``before``, which ended when the release began.

    Both are the spans that the source really answered for, which may have widened those it was asked for.
    """

    since: Window
    measure: Measure | None
    before: Window
    was: Measure | None
    instead: str = ""
    """What was measured, where it only stands in for the metric."""
    line: tuple[Point, ...] = ()
    """In the metric's unit, as the source itself has it."""


class Supplement(Protocol):
    """A source that stands in where the one that measures the tracks has nothing."""

    @property
    def name(self) -> str:
        """A name of :data:`console.metric_sources.SUPPLEMENTS`."""
        ...

    def gives(self, metric: Metric) -> bool:
        """Whether the catalogue says that this source may have ``metric``."""
        ...

    async def together(self, metrics: Sequence[Metric], spans: Spans) -> Mapping[str, Together | Problem]:
        """Of each metric its numbers, or why this account has none. A refusal concerns that metric alone.

        Raises :class:`console.ports.SourceError` where the source as a whole does not answer.
        """
        ...


def spans_of(release: Release, now: Millis) -> Spans | None:
    """Whole minutes of the release that are over, the newest hour of them; ``None`` in its first minutes.

    Before it: as long, and up to its beginning, so that both spans have the same length.
    """
    began = release.started_at // MINUTE * MINUTE
    end = (now - LAG) // MINUTE * MINUTE
    length = min(end - began, MOST)
    if length < MINUTE:
        return None
    return Spans(Window(end - length, end), Window(began - length, began))
