"""What is not offered on an account or in a state, and the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from console.host import Slots
from console.offers import NO_PLAN, not_offered
from console.ports import Project
from console.readings import Reading
from console.world import World
from tests.screens import worlds

OF_A_RELEASE = ("advance", "complete", "abort")


def account(
    reason: Literal["available_slots", "no_available_slots", "unlimited_slots", "plan_not_supported"],
    rolling: bool,
) -> World:
    project = Project("prj_1", "shop", "team_1", "dpl_1", True, None, rolling)
    slots = Slots(reason, 0 if reason in ("no_available_slots", "plan_not_supported") else None)
    return replace(
        worlds.no_release_ever(),
        project=Reading(project, worlds.NOW, "vercel"),
        slots=Reading(slots, worlds.NOW, "vercel"),
    )


def test_a_running_release_can_be_moved_and_one_that_is_over_cannot() -> None:
    for action in OF_A_RELEASE:
        assert not_offered(worlds.healthy(), action) is None
        assert "over (aborted)" in (not_offered(worlds.aborted(), action) or "")
        assert not_offered(worlds.no_release_ever(), action) == "There is no rolling release."
        assert not_offered(worlds.never_connected(), action) is None, "nobody knows yet"


def test_a_start_needs_the_plan_a_slot_and_the_feature() -> None:
    assert not_offered(account("plan_not_supported", False), "start") == NO_PLAN
    assert "slot" in (not_offered(account("no_available_slots", False), "start") or "")
    assert "switched off for shop" in (not_offered(account("unlimited_slots", False), "start") or "")
    assert not_offered(account("no_available_slots", True), "start") is None, "it has its slot"
    assert not_offered(account("unlimited_slots", True), "start") is None


@pytest.mark.parametrize("action", ["promote", "rollback"])
def test_promote_and_rollback_are_there_on_every_account(action: str) -> None:
    for world in (account("plan_not_supported", False), worlds.healthy(), worlds.never_connected()):
        assert not_offered(world, action) is None
