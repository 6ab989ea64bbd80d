"""The host's own metrics: which there are, and queries over what the host has counted.

The newest seconds are not there yet, as on the real host: :data:`INGEST_MS`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from console.readings import Millis
from data.simulator import appmodel, shop
from data.simulator.account import Account
from data.simulator.filters import Predicate, Row, Value
from data.simulator.flag_counts import counted
from data.simulator.flag_store import FlagStore
from data.simulator.flow import Flow

INGEST_MS = 20_000

COUNTS = ("sum", "persecond")
DURATIONS = ("avg", "min", "max", "p50", "p75", "p90", "p95", "p99")
VITALS = ("p75", "p90", "p95", "p99")
DIMENSIONS: tuple[tuple[str, str], ...] = (
    ("deployment_id", "Deployment ID"),
    ("project_id", "Project"),
    ("environment", "Environment"),
    ("route", "Route"),
    ("http_status", "HTTP Status"),
    ("request_method", "Request Method"),
    ("error_code", "Error Code"),
    ("cache_result", "Cache Result"),
)
VITAL_DIMENSIONS = (("project_id", "Project"), ("environment", "Environment"))
"""A page's own script does not say which deployment it came with, and the world has one kind of page."""
VIEW_DIMENSIONS = (*VITAL_DIMENSIONS, ("browser_name", "Browser"), ("device_type", "Device Type"))
NAMES = frozenset(name for name, _ in (*DIMENSIONS, *VIEW_DIMENSIONS, ("flag_key", ""), ("flag_variant", "")))
FLAG_DIMENSIONS = (*VITAL_DIMENSIONS, ("flag_key", "Flag"), ("flag_variant", "Variant"))
Of = Literal["requests", "functions", "lcp", "inp", "views", "flags"]
_ERROR_CODES = {
    500: "FUNCTION_INVOCATION_FAILED",
    503: "FUNCTION_THROTTLED",
    504: "FUNCTION_INVOCATION_TIMEOUT",
}


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. Of ``functions`` are function invocations only, which a cached answer (304) is not; of
    ``lcp``, ``inp`` and ``views`` is what browsers told."""

    id: str
    description: str
    unit: str
    of: Of

    @property
    def aggregations(self) -> tuple[str, ...]:
        if self.unit == "count":
            return COUNTS
        return VITALS if self.of in ("lcp", "inp") else DURATIONS

    @property
    def default(self) -> str:
        return self.aggregations[0]

    @property
    def free(self) -> bool:
        """Whether it can be asked for without the paid product."""
        return self.of in ("lcp", "inp", "views")

    @property
    def dimensions(self) -> tuple[tuple[str, str], ...]:
        """Names and titles of what it can be grouped and filtered by."""
        if self.of == "flags":
            return FLAG_DIMENSIONS
        if not self.free:
            return DIMENSIONS
        return VIEW_DIMENSIONS if self.of == "views" else VITAL_DIMENSIONS

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name for name, _ in self.dimensions)

    @property
    def bounds(self) -> tuple[float, ...]:
        """Upper edges of its buckets in seconds, the last infinite; one that nothing is below for a count."""
        if self.of in ("requests", "functions"):
            return shop.EDGES[1:]
        return {"lcp": appmodel.LCP_BOUNDS, "inp": appmodel.INP_BOUNDS}.get(self.of, (math.inf,))


METRICS = (
    Metric("vercel.function_invocation.count", "Function invocations", "count", "functions"),
    Metric(
        "vercel.function_invocation.function_duration_ms",
        "Time a function worked on a request",
        "milliseconds",
        "functions",
    ),
    Metric(
        "vercel.function_invocation.request_duration_ms",
        "Time to answer a request by a function",
        "milliseconds",
        "functions",
    ),
    Metric("vercel.request.count", "Requests", "count", "requests"),
    Metric("vercel.request.request_duration_ms", "Time to answer a request", "milliseconds", "requests"),
    Metric("vercel.speed_insights.lcp_ms", "Largest Contentful Paint", "milliseconds", "lcp"),
    Metric("vercel.speed_insights.lcp_count", "Measurements of LCP", "count", "lcp"),
    Metric("vercel.speed_insights.inp_ms", "Interaction to Next Paint", "milliseconds", "inp"),
    Metric("vercel.speed_insights.inp_count", "Measurements of INP", "count", "inp"),
    Metric("vercel.analytics_pageview.count", "Page views", "count", "views"),
    Metric("vercel.flag_evaluation.count", "Evaluations of feature flags", "count", "flags"),
)


def offered(account: Account) -> tuple[Metric, ...]:
    """What the schema lists: products that are not switched on have nothing in it."""
    without = set()
    if not account.has("speed-insights"):
        without |= {"lcp", "inp"}
    if not account.has("web-analytics"):
        without.add("views")
    return tuple(one for one in METRICS if one.of not in without)


class UnknownMetric(LookupError):
    """There is no metric with that id."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. Times in milliseconds since the epoch; ``matches`` sees snake-case dimensions."""

    metric: Metric
    aggregation: str
    start: Millis
    end: Millis
    bucket_ms: int
    group_by: tuple[str, ...]
    matches: Predicate
    limit: int
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """One group's value, in one bucket or (``at`` is ``None``) over the whole range."""

    at: Millis | None
    dimensions: dict[str, Value | None]
    value: float


def metric(name: str, account: Account) -> Metric:
    """The metric with that id. Raises :class:`UnknownMetric`."""
    for known in offered(account):
        if known.id == name:
            return known
    raise UnknownMetric(name)


def ask(
    flow: Flow, project_id: str, question: Question, now: Millis, flags: FlagStore | None = None
) -> tuple[list[Found], list[Found]]:
    """The answer by bucket, oldest first, and over the whole range; groups by value, ``limit`` a bucket."""
    end = min(question.end, now - INGEST_MS)
    found: list[Found] = []
    whole: dict[tuple[Value | None, ...], list[int]] = {}
    if question.start >= end:
        return [], []
    at = question.start - question.start % question.bucket_ms
    while at < end:
        low, high = max(at, question.start), min(at + question.bucket_ms, end)
        groups = _groups(flow, project_id, question, low, high, flags)
        seconds = (high - low) / 1000
        found += _ordered(question, groups, at, seconds)
        for key, buckets in groups.items():
            before = whole.get(key, [0] * len(buckets))
            whole[key] = [a + b for a, b in zip(before, buckets, strict=True)]
        at += question.bucket_ms
    return found, _ordered(question, whole, None, (end - question.start) / 1000)


def camel(name: str) -> str:
    """A dimension as ``metrics/v1`` names it."""
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def snake(name: str) -> str:
    """A dimension of ``metrics/v1`` as ``v2`` names it."""
    return re.sub(r"([A-Z])", lambda upper: "_" + upper.group(1).lower(), name)


def _groups(
    flow: Flow,
    project_id: str,
    question: Question,
    start: Millis,
    end: Millis,
    flags: FlagStore | None,
) -> dict[tuple[Value | None, ...], list[int]]:
    """Counts by bucket of every group that has any."""
    groups: dict[tuple[Value | None, ...], list[int]] = {}
    told = _told if question.metric.free else _answered
    rows = told(flow, question.metric, start, end)
    if question.metric.of == "flags":
        always = {"project_id": project_id}
        wanted = partial(_wanted, question.matches, always)
        rows = iter(()) if flags is None else counted(flags, wanted, partial(_requests, flow), start, end)
    for row, hits in rows:
        row = {"project_id": project_id, "environment": "production", **row}
        if question.matches(row):
            key = tuple(row[name] for name in question.group_by)
            before = groups.get(key)
            groups[key] = hits if before is None else [a + b for a, b in zip(before, hits, strict=True)]
    return groups


def _wanted(matches: Predicate, always: Row, row: Row) -> bool:
    return matches({**always, **row})


def _requests(flow: Flow, start: Millis, end: Millis) -> int:
    return sum(sum(flow.snapshots.between(one, start, end)) for one in flow.snapshots.deployments())


def _answered(flow: Flow, metric: Metric, start: Millis, end: Millis) -> Iterator[tuple[Row, list[int]]]:
    width = shop.BUCKETS
    for deployment_id in flow.snapshots.deployments():
        cells = flow.snapshots.between(deployment_id, start, end)
        for place, (endpoint, status) in enumerate(shop.OUTCOMES):
            hits = cells[place * width : (place + 1) * width]
            if any(hits) and (metric.of != "functions" or status != 304):
                yield _row(deployment_id, endpoint, status), hits


def _told(flow: Flow, metric: Metric, start: Millis, end: Millis) -> Iterator[tuple[Row, list[int]]]:
    """What browsers told: of no deployment."""
    seen = flow.visits.between(start, end)
    if metric.of == "views":
        for (browser, device), views in seen.views.items():
            if views:
                yield {"browser_name": browser, "device_type": device}, [views]
        return
    hits = seen.lcp if metric.of == "lcp" else seen.inp
    if any(hits):
        yield {}, hits


def _row(deployment_id: str, endpoint: int, status: int) -> Row:
    return {
        "deployment_id": deployment_id,
        "route": shop.ENDPOINTS[endpoint].route,
        "http_status": status,
        "request_method": shop.ENDPOINTS[endpoint].method,
        "error_code": _ERROR_CODES.get(status),
        "cache_result": "HIT" if status == 304 else "MISS",
    }


def _ordered(
    question: Question,
    groups: dict[tuple[Value | None, ...], list[int]],
    at: Millis | None,
    seconds: float,
) -> list[Found]:
    found = [
        Found(
            at,
            dict(zip(question.group_by, key, strict=True)),
            _aggregate(question.aggregation, buckets, question.metric.bounds, seconds),
        )
        for key, buckets in groups.items()
    ]
    sign = -1 if question.descending else 1
    found.sort(key=lambda one: (sign * one.value, [str(value) for value in one.dimensions.values()]))
    return found[: question.limit]


def _aggregate(aggregation: str, buckets: Sequence[int], bounds: tuple[float, ...], seconds: float) -> float:
    total = sum(buckets)
    if aggregation == "sum":
        return total
    if aggregation == "persecond":
        return round(total / seconds, 4)
    if aggregation == "avg":
        middles = [math.sqrt(max(low, 0.001) * high) for low, high in _edges(bounds)]
        return round(1000 * sum(n * m for n, m in zip(buckets, middles, strict=True)) / total, 2)
    part = {"min": 0.0, "max": 1.0}.get(aggregation)
    part = int(aggregation[1:]) / 100 if part is None else part
    return round(1000 * _quantile(buckets, bounds, part), 2)


def _quantile(buckets: Sequence[int], bounds: tuple[float, ...], part: float) -> float:
    """The quantile in seconds, spread evenly within a bucket."""
    wanted, reached = part * sum(buckets), 0.0
    for hits, (low, high) in zip(buckets, _edges(bounds), strict=True):
        if hits and reached + hits >= wanted:
            return low + (high - low) * (wanted - reached) / hits
        reached += hits
    return bounds[-2]


def _edges(bounds: tuple[float, ...]) -> list[tuple[float, float]]:
    """The buckets in seconds; the open one ends at three times its beginning."""
    lows = (0.0, *bounds[:-1])
    return [(low, 3 * low if math.isinf(high) else high) for low, high in zip(lows, bounds, strict=True)]
