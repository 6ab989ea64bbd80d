"""Arming: recorded before it counts, for a set time, ended at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from console import events
from console.arming import MOST_MINUTES, Arming
from console.outcome import End
from console.ports import StoreUnusable
from console.world import Armed
from tests.console.recorded import ANA, append, still_ledger
from tests.simulated import ORIGIN


def armed_of(arming: Arming) -> Armed | None:
    return arming.armed


def test_it_is_recorded_and_ends_by_hand(tmp_path: Path) -> None:
    with still_ledger(tmp_path) as ledger:
        arming = Arming(ledger, "s1")
        outcome = arming.arm("ana", "  on call  ", 30, ANA, ORIGIN)
        assert outcome.end is End.DONE
        assert armed_of(arming) == Armed("ana", ORIGIN + 30 * 60_000, "on call")
        assert arming.disarm("by hand", ANA, ORIGIN + 1).seq == 2
        assert armed_of(arming) is None
        told = [events.read(e) for e in ledger.read(stream="session:s1")]
        assert told == [
            events.SessionArmed(person="ana", reason="on call", until=ORIGIN + 30 * 60_000),
            events.SessionDisarmed(person="ana", why="by hand"),
        ]


@pytest.mark.parametrize(
    ("reason", "minutes"), [("", 5), ("  ", 5), ("why", 0), ("why", -1), ("why", MOST_MINUTES + 1)]
)
def test_it_needs_a_reason_and_an_end(tmp_path: Path, reason: str, minutes: int) -> None:
    with still_ledger(tmp_path) as ledger:
        arming = Arming(ledger, "s1")
        assert arming.arm("ana", reason, minutes, ANA, ORIGIN).end is End.REFUSED_HERE
        assert arming.armed is None
        assert ledger.read() == []


def test_what_is_over_needs_no_end(tmp_path: Path) -> None:
    with still_ledger(tmp_path) as ledger:
        arming = Arming(ledger, "s1")
        arming.arm("ana", "why", 1, ANA, ORIGIN)
        assert arming.disarm("by hand", ANA, ORIGIN + 60_000).seq is None
        assert len(ledger.read()) == 1


def test_what_cannot_be_recorded_does_not_arm_and_does_disarm(tmp_path: Path) -> None:
    with still_ledger(tmp_path) as ledger:
        arming = Arming(ledger, "s1")
        arming.arm("ana", "why", 5, ANA, ORIGIN)
        never = Arming(ledger, "s2")
        ledger.close()
        with pytest.raises(StoreUnusable):
            never.arm("ana", "why", 5, ANA, ORIGIN)
        assert never.armed is None
        with pytest.raises(StoreUnusable):
            arming.disarm("by hand", ANA, ORIGIN)
        assert arming.armed is None


def test_other_events_of_the_session_are_in_nobodys_way(tmp_path: Path) -> None:
    with still_ledger(tmp_path) as ledger:
        arming = Arming(ledger, "s1")
        append(ledger, events.SessionDisarmed(person="ana", why="x"), stream="session:s1")
        assert arming.arm("ana", "why", 5, ANA, ORIGIN).seq == 2
