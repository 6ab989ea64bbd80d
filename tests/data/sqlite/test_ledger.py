"""The ledger as its users know it: append, conflict, read, follow changes."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.envelope import GENESIS, Actor, Head, NewEvent, NotCanonical, Recorded
from console.ports import Ledger, LedgerConflict, StoreUnusable
from data.sqlite.ledger import REMEMBERED, SqliteLedger
from tests.ledgers import HandClock, note


@pytest.fixture
def rival(path: Path, clock: HandClock, ledger: SqliteLedger) -> Iterator[SqliteLedger]:
    """Another process's ledger on the same file."""
    with closing(SqliteLedger(path, clock)) as rival:
        yield rival


def test_it_is_the_ledger_of_the_ports(ledger: SqliteLedger, path: Path) -> None:
    port: Ledger = ledger
    assert port.place == str(path)


def test_an_empty_ledger(ledger: SqliteLedger) -> None:
    assert ledger.head() == Head(0, GENESIS)
    assert ledger.read() == []
    assert ledger.version("s") == 0
    assert ledger.streams("") == []
    assert ledger.verify().ok


def test_what_was_appended_is_read_back_as_it_was_given(ledger: SqliteLedger, clock: HandClock) -> None:
    new = NewEvent("test.noted", {"b": ["é\x00\x1b", {"n": -5}], "a": ""}, Actor("ana", "s1"), 7, 2, "sig")
    done = ledger.append("release:x", 0, [new])
    assert ledger.read() == done
    event = ledger.read()[0]
    assert (event.kind, event.at, event.actor, event.stream) == ("test.noted", 7, new.actor, "release:x")
    assert (event.payload, event.header.schema, event.header.sig) == (new.payload, 2, "sig")
    assert event.header.recorded_at == clock.time
    assert (event.seq, event.version, ledger.head()) == (1, 1, Head(1, event.hash))


def test_ids_are_uuids_of_version_7_in_order_of_time(ledger: SqliteLedger, clock: HandClock) -> None:
    ids = []
    for n in range(20):
        clock.time += 1
        ids.append(ledger.append("s", n, [note()])[0].header.id)
    assert all(
        re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", i) for i in ids
    )
    assert ids == sorted(ids)
    assert int(ids[0].replace("-", "")[:12], 16) == clock.time - 19


def test_salts_differ(ledger: SqliteLedger) -> None:
    one, two = ledger.append("s", 0, [note("yes"), note("yes")])
    assert one.header.payload_sha256 != two.header.payload_sha256


def test_the_time_of_recording_never_goes_back(
    ledger: SqliteLedger, rival: SqliteLedger, clock: HandClock
) -> None:
    begun = clock.time
    ledger.append("s", 0, [note()])
    clock.time -= 3_600_000
    ledger.append("s", 1, [note()])
    rival.append("t", 0, [note()])
    clock.time += 7_200_000
    rival.append("t", 1, [note()])
    assert [e.header.recorded_at - begun for e in ledger.read()] == [0, 0, 0, 3_600_000]


def test_a_conflict_names_the_winner_and_appends_nothing(ledger: SqliteLedger, rival: SqliteLedger) -> None:
    ledger.append("s", 0, [note("mine")])
    won = rival.append("s", 1, [note("theirs")])[0]
    with pytest.raises(LedgerConflict) as caught:
        ledger.append("s", 1, [note("late"), note("later")])
    assert (caught.value.stream, caught.value.expected, caught.value.actual) == ("s", 1, 2)
    assert caught.value.winner == won
    assert ledger.head().seq == 2
    assert ledger.append("s", 2, [note()])[0].seq == 3


@pytest.mark.parametrize("expected", [1, 5, -1])
def test_a_stream_that_never_was_is_at_version_0(ledger: SqliteLedger, expected: int) -> None:
    ledger.append("other", 0, [note()])
    with pytest.raises(LedgerConflict) as caught:
        ledger.append("s", expected, [note()])
    assert (caught.value.actual, caught.value.winner) == (0, None)


def test_all_or_none_of_a_batch(ledger: SqliteLedger) -> None:
    ledger.append("s", 0, [note()])
    with pytest.raises(NotCanonical, match=r"\$\.share"):
        ledger.append("s", 1, [note(), note(share=0.5)])
    assert ledger.version("s") == 1
    assert [e.version for e in ledger.append("s", 1, [note(), note(), note()])] == [2, 3, 4]
    assert ledger.append("s", 4, []) == []
    assert ledger.verify().ok


def test_two_processes_in_turns_and_many_streams(ledger: SqliteLedger, rival: SqliteLedger) -> None:
    """What one remembers of the head is never used once the other has appended."""
    for n in range(40):
        one, other = (ledger, rival) if n % 3 else (rival, ledger)
        one.append("shared", n, [note()])
        other.append(f"own:{n}", 0, [note()])
    assert ledger.version("shared") == 40
    assert ledger.head().seq == 80
    assert ledger.verify().ok


def test_an_end_that_somebody_cut_off_is_not_appended_behind(path: Path, ledger: SqliteLedger) -> None:
    """Also where this process remembers it: the next event follows what is there, and there is no gap."""
    ledger.append("s", 0, [note("1"), note("2"), note("3")])
    with closing(sqlite3.connect(path)) as other:
        other.execute("DELETE FROM events WHERE seq = 3")
        other.execute("DELETE FROM payloads WHERE seq = 3")
        other.commit()
    with pytest.raises(LedgerConflict):
        ledger.append("s", 3, [note("4")])
    assert [e.seq for e in ledger.append("s", 2, [note("4"), note("5")])] == [3, 4]
    assert ledger.verify().ok


def test_more_streams_than_are_remembered(ledger: SqliteLedger) -> None:
    for n in range(REMEMBERED // 100 + 2):
        for stream in range(100):
            ledger.append(f"{n}:{stream}", 0, [note(), note()])
    assert ledger.append("0:0", 2, [note()])[0].version == 3
    assert ledger.verify().ok


def test_threads_share_a_ledger(ledger: SqliteLedger) -> None:
    faults: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for n in range(30):
                ledger.append(name, n, [note()])
                assert ledger.read(stream=name, limit=1, newest_first=True)[0].version >= n + 1
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(f"t{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert ledger.head().seq == 120
    assert ledger.verify().ok


def test_the_data_version_changes_with_every_write_and_with_nothing_else(
    ledger: SqliteLedger, rival: SqliteLedger
) -> None:
    seen = [ledger.data_version()]
    for n, writer in enumerate((ledger, rival, ledger, rival)):
        writer.append("s", n, [note()])
        seen.append(ledger.data_version())
        ledger.read()
        assert ledger.data_version() == seen[-1]
    assert len(set(seen)) == 5


def test_streams_by_prefix(ledger: SqliteLedger) -> None:
    for name in ("release:b", "release:a", "release", "session:x", "release:a\U0010fffe", "releasf"):
        ledger.append(name, 0, [note()])
    ledger.append("release:a", 1, [note()])
    assert ledger.streams("release:") == ["release:a", "release:a\U0010fffe", "release:b"]
    assert len(ledger.streams("")) == 6
    assert ledger.streams("%") == []


# --- reading any part, against a list in memory ---

STREAMS = st.sampled_from(["a", "b", "c"])


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SqliteLedger, list[Recorded]]]:
    with closing(SqliteLedger(tmp_path_factory.mktemp("filled") / "l.db", HandClock())) as ledger:
        events = []
        for n in range(60):
            stream = "abca"[n * 7 % 4]
            events += ledger.append(stream, ledger.version(stream), [note(str(n))])
        yield ledger, events


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    stream=st.none() | STREAMS | st.just("none such"),
    after=st.integers(-1, 61),
    before=st.none() | st.integers(0, 70),
    limit=st.none() | st.integers(0, 70),
    newest_first=st.booleans(),
)
def test_any_part_is_read_as_from_a_list(
    filled: tuple[SqliteLedger, list[Recorded]],
    stream: Any,
    after: int,
    before: Any,
    limit: Any,
    newest_first: bool,
) -> None:
    ledger, events = filled
    expected = [
        e
        for e in events
        if e.seq > after and (before is None or e.seq < before) and stream in (None, e.stream)
    ]
    expected = expected[::-1] if newest_first else expected
    found = ledger.read(
        stream=stream, after_seq=after, before_seq=before, limit=limit, newest_first=newest_first
    )
    assert found == expected[:limit]


def test_reading_one_stream_does_not_walk_the_whole_ledger(path: Path, ledger: SqliteLedger) -> None:
    ledger.append("s", 0, [note()])
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    def cost(n: int) -> int:
        nonlocal steps
        ledger.append("big", ledger.version("big"), [note()] * n)
        steps = 0
        ledger._reader.set_progress_handler(count, 10)
        ledger.read(stream="s", limit=10, newest_first=True)
        ledger.read(stream="s", after_seq=0)
        return steps

    small, large = cost(10), cost(3000)
    assert large <= small + 5


# --- trouble ---


def test_use_after_close_is_said_in_words(ledger: SqliteLedger) -> None:
    ledger.append("s", 0, [note()])
    ledger.close()
    ledger.close()
    for call in (ledger.head, lambda: ledger.append("s", 1, [note()])):
        with pytest.raises(StoreUnusable, match="already closed"):
            call()


def test_nothing_is_appended_behind_a_damaged_head(
    path: Path, ledger: SqliteLedger, clock: HandClock
) -> None:
    ledger.append("s", 0, [note()])
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE events SET hash = x'00'")
        other.commit()
    with closing(SqliteLedger(path, clock)) as fresh:
        with pytest.raises(StoreUnusable, match=r"newest event of the ledger \(1\) is damaged"):
            fresh.append("s", 1, [note()])
        assert fresh.head().seq == 1


@pytest.mark.parametrize(
    "column", ["id", "at", "recorded_at", "stream", "version", "kind", "schema", "actor", "hash"]
)
@pytest.mark.parametrize("value", [b"\xff\x00", 1.5, "\x1b[31m", 2**62])
def test_damaged_rows_can_still_be_read(path: Path, ledger: SqliteLedger, column: str, value: object) -> None:
    """Also text that is no UTF-8; the row comes as an event whose fields have the right types."""
    ledger.append("s", 0, [note("1"), note("2"), note("3")])
    with closing(sqlite3.connect(path)) as other:
        other.execute(f"UPDATE events SET {column} = ? WHERE seq = 2", (value,))
        other.execute("UPDATE payloads SET text = CAST(x'7bff' AS TEXT) WHERE seq = 2")
        other.commit()
    events = ledger.read()
    assert [e.seq for e in events] == [1, 2, 3]
    header = events[1].header
    assert all(type(v) is int for v in (header.at, header.recorded_at, header.version, header.schema))
    assert all(type(v) is str for v in (header.id, header.stream, header.kind, header.actor, events[1].hash))
    assert events[1].payload is None
    assert events[1].payload_text is not None


def until_refused(ledger: SqliteLedger) -> tuple[int, StoreUnusable]:
    """Append until it fails: the events then in the stream, and what was said."""
    for done in range(ledger.version("s"), 10_000):
        try:
            ledger.append("s", done, [note("x" * 500)])
        except StoreUnusable as refusal:
            return done, refusal
    raise AssertionError("it never filled up")


def test_a_full_disk_is_said_and_the_ledger_stays_whole(path: Path, ledger: SqliteLedger) -> None:
    """A page limit gives what a full disk gives (SQLITE_FULL); the crash proofs use a real one."""
    ledger.append("s", 0, [note()])
    assert ledger._writer is not None
    pages = ledger._writer.execute("PRAGMA page_count").fetchone()[0]
    ledger._writer.execute(f"PRAGMA max_page_count={pages + 3}")
    done, refusal = until_refused(ledger)
    assert "is full; nothing was recorded. Free some space" in str(refusal)
    assert ledger.version("s") == done
    ledger._writer.execute("PRAGMA max_page_count=100000")
    assert ledger.append("s", done, [note()])[0].seq == done + 1
    assert ledger.verify().ok
