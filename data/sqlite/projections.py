"""Kept states of projections, in a file that may be deleted at any time."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import suppress
from pathlib import Path

from console.envelope import Head
from console.ledger import Kept
from console.ports import StoreUnusable
from data.sqlite.connection import SameProcess, is_damage, open_file
from data.sqlite.schema import PROJECTIONS


class SqliteShelf:
    """:class:`console.ledger.Shelf`. Whatever goes wrong, nothing was kept; a damaged file is begun anew."""

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._process = SameProcess()
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def get(self, key: str) -> Kept | None:
        with self._lock:
            try:
                row = (
                    self._open()
                    .execute("SELECT seq, hash, state FROM projections WHERE fold = ?", (key,))
                    .fetchone()
                )
            except (StoreUnusable, sqlite3.Error) as error:
                self._discard(error)
                return None
        if row is None or not (type(row[0]) is int and type(row[1]) is str and type(row[2]) is str):
            return None
        return Kept(Head(row[0], row[1]), row[2])

    def put(self, key: str, kept: Kept) -> None:
        with self._lock:
            try:
                self._open().execute(
                    "INSERT OR REPLACE INTO projections (fold, seq, hash, state) VALUES (?, ?, ?, ?)",
                    (key, kept.head.seq, kept.head.hash, kept.text),
                )
            except (StoreUnusable, sqlite3.Error) as error:
                self._discard(error)

    def _open(self) -> sqlite3.Connection:
        self._process.check()
        if self._connection is None:
            self._connection = open_file(self._path, PROJECTIONS, "NORMAL")
        return self._connection

    def _discard(self, error: Exception) -> None:
        """Close the file; remove it if it is damaged, so that the next use makes a new one."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
        if not is_damage(error.__cause__ or error):
            return  # busy, or not ours to delete
        for suffix in ("", "-wal", "-shm"):
            with suppress(OSError):
                Path(f"{self._path}{suffix}").unlink()

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
