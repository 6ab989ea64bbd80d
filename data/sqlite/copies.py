"""Backups of a ledger, and a ledger from a backup: consistent while others write, whole or not at all."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from console.envelope import VerifyReport
from console.ports import Clock, StoreUnusable
from console.readings import Problem
from data.shared_folder import create
from data.sqlite.connection import explained, is_damage, open_file, transaction
from data.sqlite.ledger import SqliteLedger
from data.sqlite.schema import LEDGER
from data.sqlite.verify import verify

SUFFIXES = ("-wal", "-shm")


def back_up(ledger: Path, target: Path, *, replace: bool = False) -> VerifyReport:
    """Copy the ledger as it is at one moment into the one file ``target``, prove the copy, then name it so.

    Leases are left out: they are about running processes. What is there already stays unless ``replace``.
    Raises :class:`StoreUnusable`; then there is no new file.
    """
    with _beside(target) as copy:
        with closing(open_file(ledger, LEDGER, "FULL")) as source, closing(_plain(copy)) as into:
            with explained(ledger, LEDGER.noun):
                source.backup(into)
            with explained(target, "backup"):
                into.execute("DELETE FROM leases")
                into.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        report = _proven(copy, ledger)
        with explained(target, "backup"):
            _put(copy, target, replace)
    return report


def _proven(copy: Path, called: Path) -> VerifyReport:
    """What ``verify`` says of the copy of ``called``. Raises :class:`StoreUnusable` unless it holds."""
    try:
        report = verify(copy)
    except StoreUnusable as error:
        said = error.problem
        problem = Problem(said.kind, said.what.replace(str(copy), str(called)), "Nothing was changed.")
        raise StoreUnusable(problem) from error
    if report.checked == 0:
        raise StoreUnusable(
            Problem("refused", f"{called} is a ledger without events.", "Nothing was changed.")
        )
    if report.ok:
        return report
    first, places = report.breaks[0], len(report.breaks)
    raise StoreUnusable(
        Problem(
            "garbage",
            f"The chain in {called} is broken in {places} places (event {first.seq}: {first.what}).",
            "Nothing was changed. `coalmine ledger verify` names the places; take another backup.",
        )
    )


@contextmanager
def staged(backup: Path, beside: Path) -> Iterator[Path]:
    """A proven copy of ``backup`` in the directory of ``beside``; gone at the end. ``backup`` is only read.

    Raises :class:`StoreUnusable`.
    """
    if not backup.is_file():
        raise StoreUnusable(Problem("not_found", f"There is no file {backup}.", "Name a backup of a ledger."))
    with _beside(beside) as copy:
        with explained(backup, "backup"):
            place = f"{backup.absolute().as_uri()}?mode=ro"
            with closing(sqlite3.connect(place, uri=True)) as source, closing(_plain(copy)) as into:
                source.backup(into)
        _proven(copy, backup)
        yield copy


def put_in_place(copy: Path, ledger: Path, clock: Clock) -> Path | None:
    """Make the events of ``copy`` those of ``ledger``, in one transaction; where the old ones are kept.

    Consoles that have the ledger open go on with the new content, and nobody writes between the keeping and
    the replacing. A damaged file is moved aside instead. Raises :class:`StoreUnusable`.
    """
    if not ledger.exists():
        _replace_events(copy, ledger, None)
        return None
    kept = ledger.with_name(f"{ledger.name}.before-{clock.now()}")
    try:
        _replace_events(copy, ledger, kept)
    except StoreUnusable as error:
        kept.unlink(missing_ok=True)
        if not is_damage(error.__cause__):
            raise
        _move(ledger, kept)
        _replace_events(copy, ledger, None)
    return kept


def _replace_events(copy: Path, ledger: Path, kept: Path | None) -> None:
    with closing(open_file(ledger, LEDGER, "FULL")) as into, explained(ledger, LEDGER.noun):
        into.execute("ATTACH DATABASE ? AS restored", (str(copy),))
        with transaction(into):
            if kept is not None:
                with closing(_plain(ledger)) as source, closing(_private(kept)) as keep:
                    source.backup(keep)
            # Leases stay: they are about the consoles that run now.
            for table in ("payloads", "events"):
                into.execute(f"DELETE FROM main.{table}")
                into.execute(f"INSERT INTO main.{table} SELECT * FROM restored.{table}")


def readable(ledger: Path, clock: Clock) -> SqliteLedger | None:
    """The ledger, open; ``None`` where there is none or it is damaged. Raises :class:`StoreUnusable`."""
    if not ledger.exists():
        return None
    try:
        opened = SqliteLedger(ledger, clock)
        try:
            opened.head()
        except StoreUnusable:
            opened.close()
            raise
    except StoreUnusable as error:
        if is_damage(error.__cause__):
            return None
        raise
    return opened


def _move(ledger: Path, kept: Path) -> None:
    with explained(ledger, LEDGER.noun):
        for suffix in ("", *SUFFIXES):
            with suppress(FileNotFoundError):
                Path(f"{ledger}{suffix}").rename(f"{kept}{suffix}")


def _plain(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def _private(path: Path) -> sqlite3.Connection:
    os.close(create(path))
    return _plain(path)


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A private file for a copy in the directory of ``target``; whatever is left of it is removed."""
    with explained(target, "backup"):
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        os.close(handle)
    try:
        yield Path(name)
    finally:
        for suffix in ("", *SUFFIXES):
            with suppress(FileNotFoundError):
                os.unlink(f"{name}{suffix}")


def _put(copy: Path, target: Path, replace: bool) -> None:
    """Give the copy its name, durably."""
    with closing(_plain(copy)) as last:  # proving it has switched its log on again
        last.execute("PRAGMA journal_mode=DELETE")
    with copy.open("rb") as file:
        os.fsync(file.fileno())
    if not replace and target.exists():
        says = f"{target} is there already; it was not touched."
        raise StoreUnusable(Problem("refused", says, "Name another file, or add --replace."))
    os.replace(copy, target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
