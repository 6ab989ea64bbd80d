"""Whole sessions open incidents by themselves: by alerts, the verdict, rollbacks; or say what they would."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.incidents import happened as h
from console.incidents.desk import Incidents
from console.incidents.incident import Incident
from data.clock import SystemClock
from tests.console.consoles import Console, consoles, until
from tests.console.incidents.scene import at_once
from tests.data.alertmanager.test_client import post
from tests.servers import alertmanager, free_port

pytestmark = pytest.mark.slow

QUIET = {"INCIDENTS__OPEN_ON_VERDICT": "false", "INCIDENTS__OPEN_ON_ROLLBACK": "false"}
JOURNEY = {"INCIDENTS__CRITICAL_JOURNEYS": "/api/checkout", "POLL__ALERTS_S": "1"}


def incidents(one: Console) -> tuple[Incident, ...]:
    ledger, clock = one.stores.ledger, SystemClock()
    desk = Incidents(ledger, clock, lambda: "not asked", at_once)
    return tuple(found for name in desk.names() if (found := desk.seen(name)) is not None)


async def test_a_real_alert_opens_one_and_its_group_joins_it(tmp_path: Path) -> None:
    with alertmanager(tmp_path / "alertmanager") as base:
        async with consoles(tmp_path) as scene:
            one = await scene.started(ALERTMANAGER__URL=base, **QUIET, **JOURNEY)
            await one.sees(lambda w: w.alerts.value is not None, "the Alertmanager answers")
            post(base, {"alertname": "Checkout", "severity": "page", "route": "/api/checkout"})
            await until(lambda: incidents(one), "an incident")
            post(base, {"alertname": "Checkout", "severity": "page", "route": "/api/cart"})
            post(base, {"alertname": "Checkout", "severity": "info", "route": "/"})
            await until(lambda: len(incidents(one)[0].causes) == 2, "the second joins it")
            [incident] = incidents(one)
            assert incident.opened.how == "alert"
            assert incident.opened.person == "ana"
            assert incident.suggestion is not None
            assert incident.suggestion.severity == "SEV2"
            assert "/api/checkout is a critical journey and fails" in incident.suggestion.reasons
            assert "/api/checkout is a critical journey in coalmine.toml" in incident.opened.evidence
            assert incident.signs == ("Checkout",)


async def test_several_consoles_open_it_once(tmp_path: Path) -> None:
    async with consoles(tmp_path, "error-spike", speed=30) as scene:
        at = {"ALERTMANAGER__URL": scene.sim.alertmanager_url, **QUIET, **JOURNEY, "POLL__ALERTS_S": "10"}
        both = [await scene.started(**at), await scene.started(**at)]
        await until(lambda: incidents(both[0]), "an incident")
        for one in both:
            await one.sees(lambda w: w.alerts.value and w.alerts.value.alerts, "both see the alert")
        [incident] = incidents(both[0])
        assert len(incident.causes) == len(set(incident.causes))
        assert both[0].world.release.value is not None
        assert incident.linked("release") == (both[0].world.release.value.canary.id,)  # type: ignore[union-attr]
        assert {"error_rate", "HighErrorRate"} <= set(incident.signs)


async def test_the_verdict_opens_one(tmp_path: Path) -> None:
    async with consoles(tmp_path, "error-spike", speed=30) as scene:
        one = await scene.started(JUDGE__KIND="limits", **JOURNEY)
        await until(lambda: one.word == "rollback" and incidents(one), "the verdict and its incident")
        [incident] = incidents(one)
        assert incident.opened.how == "verdict"
        assert "error_rate" in incident.signs


async def test_a_rollback_by_somebody_else_opens_one(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.started(POLL__PROJECT_S="1", POLL__RELEASE_S="1")
        world = await one.sees(lambda w: w.release.value and w.project.value, "the release")
        canary = world.release.value.canary.id  # type: ignore[union-attr]
        scene.act("abort")
        await until(lambda: incidents(one), "an incident")
        [incident] = incidents(one)
        assert incident.opened.how == "rollback"
        assert incident.linked("release") == (canary,)


async def test_who_cannot_write_says_what_would_be_opened(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.started(POLL__PROJECT_S="1", POLL__RELEASE_S="1", READ_ONLY="true")
        await one.sees(lambda w: w.release.value and w.project.value, "the release")
        scene.act("abort")
        world = await one.sees(
            lambda w: any("would be opened" in banner.text for banner in w.banners), "the banner"
        )
        [banner] = [one for one in world.banners if "would be opened" in one.text]
        assert "Production was rolled back" in banner.text
        assert "read_only" in banner.text
        assert one.recorded(h.IncidentOpened) == []
        other = await scene.started(POLL__PROJECT_S="1", POLL__RELEASE_S="1")
        await until(lambda: incidents(other), "a console that may write opens it")
        await one.sees(
            lambda w: not any("would be opened" in b.text for b in w.banners), "no banner any more"
        )


async def test_a_dead_alertmanager_degrades_its_own_row_alone(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.started(ALERTMANAGER__URL=f"http://127.0.0.1:{free_port()}", POLL__ALERTS_S="1")
        await one.sees(
            lambda w: w.alerts.problem is not None and w.first_values, "why, and values of the rest"
        )
        assert one.state_of("vercel") == one.state_of("prometheus") == "ok"
        [row] = [view for view in one.session.desk.sources(one.world) if view.id == "alertmanager"]
        assert row.finding.state == "fails"
        assert "Alertmanager cannot be reached" in row.finding.says
        assert row.finding.next
        assert incidents(one) == ()
