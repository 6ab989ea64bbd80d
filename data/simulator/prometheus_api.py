"""The stand-in for a Prometheus: its HTTP interface, for the catalogue's expressions only."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from aiohttp import web

from console.readings import Millis
from data.simulator import exposition
from data.simulator.evaluate import Evaluation, scalar
from data.simulator.faults import Fault, Faults
from data.simulator.layout import Labels
from data.simulator.promql import BadQuery, Expression, Selector, duration_ms, parse
from data.simulator.serving import Journal, port_app
from data.simulator.world import World

MAX_STEPS = 11_000
CATALOGUE_ONLY = "this simulated Prometheus answers the console's catalogue of expressions only"


class _BadData(Exception):
    """An answer of 400 ``bad_data``."""


def error_answer(status: int, kind: str, message: str) -> web.Response:
    """The error envelope of Prometheus."""
    return web.json_response({"status": "error", "errorType": kind, "error": message}, status=status)


def spoiled_answer(fault: Fault) -> web.Response:
    """The error answer of a fault: a 503 of Prometheus itself is JSON, other statuses come from proxies."""
    if fault.status == 503:
        answer = error_answer(503, "unavailable", "the simulated Prometheus was told to be unavailable")
    else:
        answer = web.Response(
            status=fault.status, text="the simulated Prometheus was told to answer like this\n"
        )
    if fault.retry_after is not None:
        answer.headers["Retry-After"] = str(fault.retry_after)
    return answer


def spoiled_scrape(fault: Fault) -> web.Response:
    """The error answer of a fault on the metrics port: plain text."""
    return web.Response(status=fault.status, text="the simulated application was told to answer like this\n")


def metrics_app(world: World, journal: Journal, faults: Faults) -> web.Application:
    """The application's metrics as text, at ``/metrics``."""

    async def metrics(request: web.Request) -> web.Response:
        now = world.advance()
        body = exposition.text(world.samples.page(now)).encode()
        return web.Response(body=body, headers={"Content-Type": exposition.CONTENT_TYPE})

    app = port_app("metrics", world, journal, faults, spoiled_scrape)
    app.router.add_get("/metrics", metrics)
    return app


class PrometheusApi:
    """Handlers for the query interface."""

    def __init__(self, world: World) -> None:
        self._world = world

    def app(self, journal: Journal, faults: Faults) -> web.Application:
        app = port_app("prometheus", self._world, journal, faults, spoiled_answer)
        for method in ("GET", "POST"):
            app.router.add_route(method, "/api/v1/query", self._query)
            app.router.add_route(method, "/api/v1/query_range", self._query_range)
        app.router.add_get("/api/v1/status/buildinfo", self._buildinfo)
        app.router.add_get("/-/ready", self._ready)
        return app

    async def _query(self, request: web.Request) -> web.Response:
        asked = await _parameters(request)
        now = self._world.advance()
        try:
            tree = _expression(asked)
            at = _moment(asked, "time") if "time" in asked else now
        except _BadData as err:
            return error_answer(400, "bad_data", str(err))
        evaluation = Evaluation(self._world.samples, tree)
        if scalar(tree):
            return _success("scalar", [at / 1000, exposition.number(evaluation.at(at)[()])])
        if isinstance(tree, Selector) and tree.range_ms is not None:
            return _success(
                "matrix", [_line(labels, points) for labels, points in evaluation.matrix(tree, at)]
            )
        vector = [
            {"metric": dict(labels), "value": [at / 1000, exposition.number(value)]}
            for labels, value in sorted(evaluation.at(at).items())
        ]
        return _success("vector", vector)

    async def _query_range(self, request: web.Request) -> web.Response:
        asked = await _parameters(request)
        self._world.advance()
        try:
            tree = _expression(asked)
            start, end, step = _moment(asked, "start"), _moment(asked, "end"), _step(asked)
            _check_range(tree, start, end, step)
        except _BadData as err:
            return error_answer(400, "bad_data", str(err))
        evaluation = Evaluation(self._world.samples, tree)
        lines: dict[Labels, list[tuple[Millis, float]]] = {}
        for at in range(start, end + 1, step):
            for labels, value in evaluation.at(at).items():
                lines.setdefault(labels, []).append((at, value))
        return _success("matrix", [_line(labels, points) for labels, points in sorted(lines.items())])

    async def _buildinfo(self, request: web.Request) -> web.Response:
        build = {
            "version": "2.42.0",
            "revision": "simulated",
            "branch": "",
            "buildUser": "",
            "buildDate": "",
            "goVersion": "",
        }
        return web.json_response({"status": "success", "data": build})

    async def _ready(self, request: web.Request) -> web.Response:
        return web.Response(text="Prometheus Server is Ready.\n")


def _success(kind: str, result: Any) -> web.Response:
    return web.json_response({"status": "success", "data": {"resultType": kind, "result": result}})


def _line(labels: Labels, points: list[tuple[Millis, float]]) -> dict[str, Any]:
    return {"metric": dict(labels), "values": [[at / 1000, exposition.number(value)] for at, value in points]}


async def _parameters(request: web.Request) -> dict[str, str]:
    asked = dict(request.query)
    if request.method == "POST" and request.content_type == "application/x-www-form-urlencoded":
        asked |= {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    return asked


def _expression(asked: dict[str, str]) -> Expression:
    try:
        return parse(asked.get("query", ""))
    except BadQuery as err:
        raise _BadData(f'invalid parameter "query": parse error: {err}; {CATALOGUE_ONLY}') from err


def _moment(asked: dict[str, str], name: str) -> Millis:
    """A moment in Unix seconds or RFC 3339."""
    text = asked.get(name, "")
    try:
        if re.fullmatch(r"-?\d+(\.\d*)?([eE][+-]?\d+)?", text):
            return round(float(text) * 1000)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _BadData(f'invalid parameter "{name}": cannot parse {json.dumps(text)} to a valid timestamp')
    return round(moment.timestamp() * 1000)


def _step(asked: dict[str, str]) -> Millis:
    text = asked.get("step", "")
    try:
        step = round(float(text) * 1000) if re.fullmatch(r"\d+(\.\d*)?", text) else duration_ms(text)
    except BadQuery as err:
        raise _BadData(
            f'invalid parameter "step": cannot parse {json.dumps(text)} to a valid duration'
        ) from err
    if step <= 0:
        raise _BadData(
            'invalid parameter "step": zero or negative query resolution step widths are not accepted. '
            "Try a positive integer"
        )
    return step


def _check_range(tree: Expression, start: Millis, end: Millis, step: Millis) -> None:
    if end < start:
        raise _BadData('invalid parameter "end": end timestamp must not be before start time')
    if (end - start) / step > MAX_STEPS:
        raise _BadData(
            "exceeded maximum resolution of 11,000 points per timeseries. "
            "Try decreasing the query resolution (?step=XX)"
        )
    if isinstance(tree, Selector) and tree.range_ms is not None:
        raise _BadData(
            'invalid parameter "query": invalid expression type "range vector" for range query, '
            "must be Scalar or instant Vector"
        )
