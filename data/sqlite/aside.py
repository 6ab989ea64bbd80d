"""A damaged samples file is moved aside and begun anew: losing it loses no decision."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from console.ports import StoreUnusable
from console.readings import Millis, Problem
from data.sqlite.connection import explained, is_damage, open_file
from data.sqlite.schema import SAMPLES


@dataclass(frozen=True, slots=True)
class Opened:
    """Two connections to one file, and which file that is."""

    reader: sqlite3.Connection
    writer: sqlite3.Connection
    inode: int
    warning: Problem | None

    def replaced(self, path: Path) -> bool:
        """Whether another file, or none, stands at ``path`` by now."""
        try:
            return path.stat().st_ino != self.inode
        except OSError:
            return True

    def close(self) -> None:
        self.reader.close()
        self.writer.close()


def open_or_begin_anew(path: Path, now: Millis) -> Opened:
    """Open the samples at ``path``; a damaged file is kept beside it. Raises :class:`StoreUnusable`."""
    try:
        return _open(path, None)
    except StoreUnusable as error:
        if not is_damage(error.__cause__):
            raise
    return begin_anew(path, now)


def begin_anew(path: Path, now: Millis) -> Opened:
    """Move the file aside and open an empty one in its place. Raises :class:`StoreUnusable`."""
    with explained(path, SAMPLES.noun):
        warning = _move(path, now)
    return _open(path, warning)


def _open(path: Path, warning: Problem | None) -> Opened:
    reader = open_file(path, SAMPLES, "NORMAL")
    try:
        _look(reader, path)
        return Opened(reader, open_file(path, SAMPLES, "NORMAL"), path.stat().st_ino, warning)
    except BaseException:
        reader.close()
        raise


def _look(connection: sqlite3.Connection, path: Path) -> None:
    """Touch the tables, so that a damage of their roots shows now."""
    with explained(path, SAMPLES.noun):
        connection.execute("SELECT * FROM samples ORDER BY id DESC LIMIT 1").fetchone()
        connection.execute("SELECT key FROM samples ORDER BY key LIMIT 1").fetchone()


def _move(path: Path, now: Millis) -> Problem:
    kept = path.with_name(f"{path.name}.damaged-{now}")
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{path}{suffix}").rename(f"{kept}{suffix}")
    return Problem(
        "garbage",
        f"The samples file {path} was damaged and has been begun anew; no decision is lost by that.",
        f"The damaged file is kept as {kept}; delete it if nobody wants to look at it.",
    )
