"""The ledger on SQLite: appended in one durable transaction, read by any number of processes."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from console.envelope import GENESIS, Head, NewEvent, Recorded, VerifyReport, seal
from console.ports import Clock, LedgerConflict, StoreUnusable
from console.readings import Millis, Problem
from data.sqlite import rows
from data.sqlite.connection import SameProcess, explained, open_file, transaction, unusable
from data.sqlite.schema import LEDGER

T = TypeVar("T")

HeadRow = tuple[int, str, Millis]
"""Number, hash and time of recording of the newest event."""

REMEMBERED = 1000
"""How many streams' versions are remembered between appends."""

_INSERT_EVENT = (
    f"INSERT INTO events ({', '.join(rows.HEADER)}, hash) VALUES ({', '.join('?' * (len(rows.HEADER) + 1))})"
)
_INSERT_PAYLOAD = "INSERT INTO payloads (seq, text) VALUES (?, ?)"
_HEAD = "SELECT seq, hash, recorded_at FROM events ORDER BY seq DESC LIMIT 1"
_VERSION = "SELECT max(version) FROM events WHERE stream = ?"


class SqliteLedger:
    """:class:`console.ports.Ledger` in one SQLite file, shared by several processes of one machine.

    Every connection has ``synchronous=FULL`` asserted: an append that returned survives a power cut.
    """

    def __init__(self, path: Path | str, clock: Clock) -> None:
        """Open or create the ledger. Raises :class:`StoreUnusable`."""
        self._path = Path(path)
        self._clock = clock
        self._process = SameProcess()
        self._reading, self._writing = threading.Lock(), threading.Lock()
        self._reader = open_file(self._path, LEDGER, "FULL")
        self._reader.text_factory = rows.readable
        with explained(self._path, LEDGER.noun):
            self._file = self._at_path()
        self._writer: sqlite3.Connection | None = None
        self._head: HeadRow | None = None
        self._versions: dict[str, int] = {}
        self._closed = False

    @property
    def place(self) -> str:
        return str(self._path)

    @property
    def path(self) -> Path:
        return self._path

    # --- writing ---

    def append(self, stream: str, expected_version: int, events: Sequence[NewEvent]) -> list[Recorded]:
        self._process.check()
        with self._writing:
            try:
                connection = self._writer or self._open_writer()
                with transaction(connection):
                    now = self._clock.now()
                    head = self._look(connection, stream, expected_version, now)
                    done = _append(connection, now, stream, expected_version, head, events)
            except (sqlite3.Error, OSError) as error:
                raise unusable(error, self._path, LEDGER.noun) from error
            if done:
                last = done[-1]
                self._head = (last.header.seq, last.hash, last.header.recorded_at)
                self._versions[stream] = last.header.version
            return done

    def redact(self, seq: int, stream: str, expected_version: int, new: NewEvent) -> tuple[Recorded, bool]:
        """Append ``new``, which says so, and remove the payload of event ``seq``; both or neither.

        Its bytes are overwritten in the file. The second answer is whether none can remain in the
        write-ahead log either: while others read the ledger, they may. Raises as :meth:`append`.
        """
        self._process.check()
        with self._writing:
            try:
                connection = self._writer or self._open_writer()
                connection.execute("PRAGMA secure_delete=ON")
                with transaction(connection):
                    now = self._clock.now()
                    head = self._look(connection, stream, expected_version, now)
                    [done] = _append(connection, now, stream, expected_version, head, [new])
                    connection.execute("DELETE FROM payloads WHERE seq = ?", (seq,))
                self._head = None
                busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            except (sqlite3.Error, OSError) as error:
                raise unusable(error, self._path, LEDGER.noun) from error
        return done, not busy

    def _look(self, connection: sqlite3.Connection, stream: str, expected: int, now: Millis) -> HeadRow:
        """The head to append behind. Raises :class:`LedgerConflict` if the stream is not where expected."""
        self._check_place()
        head: HeadRow = connection.execute(_HEAD).fetchone() or (0, GENESIS, now)
        if head != self._head or len(self._versions) > REMEMBERED:
            self._versions.clear()  # somebody else has appended since we did
        version = self._versions.get(stream)
        if version is None:
            version = _one(connection, _VERSION, stream) or 0
        if version != expected:
            raise LedgerConflict(stream, expected, version, _newest_of(connection, stream))
        if not (type(head[1]) is str and type(head[2]) is int):
            raise _damaged_head(head[0])
        return head

    def _open_writer(self) -> sqlite3.Connection:
        if self._closed:
            raise sqlite3.ProgrammingError("closed")
        self._writer = open_file(self._path, LEDGER, "FULL")
        return self._writer

    # --- reading ---

    def read(
        self,
        *,
        stream: str | None = None,
        after_seq: int = 0,
        before_seq: int | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> list[Recorded]:
        # In a stream, versions and seqs rise together: the index (stream, version) gives the order,
        # and + keeps SQLite from walking the whole table by seq instead.
        seq, order = ("e.seq", "e.seq") if stream is None else ("+e.seq", "e.version")
        where, values = [f"{seq} > ?"], [after_seq]
        if before_seq is not None:
            where.append(f"{seq} < ?")
            values.append(before_seq)
        parameters: list[int | str] = list(values)
        if stream is not None:
            where.append("e.stream = ?")
            parameters.append(stream)
        query = f"{rows.SELECT} WHERE {' AND '.join(where)} ORDER BY {order}{' DESC' if newest_first else ''}"
        if limit is not None:
            query += " LIMIT ?"
            parameters.append(limit)
        found = self._ask(lambda reader: reader.execute(query, parameters).fetchall())
        return [rows.recorded(row) for row in found]

    def version(self, stream: str) -> int:
        return self._ask(lambda reader: _one(reader, _VERSION, stream)) or 0

    def streams(self, prefix: str) -> list[str]:
        query = "SELECT DISTINCT stream FROM events WHERE stream >= ? AND stream < ? ORDER BY stream"
        bounds = (prefix, prefix + "\U0010ffff")
        return [str(row[0]) for row in self._ask(lambda reader: reader.execute(query, bounds).fetchall())]

    def head(self) -> Head:
        row = self._ask(lambda reader: reader.execute(_HEAD).fetchone())
        return Head(row[0], str(row[1])) if row else Head(0, GENESIS)

    def data_version(self) -> int:
        # Appends go through another connection, so this changes with our own writes as well.
        return self._ask(lambda reader: _one(reader, "PRAGMA data_version")) or 0

    def verify(self, *, after_seq: int = 0) -> VerifyReport:
        from data.sqlite.verify import verify  # not needed for the first paint

        self._process.check()
        return verify(self._path, after_seq)

    def _ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        self._process.check()
        with self._reading, explained(self._path, LEDGER.noun):
            self._check_place()
            return question(self._reader)

    def _at_path(self) -> tuple[int, int] | None:
        """Which file stands at the ledger's path now; ``None`` if none does."""
        try:
            found = os.stat(self._path)
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _check_place(self) -> None:
        """Refuse to go on with a file that was moved away: others would never see what is written there."""
        if self._at_path() != self._file:
            raise StoreUnusable(
                Problem(
                    "refused",
                    f"Another file, or none, stands at {self._path} by now; this program had the one before.",
                    "Nothing is written any more. End it, look who moved the ledger, and start again.",
                )
            )

    def close(self) -> None:
        self._process.check()
        with self._writing, self._reading:
            self._closed = True
            if self._writer is not None:
                self._writer.close()
            self._reader.close()


def _append(
    connection: sqlite3.Connection,
    now: Millis,
    stream: str,
    version: int,
    head: HeadRow,
    events: Sequence[NewEvent],
) -> list[Recorded]:
    """Seal and insert ``events`` behind the head; the caller holds the write transaction."""
    seq, prev_hash, newest = head
    recorded_at = max(now, newest)
    done: list[Recorded] = []
    for new in events:
        seq, version = seq + 1, version + 1
        random = os.urandom(26)
        event = seal(
            new,
            seq=seq,
            event_id=_uuid7(recorded_at, random[16:]),
            recorded_at=recorded_at,
            stream=stream,
            version=version,
            prev_hash=prev_hash,
            salt=random[:16].hex(),
        )
        h = event.header
        connection.execute(
            _INSERT_EVENT,
            (
                *(seq, h.id, h.at, recorded_at, stream, version, h.kind, h.schema, h.actor),
                *(h.payload_sha256, prev_hash, h.sig, event.hash),
            ),
        )
        connection.execute(_INSERT_PAYLOAD, (seq, event.payload_text))
        prev_hash = event.hash
        done.append(event)
    return done


def _newest_of(connection: sqlite3.Connection, stream: str) -> Recorded | None:
    row = connection.execute(
        f"{rows.SELECT} WHERE e.stream = ? ORDER BY e.version DESC LIMIT 1", (stream,)
    ).fetchone()
    return rows.recorded(row) if row else None


def _one(connection: sqlite3.Connection, query: str, *parameters: object) -> int | None:
    row = connection.execute(query, parameters).fetchone()
    value = row[0] if row else None
    return value if isinstance(value, int) else None


def _uuid7(at: Millis, random: bytes) -> str:
    """A UUID version 7 (RFC 9562, 5.7): 48 bits of milliseconds, then 74 of the 80 random bits."""
    time, noise = f"{at & (1 << 48) - 1:012x}", random.hex()
    variant = "89ab"[random[9] & 3]
    return f"{time[:8]}-{time[8:]}-7{noise[:3]}-{variant}{noise[3:6]}-{noise[6:18]}"


def _damaged_head(seq: int) -> StoreUnusable:
    return StoreUnusable(
        Problem(
            "garbage",
            f"The newest event of the ledger ({seq}) is damaged: nothing can be appended behind it.",
            "Run `coalmine ledger verify`, and restore the last backup.",
        )
    )
