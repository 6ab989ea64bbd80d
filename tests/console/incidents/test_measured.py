"""What is measured becomes a suggestion; what is stale or lost suggests nothing."""

from __future__ import annotations

import pytest

from console.incidents.measured import measured
from console.incidents.severity import Signals, suggested
from console.world import World
from tests.screens import worlds


def test_the_canarys_errors_by_its_share_of_visitors() -> None:
    signals = measured(worlds.rollback())
    assert signals.errors == pytest.approx(0.024, rel=0.2)
    assert signals.exposed == 0.25
    assert signals.worse
    found = suggested(signals)
    assert found.severity == "SEV3"
    assert "exposed: 25 %" in found.reasons
    assert "the judge finds the canary worse" in found.reasons


@pytest.mark.parametrize("world", [worlds.stale(), worlds.lost()])
def test_what_is_not_fresh_is_not_known(world: World) -> None:
    assert measured(world).errors is None
    assert suggested(measured(world, Signals())).severity != "SEV4"


def test_what_a_person_says_counts() -> None:
    signals = measured(worlds.rollback(), Signals(errors=0.9, journey="/api/checkout", data="no"))
    assert (signals.errors, signals.exposed, signals.journey) == (0.9, 0.25, "/api/checkout")
    assert suggested(measured(worlds.rollback(), Signals(data="yes"))).severity == "SEV1"
