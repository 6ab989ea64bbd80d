"""Whatever stands in any field of an answer beyond the release: a valid object or a problem."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.ports import SourceError
from console.readings import Problem
from data.http import Answer, Request, Secret, Service
from data.vercel.client import VercelClient
from data.vercel.host import VercelHost
from tests.data.hosts import EPOCH, StillClock
from tests.data.vercel import documents_host as more
from tests.data.vercel.test_models import JUNK, Canned, changed, places


class Both(Canned):
    """Answers checks v1 with one body and v2 with another."""

    def __init__(self, body: bytes, other: bytes) -> None:
        super().__init__(body)
        self._other = other

    async def ask(self, service: Service, request: Request) -> Answer:
        if request.path.endswith("/check-runs"):
            return Answer(200, {}, self._other, 1.0, EPOCH)
        return await super().ask(service, request)


async def log(host: VercelHost) -> object:
    return [batch async for batch in host.build_log("dpl_2", follow=False)]


DOCUMENTS: dict[str, tuple[Any, Callable[[VercelHost], Awaitable[object]]]] = {
    "candidates": (more.DEPLOYMENTS, lambda host: host.candidates(limit=2)),
    "checks": (more.CHECKS, lambda host: host.checks("dpl_2")),
    "runs": (more.RUNS, lambda host: host.checks("dpl_2")),
    "slots": (more.BILLING, lambda host: host.slots()),
    "skew": ({"skewProtectionMaxAge": 43200}, lambda host: host.skew_protection_s()),
    "variables": (more.ENVS, lambda host: host.variables()),
    "moving": (more.ALIASES, lambda host: host.moving_aliases("dpl_2")),
    "moves": (more.MOVES, lambda host: host.alias_moves("promote", failed_only=False)),
    "serving": (more.ALIAS, lambda host: host.serving("shop.example")),
    "log": (more.LOG, log),
}


def outcome(name: str, body: bytes) -> object:
    """What was read, or the problem that was said."""
    checks, runs = json.dumps(more.CHECKS).encode(), json.dumps(more.RUNS).encode()
    answers = Both(body, runs) if name != "runs" else Both(checks, body)
    client = VercelClient(answers, token=Secret("tok_secret"), team_id="team_1")

    async def read() -> object:
        try:
            return await DOCUMENTS[name][1](VercelHost(client, "prj_1", StillClock()))
        except SourceError as error:
            return error.problem

    return asyncio.run(read())


@pytest.mark.parametrize("name", list(DOCUMENTS))
@given(data=st.data())
def test_junk_in_any_field_is_read_or_said(name: str, data: st.DataObject) -> None:
    document = DOCUMENTS[name][0]
    path = data.draw(st.sampled_from(sorted(set(places(document)), key=repr)))
    found = outcome(name, changed(document, path, data.draw(JUNK)))
    if isinstance(found, Problem):
        assert found.kind == "garbage"
        assert found.what.isprintable()
        assert found.next.endswith(".")


@given(junk=JUNK, name=st.sampled_from(list(DOCUMENTS)))
def test_junk_in_place_of_the_whole_answer_is_read_or_said(junk: object, name: str) -> None:
    found = outcome(name, json.dumps(junk).encode())
    assert not isinstance(found, Problem) or found.kind == "garbage"


USED: dict[str, list[tuple[Any, ...]]] = {
    "candidates": [
        ("deployments",),
        ("deployments", 0, "uid"),
        ("deployments", 0, "readyState"),
        ("deployments", 0, "isRollbackCandidate"),
        ("deployments", 0, "checksConclusion"),
        ("deployments", 0, "checks", "deploymentAlias", "state"),
        ("deployments", 0, "meta", "githubCommitRef"),
    ],
    "checks": [("checks",), ("checks", 0, "conclusion"), ("checks", 0, "blocking"), ("checks", 0, "status")],
    "runs": [("runs",), ("runs", 0, "conclusion"), ("runs", 0, "blocks"), ("runs", 0, "createdAt")],
    "slots": [("reason",), ("availableSlots",)],
    "variables": [("envs",), ("envs", 0, "key"), ("envs", 0, "type"), ("envs", 0, "updatedAt")],
    "skew": [("skewProtectionMaxAge",)],
    "moving": [("aliases",), ("aliases", 1, "alias"), ("pagination", "next")],
    "moves": [("aliases", 0, "status"), ("aliases", 1, "alias")],
    "serving": [("deploymentId",)],
    "log": [(0, "text"), (0, "date"), (1, "payload", "level")],
}
"""The fields that lead to a decision."""


@pytest.mark.parametrize(("name", "path"), [(name, path) for name in DOCUMENTS for path in USED[name]])
@pytest.mark.parametrize("junk", [["x"], {"x": 1}, -7.5])
def test_a_wrong_type_where_it_matters_is_garbage_and_named(
    name: str, path: tuple[Any, ...], junk: object
) -> None:
    found = outcome(name, changed(DOCUMENTS[name][0], path, junk))
    assert isinstance(found, Problem)
    assert found.kind == "garbage"
    assert ".".join(str(part) for part in path) in found.what


def test_secrets_of_an_alias_are_not_kept() -> None:
    assert "bypass_secret_value" not in repr(outcome("serving", json.dumps(more.ALIAS).encode()))
    assert "bypass_secret_value" not in repr(outcome("moving", json.dumps(more.ALIASES).encode()))
