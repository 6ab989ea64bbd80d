"""Every shipped playbook has a scenario, and in it is true what the playbook is offered for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from console.canary.catalogue import packaged
from console.playbooks.offering import Card, offered
from console.playbooks.validate import validate
from data.playbook_files import read, shipped
from data.simulator import scenario
from data.simulator.alert_rules import Firing, Rules
from data.simulator.control import truth_of
from data.simulator.situations import SITUATIONS
from tests.simulated import Simulated, simulated


def cards() -> dict[str, Card]:
    metrics = {one.id for one in packaged()}
    found = (validate(read(path), metrics).playbook for path in shipped())
    return {one.name: Card.of(one) for one in found if one is not None}


def test_every_shipped_playbook_has_a_scenario() -> None:
    assert set(SITUATIONS) == {path.stem for path in shipped()} == set(cards())
    assert set(SITUATIONS.values()) <= set(scenario.names())


def test_the_guide_names_them(repository: Path) -> None:
    page = (repository / "docs" / "simulator.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| `([a-z-]+)` \|$", page, re.MULTILINE)
    assert dict(rows) == dict(SITUATIONS)


async def after(sim: Simulated, seconds: int = 240) -> list[Firing]:
    for _ in range(seconds // 15):
        sim.clock.advance(15)
        sim.world.advance()
    return Rules(sim.world).firing()


ALERTED = {
    "canary-high-error-rate": ("error_rate", {"canary"}),
    "canary-slow": ("latency_p95", {"canary"}),
    "database-migration": ("db_query_time", {"canary", "production"}),
    "metrics-lost": ("metrics_source", {"canary", "production"}),
    "production-down": ("error_rate", {"production"}),
    "upstream-outage": ("error_rate", {"canary", "production"}),
}
"""Playbook → the metric of the alert that its scenario raises, and on which tracks."""


@pytest.mark.slow
@pytest.mark.parametrize("playbook", sorted(ALERTED))
async def test_the_alert_is_one_that_the_playbook_is_offered_for(playbook: str) -> None:
    metric, tracks = ALERTED[playbook]
    card = cards()[playbook]
    assert metric in card.triggers
    async with simulated(SITUATIONS[playbook], speed=1e-9) as sim:
        firing = await after(sim)
        assert {one.labels["track"] for one in firing if one.labels["metric"] == metric} == tracks
        signs = [one.labels["metric"] for one in firing]
        assert playbook in [one.name for one in offered(signs, on_release=True, cards=[card])]


@pytest.mark.slow
async def test_a_preview_is_exposed() -> None:
    async with simulated(SITUATIONS["preview-exposure"], speed=1e-9) as sim:
        [one] = await after(sim)
        assert one.labels["alertname"] in cards()["preview-exposure"].triggers
        assert one.labels["preview"] in {d.url for d in sim.world.project.deployments.values()}
        assert not sim.world.project.previews_protected


@pytest.mark.slow
async def test_a_flag_is_bad_for_whoever_has_its_variant() -> None:
    assert "error_rate" in cards()["bad-flag"].triggers
    async with simulated(SITUATIONS["bad-flag"], speed=1e-9) as sim:
        await after(sim)
        tracks = truth_of(sim.world, 1).tracks
        assert tracks["canary"].error_ratio > 2 * tracks["baseline"].error_ratio
        assert sim.world.running.depends_on("new-cart")


@pytest.mark.slow
async def test_where_something_else_is_wrong_no_other_playbook_is_called_for() -> None:
    async with simulated(SITUATIONS["generic-triage"], speed=1e-9) as sim:
        assert await after(sim) == []
        assert truth_of(sim.world, 1).effects
        [one] = offered([], on_release=True, cards=cards().values())
        assert one.name == "generic-triage"


@pytest.mark.slow
async def test_nothing_fires_while_all_is_well() -> None:
    async with simulated("healthy", speed=1e-9) as sim:
        assert await after(sim, 1800) == []
