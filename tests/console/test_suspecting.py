"""Suspects of a real session, on a world whose canary fails for whoever has one variant of a flag."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.canary.verdict import Word
from console.flags.incident import incident_of
from console.flags.suspecting import kills_of, suspects_of
from tests.console.consoles import consoles

pytestmark = pytest.mark.slow


async def test_the_flag_whose_variant_fails_comes_first_with_numbers_and_killing_it_ends_the_harm(
    tmp_path: Path,
) -> None:
    async with consoles(tmp_path, "bad-flag") as scene:
        scene.sim.clock.advance(480)
        scene.sim.world.advance()
        one = await scene.started(JUDGE__KIND="limits", JUDGE__ERROR_RATE__MAX="0.4")
        world = await one.sees(lambda w: w.verdict and w.verdict.word is Word.ROLLBACK, "roll back")
        desk, incident = one.session.flags(), incident_of(world)
        found = await suspects_of(desk, incident, world.now)
        release = scene.sim.world.project.release
        assert release is not None
        assert (incident.harm, incident.harmed) == (True, release.canary_id)
        (only,) = found.ranked
        assert (only.key, only.worse) == ("new-cart", "on")
        assert [reason.kind for reason in only.reasons] == ["errors", "changed", "canary only"]
        assert "before the verdict turned to roll back by usr_jo" in only.says
        assert (found.hinders, found.unsaid) == ({}, ())
        (kill,) = await kills_of(desk, found, {})
        assert kill.says == "another variant for 25 % of people"


async def test_what_cannot_be_asked_is_said_and_the_rest_is_ranked(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.started()
        world = await one.sees(lambda w: w.release.value, "a release")
        desk = one.session.flags()
        scene.fault("/api/v1/query", "status", times=20, status=503)
        found = await suspects_of(desk, incident_of(world), world.now)
        assert found.unsaid[0].startswith("errors by variant: ")
        assert [suspect.key for suspect in found.ranked] == ["new-cart"]
