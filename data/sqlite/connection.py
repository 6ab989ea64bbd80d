"""Opening SQLite files: durability asserted, private modes, and every failure in words for a person."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from console.ports import StoreUnusable
from console.readings import Problem
from data.shared_folder import create

if TYPE_CHECKING:
    from sqlite_utils import Database

Durability = Literal["FULL", "NORMAL"]
_SYNCHRONOUS = {"NORMAL": 1, "FULL": 2}

BUSY_MS = 10_000
"""How long a call waits for another process's write before it gives up."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What kind of file this is: its name for people, its mark in the file, and its migrations.

    ``migrations[n]`` takes the schema from version n to n + 1; they run, with sqlite-utils, only when
    a file is new or old.
    """

    noun: str
    application_id: int
    migrations: tuple[Callable[[Database], None], ...]
    page_bytes: int = 4096
    """Chosen when the file is made. Smaller pages make a small commit cheaper."""
    shrinks: bool = False
    """Whether freed pages can be given back to the file system (chosen when the file is made)."""

    @property
    def version(self) -> int:
        return len(self.migrations)


def open_file(path: Path, shape: Shape, durability: Durability) -> sqlite3.Connection:
    """A connection to ``path``, made and migrated if need be, with the durability asked for.

    Raises :class:`StoreUnusable`. The caller serialises its use of the connection.
    """
    with explained(path, shape.noun):
        _create_private(path)
        connection = _connect(path)
        try:
            _identify(connection, path, shape)
            # These two have an effect in a new file only.
            connection.execute(f"PRAGMA page_size={shape.page_bytes}")
            if shape.shrinks:
                connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            _wal(connection, path, shape)
            _durable(connection, path, shape, durability)
            if _version(connection) < shape.version:
                _migrate(connection, shape)
        except BaseException:
            connection.close()
            raise
    return connection


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False, cached_statements=64
    )
    connection.execute("PRAGMA foreign_keys=ON")
    return connection


def _create_private(path: Path) -> None:
    """Create the file, and missing directories with mode 0700; make their names durable."""
    missing = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
    for folder in reversed(missing):
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        _sync_directory(folder.parent)
    if path.exists():
        return
    with suppress(FileExistsError):
        os.close(create(path))
    _sync_directory(path.parent)


def _sync_directory(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _identify(connection: sqlite3.Connection, path: Path, shape: Shape) -> None:
    """Refuse a file that is another program's, or newer than this one. Writes nothing."""
    # In this order: a file that another process is just making is empty first, and then marked.
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    mark = connection.execute("PRAGMA application_id").fetchone()[0]
    if mark != shape.application_id and not empty:
        raise StoreUnusable(
            Problem(
                "refused",
                f"{path} is a database, but not a Coalmine {shape.noun}.",
                f"Choose another place for the {shape.noun}; this file was not touched.",
            )
        )
    version = _version(connection)
    if version > shape.version:
        raise StoreUnusable(
            Problem(
                "refused",
                f"This {shape.noun} ({path}) was written by a newer Coalmine "
                f"(schema {version}, this one knows {shape.version}).",
                f"Update Coalmine, or choose another {shape.noun}.",
            )
        )


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _wal(connection: sqlite3.Connection, path: Path, shape: Shape) -> None:
    # The switch to WAL needs the file alone and does not always wait by itself; once made it stays.
    give_up = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            break
        except sqlite3.OperationalError as error:
            if not is_code(error, "SQLITE_BUSY", "SQLITE_LOCKED") or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
    if mode != "wal":
        raise StoreUnusable(
            Problem(
                "refused",
                f"The place of the {shape.noun} ({path}) cannot hold a write-ahead log (mode {mode}).",
                "Choose a place on a local disk.",
            )
        )


def _durable(connection: sqlite3.Connection, path: Path, shape: Shape, durability: Durability) -> None:
    connection.execute(f"PRAGMA synchronous={durability}")
    if durability == "FULL":
        connection.execute("PRAGMA fullfsync=ON")  # macOS: fsync alone leaves it in the drive's cache
    found = connection.execute("PRAGMA synchronous").fetchone()[0]
    if found != _SYNCHRONOUS[durability]:
        raise StoreUnusable(
            Problem(
                "internal",
                f"SQLite would not make writes to the {shape.noun} ({path}) durable "
                f"(synchronous is {found}, not {_SYNCHRONOUS[durability]}).",
                "Use a Python whose SQLite allows synchronous=FULL.",
            )
        )


def _migrate(connection: sqlite3.Connection, shape: Shape) -> None:
    from sqlite_utils import Database  # heavy, and needed only for a new or an old file

    with transaction(connection):
        # Another process may have done it while this one waited for the lock.
        for migration in shape.migrations[_version(connection) :]:
            migration(Database(connection, execute_plugins=False, recursive_triggers=False))
        connection.execute(f"PRAGMA application_id={shape.application_id}")
        connection.execute(f"PRAGMA user_version={shape.version}")


class transaction:  # noqa: N801 - reads as the statement it is; a class, because it is on the hot path
    """One write transaction that holds the file's write lock from its start; all or nothing."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            try:
                self._connection.execute("COMMIT")
            except BaseException:
                self._undo()
                raise
        else:
            self._undo()

    def _undo(self) -> None:
        if self._connection.in_transaction:
            # A failed rollback must not hide why it was needed; the file's own recovery completes it.
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")


class AfterFork(RuntimeError):
    """A connection was used in a child of the process that opened it: SQLite would corrupt the file."""


class SameProcess:
    """Remembers the process that opened a store, and refuses any other."""

    __slots__ = ("_pid",)

    def __init__(self) -> None:
        self._pid = os.getpid()

    def check(self) -> None:
        """Raises :class:`AfterFork` in a forked child."""
        if os.getpid() != self._pid:
            raise AfterFork(f"opened by process {self._pid}, used by {os.getpid()}: open the file again here")


class explained:  # noqa: N801 - as above
    """Turns the errors of SQLite and of the file system into :class:`StoreUnusable`."""

    __slots__ = ("_noun", "_path")

    def __init__(self, path: Path, noun: str) -> None:
        self._path, self._noun = path, noun

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, *_: object) -> None:
        if isinstance(error, sqlite3.Error | OSError):
            raise unusable(error, self._path, self._noun) from error


def unusable(error: sqlite3.Error | OSError, path: Path, noun: str) -> StoreUnusable:
    """What a person is told of ``error``."""
    if isinstance(error, sqlite3.Error):
        return StoreUnusable(said(error, path, noun))
    return StoreUnusable(_said_by_system(error, path, noun))


def is_code(error: sqlite3.Error, *names: str) -> bool:
    """Whether SQLite gave one of these codes, or one extended from it."""
    code = getattr(error, "sqlite_errorname", None) or ""
    return any(code == name or code.startswith(name + "_") for name in names)


def is_damage(error: BaseException | None) -> bool:
    """Whether SQLite says that the file itself is broken."""
    return isinstance(error, sqlite3.Error) and is_code(error, "SQLITE_CORRUPT", "SQLITE_NOTADB")


def said(error: sqlite3.Error, path: Path, noun: str) -> Problem:
    """What a SQLite error means, in words. Codes: https://sqlite.org/rescode.html"""
    code = getattr(error, "sqlite_errorname", None) or type(error).__name__
    if is_code(error, "SQLITE_FULL"):
        return _full(path, noun)
    if is_code(error, "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH"):
        return _no_permission(path, noun)
    if is_code(error, "SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_CONSTRAINT"):
        return Problem(
            "garbage",
            f"The {noun} {path} is damaged ({error}).",
            "Keep a copy of it with its -wal file, and restore the last backup.",
        )
    if is_code(error, "SQLITE_BUSY", "SQLITE_LOCKED"):
        return Problem(
            "timeout",
            f"Another process has kept the {noun} {path} locked for too long.",
            "Look which other Coalmine is writing or has hung, then try again.",
        )
    if is_code(error, "SQLITE_IOERR"):
        return Problem(
            "refused",
            f"The disk would not read or write the {noun} {path} ({code}); nothing was recorded.",
            "Look whether the disk or a quota is full and whether the disk is healthy, then try again.",
        )
    if isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error):
        return Problem("internal", f"The {noun} {path} was already closed.", "Open it again.")
    return Problem("internal", f"SQLite failed on the {noun} {path}: {error} ({code}).", "Report this fault.")


def _full(path: Path, noun: str) -> Problem:
    return Problem(
        "refused",
        f"The disk (or quota) of the {noun} {path} is full; nothing was recorded.",
        "Free some space there, then try again.",
    )


def _no_permission(path: Path, noun: str) -> Problem:
    folder = path.parent
    if path.is_dir():
        return Problem("refused", f"{path} is a directory, not a {noun}.", "Name a file in it.")
    effective = os.access in os.supports_effective_ids
    writable = os.access(folder, os.W_OK | os.X_OK, effective_ids=effective)
    place = str(path) if writable else f"the directory {folder}"
    return Problem(
        "forbidden",
        f"The {noun} {path} cannot be opened for writing: no permission to write {place}.",
        f"Give yourself the permission, or choose another place for the {noun}.",
    )


def _said_by_system(error: OSError, path: Path, noun: str) -> Problem:
    import errno

    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return _full(path, noun)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return _no_permission(path, noun)
    return Problem(
        "refused",
        f"The {noun} {path} cannot be opened: {error.strerror or error}.",
        f"Choose another place for the {noun}.",
    )
