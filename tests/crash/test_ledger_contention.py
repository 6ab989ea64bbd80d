"""Processes appending at once: every acknowledged event is there once, and losers hear who won."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from data.clock import SystemClock
from data.sqlite.ledger import SqliteLedger
from tests.crash.appending import BATCH, Message, contend, said, started
from tests.crash.scale import sized


def contended(path: Path, processes: int, rounds: int) -> int:
    """Let them all append; the number of conflicts."""
    with ExitStack() as stack:
        pipes = [stack.enter_context(started(contend, path, f"own:{n}", rounds))[1] for n in range(processes)]
        told = [list(said(pipe)) for pipe in pipes]
    assert all(messages[-1] == ("end",) for messages in told)
    everything = [message for messages in told for message in messages]
    acknowledged = [pair for kind, *rest in everything if kind == "done" for pair in rest[0]]
    with closing(SqliteLedger(path, SystemClock())) as ledger:
        report = ledger.verify()
        assert report.ok, report.breaks
        total = 2 * processes * rounds * BATCH
        assert report.checked == len(acknowledged) == total
        assert dict(acknowledged) == {event.seq: event.hash for event in ledger.read()}
        assert [ledger.version(f"own:{n}") for n in range(processes)] == [rounds * BATCH] * processes
        return told_who_won(ledger, [message for message in everything if message[0] == "lost"])


def told_who_won(ledger: SqliteLedger, lost: list[Message]) -> int:
    shared = {event.version: event.header.id for event in ledger.read(stream="shared")}
    for _, expected, actual, winner in lost:
        assert actual > expected
        assert shared[actual] == winner
    return len(lost)


def test_a_few_processes(tmp_path: Path) -> None:
    contended(tmp_path / "ledger.db", 3, 10)


@pytest.mark.proof
def test_eight_processes(tmp_path: Path) -> None:
    assert contended(tmp_path / "ledger.db", 8, sized(1500)) > 0
