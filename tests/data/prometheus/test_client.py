"""The Prometheus client against answers as the servers give them, good and bad."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from console.ports import SourceError
from console.readings import Problem
from data.http import Answer, Limits, Secret
from data.prometheus import queries
from data.prometheus.client import PrometheusClient
from tests.data.hosts import (
    EPOCH,
    Host,
    Step,
    StillClock,
    drops,
    hangs,
    host,
    large,
    says,
    transport,
    truncates,
)


def success(kind: str, result: object, **more: object) -> dict[str, object]:
    return {"status": "success", "data": {"resultType": kind, "result": result}, **more}


def failed(kind: str, text: str, status: int) -> Step:
    return says({"status": "error", "errorType": kind, "error": text}, status)


@asynccontextmanager
async def prometheus(step: Step, **more: Any) -> AsyncIterator[tuple[Host, PrometheusClient]]:
    async with host() as there, transport(StillClock(), Limits(read_s=more.pop("read_s", 10.0))) as asking:
        there.says(step)
        yield there, PrometheusClient(asking, there.url + more.pop("path", ""), **more)


def form(there: Host, number: int = 0) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(there.asked[number].body.decode()).items()}


async def failure(step: Step, **more: Any) -> Problem:
    async with prometheus(step, **more) as (_, client):
        with pytest.raises(SourceError) as raised:
            await client.instant("up")
    assert raised.value.problem.what.endswith(".")
    return raised.value.problem


async def test_an_instant_query_is_posted_with_its_moment() -> None:
    vector = success("vector", [{"metric": {"track": "canary"}, "value": [1795391400.655, "+Inf"]}])
    async with prometheus(says(vector), path="/prometheus/") as (there, client):
        result = await client.instant("up{a='b c&d'}", EPOCH + 7)
    assert (there.asked[0].method, there.asked[0].path) == ("POST", "/prometheus/api/v1/query")
    assert there.asked[0].headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert form(there) == {"query": "up{a='b c&d'}", "time": "1795000000.007", "timeout": "8s"}
    [line] = result.lines
    assert (dict(line.labels), line.pairs) == ({"track": "canary"}, [(1795391400.655, float("inf"))])


async def test_a_range_query() -> None:
    matrix = success("matrix", [{"metric": {}, "values": [[1795391396, "1"], [1795391398, "2.5e-02"]]}])
    async with prometheus(says(matrix)) as (there, client):
        result = await client.range("up", EPOCH, EPOCH + 60_000, 15)
    assert there.asked[0].path == "/api/v1/query_range"
    assert form(there)["step"] == "15"
    assert result.lines[0].pairs == [(1795391396.0, 1.0), (1795391398.0, 0.025)]


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (success("scalar", [1795391400.5, "1.5"]), 1),
        (success("string", [1795391400.51, "hello"]), 0),
        (success("vector", []), 0),
        (success("matrix", None, warnings=None, infos=None), 0),
        (success("vector", [{"metric": {}, "histogram": [1795391695.8, {"count": "30"}]}]), 0),
    ],
)
async def test_every_type_of_result(data: object, lines: int) -> None:
    async with prometheus(says(data)) as (_, client):
        assert len((await client.instant("1")).lines) == lines


async def test_victoria_metrics_sends_another_content_type() -> None:
    body = json.dumps(success("matrix", [])).encode()
    header = {"Content-Type": "application/stream+json; charset=utf-8"}
    async with prometheus(says(body, headers=header)) as (_, client):
        assert (await client.instant("up[5m]")).lines == []


async def test_warnings_and_infos_are_kept() -> None:
    answer = success("vector", [], warnings=["store 3 did not answer"], infos=["name may not be a counter"])
    async with prometheus(says(answer)) as (_, client):
        result = await client.instant("up")
    assert result.warnings == ("store 3 did not answer",)
    assert result.infos == ("name may not be a counter",)


async def test_where_only_get_is_allowed_get_is_used_from_then_on() -> None:
    async def reads_only(request: web.Request) -> web.StreamResponse:
        if request.method != "GET":
            return web.Response(status=405, text="Method Not Allowed")
        return web.json_response(success("vector", []))

    async with prometheus(reads_only) as (there, client):
        await client.instant("up{x='1'}", EPOCH)
        await client.instant("up")
    assert [asked.method for asked in there.asked] == ["POST", "GET", "GET"]
    assert there.asked[1].query == {"query": "up{x='1'}", "time": "1795000000.000", "timeout": "8s"}


async def test_credentials_and_tenant() -> None:
    async with prometheus(
        says(success("vector", [])), basic=("bob", Secret("hunter2")), headers={"X-Scope-OrgID": "shop"}
    ) as (there, client):
        await client.instant("up")
    assert there.asked[0].headers["Authorization"] == "Basic Ym9iOmh1bnRlcjI="
    assert there.asked[0].headers["X-Scope-OrgID"] == "shop"
    async with prometheus(says("Unauthorized hunter2", 401), bearer=Secret("hunter2")) as (_, client):
        with pytest.raises(SourceError) as raised:
            await client.instant("up")
    assert raised.value.problem.kind == "unauthorised"
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("step", "kind", "words"),
    [
        (
            failed("bad_data", 'invalid parameter "query": 1:5: parse error', 400),
            "broken_query",
            "1:5: parse error",
        ),
        (failed("execution", "many-to-many matching", 422), "broken_query", "many-to-many"),
        (failed("422", "cannot parse query", 422), "broken_query", "cannot parse"),
        (says('remoteAddr: "x"; requestURI: y', 422), "broken_query", "requestURI"),
        (failed("timeout", "query timed out in expression evaluation", 503), "timeout", "timed out"),
        (failed("422", "timeout exceeded during query", 422), "timeout", "timeout exceeded"),
        (failed("unavailable", "storage not ready", 503), "server_error", "storage not ready"),
        (failed("internal", "boom", 500), "server_error", "boom"),
        (failed("internal", "boom", 200), "server_error", "boom"),
        (says("Service Unavailable", 503), "server_error", "Service Unavailable"),
        (says("<html><body>Bad Gateway", 502), "server_error", "an HTML page"),
        (says("404 page not found", 404), "not_found", "page not found"),
        (says("unsupported path requested", 400), "refused", "unsupported path"),
        (says("Unauthorized", 401), "unauthorised", "Unauthorized"),
        (says("no", 403), "forbidden", "no"),
        (says("slow down", 429), "rate_limited", "429"),
        (says(None, 302, {"Location": "/login"}), "garbage", "redirect"),
        (says("<html>Grafana</html>"), "garbage", "cannot be read"),
        (says(b""), "garbage", "cannot be read"),
        (says(success("vector", {"a": 1})), "garbage", "data.vector.result"),
        (says(success("tensor", [])), "garbage", "data"),
        (says(success("matrix", [{"metric": {"a": 1}, "values": []}])), "garbage", "metric.a"),
        (says(success("matrix", [{"metric": {}, "values": [[1, "x"]]}])), "garbage", "values.0.1"),
        (truncates(), "unreachable", "closed the connection"),
        (drops, "unreachable", "closed the connection"),
        (large(10), "too_large", "8 MiB"),
    ],
)
async def test_every_bad_answer_is_a_problem_in_words(step: Step, kind: str, words: str) -> None:
    problem = await failure(step)
    assert problem.kind == kind
    assert words in problem.what


async def test_a_slow_server_is_a_timeout() -> None:
    assert (await failure(hangs, read_s=0.05)).kind == "timeout"


async def test_a_large_answer_is_read_beside_the_event_loop() -> None:
    values = [[EPOCH / 1000 + n, str(n)] for n in range(60_000)]
    async with prometheus(says(success("matrix", [{"metric": {}, "values": values}]))) as (_, client):
        result = await client.instant("up[1d]")
    assert len(result.lines[0].pairs) == 60_000


@given(values=st.lists(st.text(), min_size=1, max_size=3), other=st.text())
def test_label_values_stay_inside_their_quotes_and_mean_only_themselves(
    values: list[str], other: str
) -> None:
    written = queries.one_of("deployment", values)
    inside = written.removeprefix('deployment=~"').removesuffix('"')
    assert re.fullmatch(r'(?:[^"\\\n]|\\.)*', inside), "one PromQL string, closed where it should be"
    meant = re.sub(r"\\(.)", lambda pair: "\n" if pair[1] == "n" else pair[1], inside)
    matcher = re.compile(meant)
    assert all(matcher.fullmatch(value) for value in values)
    assert (matcher.fullmatch(other) is not None) == (other in values)


@pytest.mark.parametrize("value", [".*", "a|b", "a+", "(x)", "[a]", "x{2}", "^a$", "a\\d", 'a"b', "a\nb"])
def test_a_value_that_looks_like_an_expression_matches_only_itself(value: str) -> None:
    meant = queries.one_of("d", [value]).removeprefix('d=~"').removesuffix('"')
    pattern = re.sub(r"\\(.)", lambda pair: "\n" if pair[1] == "n" else pair[1], meant)
    assert re.fullmatch(pattern, value)
    assert not re.fullmatch(pattern, "a")


GOOD = success(
    "matrix", [{"metric": {"deployment": "a"}, "values": [[1795391396, "1"]]}], warnings=["w"], infos=[]
)


PLACES: list[tuple[Any, ...]] = [
    ("status",),
    ("warnings",),
    ("infos",),
    ("data",),
    ("data", "resultType"),
    ("data", "result"),
    ("data", "result", 0),
    ("data", "result", 0, "metric"),
    ("data", "result", 0, "metric", "deployment"),
    ("data", "result", 0, "values"),
    ("data", "result", 0, "values", 0),
    ("data", "result", 0, "values", 0, 0),
    ("data", "result", 0, "values", 0, 1),
]


@given(
    where=st.sampled_from(PLACES),
    junk=st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers(), max_size=3)
    ),
)
def test_junk_in_any_field_is_read_or_said(where: tuple[Any, ...], junk: object) -> None:
    document = json.loads(json.dumps(GOOD))
    node = document
    for key in where[:-1]:
        node = node[key]
    node[where[-1]] = junk
    body = json.dumps(document).encode()
    client = PrometheusClient(None, "http://127.0.0.1:1")  # type: ignore[arg-type]
    try:
        client._read(Answer(200, {}, body, 1.0, EPOCH))
    except SourceError as error:
        problem = error.problem
    else:
        return
    assert problem.kind in ("garbage", "server_error")
    assert problem.what.isprintable()
