"""Every scenario of the simulator on a real Prometheus, judged as it should be (``expected.toml``)."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.canary.verdict import Verdict, Word
from data.simulator import scenario
from tests.crash.scale import SCALE
from tests.live.course import Said, Told, play
from tests.live.expected import Expected, expected, faults

PROMOTED = Expected(verdict="promote")
HARMED = Expected(verdict="rollback", culprits=("error_rate",))


def test_it_is_known_of_every_scenario_what_is_to_be_said() -> None:
    assert set(expected()) == set(scenario.names())


def told(*words: str, complete: bool = False) -> Told:
    """Said a poll after the other; the scenario begins with the second."""
    said = [
        Said(at, 0, Verdict(Word(word), at, at, ("because",), ())) for at, word in enumerate(words, start=1)
    ]
    return Told(1, said, complete=complete)


@pytest.mark.parametrize(
    ("wanted", "seen", "fault"),
    [
        (PROMOTED, told("hold", "promote", complete=True), ""),
        (PROMOTED, told("hold", "promote"), "not moved on"),
        (PROMOTED, told("hold", "promote", "rollback", complete=True), "rolled back for"),
        (HARMED, told("hold", "promote"), "never rolled back"),
        (HARMED, told("hold", "rollback", "rollback"), "named nobody"),
        (HARMED, told("hold", "rollback", "hold"), "said hold after that"),
        (HARMED, told("rollback", "rollback"), "before the scenario began"),
        (Expected(verdict="hold"), told("hold", "hold"), ""),
        (Expected(verdict="hold"), told("hold", "promote"), "said promote"),
        (Expected(verdict="hold", says="more minutes"), told("hold"), "never said"),
        (Expected(verdict="hold", spoiled=True), told("hold"), "no answer was spoiled"),
    ],
)
def test_what_is_not_as_it_should_be_is_said(wanted: Expected, seen: Told, fault: str) -> None:
    found = faults(wanted, seen)
    assert any(fault in one for one in found) if fault else found == []


def test_blind_it_holds_and_says_so() -> None:
    wanted = PROMOTED.model_copy(update={"blind": (0, 1)})
    blind = told("hold", "no_data", "hold", complete=True)
    assert faults(wanted, blind) == []
    assert faults(wanted, told("hold", "hold", "hold", complete=True))
    assert faults(wanted, told("hold", "no_data", "promote", complete=True))


EVERYDAY = (
    "healthy",
    "metrics-outage",
    "low-traffic",
    "error-spike",
    "latency-regression",
    "flapping",
    "slow-burn",
    "bad-flag",
    "harm-new-errors",
    "harm-severity",
    "harm-page-load",
    "harm-database",
    "harm-network",
)
"""One of each kind: the others say the same of another metric, or last for an hour and more."""
PLAYED = list(expected()) if SCALE >= 1 else EVERYDAY


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", PLAYED)
async def test_it_is_judged_as_it_should_be(name: str, tmp_path: Path) -> None:
    wanted = expected()[name]
    assert faults(wanted, await play(wanted.plan(name), tmp_path)) == []
