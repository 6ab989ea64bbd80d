"""The host's Web Analytics: page views, visitors and custom events by what a page's script knows.

No deployment, no bounces, no length of a visit: there is no such dimension. The world tells pages apart by
browser and kind of device, and events by their names; other dimensions are refused, and it is said.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from console.readings import Millis
from data.simulator import filters
from data.simulator.filters import BadFilter, Row, Value
from data.simulator.observability import INGEST_MS
from data.simulator.refused import Refused
from data.simulator.vercel_scope import Scope
from data.simulator.vercel_shapes import iso
from data.simulator.visits import Seen

ROOT = "/v1/query/web-analytics"
HOUR_MS = 3_600_000
TIMES = {"hour": HOUR_MS, "day": 24 * HOUR_MS}
LIMIT, MOST = 10, 100
MOST_BUCKETS = 1_500

Counted = tuple[Row, int, int]
"""What it is, how many, and in so many visits."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Page views or events: the dimensions, the name of their number, and what was counted."""

    path: str
    number: str
    names: frozenset[str]
    counted: Callable[[Seen], list[Counted]]


def _pages(seen: Seen) -> list[Counted]:
    whole, found = max(sum(seen.views.values()), 1), []
    for (browser, device), views in seen.views.items():
        row: Row = {"environment": "production", "browserName": browser, "deviceType": device}
        found.append((row, views, round(seen.visits * views / whole)))
    return found


def _events(seen: Seen) -> list[Counted]:
    return [
        ({"environment": "production", "eventName": name}, number, min(number, seen.visits))
        for name, number in sorted(seen.events.items())
    ]


KINDS = (
    Kind("visits", "pageviews", frozenset({"environment", "browserName", "deviceType"}), _pages),
    Kind("events", "count", frozenset({"environment", "eventName"}), _events),
)


class WebAnalyticsCalls:
    """Counts and groups of both kinds; 404 where the product is not switched on for the project."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def add(self, routes: web.UrlDispatcher) -> None:
        for kind in KINDS:
            routes.add_get(f"{ROOT}/{kind.path}/count", self._count(kind))
            routes.add_get(f"{ROOT}/{kind.path}/aggregate", self._aggregate(kind))

    def _count(self, kind: Kind) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handler(request: web.Request) -> web.Response:
            start, end = self._span(request)
            data = self._groups(kind, request, (), start, end, 1)
            nothing = {kind.number: 0, "visitors": 0}
            return web.json_response(
                {"version": 1, "query": _query(request, start, end), "data": (data or [nothing])[0]}
            )

        return handler

    def _aggregate(self, kind: Kind) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handler(request: web.Request) -> web.Response:
            start, end = self._span(request)
            by, limit = _by(request, kind), _limit(request)
            others = tuple(one for one in by if one not in TIMES)
            step = next((TIMES[one] for one in by if one in TIMES), None)
            if step is None:
                data = self._groups(kind, request, others, start, end, limit)
            elif (end - start) / step > MOST_BUCKETS:
                raise Refused(400, "bad_request", "The time range is too long for that granularity.")
            else:
                data = [
                    {"timestamp": iso(low)} | one
                    for low in range(start // step * step, end, step)
                    for one in self._groups(
                        kind, request, others, max(low, start), min(low + step, end), limit
                    )
                ]
            query = _query(request, start, end) | {"groupBy": list(by), "limit": limit}
            return web.json_response({"version": 1, "query": query, "data": data})

        return handler

    def _span(self, request: web.Request) -> tuple[Millis, Millis]:
        """About when is asked, if the token may ask and the product is there."""
        project = self._scope.project_called(request, request.query.get("projectId"))
        if not project.account.has("web-analytics"):
            raise Refused(404, "not_found", "Web Analytics is not enabled for this project.")
        now = self._scope.now()
        start, end = _moment(request, "since"), _moment(request, "until")
        start, end = project.created_at if start is None else start, now if end is None else min(end, now)
        if start > end:
            raise Refused(400, "bad_request", "`since` should be before `until`.")
        return start, end

    def _groups(
        self,
        kind: Kind,
        request: web.Request,
        by: tuple[str, ...],
        start: Millis,
        end: Millis,
        limit: int,
    ) -> list[dict[str, Any]]:
        """The largest groups with their numbers; the rest of them are one group, "Others"."""
        world, matches = self._scope.world, _filter(request, kind)
        arrived = world.clock.now() - INGEST_MS
        counted = kind.counted(world.flow.visits.between(min(start, arrived), min(end, arrived)))
        groups: dict[tuple[Value | None, ...], tuple[int, int]] = {}
        for row, number, visits in counted:
            if number and matches(row):
                key = tuple(row[name] for name in by)
                had = groups.get(key, (0, 0))
                groups[key] = had[0] + number, had[1] + visits
        ordered = sorted(groups.items(), key=lambda one: (-one[1][0], str(one[0])))
        rest = ordered[limit:]
        if rest:
            others = sum(n for _, (n, _) in rest), sum(visits for _, (_, visits) in rest)
            ordered = [*ordered[:limit], (("Others",) * len(by), others)]
        return [
            dict(zip(by, key, strict=True))
            | {kind.number: number, "visitors": world.population.visitors(visits)}
            for key, (number, visits) in ordered
        ]


def _moment(request: web.Request, key: str) -> Millis | None:
    """Milliseconds since the epoch, or a date as ISO 8601 writes it; without a time zone it is in UTC."""
    text = request.query.get(key)
    if text is None:
        return None
    if text.isdecimal():
        return int(text)
    try:
        at = datetime.fromisoformat(text)
    except ValueError as err:
        raise Refused(400, "bad_request", f"`{key}` should be a timestamp or a date.") from err
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _query(request: web.Request, start: Millis, end: Millis) -> dict[str, Any]:
    """What is really answered, as the host repeats it."""
    span = {"since": iso(start), "until": iso(end)}
    return span | ({"filter": request.query["filter"]} if "filter" in request.query else {})


def _by(request: web.Request, kind: Kind) -> tuple[str, ...]:
    """One or two dimensions, at most one of them of time; repeated, or a list separated by commas."""
    by = tuple(part for text in request.query.getall("by", []) for part in text.split(","))
    known: Iterable[str] = (*TIMES, *sorted(kind.names))
    if not 1 <= len(by) <= 2 or sum(one in TIMES for one in by) > 1:
        raise Refused(400, "bad_request", "`by` should be one or two dimensions, at most one of time.")
    for one in by:
        if one not in known:
            raise Refused(400, "bad_request", f"`by` should be one of {', '.join(known)}, not {one}.")
    return by


def _limit(request: web.Request) -> int:
    text = request.query.get("limit", str(LIMIT))
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise Refused(400, "bad_request", f"`limit` should be between 1 and {MOST}.")
    return int(text)


def _filter(request: web.Request, kind: Kind) -> filters.Predicate:
    text = request.query.get("filter")
    if not text:
        return lambda row: True
    try:
        return filters.odata(text, kind.names)
    except BadFilter as err:
        raise Refused(400, "bad_request", str(err)) from err
