"""The lines that are plotted: a metric over time as the server itself evaluates it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from console.canary.catalogue import Metric, Series
from console.canary.measures import SHARED, Point, Window
from console.ports import Answered
from console.readings import Millis
from data.prometheus import queries
from data.prometheus.batch import BUCKET
from data.prometheus.client import MOST_POINTS, PrometheusClient, Result

Drawn = Mapping[str, Mapping[Millis, float]]


@dataclass(frozen=True, slots=True)
class Grid:
    """The moments of a line, both ends among them, and the window that a rate at each of them looks at."""

    start: Millis
    end: Millis
    step_s: int
    over_s: float

    @classmethod
    def over(cls, window: Window, step_s: int, every_s: float) -> Grid:
        """Whole steps inside ``window``; wider ones where they would be too many."""
        step_s = max(1, step_s, math.ceil(window.seconds / MOST_POINTS))
        step = step_s * 1000
        start, end = (window.start // step + 1) * step, window.end // step * step
        return cls(start, end, step_s, max(60.0, 4 * every_s, step_s + every_s))

    @property
    def empty(self) -> bool:
        return self.start > self.end


class _Drawing:
    """One metric's questions and what was warned of in their answers."""

    def __init__(
        self,
        client: PrometheusClient,
        metric: Metric,
        series: Series,
        label: str,
        ids: Sequence[str],
        grid: Grid,
    ) -> None:
        self._client, self._metric, self._series, self._grid = client, metric, series, grid
        self._label = label if metric.split else ""
        self._by = label
        self._matchers = queries.one_of(label, ids)
        self.warnings: list[str] = []

    async def lines(self) -> Drawn:
        series = self._series
        match self._metric.kind:
            case "ratio":
                return await self._quotient(series.numerator, series.denominator, most=1.0)
            case "count" if series.numerator is not None:
                return await self._quotient(series.numerator, series.denominator, most=math.inf)
            case "count":
                return self._one_each(await self._rate(series.denominator))
            case "histogram":
                return await self._quantile()
            case "gauge":
                text = queries.expression(
                    series.expression or "", self._by, self._matchers, self._grid.over_s
                )
                return self._one_each(await self._ask(text))
            case "categorical":
                return self._worst(await self._rate(series.numerator, *series.labels))
            case "set":
                return self._present(await self._rate(series.numerator, *series.labels))

    async def _ask(self, query: str) -> Result:
        result = await self._client.range(query, self._grid.start, self._grid.end, self._grid.step_s)
        self.warnings += result.warnings
        return result

    async def _rate(self, text: str | None, *others: str) -> Result:
        chosen = queries.selector(text or "", self._matchers)
        return await self._ask(queries.rate_by(self._label, chosen, self._grid.over_s, *others))

    async def _quotient(self, above: str | None, below: str | None, *, most: float) -> Drawn:
        """Where there is anything to divide by; a missing numerator is none of it."""
        events, chances = map(self._one_each, await asyncio.gather(self._rate(above), self._rate(below)))
        return {
            one: {at: min(most, events.get(one, {}).get(at, 0.0) / of) for at, of in line.items() if of > 0}
            for one, line in chances.items()
        }

    async def _quantile(self) -> Drawn:
        chosen = queries.selector(self._series.buckets or "", self._matchers)
        q, over = self._metric.quantile, self._grid.over_s
        found = self._one_each(await self._ask(queries.quantile_by(q, self._label, chosen, over)))
        if any(found.values()):
            return found
        native = chosen.replace(BUCKET, "", 1)
        return self._one_each(await self._ask(queries.native_quantile_by(q, self._label, native, over)))

    def _worst(self, result: Result) -> Drawn:
        [category] = self._series.labels
        whole = self._summed(result, lambda labels: True)
        worst = self._summed(result, lambda labels: labels.get(category) in self._metric.worst)
        return {
            one: {at: worst.get(one, {}).get(at, 0.0) / of for at, of in line.items() if of > 0}
            for one, line in whole.items()
        }

    def _present(self, result: Result) -> Drawn:
        found: dict[str, dict[Millis, float]] = {}
        for own, at, value, _ in self._values(result):
            line = found.setdefault(own, {})
            line[at] = line.get(at, 0.0) + (value > 0)
        return found

    def _summed(self, result: Result, chosen: Callable[[Mapping[str, str]], bool]) -> Drawn:
        found: dict[str, dict[Millis, float]] = {}
        for own, at, value, labels in self._values(result):
            if chosen(labels):
                line = found.setdefault(own, {})
                line[at] = line.get(at, 0.0) + value
        return found

    def _one_each(self, result: Result) -> Drawn:
        found: dict[str, dict[Millis, float]] = {}
        for own, at, value, _ in self._values(result):
            found.setdefault(own, {})[at] = value
        return found

    def _values(self, result: Result) -> Iterable[tuple[str, Millis, float, Mapping[str, str]]]:
        for line in result.lines:
            own = line.labels.get(self._label) if self._label else SHARED
            if own is None:
                continue
            for at, value in line.pairs:
                if math.isfinite(at) and math.isfinite(value):
                    yield own, round(at * 1000), value, line.labels


async def drawn(
    client: PrometheusClient, metric: Metric, series: Series, label: str, ids: Sequence[str], grid: Grid
) -> Answered[tuple[Point, ...]]:
    """The line of each deployment in the metric's unit. Raises :class:`console.ports.SourceError`."""
    drawing = _Drawing(client, metric, series, label, ids, grid)
    points = partial(_points, factor=metric.factor * _scale(metric, series))
    found = {one: points(line) for one, line in (await drawing.lines()).items()}
    return Answered(found, drawing.warnings)


def _scale(metric: Metric, series: Series) -> float:
    return series.scale if metric.kind in ("histogram", "gauge") else 1.0


def _points(line: Mapping[Millis, float], factor: float) -> tuple[Point, ...]:
    return tuple(Point(at, value * factor) for at, value in sorted(line.items()))
