"""Opening: durable, private, and each way it can fail said in words."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from console.ports import StoreUnusable
from data.sqlite import connection as opening
from data.sqlite.connection import AfterFork, open_file
from data.sqlite.ledger import SqliteLedger
from data.sqlite.schema import LEDGER, SAMPLES
from tests.ledgers import HandClock, note


def trouble(path: Path, clock: HandClock) -> str:
    with pytest.raises(StoreUnusable) as caught:
        SqliteLedger(path, clock).close()
    return str(caught.value)


def pragma(connection: sqlite3.Connection, name: str) -> object:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_the_ledger_is_durable_and_the_samples_relaxed(tmp_path: Path) -> None:
    for shape, durability, synchronous in ((LEDGER, "FULL", 2), (SAMPLES, "NORMAL", 1)):
        path = tmp_path / f"{durability}.db"
        with closing(open_file(path, shape, durability)) as connection:  # type: ignore[arg-type]
            assert pragma(connection, "synchronous") == synchronous
            assert pragma(connection, "journal_mode") == "wal"
            assert pragma(connection, "application_id") == shape.application_id
            assert pragma(connection, "user_version") == shape.version
    with closing(open_file(tmp_path / "FULL.db", LEDGER, "FULL")) as connection:
        assert pragma(connection, "fullfsync") == 1


class Lax(sqlite3.Connection):
    """A SQLite that takes ``synchronous=FULL`` for a joke, as one compiled without it would."""

    def execute(self, sql: str, *parameters: object) -> sqlite3.Cursor:
        if sql == "PRAGMA synchronous=FULL":
            sql = "PRAGMA synchronous=OFF"
        return super().execute(sql, *parameters)  # type: ignore[arg-type]


def test_a_connection_that_is_not_durable_is_refused(
    path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        opening, "_connect", lambda path: sqlite3.connect(path, isolation_level=None, factory=Lax)
    )
    assert "would not make writes to the ledger" in trouble(path, clock)


def test_every_connection_of_a_ledger_is_durable(
    path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[sqlite3.Connection] = []

    def connect(path: Path) -> sqlite3.Connection:
        opened.append(original(path))
        return opened[-1]

    original: Callable[[Path], sqlite3.Connection] = opening._connect
    monkeypatch.setattr(opening, "_connect", connect)
    with closing(SqliteLedger(path, clock)) as ledger:
        ledger.append("s", 0, [note()])
        assert [pragma(one, "synchronous") for one in opened] == [2, 2]


def test_file_and_directories_are_private(tmp_path: Path, clock: HandClock) -> None:
    path = tmp_path / "state" / "coalmine" / "ledger.db"
    with closing(SqliteLedger(path, clock)) as ledger:
        ledger.append("s", 0, [note()])
        for file in path.parent.iterdir():
            assert file.stat().st_mode & 0o777 == 0o600, file
    for folder in (path.parent, path.parent.parent):
        assert folder.stat().st_mode & 0o777 == 0o700


# --- each way it can fail ---


def test_a_file_that_is_no_database(path: Path, clock: HandClock) -> None:
    path.write_bytes(b"not a database at all, " * 100)
    assert "is damaged (file is not a database)" in trouble(path, clock)
    assert path.read_bytes().startswith(b"not a database")


def test_another_programs_database_is_not_touched(path: Path, clock: HandClock) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (x)")
    before = path.read_bytes()
    assert "is a database, but not a Coalmine ledger" in trouble(path, clock)
    assert path.read_bytes() == before


def test_a_samples_file_is_no_ledger(path: Path, clock: HandClock) -> None:
    open_file(path, SAMPLES, "NORMAL").close()
    assert "not a Coalmine ledger" in trouble(path, clock)


def test_a_newer_ledger_is_refused_and_not_touched(path: Path, clock: HandClock) -> None:
    SqliteLedger(path, clock).close()
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version=7")
    before = path.read_bytes()
    says = trouble(path, clock)
    assert "was written by a newer Coalmine (schema 7, this one knows 1)" in says
    assert "Update Coalmine, or choose another ledger." in says
    assert path.read_bytes() == before


def test_a_directory_in_its_place(tmp_path: Path, clock: HandClock) -> None:
    assert "is a directory, not a ledger" in trouble(tmp_path, clock)


def test_a_file_in_the_place_of_its_directory(tmp_path: Path, clock: HandClock) -> None:
    (tmp_path / "file").touch()
    assert "cannot be opened" in trouble(tmp_path / "file" / "ledger.db", clock)


def test_a_read_only_directory(ordinary: Path, clock: HandClock) -> None:
    ordinary.chmod(0o500)
    try:
        says = trouble(ordinary / "ledger.db", clock)
    finally:
        ordinary.chmod(0o700)
    assert f"no permission to write the directory {ordinary}" in says


def test_a_ledger_in_a_directory_that_became_read_only(ordinary: Path, clock: HandClock) -> None:
    path = ordinary / "ledger.db"
    with closing(SqliteLedger(path, clock)) as ledger:
        ledger.append("s", 0, [note()])
    ordinary.chmod(0o500)
    try:
        assert "no permission" in trouble(path, clock)
    finally:
        ordinary.chmod(0o700)
    with closing(SqliteLedger(path, clock)) as ledger:
        assert ledger.head().seq == 1


def test_a_read_only_file(ordinary: Path, clock: HandClock) -> None:
    path = ordinary / "ledger.db"
    SqliteLedger(path, clock).close()
    path.chmod(0o400)
    with (
        pytest.raises(StoreUnusable, match="no permission to write"),
        closing(SqliteLedger(path, clock)) as ledger,
    ):
        ledger.append("s", 0, [note()])


def test_a_file_of_somebody_else(ordinary: Path, clock: HandClock) -> None:
    path = ordinary / "ledger.db"
    SqliteLedger(path, clock).close()
    path.chmod(0o000)
    assert "no permission" in trouble(path, clock)


def test_a_ledger_locked_for_too_long(path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "BUSY_MS", 50)
    with closing(SqliteLedger(path, clock)) as ledger, closing(sqlite3.connect(path)) as rival:
        rival.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnusable, match="locked for too long"):
            ledger.append("s", 0, [note()])
        rival.execute("ROLLBACK")
        assert ledger.append("s", 0, [note()])[0].seq == 1


def test_a_ledger_made_by_many_at_once_is_made_once(path: Path, clock: HandClock) -> None:
    ready = threading.Barrier(6)
    faults: list[BaseException] = []

    def open_it() -> None:
        ready.wait()
        try:
            SqliteLedger(path, clock).close()
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


# --- what it costs and where it may be used ---


def test_an_up_to_date_ledger_opens_with_the_standard_library_alone(path: Path, clock: HandClock) -> None:
    """It is on the way to the first paint."""
    with closing(SqliteLedger(path, clock)) as ledger:
        ledger.append("s", 0, [note()])
    script = (
        "import sys, types\n"
        "from data.sqlite.ledger import SqliteLedger\n"
        "from data.clock import SystemClock\n"
        f"ledger = SqliteLedger({str(path)!r}, SystemClock())\n"
        "assert ledger.read()[0].seq == 1 and ledger.version('s') == 1\n"
        "ledger.close()\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=Path.cwd(), timeout=60
    )
    loaded = {name for name in done.stdout.split() if name not in sys.stdlib_module_names}
    assert loaded <= {"console", "data", "__main__", "_virtualenv", "_distutils_hack", "sitecustomize"}, (
        loaded
    )


def test_a_forked_child_cannot_use_its_parents_connection(path: Path, clock: HandClock) -> None:
    with closing(SqliteLedger(path, clock)) as ledger:
        ledger.append("s", 0, [note()])
        read, write = os.pipe()
        child = os.fork()
        if child == 0:  # pragma: no cover - in the child
            said = []
            for call in (ledger.head, lambda: ledger.append("s", 1, [note()]), ledger.verify, ledger.close):
                try:
                    call()
                    said.append("worked")
                except AfterFork:
                    said.append("refused")
            os.write(write, " ".join(said).encode())
            os._exit(0)
        os.waitpid(child, 0)
        os.close(write)
        with os.fdopen(read) as pipe:
            assert pipe.read() == "refused refused refused refused"
        assert ledger.append("s", 1, [note()])[0].seq == 2
