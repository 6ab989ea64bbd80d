"""What Observability has beside the headline, and the headline's parts: what goes wrong with one of these
concerns that one alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from console.canary.catalogue import Metric
from console.canary.headline import HEADLINE
from console.canary.measures import Cell, Measure, Window
from console.ports import Answered, NotOffered, SourceError
from data.vercel.observability import rows
from data.vercel.observability.client import Drifted, ObservabilityClient, Question, Scope, one_of
from data.vercel.observability.models import Described
from data.vercel.observability.offered import Counted, family
from data.vercel.observability.others import (
    Summed,
    Way,
    candidates,
    cells_of,
    measures_of,
    summed,
    way_of,
    whole,
)

NOT_READ = "it is not read from Vercel's Observability"
ROUTES = "error_rate by route"
MOST_GROUPS = 500
"""Deployments × routes × statuses that are told apart; what is beyond them is one part."""


class Beside:
    """Asks for single metrics of the catalogue by the names that :meth:`learn` was given."""

    def __init__(
        self,
        client: ObservabilityClient,
        whose: Callable[[], Awaitable[Scope]],
        metrics: Sequence[Metric],
    ) -> None:
        self._client, self._whose = client, whose
        self._metrics = {one.id: one for one in metrics if one.id not in HEADLINE}
        self._schema: Mapping[str, Described] | None = None
        self._refused: dict[str, str] = {}
        """By metric (or :data:`ROUTES`) why Vercel refused what its schema lists."""

    async def learn(self, known: Collection[str], described: Sequence[Described]) -> None:
        """Take the schema as it is now; ``described`` is the part that was read for the headline."""
        wanted = [one for one in candidates(self._metrics.values()) if one in known]
        there = {family(one.id) for one in described}
        more = [one for one in dict.fromkeys(map(family, wanted)) if one not in there]
        found = await asyncio.gather(*(self._described(prefix) for prefix in more))
        self._schema = {one.id: one for part in (described, *found) for one in part}
        self._refused.clear()

    def lacks(self, metric: Metric) -> str | None:
        """Why there is no such metric; ``None`` if there is, or the schema has not been read yet."""
        if metric.id not in self._metrics:
            return NOT_READ
        if metric.id in self._refused:
            return self._refused[metric.id]
        way = way_of(metric, self._schema or {})
        return way if isinstance(way, str) and (self._schema is not None or not metric.vercel) else None

    async def measure(
        self, metric: Metric, places: Sequence[str], window: Window
    ) -> Answered[Measure | None]:
        """Of whole minutes. A refusal counts until the schema is read again; a failure is a warning."""
        way = way_of(metric, self._schema or {})
        if isinstance(way, str) or metric.id in self._refused:
            return Answered(dict.fromkeys(places))
        try:
            values, others = await self._values(metric, way, places, window)
        except (Drifted, NotOffered) as error:
            self._refused[metric.id] = error.problem.what.rstrip(".")
            return Answered(dict.fromkeys(places))
        except SourceError as error:
            return Answered(dict.fromkeys(places), (error.problem.what,))
        found = measures_of(metric, way, places, values, others, window)
        return Answered(found, (), way.observed.instead)

    async def routes(
        self, metric: Metric, counted: Counted, ids: Sequence[str], window: Window
    ) -> Mapping[str, tuple[Cell, ...]]:
        """Requests and errors by route; none where that fails, as the whole does not depend on them."""
        apart = metric.by is not None and metric.by.labels == (counted.route,)
        if metric.kind != "ratio" or not apart or ROUTES in self._refused:
            return {}
        groups = (counted.deployment, counted.route, counted.status)
        chosen = one_of(counted.deployment, sorted(ids))
        asked = Question(counted.metric, "sum", window, groups, chosen, limit=MOST_GROUPS)
        try:
            answer = await self._client.query(await self._whose(), asked)
            found, column = whole(answer, window), rows.rollup(counted.metric, "sum")
            names = (counted.deployment, counted.status, counted.route)
            return {one: cells_of(found, column, *names, one) for one in ids}
        except Drifted as error:
            self._refused[ROUTES] = error.problem.what
        except (SourceError, ValueError):
            pass
        return {}

    async def _values(
        self, metric: Metric, way: Way, places: Sequence[str], window: Window
    ) -> tuple[Summed, Summed]:
        observed, chosen = way.observed, _chosen(way, places)
        if metric.kind == "ratio":
            part = f"({chosen}) and ({observed.numerator})" if chosen else observed.numerator
            asked = ((way.metric, "sum", part), (way.metric, "sum", chosen))
        elif metric.kind == "histogram":
            asked = ((way.metric, observed.aggregation, chosen), (way.size, "sum", chosen))
        else:
            return await self._ask(way, way.metric, observed.aggregation, chosen, window), {}
        values, others = await asyncio.gather(*(self._ask(way, *one, window) for one in asked))
        return values, others

    async def _ask(self, way: Way, name: str, how: str, kept: str, window: Window) -> Summed:
        groups = (way.deployment,) if way.deployment else ()
        question = Question(name, how, window, groups, kept or None)
        answer = await self._client.query(await self._whose(), question)
        try:
            return summed(answer, rows.rollup(name, how), way, window)
        except ValueError as error:
            raise SourceError(self._client.garbage(str(error))) from None

    async def _described(self, prefix: str) -> Sequence[Described]:
        """What nothing of the headline needs: where it cannot be read, it is as if it were not there."""
        try:
            return await self._client.described(prefix)
        except SourceError:
            return ()


def _chosen(way: Way, places: Sequence[str]) -> str:
    """The filter of the deployments, and the catalogue's own."""
    deployments = one_of(way.deployment, sorted(places)) if way.deployment else ""
    own = way.observed.filter
    return f"({deployments}) and ({own})" if deployments and own else deployments or own
