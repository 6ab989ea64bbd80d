"""The first of several sources that the account may ask: the better ones first, the free ones after them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from console.canary.catalogue import Metric
from console.canary.measures import Measure, Point, Window
from console.metric_sources import TITLES
from console.polling import measure_all
from console.ports import Clock, MetricsSource, NotOffered, SourceError
from console.readings import Millis, Problem

AGAIN_MS: Millis = 15 * 60_000
"""After so long a source that was not to be had is asked again: plans and rights change."""

T = TypeVar("T")


class FirstOf:
    """A :class:`console.ports.MetricsSource` that passes every question to the first source that may answer.

    Only :class:`NotOffered` makes it go on to the next: a source that fails is not replaced by a weaker one
    in silence, it is said to fail.
    """

    def __init__(self, sources: Sequence[MetricsSource], clock: Clock) -> None:
        self._sources, self._clock = tuple(sources), clock
        self._at = 0
        self._refused: dict[int, tuple[Problem, Millis]] = {}

    @property
    def name(self) -> str:
        return self._sources[self._at].name

    @property
    def note(self) -> str:
        """Why not the better ones, and what this one says of itself."""
        said = [
            f"{TITLES[self._sources[at].name]} is not used: {problem.what}"
            for at, (problem, _) in sorted(self._refused.items())
            if at < self._at
        ]
        return " ".join([*said, self._sources[self._at].note]).strip()

    def lacks(self, metric: Metric) -> str | None:
        return self._sources[self._at].lacks(metric)

    async def probe(self) -> None:
        await self._first(lambda source: source.probe())

    async def settled(self, deployment_ids: Sequence[str], now: Millis) -> Millis:
        return await self._first(lambda source: source.settled(deployment_ids, now))

    async def measure(
        self, metric: Metric, deployment_ids: Sequence[str], window: Window
    ) -> Mapping[str, Measure | None]:
        return await self._first(lambda source: source.measure(metric, deployment_ids, window))

    async def measure_all(
        self, metrics: Sequence[Metric], deployment_ids: Sequence[str], window: Window
    ) -> Mapping[str, Mapping[str, Measure | None]]:
        """All from one source: with few questions where that one can."""
        return await self._first(lambda source: measure_all(source, metrics, deployment_ids, window))

    async def history(
        self, metric: Metric, deployment_ids: Sequence[str], window: Window, step_s: int
    ) -> Mapping[str, tuple[Point, ...]]:
        return await self._first(lambda source: source.history(metric, deployment_ids, window, step_s))

    async def newest(self, deployment_ids: Sequence[str]) -> Mapping[str, Millis | None]:
        return await self._first(lambda source: source.newest(deployment_ids))

    async def _first(self, ask: Callable[[MetricsSource], Awaitable[T]]) -> T:
        last: Problem | None = None
        for at, source in enumerate(self._sources):
            refused = self._refused.get(at)
            if refused is not None and self._clock.now() < refused[1]:
                last = refused[0]
                continue
            try:
                answer = await ask(source)
            except NotOffered as error:
                last = error.problem
                until = last.retry_at or self._clock.now() + AGAIN_MS
                self._refused[at] = last, until
                continue
            except SourceError:
                self._at = at  # it may be asked, and fails: that is said of it
                raise
            self._refused.pop(at, None)
            self._at = at
            return answer
        assert last is not None, "there is at least one source"
        raise SourceError(last)
