"""``verify`` finds what was done to a file behind the ledger's back, and says where."""

from __future__ import annotations

import sqlite3
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from console import events
from console.ports import StoreUnusable
from data.sqlite.ledger import SqliteLedger
from tests.ledgers import ANA, HandClock, note

Harm = Callable[[sqlite3.Connection], object]


@pytest.fixture
def ledger(ledger: SqliteLedger) -> SqliteLedger:
    """Twelve events in three streams."""
    for n in range(12):
        stream = f"s{n % 3}"
        ledger.append(stream, n // 3, [note(f"event {n + 1}")])
    return ledger


def harmed(ledger: SqliteLedger, *statements: str) -> list[int]:
    with closing(sqlite3.connect(ledger.path, isolation_level=None)) as other:
        other.execute("DROP INDEX IF EXISTS idx_events_stream_version")
        for statement in statements:
            other.execute(statement)
        other.execute("CREATE INDEX idx_events_stream_version ON events (stream, version)")
    return [fault.seq for fault in ledger.verify().breaks]


def test_a_whole_ledger(ledger: SqliteLedger) -> None:
    report = ledger.verify()
    assert report.ok
    assert (report.checked, report.redacted, report.head) == (12, 0, ledger.head())
    assert ledger.verify(after_seq=5).ok
    assert ledger.verify(after_seq=5).checked == 7
    assert ledger.verify(after_seq=12).head == ledger.head()


@pytest.mark.parametrize("seq", [1, 7, 12])
@pytest.mark.parametrize(
    "change",
    [
        "id = 'other'",
        "id = NULL",
        "at = at + 1",
        "at = x'01'",
        "at = 0.5",
        "recorded_at = 0",
        "stream = 'other'",
        "stream = x'ff'",
        "version = version + 1",
        "version = 'one'",
        "kind = 'test.other'",
        "kind = CAST(x'ff' AS TEXT)",
        "schema = 2",
        "actor = 'eve/s1/console'",
        f"payload_sha256 = '{'0' * 64}'",
        f"prev_hash = '{'0' * 63}1'",
        "sig = 'forged'",
        f"hash = '{'0' * 64}'",
        "hash = x'00'",
    ],
)
def test_a_changed_column_is_found_at_its_event(ledger: SqliteLedger, seq: int, change: str) -> None:
    with closing(sqlite3.connect(ledger.path, isolation_level=None)) as other:
        # Writes NULL and wrong types as an editor of the file could.
        other.execute("PRAGMA writable_schema=ON")
        other.execute("UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '') WHERE name = 'events'")
    assert seq in harmed(ledger, f"UPDATE events SET {change} WHERE seq = {seq}")


@pytest.mark.parametrize(
    "change",
    [
        """text = replace(text, 'event 7', 'event 8')""",
        "text = ''",
        "text = '{'",
        "text = '[]'",
        "text = text || ' '",
        "text = CAST(text AS BLOB)",
        "text = CAST(x'7bff7d' AS TEXT)",
        "text = 5",
    ],
)
def test_a_changed_payload_is_found_at_its_event(ledger: SqliteLedger, change: str) -> None:
    assert harmed(ledger, f"UPDATE payloads SET {change} WHERE seq = 7")[0] == 7


def test_removed_payloads(ledger: SqliteLedger) -> None:
    assert harmed(ledger, "DELETE FROM payloads WHERE seq IN (3, 9)") == [3, 9]


def test_removed_events(ledger: SqliteLedger) -> None:
    found = harmed(ledger, "DELETE FROM events WHERE seq = 4", "DELETE FROM payloads WHERE seq = 4")
    assert set(found) == {5, 7}  # the next event, and the next of its stream


def test_an_event_removed_at_the_end_leaves_its_payload_as_a_trace(ledger: SqliteLedger) -> None:
    assert harmed(ledger, "DELETE FROM events WHERE seq = 12") == [12]


def test_an_end_cut_off_with_its_traces_cannot_be_seen_here(ledger: SqliteLedger) -> None:
    """This is what a head kept elsewhere is for; it is documented, so it is tested."""
    before = ledger.head()
    assert harmed(ledger, "DELETE FROM events WHERE seq = 12", "DELETE FROM payloads WHERE seq = 12") == []
    assert ledger.verify().head != before


def test_swapped_events(ledger: SqliteLedger) -> None:
    found = harmed(
        ledger,
        "UPDATE events SET seq = -1 WHERE seq = 4",
        "UPDATE events SET seq = 4 WHERE seq = 5",
        "UPDATE events SET seq = 5 WHERE seq = -1",
    )
    assert {4, 5} <= set(found)


def test_swapped_payloads(ledger: SqliteLedger) -> None:
    found = harmed(
        ledger,
        "UPDATE payloads SET seq = -1 WHERE seq = 4",
        "UPDATE payloads SET seq = 4 WHERE seq = 5",
        "UPDATE payloads SET seq = 5 WHERE seq = -1",
    )
    assert found == [4, 5]


def test_an_inserted_event(ledger: SqliteLedger) -> None:
    found = harmed(
        ledger,
        "CREATE TEMP TABLE copied AS SELECT * FROM events WHERE seq = 12",
        "UPDATE copied SET seq = 13",
        "INSERT INTO events SELECT * FROM copied",
        "INSERT INTO payloads SELECT 13, text FROM payloads WHERE seq = 12",
    )
    assert 13 in found


def test_an_event_rewritten_with_a_hash_that_fits_breaks_the_next(ledger: SqliteLedger) -> None:
    """A forger who knows the rule must rewrite everything behind it as well."""
    event = ledger.read(after_seq=6, limit=1)[0]
    forged = replace(event.header, actor="eve/s1/console")
    assert harmed(
        ledger, f"UPDATE events SET actor = '{forged.actor}', hash = '{forged.hash()}' WHERE seq = 7"
    ) == [8]


def test_a_redaction_takes_a_payload_and_the_chain_still_holds(ledger: SqliteLedger) -> None:
    ledger.append("ledger", 0, [events.LedgerRedacted(redacted_seq=7, why="a token").new(ANA, 5)])
    assert harmed(ledger, "DELETE FROM payloads WHERE seq = 7") == []
    assert ledger.verify().redacted == 1
    assert ledger.read(after_seq=6, limit=1)[0].payload is None


def test_a_redaction_cannot_name_what_comes_after_it(ledger: SqliteLedger) -> None:
    ledger.append("ledger", 0, [events.LedgerRedacted(redacted_seq=14, why="for later").new(ANA, 5)])
    ledger.append("s0", 4, [note()])
    assert harmed(ledger, "DELETE FROM payloads WHERE seq = 14") == [14]


def test_an_index_that_hides_an_event_is_found(path: Path, ledger: SqliteLedger) -> None:
    """A stream is read through its index; the chain alone would not see that it lies."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA writable_schema=ON")
        sql = (
            "CREATE UNIQUE INDEX [idx_events_stream_version] ON [events] ([stream], [version]) WHERE seq <> 7"
        )
        other.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'idx_events_stream_version'", (sql,))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("REINDEX")
        other.execute("PRAGMA writable_schema=ON")
        other.execute(
            "UPDATE sqlite_master SET sql = replace(sql, ' WHERE seq <> 7', '') "
            "WHERE name = 'idx_events_stream_version'"
        )
    with closing(SqliteLedger(path, HandClock())) as fresh:
        report = fresh.verify()
        assert [fault.seq for fault in report.breaks] == [0] * len(report.breaks)
        assert any("row 7 missing from index" in fault.what for fault in report.breaks)


def test_start_behind_an_event_that_is_not_there(ledger: SqliteLedger) -> None:
    assert [b.seq for b in ledger.verify(after_seq=99).breaks] == [99]


def test_pages_that_cannot_be_read_are_named_and_what_stands_before_them_is_checked(
    path: Path, clock: HandClock
) -> None:
    with closing(SqliteLedger(path, clock)) as ledger:
        ledger.append("s", 0, [note("x" * 300) for _ in range(200)])
        page = ledger._reader.execute("PRAGMA page_size").fetchone()[0]
    content = bytearray(path.read_bytes())
    # The last leaf of the table of events: the page of the highest number that holds its newest row's id.
    with closing(SqliteLedger(path, clock)) as ledger:
        newest = ledger.read(limit=1, newest_first=True)[0].header.id.encode()
    number = content.rindex(newest) // page
    content[number * page : number * page + 8] = b"\xff" * 8
    path.write_bytes(content)
    with closing(SqliteLedger(path, clock)) as ledger:
        report = ledger.verify()
        assert 100 < report.checked < 200
        assert report.checked + 1 in [fault.seq for fault in report.breaks]
        assert any("cannot be read from here on" in fault.what for fault in report.breaks)


def test_a_file_that_is_cut_short_is_said(path: Path, clock: HandClock) -> None:
    with closing(SqliteLedger(path, clock)) as ledger:
        ledger.append("s", 0, [note("x" * 300) for _ in range(100)])
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(StoreUnusable, match=r"is damaged .*restore the last backup"):
        SqliteLedger(path, clock)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_ledger(ledger: SqliteLedger) -> None:
    def peak(n: int) -> int:
        for _ in range(n // 500):
            ledger.append("big", ledger.version("big"), [note("x" * 200)] * 500)
        tracemalloc.start()
        try:
            assert ledger.verify().ok
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small = peak(500)
    assert peak(10_000) < 2 * small
