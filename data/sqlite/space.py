"""How much room the samples take: dropped by age, kept under a cap, given back to the disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from console.readings import Millis
from data.sqlite.connection import transaction

_FULL, _ROOMY = 0.85, 0.7
"""Above this share of the cap the oldest rows go, until this share is left."""

_STEP = 0.05
"""The share of the rows dropped in one transaction: a small one leaves a small log."""


def pages_for(connection: sqlite3.Connection, max_bytes: int) -> int:
    """The most pages of a file that stays under ``max_bytes`` together with its log: half of them.

    Never fewer than an empty schema and one poll need.
    """
    return max(64, max_bytes // 2 // _pragma(connection, "page_size"))


def limit(connection: sqlite3.Connection, pages: int) -> None:
    """Set the cap for this connection. A larger file is only held where it is until it was pruned."""
    log = max(16, min(1000, pages // 4))
    connection.execute(f"PRAGMA max_page_count={pages}").fetchall()
    connection.execute(f"PRAGMA wal_autocheckpoint={log}").fetchall()
    connection.execute(f"PRAGMA journal_size_limit={log * _pragma(connection, 'page_size')}").fetchall()


def keep_room(connection: sqlite3.Connection, pages: int, coming: int = 0) -> int:
    """Drop the oldest rows if the file would be nearly at its cap with ``coming`` more pages.

    Returns the number of rows dropped.
    """
    if _used(connection) + coming <= _FULL * pages:
        return 0
    dropped = 0
    left = min(_ROOMY * pages, _FULL * pages - coming)
    while _used(connection) > left and (now := _drop_oldest(connection)):
        dropped += now
    _give_back(connection, pages)
    return dropped


def pages_of(connection: sqlite3.Connection, texts: Sequence[str]) -> int:
    """About how many pages rows with these texts take, rather too many than too few."""
    page = _pragma(connection, "page_size")
    return sum(2 + (len(text) if text.isascii() else len(text.encode())) // (page // 2) for text in texts)


def prune(connection: sqlite3.Connection, pages: int, older_than: Millis) -> int:
    """Drop what was last true before ``older_than``, then what is over the cap; the rows dropped."""
    dropped = 0
    while now := _drop(
        connection,
        "SELECT id FROM samples WHERE until < ? ORDER BY until LIMIT ?",
        (older_than, _step(connection)),
    ):
        dropped += now
    dropped += keep_room(connection, pages)
    _give_back(connection, pages)
    return dropped


def _drop_oldest(connection: sqlite3.Connection) -> int:
    return _drop(connection, "SELECT id FROM samples ORDER BY until LIMIT ?", (_step(connection),))


def _step(connection: sqlite3.Connection) -> int:
    rows = connection.execute("SELECT count(*) FROM samples").fetchone()[0]
    return max(1, int(rows * _STEP))


def _drop(connection: sqlite3.Connection, chosen: str, parameters: tuple[int, ...]) -> int:
    with transaction(connection):
        return connection.execute(f"DELETE FROM samples WHERE id IN ({chosen})", parameters).rowcount


def _used(connection: sqlite3.Connection) -> int:
    return _pragma(connection, "page_count") - _pragma(connection, "freelist_count")


def _give_back(connection: sqlite3.Connection, pages: int) -> None:
    """Return free pages to the file system, a few a transaction, beyond what is soon needed again."""
    spare = int(pages * (_FULL - _ROOMY))
    while (free := _pragma(connection, "freelist_count")) > spare:
        connection.execute(f"PRAGMA incremental_vacuum({min(64, free - spare)})").fetchall()
        if _pragma(connection, "freelist_count") >= free:
            return  # the file was made without the ability
    connection.execute(f"PRAGMA max_page_count={pages}").fetchall()


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
