"""Leases: one holder, tokens that only grow, expiry by the clock that is passed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from console.ports import Lease, Leases
from data.sqlite.leases import FORGOTTEN_AFTER_MS, SqliteLeases
from data.sqlite.ledger import SqliteLedger
from tests.ledgers import HandClock, note


@pytest.fixture
def leases(path: Path) -> Iterator[SqliteLeases]:
    with closing(SqliteLeases(path)) as leases:
        yield leases


def test_one_holds_it_and_the_other_waits(leases: SqliteLeases) -> None:
    port: Leases = leases
    held = port.acquire("poll", "a", 100, 1000)
    assert held == Lease("poll", "a", 1000, 1100)
    assert port.acquire("poll", "b", 100, 1099) is None
    assert port.holder("poll") == held
    taken = port.acquire("poll", "b", 100, 1100)
    assert taken is not None
    assert taken.holder == "b"
    assert taken.token > held.token


def test_a_renewal_keeps_the_token_and_a_late_one_does_not(leases: SqliteLeases) -> None:
    first = leases.acquire("poll", "a", 100, 1000)
    again = leases.acquire("poll", "a", 100, 1050)
    late = leases.acquire("poll", "a", 100, 1150)
    assert again == Lease("poll", "a", first.token if first else -1, 1150)
    assert late
    assert late.token > again.token


def test_given_back_it_is_free_at_once(leases: SqliteLeases) -> None:
    held = leases.acquire("poll", "a", 100, 1000)
    assert held
    leases.release(held)
    assert leases.holder("poll") is None
    taken = leases.acquire("poll", "b", 100, 1000)
    assert taken
    assert taken.token > held.token
    leases.release(held)
    assert leases.holder("poll") == taken


def test_names_are_apart(leases: SqliteLeases) -> None:
    assert leases.acquire("poll", "a", 100, 1000)
    assert leases.acquire("session:b", "b", 100, 1000)
    assert leases.holder("nothing") is None


def test_another_process_sees_it_and_the_chain_does_not(
    path: Path, leases: SqliteLeases, clock: HandClock
) -> None:
    held = leases.acquire("poll", "a", 100, 1000)
    with closing(SqliteLeases(path)) as other, closing(SqliteLedger(path, clock)) as ledger:
        assert other.acquire("poll", "b", 100, 1000) is None
        assert other.holder("poll") == held
        ledger.append("s", 0, [note()])
        assert ledger.verify().checked == 1


def test_a_token_is_not_given_again_by_a_ledger_begun_anew(tmp_path: Path) -> None:
    """The samples remember the newest token: a smaller one would shut every poller out."""
    tokens = []
    for n in range(2):
        with closing(SqliteLeases(tmp_path / f"{n}.db")) as leases:
            held = leases.acquire("poll", "a", 100, 1_760_000_000_000 + n)
            assert held
            tokens.append(held.token)
    assert tokens[1] > tokens[0]


def test_leases_of_long_ago_are_forgotten(leases: SqliteLeases) -> None:
    for n in range(5):
        leases.acquire(f"session:{n}", "x", 100, 1000)
    later = 1100 + FORGOTTEN_AFTER_MS + 1
    leases.acquire("session:new", "y", 100, later)
    assert [leases.holder(f"session:{n}") for n in range(5)] == [None] * 5


HOLDERS = st.sampled_from(["a", "b", "c"])


class Fencing(RuleBasedStateMachine):
    """Whatever three holders do: at any moment one holds it, and each new holder's token is greater."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.leases = SqliteLeases(Path(self.folder.name) / "ledger.db")
        self.now = 1000
        self.current: Lease | None = None
        self.greatest = 0

    def teardown(self) -> None:
        self.leases.close()
        self.folder.cleanup()

    @rule(holder=HOLDERS, ttl=st.integers(1, 50))
    def acquire(self, holder: str, ttl: int) -> None:
        got = self.leases.acquire("poll", holder, ttl, self.now)
        free = self.current is None or self.current.expires_at <= self.now
        mine = self.current is not None and self.current.holder == holder
        assert (got is not None) == (free or mine)
        if got is None:
            return
        if free:
            assert got.token > self.greatest
        else:
            assert self.current is not None
            assert got.token == self.current.token
        assert got.expires_at == self.now + ttl
        self.current, self.greatest = got, got.token

    @rule(step=st.integers(0, 60))
    def wait(self, step: int) -> None:
        self.now += step

    @rule()
    def give_back(self) -> None:
        if self.current is not None:
            self.leases.release(self.current)
            self.current = None

    @invariant()
    def the_holder_is_known(self) -> None:
        assert self.leases.holder("poll") == self.current


Fencing.TestCase.settings = settings(max_examples=25, stateful_step_count=15)
TestFencing = Fencing.TestCase
