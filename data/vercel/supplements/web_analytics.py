"""Web Analytics: page views, visitors and custom events of the whole project, before and after.

It knows no deployments, no bounces and no length of a visit: there is no such dimension to ask for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from console.canary.catalogue import Metric, Visited
from console.canary.measures import Cell, Count, Measure, Ratio, Window
from console.metric_sources import WEB_ANALYTICS
from console.ports import Project, SourceError
from console.readings import Problem
from console.together import Spans, Together
from data.vercel.client import VercelClient
from data.vercel.supplements.visit_models import EventsAnswer, Visits, VisitsAnswer

ROOT = "/v1/query/web-analytics"
SUBJECT = "Web Analytics"
OFF = "Switch on Web Analytics for the project at Vercel."
EVENTS = "100"
"""So many names of events are told apart; those beyond are one group."""

A = TypeVar("A", VisitsAnswer, EventsAnswer)


@dataclass(frozen=True, slots=True)
class Looked:
    """One span: its visits, and its events or why there are none."""

    window: Window
    visits: Visits
    events: EventsAnswer | Problem | None


class WebAnalytics:
    """The :class:`console.together.Supplement` on the Web Analytics queries of one project.

    Two questions a span, of which the one before the release is asked for once it no longer moves.
    """

    name = WEB_ANALYTICS

    def __init__(self, client: VercelClient, project: Callable[[], Awaitable[Project]]) -> None:
        self._client, self._project = client, project
        self._id: str | None = None
        self._before: tuple[Window, bool, Looked] | None = None

    def gives(self, metric: Metric) -> bool:
        return bool(metric.analytics)

    async def together(self, metrics: Sequence[Metric], spans: Spans) -> Mapping[str, Together | Problem]:
        named = any(one.event or one.count == "events" for metric in metrics for one in metric.analytics)
        since = await self._look(spans.since, named)
        if self._before is None or self._before[:2] != (spans.before, named):
            self._before = spans.before, named, await self._look(spans.before, named)
        before = self._before[2]
        return {metric.id: _metric(metric, since, before) for metric in metrics}

    async def _look(self, span: Window, named: bool) -> Looked:
        visits, events = await asyncio.gather(
            self._get("visits/count", VisitsAnswer, span), self._events(span) if named else _nothing()
        )
        try:
            window = visits.query.window()
        except ValueError as error:
            raise SourceError(self._client.garbage(SUBJECT, str(error))) from None
        return Looked(window, visits.data, events)

    async def _events(self, span: Window) -> EventsAnswer | Problem:
        """The events by name. A plan without custom events still has its page views."""
        try:
            more = (("by", "eventName"), ("limit", EVENTS))
            return await self._get("events/aggregate", EventsAnswer, span, more)
        except SourceError as error:
            return error.problem

    async def _get(
        self, path: str, model: type[A], span: Window, more: tuple[tuple[str, str], ...] = ()
    ) -> A:
        if self._id is None:
            self._id = (await self._project()).id
        params = (("projectId", self._id), ("since", str(span.start)), ("until", str(span.end)), *more)
        try:
            return await self._client.get(f"{ROOT}/{path}", model, subject=SUBJECT, params=params)
        except SourceError as error:
            if error.problem.kind not in ("not_found", "payment_required"):
                raise
            raise SourceError(Problem(error.problem.kind, error.problem.what, OFF)) from None


async def _nothing() -> None:
    return None


def _metric(metric: Metric, since: Looked, before: Looked) -> Together | Problem:
    visited = metric.analytics[0]
    measures = [_measure(metric, visited, one) for one in (since, before)]
    refused = next((one for one in measures if isinstance(one, Problem)), None)
    if refused is not None:
        return refused
    now, was = (one for one in measures if not isinstance(one, Problem))
    return Together(since.window, now, before.window, was, visited.instead)


def _measure(metric: Metric, visited: Visited, looked: Looked) -> Measure | Problem | None:
    """What one span amounts to; ``None`` where nobody was seen at all."""
    if not looked.visits.pageviews:
        return None
    seconds = looked.window.seconds
    of = {"": None, "pageviews": looked.visits.pageviews, "visitors": looked.visits.visitors}[visited.of]
    if not visited.event and visited.count != "events":
        events = looked.visits.pageviews if visited.count == "pageviews" else looked.visits.visitors
        return Count(events, seconds, of)
    if isinstance(looked.events, Problem):
        return looked.events
    every = looked.events.data if looked.events is not None else []
    rows = [one for one in every if not visited.event or one.eventName == visited.event]
    counts = [one.visitors if visited.count == "visitors" else one.count for one in rows]
    if metric.kind == "ratio":
        assert of is not None
        return Ratio(min(sum(counts), of), of)
    names = (one.eventName or "(unnamed)" for one in rows)
    cells = tuple(Cell(name, n, of or 0.0) for name, n in zip(names, counts, strict=True))
    return Count(sum(counts), seconds, of, cells if metric.by is not None else ())
