"""Whatever stands in any field of an answer: a valid object or a problem, never a traceback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.ports import SourceError
from console.readings import Problem
from data.http import Answer, Request, Secret, Service, Transport
from data.vercel.client import VercelClient
from data.vercel.router import VercelRouter
from tests.data.hosts import EPOCH, StillClock
from tests.data.vercel import documents as doc

DOCUMENTS: dict[str, tuple[dict[str, Any], Callable[[VercelRouter], Awaitable[object]]]] = {
    "account": (doc.USER, lambda router: router.account()),
    "project": (doc.PROJECT, lambda router: router.project()),
    "release": (doc.release(currentCanaryPercentage=5), lambda router: router.release()),
    "template": (doc.CONFIG, lambda router: router.template()),
    "deployment": (doc.DEPLOYMENT, lambda router: router.deployment("dpl_canary")),
    "activity": (doc.EVENTS, lambda router: router.activity(1795000600000)),
}

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([-1, 10**30, 253_402_300_800_000]),
    st.floats(),
    st.text(),
    st.sampled_from(["\x1b[2J", "\ud800", "[bold]x", "ACTIVE", "..", "5"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a document."""
    if path:
        yield path
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def changed(document: dict[str, Any], path: tuple[Any, ...], junk: object) -> bytes:
    made = json.loads(json.dumps(document))  # nothing shared between two places
    node = made
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = junk
    return json.dumps(made).encode()


class Canned(Transport):
    """Answers every read with one body: the models are tried, not the network."""

    def __init__(self, body: bytes) -> None:
        super().__init__(StillClock())
        self._body = body

    async def ask(self, service: Service, request: Request) -> Answer:
        return Answer(200, {}, self._body, 1.0, EPOCH)


def outcome(name: str, body: bytes) -> object:
    client = VercelClient(Canned(body), token=Secret("tok_secret"), team_id="team_1")

    async def read() -> object:
        return await DOCUMENTS[name][1](VercelRouter(client, "shop"))

    return asyncio.run(read())


def problem_or(name: str, body: bytes) -> object:
    """What was read, or the problem that was said."""
    try:
        return outcome(name, body)
    except SourceError as error:
        return error.problem


@pytest.mark.parametrize("name", list(DOCUMENTS))
@given(data=st.data())
def test_junk_in_any_field_is_read_or_said(name: str, data: st.DataObject) -> None:
    document = DOCUMENTS[name][0]
    path = data.draw(st.sampled_from(sorted(set(places(document)), key=repr)))
    found = problem_or(name, changed(document, path, data.draw(JUNK)))
    if isinstance(found, Problem):
        assert found.kind in ("garbage", "forbidden")
        assert found.what.isprintable()
    else:
        assert found is not None or path == ("rollingRelease",)


USED: dict[str, list[tuple[Any, ...]]] = {
    "account": [("user", "id")],
    "project": [
        ("id",),
        ("accountId",),
        ("targets", "production", "id"),
        ("autoAssignCustomDomains",),
        ("lastAliasRequest", "type"),
        ("lastAliasRequest", "jobStatus"),
        ("lastAliasRequest", "requestedAt"),
        ("lastAliasRequest", "toDeploymentId"),
    ],
    "release": [
        ("rollingRelease", "state"),
        ("rollingRelease", "stages"),
        ("rollingRelease", "stages", 1, "index"),
        ("rollingRelease", "stages", 1, "targetPercentage"),
        ("rollingRelease", "activeStage", "index"),
        ("rollingRelease", "currentCanaryPercentage"),
        ("rollingRelease", "canaryDeployment", "id"),
        ("rollingRelease", "startedAt"),
        ("rollingRelease", "updatedAt"),
    ],
    "template": [("rollingRelease", "stages", 0, "targetPercentage"), ("rollingRelease", "gate", "enabled")],
    "deployment": [("id",), ("meta", "githubCommitSha"), ("readyState",)],
    "activity": [("events",), ("events", 0, "id"), ("events", 0, "createdAt")],
}
"""The fields that lead to a decision."""


@pytest.mark.parametrize(("name", "path"), [(name, path) for name in DOCUMENTS for path in USED[name]])
@pytest.mark.parametrize("junk", [["x"], {"x": 1}, -7.5])
def test_a_wrong_type_where_it_matters_is_garbage_and_named(
    name: str, path: tuple[Any, ...], junk: object
) -> None:
    with pytest.raises(SourceError) as raised:
        outcome(name, changed(DOCUMENTS[name][0], path, junk))
    assert raised.value.problem.kind == "garbage"
    assert ".".join(str(part) for part in path) in raised.value.problem.what
