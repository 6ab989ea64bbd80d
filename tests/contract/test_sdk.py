"""The host's own client library accepts every answer of the simulator that it knows, whatever the state."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from data.simulator.account import Account
from data.simulator.faults import Faults
from data.simulator.server import Simulator
from data.simulator.serving import Journal
from data.simulator.vercel_api import VercelApi, served
from tests.contract.clients import HERE, run

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("npm"), pytest.mark.timeout(600)]

Route = tuple[str, str]

UNKNOWN_TO_THE_LIBRARY: frozenset[Route] = frozenset(
    {
        ("GET", "/api/logs/request-logs"),
        ("GET", "/metrics/v1"),
        ("POST", "/metrics/v1"),
        ("GET", "/teams/{}"),
        ("GET", "/v11/deployments/{}/builds"),
        ("GET", "/v3/now/deployments/{}/events"),
        ("GET", "/v6/deployments"),
        ("GET", "/v1/projects/{}/rollback/aliases"),
        ("GET", "/v9/projects/{}/promote/aliases"),
        ("GET", "/v9/projects/{}/rollback/aliases"),
        ("POST", "/v9/projects/{}/rollback/{}"),
        ("PATCH", "/v9/projects/{}/rollback/{}/update-description"),
        ("PATCH", "/v1/global-config/{}/items"),
    }
)
"""Paths that only the command line uses, or that are older than the library."""


def plain(routes: Iterable[tuple[str, str]]) -> set[Route]:
    """Routes whose varying parts have lost their names."""
    return {(method, re.sub(r"\{[^}]*\}", "{}", path)) for method, path in routes}


def routes_of(simulator: Simulator) -> set[Route]:
    return plain(served(VercelApi(simulator.world, simulator.tokens).app(Journal(), Faults())))


def called(simulator: Simulator, routes: set[Route]) -> set[Route]:
    """The routes behind the requests that were answered well; a fixed path wins over a varying one."""
    found = set()
    for entry in simulator.journal.entries:
        if entry.port != "vercel" or entry.status is None or entry.status >= 400:
            continue
        fitting = [
            (method, path)
            for method, path in routes
            if method == entry.method and re.fullmatch(path.replace("{}", "[^/]+"), entry.path)
        ]
        found.add(min(fitting, key=lambda route: route[1].count("{}")))
    return found


async def ask(simulator: Simulator, folder: Path, *arguments: str) -> dict[str, Any]:
    async with simulator.serving() as ready:
        ran = await run(
            folder, [str(HERE / "sdk_calls.mjs"), *arguments], {"SIMULATED": ready.model_dump_json()}
        )
    assert ran.returncode == 0, ran.stderr
    answer: dict[str, Any] = json.loads(ran.stdout)
    wrong = [f"{call}: {why[:1500]}" for call, why in answer["told"].items() if why is not None]
    assert not wrong, "\n".join(wrong)
    return answer


async def test_the_library_accepts_every_answer_of_every_path_it_knows(npm_clients: Path) -> None:
    simulator = Simulator(scenario="error-spike", seed=1, speed=1.0)
    answer = await ask(simulator, npm_clients, "everything")
    routes, known = routes_of(simulator), plain(answer["known"])
    assert routes - known == UNKNOWN_TO_THE_LIBRARY
    assert called(simulator, routes) == routes & known


@pytest.mark.parametrize(
    "account",
    [
        Account(plan="hobby"),
        Account(plan="pro"),
        Account(plan="pro", without=frozenset({"rolling-releases"})),
        Account(plan="pro", without=frozenset({"slots", "checks", "skew-protection"})),
        Account(advancement="automatic", gate="dry-run"),
    ],
    ids=["hobby", "pro", "pro with a free slot", "pro without a slot", "automatic"],
)
async def test_the_library_accepts_what_every_kind_of_account_says(
    npm_clients: Path, account: Account
) -> None:
    simulator = Simulator(scenario="healthy", seed=1, speed=1.0, account=account)
    answer = await ask(simulator, npm_clients, account.plan, simulator.world.project.serving_id)
    assert len(answer["told"]) == 12
