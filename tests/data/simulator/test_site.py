"""The shop as its visitors meet it: each name answers as what serves it, reached as playbooks reach it."""

from __future__ import annotations

import json

import pytest

from console.runs.hand_http import Reply, Request
from console.settings import SettingsError, combine
from data.playbook_web import HttpxWeb
from data.simulator.control import truth_of
from tests.commands.test_looks import FILE
from tests.simulated import Simulated, simulated


async def asked(sim: Simulated, name: str, path: str = "/api/health") -> Reply:
    request = Request("GET", f"https://{name}{path}", {}, None, 10_000)
    return await HttpxWeb(sim.site_url).ask(request, 10_000)


@pytest.mark.slow
async def test_each_name_answers_as_what_serves_it() -> None:
    async with simulated(scenario="healthy") as sim:
        project = sim.world.project
        served = {one.deployment_id for one in project.domains if not one.split}
        served |= {project.serving_id, truth_of(sim.world, 1.0).release.canary_id}  # type: ignore[union-attr]
        for domain in project.domains:
            reply = await asked(sim, domain.name)
            assert reply.status == 200
            assert json.loads(reply.body)["deployment"] in served
        canary = project.deployments[truth_of(sim.world, 1.0).release.canary_id]  # type: ignore[union-attr]
        assert json.loads((await asked(sim, canary.url)).body)["deployment"] == canary.id
        assert (await asked(sim, "elsewhere.example")).status == 404
        assert (await asked(sim, project.domains[0].name, "/products/a-hat")).status in (200, 500)
        assert (await asked(sim, project.domains[0].name, "/no/such/page")).status == 404


@pytest.mark.slow
async def test_what_is_down_says_so() -> None:
    async with simulated(scenario="production-down") as sim:
        sim.clock.advance(240)
        sim.world.advance()
        reply = await asked(sim, sim.world.project.domains[0].name)
        assert (reply.status, json.loads(reply.body)["ok"]) == (503, False)


def led(address: str) -> str | None:
    said = f'[playbooks]\nconnect_to = "{address}"\n'
    return combine(said, FILE, {}, FILE.parent).settings.playbooks.connect_to


def test_requests_are_led_to_this_machine_only() -> None:
    assert led("http://127.0.0.1:80") == "http://127.0.0.1:80"
    for elsewhere in (
        "https://example.com",
        "http://127.0.0.1.evil.example",
        "http://localhost.example:80",
    ):
        with pytest.raises(SettingsError, match="of this machine"):
            led(elsewhere)
