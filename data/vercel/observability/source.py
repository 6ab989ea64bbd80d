"""Vercel's Observability as the source of measurements of the tracks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from console.canary.catalogue import Metric
from console.canary.headline import HEADLINE
from console.canary.measures import SHARED, Count, Measure, Point, Quantile, Ratio, Window
from console.metric_sources import OBSERVABILITY
from console.ports import Answered, Clock, NotOffered, Project, SourceError
from console.readings import Millis, Problem
from data.vercel.observability import rows
from data.vercel.observability.beside import Beside
from data.vercel.observability.client import (
    DAY,
    FREE,
    LIMIT,
    Drifted,
    ObservabilityClient,
    Question,
    Scope,
    one_of,
)
from data.vercel.observability.models import Described, QueryAnswer
from data.vercel.observability.offered import (
    CANDIDATES,
    P95,
    Counted,
    Lacking,
    Offered,
    Timed,
    choose,
    family,
)
from data.vercel.observability.others import with_cells
from data.vercel.observability.rows import MINUTE, Counts

LOOK_BACK: Millis = 10 * MINUTE
"""How much is asked for at each poll: what came late is seen, and a missed poll caught up."""
CROWDED = f"Vercel answered with as many groups a minute as were asked for ({LIMIT}): some may be left out."
PERCENTILES = (
    "Latency comes as ready-made percentiles: several minutes are their mean, weighted by requests, and no "
    "distribution is known."
)
Q = 0.95


class VercelMetrics:
    """The :class:`console.ports.MetricsSource` on the Observability query interface of one project.

    Errors and requests are counts by deployment, status and minute, read in one query for all metrics.
    ``project`` says whose metrics they are. The schema is read at the start, once a day, and whenever
    Vercel refuses what it listed. Raises :class:`NotOffered` where the account cannot ask. ``others`` are
    the metrics beside the headline that may be asked for: what goes wrong with one of them is its own affair.
    """

    name = OBSERVABILITY

    def __init__(
        self,
        client: ObservabilityClient,
        project: Callable[[], Awaitable[Project]],
        clock: Clock,
        others: Sequence[Metric] = (),
    ) -> None:
        self._client, self._project, self._clock = client, project, clock
        self._beside = Beside(client, self._whose, others)
        self._scope: Scope | None = None
        self._offered: tuple[Millis, Offered] | None = None
        self._kept: dict[str, Counts] = {}

    @property
    def note(self) -> str:
        offered = self._offered[1] if self._offered else None
        if offered is None:
            return ""
        said = [f"Counts are {offered.counts.metric}, by the minute, about a minute behind."]
        if offered.latency is None:
            said.append(f"{self.lacks_latency}.")
        else:
            said.append(f"Latency is the 95th percentile of {offered.latency.metric}. {PERCENTILES}")
        return " ".join(said)

    lacks_latency = "this account's Observability offers no request duration by deployment"

    def lacks(self, metric: Metric) -> str | None:
        if metric.id not in HEADLINE:
            return self._beside.lacks(metric)
        if metric.kind != "histogram" or self._offered is None or self._offered[1].latency is not None:
            return None
        return self.lacks_latency

    # --- the port -----------------------------------------------------------------------------------

    async def probe(self) -> None:
        """One small query: only a query shows whether the account may ask."""
        offered, now = await self._schema(), self._clock.now()
        end = now // MINUTE * MINUTE
        span = Window(end - 5 * MINUTE, end)
        await self._ask(Question(offered.counts.metric, "sum", span, (), limit=1))

    async def settled(self, deployment_ids: Sequence[str], now: Millis) -> Millis:
        """Asks for the last minutes anew; a minute is over once a newer one has counts, or after three."""
        if not deployment_ids:
            return rows.settled(None, now)
        offered = await self._schema()
        newest = (await self._recent(offered.counts, frozenset(deployment_ids))).newest
        return rows.settled(newest, now)

    async def newest(self, deployment_ids: Sequence[str]) -> Answered[Millis | None]:
        """Until when Vercel has counted these deployments at all: one that gets no visitors is not silent."""
        ids, offered = frozenset(deployment_ids), await self._schema()
        if not ids:
            return Answered({})
        kept, now = self._kept.get(offered.counts.metric), self._clock.now()
        if kept is None or not kept.ids.issuperset(ids) or not 0 <= now - kept.asked_at < MINUTE // 2:
            kept = await self._recent(offered.counts, ids)
        at = kept.newest
        # a minute that has only begun is as new as now; one that has not begun shows a clock that is wrong
        until = at if at is None or at > now else min(at + MINUTE, now)
        return Answered(dict.fromkeys(deployment_ids, until), self._warnings(kept))

    async def measure(
        self, metric: Metric, deployment_ids: Sequence[str], window: Window
    ) -> Answered[Measure | None]:
        """Of the whole minutes in ``window``; without one there is nothing to say."""
        ids = list(dict.fromkeys(deployment_ids))
        whole = rows.minutes(window)
        places = ids if metric.split else [SHARED]
        if not ids or not whole or (metric.id not in HEADLINE and self._beside.lacks(metric) is not None):
            return Answered(dict.fromkeys(places))
        offered = await self._schema()
        window = Window(whole[0], whole[-1] + MINUTE)
        if metric.id not in HEADLINE:
            return await self._beside.measure(metric, places, window)
        if metric.kind == "histogram":
            if offered.latency is None:
                return Answered(dict.fromkeys(ids))
            return await self._latency(offered.latency, ids, window)
        found = await self._counts(offered.counts, frozenset(ids), window)
        cells = await self._beside.routes(metric, offered.counts, ids, window)
        measured: dict[str, Measure | None] = {}
        for one in ids:
            ratio = found.within(one, window)
            counted = ratio and Count(ratio.total, window.seconds)
            apart = ratio and with_cells(ratio, cells.get(one, ()))
            measured[one] = apart if metric.kind == "ratio" else counted
        return Answered(measured, self._warnings(found))

    async def history(
        self, metric: Metric, deployment_ids: Sequence[str], window: Window, step_s: int
    ) -> Answered[tuple[Point, ...]]:
        """Points at the ends of buckets as fine as Vercel allows for so long a span."""
        ids = list(dict.fromkeys(deployment_ids))
        step = max(_finest(window), -(-step_s // 60) * 60) * 1000
        until = min(window.end, self._clock.now() - rows.LAG)
        span = Window(-(-window.start // step) * step, until // step * step)
        if not ids or span.end <= span.start or metric.id not in HEADLINE:
            return Answered(dict.fromkeys(ids, ()))
        offered = await self._schema()
        if metric.kind == "histogram":
            lines = await self._latencies(offered.latency, ids, span, step) if offered.latency else {}
            return Answered({one: lines.get(one, ()) for one in ids})
        found = await self._fetch(offered.counts, frozenset(ids), span, step // 1000)
        return Answered({one: _line(found, one, metric, step) for one in ids}, self._warnings(found))

    # --- counts ---------------------------------------------------------------------------------------

    async def _recent(self, counted: Counted, ids: frozenset[str]) -> Counts:
        end = (self._clock.now() // MINUTE + 1) * MINUTE
        self._kept[counted.metric] = await self._fetch(counted, ids, Window(end - LOOK_BACK, end))
        return self._kept[counted.metric]

    async def _counts(self, counted: Counted, ids: frozenset[str], window: Window) -> Counts:
        kept = self._kept.get(counted.metric)
        if kept is not None and kept.covers(ids, window):
            return kept
        return await self._fetch(counted, ids, window)

    async def _fetch(self, counted: Counted, ids: frozenset[str], span: Window, bucket_s: int = 60) -> Counts:
        asked = Question(
            counted.metric,
            "sum",
            span,
            (counted.deployment, counted.status),
            one_of(counted.deployment, sorted(ids)),
            bucket_s,
        )
        at = self._clock.now()
        answer = await self._ask(asked)
        column = rows.rollup(counted.metric, "sum")
        try:
            return rows.counts(
                answer.data, column, counted.deployment, counted.status, ids, span, at, asked.limit
            )
        except ValueError as error:
            raise SourceError(self._client.garbage(str(error))) from None

    # --- latency ----------------------------------------------------------------------------------------

    async def _latency(self, timed: Timed, ids: list[str], window: Window) -> Answered[Measure | None]:
        asked = Question(
            timed.metric, P95, window, (timed.deployment,), one_of(timed.deployment, sorted(ids))
        )
        answer, found = await asyncio.gather(
            self._ask(asked), self._counts(timed.counted, frozenset(ids), window)
        )
        one_bucket = window.end - window.start == MINUTE
        whole = answer.summary or (answer.data if one_bucket else ())
        column, measured = rows.rollup(timed.metric, P95), dict[str, Measure | None](dict.fromkeys(ids))
        try:
            for row in whole:
                name, p95 = rows.text(row, timed.deployment), rows.value(row, column)
                counted = found.within(name, window) if name in measured else None
                if name is not None and p95 is not None and counted is not None and counted.total > 0:
                    measured[name] = Quantile(Q, p95 / 1000, counted.total)
        except ValueError as error:
            raise SourceError(self._client.garbage(str(error))) from None
        for one in ids:  # nobody came, which is not the same as nobody counted
            ratio = found.within(one, window)
            if measured[one] is None and ratio is not None and ratio.total == 0:
                measured[one] = Quantile(Q, 0.0, 0.0)
        return Answered(measured, self._warnings(found))

    async def _latencies(
        self, timed: Timed, ids: list[str], span: Window, step: Millis
    ) -> Mapping[str, tuple[Point, ...]]:
        asked = Question(
            timed.metric,
            P95,
            span,
            (timed.deployment,),
            one_of(timed.deployment, sorted(ids)),
            step // 1000,
        )
        answer, column = await self._ask(asked), rows.rollup(timed.metric, P95)
        lines: dict[str, list[Point]] = {one: [] for one in ids}
        try:
            for row in answer.data:
                name, p95 = rows.text(row, timed.deployment), rows.value(row, column)
                if name in lines and p95 is not None:
                    lines[name].append(Point(rows.moment(row) + step, p95))
        except ValueError as error:
            raise SourceError(self._client.garbage(str(error))) from None
        return {one: tuple(sorted(line, key=lambda point: point.at)) for one, line in lines.items()}

    # --- asking -------------------------------------------------------------------------------------------

    async def _ask(self, question: Question) -> QueryAnswer:
        try:
            return await self._client.query(await self._whose(), question)
        except Drifted:
            self._offered = None
            raise

    async def _whose(self) -> Scope:
        if self._scope is None:
            project = await self._project()
            self._scope = Scope(project.account_id, project.id)
        return self._scope

    async def _schema(self) -> Offered:
        now = self._clock.now()
        if self._offered is not None and 0 <= now - self._offered[0] < DAY:
            return self._offered[1]
        known = await self._client.known()
        needed = dict.fromkeys(family(one) for one in CANDIDATES if one in known)
        found: list[Described] = []
        for listed in await asyncio.gather(*(self._client.described(prefix) for prefix in needed)):
            found += listed
        try:
            self._offered = now, choose(found)
        except Lacking as error:
            what = f"Vercel's Observability cannot compare two deployments here: {error}."
            raise NotOffered(Problem("not_found", what, FREE)) from None
        await self._beside.learn(known, found)
        return self._offered[1]

    def _warnings(self, found: Counts) -> tuple[str, ...]:
        return (CROWDED,) if found.crowded else ()


def _finest(window: Window) -> int:
    """Seconds of the finest bucket that Vercel's own client allows for so long a span."""
    hours = window.seconds / 3600
    return 60 if hours <= 1 else 300 if hours <= 12 else 3_600 if hours <= 72 else 14_400


def _line(found: Counts, one: str, metric: Metric, step: Millis) -> tuple[Point, ...]:
    points = []
    for at, ratio in sorted(found.minutes.get(one, {}).items()):
        value = ratio.total / (step / 1000) if metric.kind == "count" else _percent(ratio)
        if value is not None:
            points.append(Point(at + step, value))
    return tuple(points)


def _percent(ratio: Ratio) -> float | None:
    return None if ratio.share is None else 100 * ratio.share
