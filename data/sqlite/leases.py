"""Leases beside the chain, in the ledger's file: who polls, which sessions are alive."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from console.ports import Lease
from console.readings import Millis
from data.sqlite.connection import SameProcess, explained, open_file, transaction
from data.sqlite.schema import LEDGER

FORGOTTEN_AFTER_MS = 30 * 24 * 3_600_000

_SELECT = "SELECT name, holder, token, expires_at FROM leases WHERE name = ?"


class SqliteLeases:
    """:class:`console.ports.Leases` by compare and set under the file's write lock.

    A row outlives its lease, and a token is at least the time, so that none is ever given twice.
    """

    def __init__(self, path: Path | str) -> None:
        """Open or create the ledger file. Raises :class:`StoreUnusable`."""
        self._path = Path(path)
        self._process = SameProcess()
        self._lock = threading.Lock()
        self._connection = open_file(self._path, LEDGER, "FULL")

    def acquire(self, name: str, holder: str, ttl_ms: Millis, now: Millis) -> Lease | None:
        with self._use() as connection, transaction(connection):
            held = _read(connection, name)
            if held is not None and held.holder not in ("", holder) and now < held.expires_at:
                return None
            # A renewal in time keeps the token. After its expiry another holder may have come and
            # gone unseen by this one, so even the same holder begins anew.
            renewed = held is not None and held.holder == holder and now < held.expires_at
            # At least the time, so that tokens grow even past a ledger file that was begun anew.
            token = held.token if held and renewed else max(held.token + 1 if held else 1, now)
            lease = Lease(name, holder, token, now + ttl_ms)
            if held is None:
                # Every session has a lease of its own name: forget those of long ago.
                connection.execute("DELETE FROM leases WHERE expires_at < ?", (now - FORGOTTEN_AFTER_MS,))
            connection.execute(
                "INSERT OR REPLACE INTO leases (name, holder, token, expires_at) VALUES (?, ?, ?, ?)",
                (lease.name, lease.holder, lease.token, lease.expires_at),
            )
            return lease

    def holder(self, name: str) -> Lease | None:
        """Who holds or last held ``name``; look at ``expires_at``. ``None`` once given back."""
        with self._use() as connection:
            lease = _read(connection, name)
        return lease if lease and lease.holder else None

    def release(self, lease: Lease) -> None:
        """Give it back; nothing happens if somebody else holds it by now."""
        with self._use() as connection, transaction(connection):
            connection.execute(
                "UPDATE leases SET holder = '' WHERE name = ? AND token = ?",
                (lease.name, lease.token),
            )

    def close(self) -> None:
        self._process.check()
        with self._lock:
            self._connection.close()

    @contextmanager
    def _use(self) -> Iterator[sqlite3.Connection]:
        self._process.check()
        with self._lock, explained(self._path, LEDGER.noun):
            yield self._connection


def _read(connection: sqlite3.Connection, name: str) -> Lease | None:
    row = connection.execute(_SELECT, (name,)).fetchone()
    return Lease(*row) if row else None
