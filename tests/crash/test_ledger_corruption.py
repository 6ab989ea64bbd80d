"""Whatever is changed in the file behind the ledger's back, ``verify`` says so and names the event."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from console.envelope import Recorded
from console.ports import StoreUnusable
from data.clock import SystemClock
from data.sqlite.ledger import SqliteLedger
from data.sqlite.rows import HEADER
from tests.crash.appending import pair
from tests.crash.scale import sized

EVENTS = 120
COLUMNS = (*(name for name in HEADER if name != "seq"), "hash")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of some streams, all in its one file."""
    path = tmp_path_factory.mktemp("whole") / "ledger.db"
    with closing(SqliteLedger(path, SystemClock())) as ledger:
        for n in range(EVENTS // 2):
            stream = f"s{n % 5}"
            ledger.append(stream, ledger.version(stream), pair(n))
        assert ledger.verify().ok
    # As an editor of the file could: without the rules of the tables.
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("DROP INDEX idx_events_stream_version")
        other.execute("PRAGMA writable_schema=ON")
        other.execute("UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '') WHERE type = 'table'")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE INDEX idx_events_stream_version ON events (stream, version)")
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def content(path: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as other:
        other.text_factory = bytes
        query = "SELECT e.*, p.text FROM events e LEFT JOIN payloads p USING (seq) ORDER BY seq"
        return other.execute(query).fetchall()


def found(path: Path) -> set[int]:
    with closing(SqliteLedger(path, SystemClock())) as ledger:
        ledger.read()  # survives whatever is in there
        return {fault.seq for fault in ledger.verify().breaks}


def copy(whole: Path, folder: Path) -> Path:
    path = folder / "harmed.db"
    for file in folder.glob("harmed.db*"):
        file.unlink()
    shutil.copy(whole, path)
    return path


def other_value(old: object, dice: random.Random) -> object:
    """Something else: near or far, of the same type or not."""
    choices: list[object] = [None, dice.randbytes(4), dice.random(), "x", dice.randint(-5, 2**40), ""]
    if isinstance(old, int):
        choices += [old + 1, old - 1, -old, str(old) + " "]
    if isinstance(old, str) and old:
        at = dice.randrange(len(old))
        choices += [
            old[:at] + chr(ord(old[at]) ^ 1) + old[at + 1 :],
            old + "\0",
            old[:-1],
            old.upper() + " ",
            old.encode(),
        ]
    return dice.choice([choice for choice in choices if choice != old or type(choice) is not type(old)])


Harm = Callable[[sqlite3.Connection, random.Random], set[int]]
"""Does the harm; returns the events of which at least one must be named."""


def change_column(other: sqlite3.Connection, dice: random.Random) -> set[int]:
    seq, column = dice.randint(1, EVENTS), dice.choice(COLUMNS)
    old = other.execute(f"SELECT {column} FROM events WHERE seq = ?", (seq,)).fetchone()[0]
    other.execute(f"UPDATE events SET {column} = ? WHERE seq = ?", (other_value(old, dice), seq))
    new = other.execute(f"SELECT {column} FROM events WHERE seq = ?", (seq,)).fetchone()[0]
    # The column's affinity may have made the old value of it again (5.0 is stored as 5).
    return set() if (new, type(new)) == (old, type(old)) else {seq}


def change_payload(other: sqlite3.Connection, dice: random.Random) -> set[int]:
    seq = dice.randint(1, EVENTS)
    old = other.execute("SELECT text FROM payloads WHERE seq = ?", (seq,)).fetchone()[0]
    other.execute("UPDATE payloads SET text = ? WHERE seq = ?", (other_value(old, dice), seq))
    return {seq}


def remove_payload(other: sqlite3.Connection, dice: random.Random) -> set[int]:
    seq = dice.randint(1, EVENTS)
    other.execute("DELETE FROM payloads WHERE seq = ?", (seq,))
    return {seq}


def remove_event(other: sqlite3.Connection, dice: random.Random) -> set[int]:
    seq = dice.randint(1, EVENTS - 1)  # the end of the chain is for a head kept elsewhere
    other.execute("DELETE FROM events WHERE seq = ?", (seq,))
    if dice.random() < 0.5:
        other.execute("DELETE FROM payloads WHERE seq = ?", (seq,))
    return {seq + 1}


def remove_and_close_the_gap(other: sqlite3.Connection, dice: random.Random) -> set[int]:
    seq = dice.randint(1, EVENTS - 1)
    for table in ("events", "payloads"):
        other.execute(f"DELETE FROM {table} WHERE seq = ?", (seq,))
        other.execute(f"UPDATE {table} SET seq = -seq WHERE seq > ?", (seq,))
        other.execute(f"UPDATE {table} SET seq = -seq - 1 WHERE seq < 0")
    return {seq}


def swap(other: sqlite3.Connection, dice: random.Random) -> set[int]:
    one, two = dice.sample(range(1, EVENTS + 1), 2)
    for table in dice.choice([("events",), ("payloads",), ("events", "payloads")]):
        other.execute(f"UPDATE {table} SET seq = -1 WHERE seq = ?", (one,))
        other.execute(f"UPDATE {table} SET seq = ? WHERE seq = ?", (one, two))
        other.execute(f"UPDATE {table} SET seq = ? WHERE seq = -1", (two,))
    return {min(one, two)}


def insert(other: sqlite3.Connection, dice: random.Random) -> set[int]:
    """A copy of an event is pushed in, the rest moves up (of two equal neighbours the second is wrong)."""
    seq, source = dice.randint(1, EVENTS), dice.randint(1, EVENTS)
    for table in ("events", "payloads"):
        other.execute(f"CREATE TEMP TABLE copied_{table} AS SELECT * FROM {table} WHERE seq = ?", (source,))
        other.execute(f"UPDATE {table} SET seq = -seq WHERE seq >= ?", (seq,))
        other.execute(f"UPDATE {table} SET seq = -seq + 1 WHERE seq < 0")
        other.execute(f"UPDATE copied_{table} SET seq = ?", (seq,))
        other.execute(f"INSERT INTO {table} SELECT * FROM copied_{table}")
    return {seq + 1 if seq == source else seq}


HARMS: list[Harm] = [
    change_column,
    change_payload,
    remove_payload,
    remove_event,
    remove_and_close_the_gap,
    swap,
    insert,
]


def planted(whole: Path, folder: Path, harm: Harm, seed: int) -> None:
    path = copy(whole, folder)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        expected = harm(other, random.Random(seed))
    assert expected <= found(path), (harm.__name__, seed)


@pytest.mark.parametrize("harm", HARMS)
def test_some_planted_harm_is_found_at_its_place(whole: Path, tmp_path: Path, harm: Harm) -> None:
    for seed in range(8):
        planted(whole, tmp_path, harm, seed)


@pytest.mark.proof
@pytest.mark.parametrize("harm", HARMS)
def test_planted_harm_is_found_at_its_place(whole: Path, tmp_path: Path, harm: Harm) -> None:
    for seed in range(sized(1500)):
        planted(whole, tmp_path, harm, seed)


# --- bytes of the file ---


def flipped(
    whole: Path, folder: Path, seed: int, good: list[tuple[Any, ...]], events: list[Recorded]
) -> bool:
    """Change one byte anywhere: it is named, or said of the file, or it changes nothing that is read."""
    path, dice = copy(whole, folder), random.Random(seed)
    data = bytearray(path.read_bytes())
    at = dice.randrange(len(data))
    data[at] ^= 1 << dice.randrange(8)
    path.write_bytes(data)
    try:
        named = found(path)
    except StoreUnusable:
        return True
    if not named:
        with closing(SqliteLedger(path, SystemClock())) as ledger:
            assert ledger.read() == events
            for stream in ledger.streams(""):
                assert ledger.read(stream=stream) == [e for e in events if e.stream == stream]
        return False
    if 0 not in named:
        harmed = {
            seq for seq, (old, new) in enumerate(zip(good, content(path), strict=True), 1) if old != new
        }
        assert harmed <= named
    return True


def flip(whole: Path, folder: Path, rounds: int) -> None:
    good = content(whole)
    with closing(SqliteLedger(copy(whole, folder), SystemClock())) as ledger:
        events = ledger.read()
    seen = [flipped(whole, folder, seed, good, events) for seed in range(rounds)]
    assert any(seen)


def test_some_flipped_bits(whole: Path, tmp_path: Path) -> None:
    flip(whole, tmp_path, 40)


@pytest.mark.proof
def test_flipped_bits(whole: Path, tmp_path: Path) -> None:
    flip(whole, tmp_path, sized(6000))
