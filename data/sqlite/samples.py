"""Samples on SQLite: everything polled, in a file of its own that may be lost without losing a decision."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from console.ports import Clock, Fenced, Sample, StoreUnusable
from console.readings import Millis, Problem
from data.sqlite import space
from data.sqlite.aside import Opened, begin_anew, open_or_begin_anew
from data.sqlite.connection import SameProcess, explained, is_damage, transaction
from data.sqlite.schema import SAMPLES

T = TypeVar("T")

RETENTION_MS = 7 * 24 * 3_600_000
MAX_BYTES = 256 * 1024 * 1024

_COLUMNS = "key, at, until, source, body, problem, partial"

_KEYS = """
WITH RECURSIVE keys(key) AS (
  SELECT min(key) FROM samples WHERE key >= :low
  UNION ALL
  SELECT (SELECT min(key) FROM samples WHERE samples.key > keys.key) FROM keys WHERE keys.key < :high
)"""
"""Every key from :low to :high by one step in the index each, not by reading all rows."""

# The newest is what was stored last: a clock that was once ahead must not hide what came after.
# A failure matters only where it is the newest of all.
_NOW = "s.key = keys.key {} ORDER BY s.id DESC LIMIT 1"
_AS_OF = "s.key = keys.key AND s.at <= :at {} ORDER BY s.at DESC, s.id DESC LIMIT 1"


class SqliteSamples:
    """:class:`console.ports.Samples`; ``synchronous=NORMAL``, pruned by age and size.

    The file and its log together stay under ``max_bytes``. A damaged file is moved aside and begun
    anew: ``warning`` then says so.
    """

    def __init__(
        self,
        path: Path | str,
        clock: Clock,
        *,
        retention_ms: Millis = RETENTION_MS,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        """Open or create the file. Raises :class:`StoreUnusable`."""
        self._path = Path(path)
        self._clock = clock
        self._retention_ms, self._max_bytes = retention_ms, max_bytes
        self._process = SameProcess()
        self._lock = threading.Lock()
        self._generation = 0
        self.warning: Problem | None = None
        """Set when a damaged file had to be moved aside."""
        self._store = self._begin(open_or_begin_anew)

    def record(self, samples: Sequence[Sample], fence: int | None = None) -> None:
        def write(store: Opened) -> None:
            space.keep_room(store.writer, self._pages, self._coming(store.writer, samples))
            with transaction(store.writer):
                _pass_fence(store.writer, fence)
                for sample in samples:
                    _store(store.writer, sample)

        self._use(write)

    def _coming(self, connection: sqlite3.Connection, samples: Sequence[Sample]) -> int:
        """The pages these samples need. Raises :class:`StoreUnusable` if they cannot fit at all."""
        coming = space.pages_of(connection, [sample.body or "" for sample in samples])
        if coming > self._pages // 2:
            raise StoreUnusable(
                Problem(
                    "too_large",
                    f"The {len(samples)} samples of one poll are too large to be kept in {self._path} "
                    f"(at most {self._max_bytes:,} bytes in all).",
                    "They are not kept; a larger cap would keep them.",
                )
            )
        return coming

    def latest(
        self, prefix: str = "", at: Millis | None = None
    ) -> Mapping[str, tuple[Sample | None, Sample | None]]:
        columns = ", ".join(f"f.{name.strip()}" for name in _COLUMNS.split(","))
        newest, good = (
            f"(SELECT s.id FROM samples s WHERE {(_NOW if at is None else _AS_OF).format(condition)})"
            for condition in ("", "AND s.body IS NOT NULL")
        )
        query = (
            f"{_KEYS} SELECT f.id, {columns} FROM keys JOIN samples f ON f.id IN ({newest}, {good}) "
            "WHERE keys.key >= :low AND keys.key < :high"
        )
        bounds = {"low": prefix, "high": prefix + "\U0010ffff", "at": at}
        found = self._use(lambda store: store.reader.execute(query, bounds).fetchall())
        return _pairs(found, at)

    def series(self, key: str, start: Millis, end: Millis) -> list[Sample]:
        query = (
            f"SELECT {_COLUMNS} FROM samples WHERE key = ? AND at > ? AND at <= ? AND body IS NOT NULL "
            "ORDER BY at, id"
        )
        found = self._use(lambda store: store.reader.execute(query, (key, start, end)).fetchall())
        return [_sample(row) for row in found]

    def data_version(self) -> int:
        """Also changes when the file was begun anew."""

        def look(store: Opened) -> int:
            return int(store.reader.execute("PRAGMA data_version").fetchone()[0])

        return self._use(look) + (self._generation << 32)

    def prune(self, now: Millis) -> int:
        return self._use(lambda store: space.prune(store.writer, self._pages, now - self._retention_ms))

    def close(self) -> None:
        self._process.check()
        with self._lock:
            self._store.close()

    def _use(self, call: Callable[[Opened], T]) -> T:
        """Run ``call``; if the file is gone, or turns out damaged, on a fresh one."""
        self._process.check()
        with self._lock, explained(self._path, SAMPLES.noun):
            if self._store.replaced(self._path):
                self._store.close()
                self._store = self._begin(open_or_begin_anew)
            try:
                return call(self._store)
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
            self._store.close()
            self._store = self._begin(begin_anew)
            return call(self._store)

    def _begin(self, way: Callable[[Path, Millis], Opened]) -> Opened:
        store = way(self._path, self._clock.now())
        self._pages = space.pages_for(store.writer, self._max_bytes)
        space.limit(store.writer, self._pages)
        self._generation += 1
        self.warning = store.warning or self.warning
        return store


def _pass_fence(connection: sqlite3.Connection, fence: int | None) -> None:
    if fence is None:
        return
    row = connection.execute("SELECT token FROM fence WHERE name = 'samples'").fetchone()
    if row and fence < row[0]:
        raise Fenced(f"the lease token {fence} is older than {row[0]}")
    connection.execute("INSERT OR REPLACE INTO fence (name, token) VALUES ('samples', ?)", (fence,))


def _store(connection: sqlite3.Connection, new: Sample) -> None:
    """A new row, or only a later ``until`` of the newest row of its key where it says the same."""
    row = connection.execute(
        f"SELECT id, {_COLUMNS} FROM samples WHERE key = ? ORDER BY id DESC LIMIT 1", (new.key,)
    ).fetchone()
    problem = json.dumps(asdict(new.problem)) if new.problem else None
    if row is not None:
        old = _sample(row[1:])
        if _same(old, new) and new.at >= old.at:
            connection.execute(
                "UPDATE samples SET until = ?, problem = ? WHERE id = ?",
                (max(old.until, new.until), problem, row[0]),
            )
            return
    connection.execute(
        f"INSERT INTO samples ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (new.key, new.at, new.until, new.source, new.body, problem, int(new.partial)),
    )


def _same(old: Sample, new: Sample) -> bool:
    return (old.body, old.source, old.partial, _gist(old.problem)) == (
        new.body,
        new.source,
        new.partial,
        _gist(new.problem),
    )


def _gist(problem: Problem | None) -> tuple[str, str, str] | None:
    """What makes two failures the same: not the moment of the next attempt."""
    return (problem.kind, problem.what, problem.next) if problem else None


def _pairs(
    found: Sequence[tuple[Any, ...]], at: Millis | None
) -> dict[str, tuple[Sample | None, Sample | None]]:
    pairs: dict[str, tuple[Sample | None, Sample | None]] = {}
    for row in sorted(found, key=lambda row: (row[1], row[4] is None)):
        sample = _sample(row[1:], at)
        good, _ = pairs.get(sample.key, (None, None))
        pairs[sample.key] = (sample, None) if sample.body is not None else (good, sample)
    return pairs


def _sample(row: Sequence[Any], at: Millis | None = None) -> Sample:
    key, begun, until, source, body, problem, partial = row
    return Sample(
        key=key,
        at=begun,
        until=until if at is None else min(until, at),
        source=source,
        body=body,
        problem=Problem(**json.loads(problem)) if problem else None,
        partial=bool(partial),
    )
