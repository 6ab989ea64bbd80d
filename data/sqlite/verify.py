"""Verification of a ledger file from start to head, in bounded memory, in one snapshot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from console.envelope import GENESIS, Break, Head, Recorded, VerifyReport, check_chain, without_salt
from console.events import LedgerRedacted
from data.sqlite import rows
from data.sqlite.connection import explained, open_file
from data.sqlite.schema import LEDGER

_FILE_FAULTS = 10
"""How many faults of the file's own structure are reported at most."""


def verify(path: Path, after_seq: int = 0) -> VerifyReport:
    """Check every event behind ``after_seq``, then the file's structure. Raises ``StoreUnusable``.

    Whole events cut from the end leave a shorter chain that holds: only a checkpoint kept elsewhere
    can show that. A :class:`Break` with seq 0 concerns the file, not one event.
    """
    with closing(open_file(path, LEDGER, "FULL")) as connection:
        connection.text_factory = rows.exact
        with explained(path, LEDGER.noun):
            connection.execute("BEGIN")
            report = _chain(connection, after_seq)
            others = [*_orphans(connection, after_seq), *_structure(connection)]
    breaks = tuple(sorted((*report.breaks, *others), key=lambda fault: fault.seq))
    return VerifyReport(report.checked, report.head, report.redacted, breaks)


def _chain(connection: sqlite3.Connection, after_seq: int) -> VerifyReport:
    breaks: list[Break] = []
    checked = redacted = 0
    head = Head(0, GENESIS)
    if after_seq:
        row = connection.execute("SELECT hash FROM events WHERE seq = ?", (after_seq,)).fetchone()
        if row is None:
            breaks.append(Break(after_seq, "there is no such event to start from"))
        head = Head(after_seq, str(row[0]) if row else GENESIS)
    events = _events(connection, after_seq, breaks)
    for found in check_chain(
        events, after=head, versions=_versions(connection, after_seq), redactions=_redactions(connection)
    ):
        if isinstance(found, Break):
            breaks.append(found)
            continue
        checked += 1
        redacted += found.payload_text is None
        head = Head(found.seq, str(found.hash))
    return VerifyReport(checked, head, redacted, tuple(breaks))


def _events(connection: sqlite3.Connection, after_seq: int, breaks: list[Break]) -> Iterator[Recorded]:
    """The rows as they stand; wrong types, and pages SQLite cannot read, are added to ``breaks``."""
    last = after_seq
    try:
        for row in connection.execute(f"{rows.SELECT} WHERE e.seq > ? ORDER BY e.seq", (after_seq,)):
            last = row[0]
            breaks.extend(
                Break(last, f"its column {name} holds another type than was written")
                for name in rows.wrong_types(row)
            )
            event = rows.raw(row)
            if isinstance(event.payload_text, str) and without_salt(event.payload_text) is None:
                breaks.append(Break(last, "its payload is no JSON object"))
            yield event
    except sqlite3.DatabaseError as error:
        breaks.append(Break(last + 1, f"the file cannot be read from here on ({error})"))


def _versions(connection: sqlite3.Connection, after_seq: int) -> dict[str, int]:
    if not after_seq:
        return {}
    query = "SELECT stream, max(version) FROM events WHERE seq <= ? GROUP BY stream"
    return dict(connection.execute(query, (after_seq,)).fetchall())


def _redactions(connection: sqlite3.Connection) -> frozenset[int]:
    """The events that later events of the ledger say were redacted."""
    query = (
        "SELECT e.seq, p.text FROM events e JOIN payloads p ON p.seq = e.seq WHERE e.kind = ? ORDER BY e.seq"
    )
    named = set()
    try:
        for seq, text in connection.execute(query, (LedgerRedacted.KIND,)):
            payload = without_salt(text) if isinstance(text, str) else None
            target = (payload or {}).get("redacted_seq")
            if isinstance(target, int) and target < seq:
                named.add(target)
    except sqlite3.DatabaseError:
        return frozenset(named)  # the walk over the chain names the place
    return frozenset(named)


def _orphans(connection: sqlite3.Connection, after_seq: int) -> Iterator[Break]:
    query = (
        "SELECT p.seq FROM payloads p LEFT JOIN events e ON e.seq = p.seq "
        "WHERE e.seq IS NULL AND p.seq > ? ORDER BY p.seq"
    )
    try:
        for (seq,) in connection.execute(query, (after_seq,)):
            yield Break(seq, "a payload stands here without its event: the event was removed")
    except sqlite3.DatabaseError as error:
        yield Break(0, f"the payloads cannot all be read ({error})")


def _structure(connection: sqlite3.Connection) -> Iterator[Break]:
    """What SQLite itself finds wrong: also an index that disagrees with its table and so hides events."""
    try:
        found = [row[0] for row in connection.execute(f"PRAGMA integrity_check({_FILE_FAULTS})")]
    except sqlite3.DatabaseError as error:
        found = [str(error)]
    for text in found:
        if text != "ok":
            yield Break(0, f"the file: {text}")
