"""Speed Insights: how fast pages were in browsers, free on every plan, and of no deployment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from console.canary.catalogue import Metric, Observed
from console.canary.measures import Point, Quantile, Window
from console.metric_sources import SPEED_INSIGHTS
from console.ports import Clock, Project, SourceError
from console.readings import Millis, Problem
from console.together import Spans, Together
from data.vercel.observability import rows
from data.vercel.observability.client import DAY, Drifted, ObservabilityClient, Question, Scope
from data.vercel.observability.models import Described, QueryAnswer
from data.vercel.observability.offered import family

PREFIX = "vercel.speed_insights"
PASSING = ("unreachable", "timeout", "server_error", "rate_limited", "unauthorised")
"""Failures that say nothing about a metric: where nothing else comes, the source itself fails."""
OFF = "switch on Speed Insights for the project at Vercel"


@dataclass(frozen=True, slots=True)
class Chosen:
    """How a metric is asked for: the names that the account's schema really has."""

    observed: Observed
    metric: str
    size: str


@dataclass(frozen=True, slots=True)
class Measured:
    """One span's answer: the quantile with how many measurements stand behind it, and its line."""

    measure: Quantile | None
    line: tuple[Point, ...]


def mine(metric: Metric) -> Observed | None:
    """How the catalogue has ``metric`` at Speed Insights; ``None`` where it has not."""
    return next((one for one in metric.vercel if one.metrics[0].startswith(PREFIX)), None)


class SpeedInsights:
    """The :class:`console.together.Supplement` on the query interface that Observability has, too.

    A quantile comes ready-made, so the number of measurements is asked for beside it. The schema is read at
    the start, once a day, and whenever a name is refused. The time before the release is asked for once.
    """

    name = SPEED_INSIGHTS

    def __init__(
        self, client: ObservabilityClient, project: Callable[[], Awaitable[Project]], clock: Clock
    ) -> None:
        self._client, self._project, self._clock = client, project, clock
        self._scope: Scope | None = None
        self._schema: tuple[Millis, Mapping[str, Described]] | None = None
        self._before: dict[str, tuple[Window, Measured]] = {}

    def gives(self, metric: Metric) -> bool:
        return mine(metric) is not None

    async def together(self, metrics: Sequence[Metric], spans: Spans) -> Mapping[str, Together | Problem]:
        known = await self._known()
        found = await asyncio.gather(*(self._metric(one, known, spans) for one in metrics))
        problems = [one for one in found if isinstance(one, Problem)]
        passing = [one for one in problems if one.kind in PASSING]
        if passing and len(passing) == len(found):
            raise SourceError(passing[0])
        return {metric.id: one for metric, one in zip(metrics, found, strict=True)}

    async def _metric(
        self, metric: Metric, known: Mapping[str, Described], spans: Spans
    ) -> Together | Problem:
        chosen = choose(metric, known)
        if isinstance(chosen, Problem):
            return chosen
        try:
            since = await self._measured(metric, chosen, spans.since)
            before = self._before.get(metric.id)
            if before is None or before[0] != spans.before:
                before = spans.before, await self._measured(metric, chosen, spans.before)
                self._before[metric.id] = before
        except Drifted as error:
            self._schema = None
            return error.problem
        except SourceError as error:
            return error.problem
        return Together(
            spans.since,
            since.measure,
            spans.before,
            before[1].measure,
            chosen.observed.instead,
            since.line,
        )

    async def _measured(self, metric: Metric, chosen: Chosen, span: Window) -> Measured:
        observed = chosen.observed
        questions = (
            Question(chosen.metric, observed.aggregation, span, ()),
            Question(chosen.size, "sum", span, ()),
        )
        values, sizes = await asyncio.gather(*(self._ask(one) for one in questions))
        try:
            value = _whole(values, rows.rollup(chosen.metric, observed.aggregation))
            total = _whole(sizes, rows.rollup(chosen.size, "sum"))
            line = _line(values, rows.rollup(chosen.metric, observed.aggregation))
        except ValueError as error:
            raise SourceError(self._client.garbage(str(error))) from None
        scale = observed.scale
        points = tuple(Point(at, found * scale * metric.factor) for at, found in line)
        if value is None or not total:
            return Measured(None, points)
        return Measured(Quantile(metric.quantile, value * scale, total), points)

    async def _ask(self, question: Question) -> QueryAnswer:
        if self._scope is None:
            project = await self._project()
            self._scope = Scope(project.account_id, project.id)
        return await self._client.query(self._scope, question)

    async def _known(self) -> Mapping[str, Described]:
        """The part of the schema that is ours; empty where the product is not switched on."""
        now = self._clock.now()
        if self._schema is None or not 0 <= now - self._schema[0] < DAY:
            ids = await self._client.known()
            prefixes = dict.fromkeys(family(one) for one in sorted(ids) if one.startswith(PREFIX))
            listed = await asyncio.gather(*(self._client.described(prefix) for prefix in prefixes))
            self._schema = now, {one.id: one for each in listed for one in each}
        return self._schema[1]


def choose(metric: Metric, known: Mapping[str, Described]) -> Chosen | Problem:
    """The first names that the schema has, of those that the catalogue knows. Pure."""
    observed = mine(metric)
    assert observed is not None
    name = next(
        (
            one
            for one in observed.metrics
            if one in known and observed.aggregation in (known[one].aggregations or (observed.aggregation,))
        ),
        None,
    )
    size = next((one for one in observed.sizes if one in known), None)
    if name is not None and size is not None:
        return Chosen(observed, name, size)
    if not known:
        return Problem("not_found", "this project has no Speed Insights", OFF)
    wanted = observed.metrics if name is None else observed.sizes
    how = f" with {observed.aggregation}" if name is None else ""
    return Problem("not_found", f"this account's schema has none of {', '.join(wanted)}{how}", OFF)


def _whole(answer: QueryAnswer, column: str) -> float | None:
    """The value of the whole span; ``None`` where nothing was measured in it."""
    return rows.value(answer.summary[0], column) if answer.summary else None


def _line(answer: QueryAnswer, column: str) -> list[tuple[Millis, float]]:
    found = [(rows.moment(row) + rows.MINUTE, rows.value(row, column)) for row in answer.data]
    return sorted((at, value) for at, value in found if value is not None)
