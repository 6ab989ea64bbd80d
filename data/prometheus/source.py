"""Prometheus as the source of measurements of the tracks."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence

from console.canary.catalogue import Metric, Series
from console.canary.measures import SHARED, Gauge, Measure, Point, Window
from console.flags.splits import Counted, Splits
from console.metric_sources import PROMETHEUS
from console.ports import Answered, SourceError
from console.readings import Millis
from data.prometheus import queries
from data.prometheus.batch import Fetched, fetch
from data.prometheus.client import PrometheusClient, Result
from data.prometheus.lines import Grid, drawn
from data.prometheus.measuring import Known, measures

HEARTBEAT = "http_requests_total{$D}"

FLAG_SERIES = "app_flag_requests_total"

Asked = Sequence[tuple[int, Series]]
"""The series of a metric that are looked at, with their places in the catalogue."""


class PrometheusSource:
    """The :class:`console.ports.MetricsSource` on a Prometheus, which answers many metrics at once.

    ``label`` is the label that holds the deployment's id; ``sampled_every_s`` the scrape interval;
    ``heartbeat`` a selector template whose newest sample shows that a deployment still speaks.
    ``flag_series``: a counter of requests with the labels ``flag``, ``variant`` and ``status``.
    """

    def __init__(
        self,
        client: PrometheusClient,
        *,
        label: str = "deployment",
        sampled_every_s: float = 15.0,
        heartbeat: str = HEARTBEAT,
        flag_series: str = FLAG_SERIES,
    ) -> None:
        self._client = client
        self._label = label
        self._every_s = sampled_every_s
        self._heartbeat = heartbeat
        self.flag_series = flag_series
        self._learnt: dict[str, int] = {}
        """By metric which of its series had data last: the others need not be asked for."""

    name = PROMETHEUS
    note = ""

    def lacks(self, metric: Metric) -> str | None:
        return None if metric.series else "the catalogue names no series for it"

    async def settled(self, deployment_ids: Sequence[str], now: Millis) -> Millis:
        """Whatever a scrape before that moment found is there."""
        return now - round(self._every_s * 1000)

    async def probe(self) -> None:
        await self._client.instant("1")

    async def measure(
        self, metric: Metric, deployment_ids: Sequence[str], window: Window
    ) -> Answered[Measure | None]:
        """Exact counts from raw samples; see :mod:`data.prometheus.counting` for what counts."""
        return (await self.measure_all([metric], deployment_ids, window))[metric.id]

    async def measure_all(
        self, metrics: Sequence[Metric], deployment_ids: Sequence[str], window: Window
    ) -> Mapping[str, Answered[Measure | None]]:
        """All of ``metrics``: one question for the counters, and one for each level."""
        ids = list(dict.fromkeys(deployment_ids))
        if not ids:
            return {metric.id: Answered({}) for metric in metrics}
        counted = [(one, self._asked(one)) for one in metrics if one.kind != "gauge"]
        texts = [text for _, asked in counted for _, series in asked for text in series.selectors]
        fetched, known, levels = await asyncio.gather(
            self._fetch(texts, ids, window),
            asyncio.gather(*(self._known(metric, asked, ids, window) for metric, asked in counted)),
            asyncio.gather(*(self._level(one, ids, window) for one in metrics if one.kind == "gauge")),
        )
        answers = dict(levels)
        for (metric, asked), members in zip(counted, known, strict=True):
            answers[metric.id] = self._counted(metric, asked, ids, fetched, members)
        return answers

    async def _fetch(self, texts: Sequence[str], ids: Sequence[str], window: Window) -> Fetched:
        """How far before the window: a counter must be silent that long to pass for newborn in it."""
        look_back_s = max(60.0, 8 * self._every_s)
        return await fetch(self._client, texts, queries.one_of(self._label, ids), window, look_back_s)

    def _asked(self, metric: Metric) -> Asked:
        """The series to look at, with their places in the catalogue; all until one is known to have data."""
        numbered = list(enumerate(metric.series))
        learnt = self._learnt.get(metric.id)
        return numbered if learnt is None else numbered[learnt : learnt + 1]

    def _counted(
        self, metric: Metric, asked: Asked, ids: Sequence[str], fetched: Fetched, known: Sequence[Known]
    ) -> Answered[Measure | None]:
        for (place, series), members in zip(asked, known, strict=True):
            try:
                found = measures(metric, series, fetched, self._label, members)
            except ValueError as error:
                raise SourceError(self._client.garbage(str(error))) from None
            if found:
                self._learnt[metric.id] = place
                return _answered(metric, ids, found, fetched.warnings, series.instead)
        self._learnt.pop(metric.id, None)
        return _answered(metric, ids, {}, fetched.warnings)

    async def _known(self, metric: Metric, asked: Asked, ids: Sequence[str], window: Window) -> list[Known]:
        """For each series of a set, by deployment what it had within the metric's memory."""
        if metric.kind != "set":
            return [{} for _ in asked]
        label, matchers = self._label if metric.split else "", queries.one_of(self._label, ids)

        async def one(series: Series) -> Known:
            [member] = series.labels
            chosen = queries.selector(series.numerator or "", matchers)
            query = queries.known_by(label, member, chosen, metric.memory_s)
            return _members_of(await self._client.instant(query, window.end), label, member)

        return await asyncio.gather(*(one(series) for _, series in asked))

    async def _level(
        self, metric: Metric, ids: Sequence[str], window: Window
    ) -> tuple[str, Answered[Measure | None]]:
        """A metric's expression at the end of the window; no value where the server cannot evaluate it."""
        matchers, over = queries.one_of(self._label, ids), max(60.0, 4 * self._every_s, window.seconds)
        warnings: tuple[str, ...] = ()
        for place, series in self._asked(metric):
            query = queries.expression(series.expression or "", self._label, matchers, over)
            try:
                result = await self._client.instant(query, window.end)
            except SourceError as error:
                if error.problem.kind != "broken_query":
                    raise
                warnings = (*warnings, error.problem.what)
                continue
            warnings = (*warnings, *result.warnings)
            found = self._levels(metric, series, result, window)
            if found:
                self._learnt[metric.id] = place
                return metric.id, _answered(metric, ids, found, warnings, series.instead)
        self._learnt.pop(metric.id, None)
        return metric.id, _answered(metric, ids, {}, warnings)

    def _levels(self, metric: Metric, series: Series, result: Result, window: Window) -> dict[str, Measure]:
        found: dict[str, Measure] = {}
        for line in result.lines:
            own = line.labels.get(self._label, "") if metric.split else SHARED
            for _, value in line.pairs:
                if math.isfinite(value):
                    found[own] = Gauge(value * series.scale, window.seconds)
        return found

    async def history(
        self, metric: Metric, deployment_ids: Sequence[str], window: Window, step_s: int
    ) -> Answered[tuple[Point, ...]]:
        """Lines on a grid of whole steps. A step that would make too many points is widened.

        An expression that the server cannot evaluate has no line, with a warning.
        """
        ids = list(dict.fromkeys(deployment_ids))
        grid = Grid.over(window, step_s, self._every_s)
        if not ids or grid.empty:
            return _lines(metric, ids, {})
        warnings: tuple[str, ...] = ()
        for _, series in self._asked(metric):
            try:
                found = await drawn(self._client, metric, series, self._label, ids, grid)
            except SourceError as error:
                if metric.kind != "gauge" or error.problem.kind != "broken_query":
                    raise
                warnings = (*warnings, error.problem.what)
                continue
            warnings = (*warnings, *found.warnings)
            if any(found.values()):
                return _lines(metric, ids, found, warnings, series.instead)
        return _lines(metric, ids, {}, warnings)

    async def by_flag(self, deployment_ids: Sequence[str], window: Window) -> Splits:
        """From raw samples, as all counts; of the statuses those that begin with 5 are errors."""
        ids = list(dict.fromkeys(deployment_ids))
        text = f"{self.flag_series}{{$D}}"
        fetched = await self._fetch([text], ids, window)
        found: dict[str, dict[str, dict[str, Counted]]] = {}
        for one in fetched.of(text):
            own, flag, variant = (one.labels.get(name, "") for name in (self._label, "flag", "variant"))
            if own and flag and variant:
                seen = found.setdefault(own, {}).setdefault(flag, {})
                before = seen.get(variant, Counted(0.0, 0.0))
                failed = one.by if one.labels.get("status", "").startswith("5") else 0.0
                seen[variant] = Counted(before.requests + one.by, before.errors + failed)
        return found

    async def newest(self, deployment_ids: Sequence[str]) -> Answered[Millis | None]:
        """From the heartbeat selector, by the server's own clock."""
        ids = list(dict.fromkeys(deployment_ids))
        if not ids:
            return Answered({})
        chosen = queries.selector(self._heartbeat, queries.one_of(self._label, ids))
        result = await self._client.instant(queries.newest_by(self._label, chosen))
        found = {
            line.labels.get(self._label, ""): round(value * 1000)
            for line in result.lines
            for _, value in line.pairs
            if math.isfinite(value)
        }
        return Answered({one: found.get(one) for one in ids}, result.warnings)


def _answered(
    metric: Metric,
    ids: Sequence[str],
    found: Mapping[str, Measure],
    warnings: Sequence[str] = (),
    instead: str = "",
) -> Answered[Measure | None]:
    places = ids if metric.split else (SHARED,)
    return Answered({one: found.get(one) for one in places}, tuple(dict.fromkeys(warnings)), instead)


def _lines(
    metric: Metric,
    ids: Sequence[str],
    found: Mapping[str, tuple[Point, ...]],
    warnings: Sequence[str] = (),
    instead: str = "",
) -> Answered[tuple[Point, ...]]:
    places = ids if metric.split else (SHARED,)
    return Answered({one: found.get(one, ()) for one in places}, tuple(dict.fromkeys(warnings)), instead)


def _members_of(answer: Result, label: str, member: str) -> Known:
    found: dict[str, set[str]] = {}
    for line in answer.lines:
        if line.labels.get(member):
            found.setdefault(line.labels.get(label, "") if label else "", set()).add(line.labels[member])
    return {own: frozenset(names) for own, names in found.items()}
