"""The host's calls for its own metrics, in both generations, and the request logs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from aiohttp import web

from console.readings import Millis
from data.simulator import observability, questions, request_logs
from data.simulator.observability import Found, Question, camel
from data.simulator.refused import Refused
from data.simulator.vercel_asked import body, moment
from data.simulator.vercel_scope import Scope
from data.simulator.vercel_shapes import iso


class ObservabilityCalls:
    """Metrics of requests and functions by deployment (402 where the account has not bought them), and what
    browsers told (Speed Insights, page views), which is free and of no deployment."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def add(self, routes: web.UrlDispatcher) -> None:
        routes.add_get("/v2/observability/schema", self._schema)
        routes.add_get("/v2/observability/schema/{metric}", self._metric)
        routes.add_post("/v2/observability/query", self._query)
        routes.add_get("/metrics/v1", self._catalogue)
        routes.add_post("/metrics/v1", self._metrics)
        routes.add_get("/api/logs/request-logs", self._logs)

    # --- second generation of the documented interface ---------------------------------------------

    async def _schema(self, request: web.Request) -> web.Response:
        known = [{"id": m.id, "description": m.description} for m in self._offered()]
        return web.json_response({"metrics": known})

    async def _metric(self, request: web.Request) -> web.Response:
        wanted = request.match_info["metric"]
        known = [m for m in self._offered() if m.id == wanted or m.id.startswith(wanted + ".")]
        if not known:
            raise questions.unknown(wanted, self._scope.project.account)
        return web.json_response(
            [
                {
                    "id": m.id,
                    "description": m.description,
                    "unit": m.unit,
                    "aggregations": list(m.aggregations),
                    "defaultAggregation": m.default,
                    "dimensions": [{"name": name, "label": label} for name, label in m.dimensions],
                }
                for m in known
            ]
        )

    async def _query(self, request: web.Request) -> web.Response:
        asked, now = questions.read(questions.QueryAsked, await body(request)), self._scope.now()
        self._allowed(asked.scope, [asked.metric])
        end = questions.millis(asked.end) if asked.end else now
        start = questions.millis(asked.start) if asked.start else end - questions.HOUR_MS
        question = questions.question(
            self._scope.project.account,
            asked.metric,
            asked.aggregation,
            start,
            end,
            questions.bucket_ms(asked.granularity, end - start),
            asked.group_by,
            partial(questions.odata, asked.filter),
            asked.limit,
            asked.direction == "desc",
        )
        found, summary = self._ask(question, now)
        column = f"{question.metric.id}_{question.aggregation}".replace(".", "_").replace("/", "_")
        return web.json_response(
            {
                "data": [{"timestamp": iso(f.at or 0)} | f.dimensions | {column: f.value} for f in found],
                "summary": [f.dimensions | {column: f.value} for f in summary],
                "statistics": {"rowsRead": len(found), "bytesRead": 64 * len(found), "dbTimeSeconds": 0.01},
                "orderBy": asked.order_by or column,
                "orderDirection": asked.direction,
            }
        )

    # --- what newer command-line clients use -----------------------------------------------------------

    async def _catalogue(self, request: web.Request) -> web.Response:
        search, kind = request.query.get("search", ""), request.query.get("kind", "all")
        known = [m for m in self._offered() if m.id.startswith(search) and kind in ("all", "system")]
        return web.json_response(
            {
                "metrics": [
                    {
                        "id": m.id,
                        "description": m.description,
                        "unit": m.unit,
                        "aggregations": list(m.aggregations),
                        "dimensions": [camel(name) for name, _ in m.dimensions],
                    }
                    for m in known
                ],
                "pagination": {"hasMore": False, "nextCursor": None},
            }
        )

    async def _metrics(self, request: web.Request) -> web.Response:
        asked, now = questions.read(questions.MetricsAsked, await body(request)), self._scope.now()
        self._allowed(asked.scope, [selected.metric for selected in asked.metrics.values()])
        start, end = questions.millis(asked.range.start), questions.millis(asked.range.end)
        bucket = (asked.bucket_seconds or 60) * 1000
        if start % bucket or end % bucket:
            raise Refused(400, "bad_request", "`timeRange` should be aligned to `bucketSeconds`.")
        by_bucket: dict[tuple[Any, ...], dict[str, float]] = {}
        whole: dict[tuple[Any, ...], dict[str, float]] = {}
        for alias, selected in asked.metrics.items():
            if asked.outputs is not None and alias not in asked.outputs:
                continue
            question = questions.question(
                self._scope.project.account,
                selected.metric,
                "persecond" if selected.per else selected.aggregation,
                start,
                end,
                bucket,
                questions.snake_case(asked.group_by),
                partial(questions.kql, asked.filter),
                asked.selection.limit,
            )
            found, summary = self._ask(question, now)
            for one in found:
                by_bucket.setdefault(_key(one), {})[alias] = one.value
            for one in summary:
                whole.setdefault(_key(one), {})[alias] = one.value
        return web.json_response(
            {
                "series": [
                    {"timestamp": iso(at), "dimensions": _named(asked, rest), "values": values}
                    for (at, *rest), values in sorted(by_bucket.items(), key=lambda item: item[0][0])
                ],
                "summary": [
                    {"dimensions": _named(asked, rest), "values": values}
                    for (_, *rest), values in whole.items()
                ],
                "meta": {
                    "statistics": {
                        "rowsRead": len(by_bucket),
                        "bytesRead": 64 * len(by_bucket),
                        "elapsedMs": 12,
                        "databaseElapsedMs": 10,
                    },
                    "sources": [{"id": "vercel"}],
                },
            }
        )

    # --- request logs ------------------------------------------------------------------------------

    async def _logs(self, request: web.Request) -> web.Response:
        query, now = request.query, self._scope.now()
        project = self._scope.project_called(request, query.get("projectId"))
        end = moment(query, "endDate")
        start = moment(query, "startDate")
        wanted = request_logs.Wanted(
            start=now - 24 * questions.HOUR_MS if start is None else start,
            end=now if end is None else min(end, now),
            deployment_id=query.get("deploymentId"),
            statuses=request_logs.statuses(query.get("statusCode")),
            levels=frozenset(query["level"].split(",")) if "level" in query else None,
            search=query.get("search", ""),
            page=moment(query, "page") or 0,
        )
        rows, more = request_logs.rows(self._scope.world, project, wanted)
        return web.json_response({"rows": rows, "hasMoreRows": more})

    # --- the parts ---------------------------------------------------------------------------------

    def _offered(self) -> tuple[observability.Metric, ...]:
        return observability.offered(self._scope.project.account)

    def _allowed(self, scope: questions.ScopeAsked, metrics: Iterable[str]) -> None:
        project = self._scope.project
        if scope.owner != project.team_id or not set(scope.projects) <= {project.id}:
            raise Refused(403, "forbidden", "You don't have permission to query this scope.")
        if scope.type == "project" and not scope.projects:
            raise Refused(400, "bad_request", "`scope.projectIds` should name at least one project.")
        self._scope.may_see_the_project()
        free = {one.id for one in observability.METRICS if one.free}
        if not project.account.has("observability") and not free.issuperset(metrics):
            raise Refused(402, "payment_required", "Observability Plus is required to query metrics.")

    def _ask(self, question: Question, now: Millis) -> tuple[list[Found], list[Found]]:
        world = self._scope.world
        project = self._scope.project
        return observability.ask(world.flow, project.id, question, now, project.flags)


def _key(found: Found) -> tuple[Any, ...]:
    return (found.at, *found.dimensions.values())


def _named(asked: questions.MetricsAsked, values: list[Any]) -> dict[str, Any]:
    return dict(zip(asked.group_by, values, strict=True))
