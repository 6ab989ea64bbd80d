"""A ledger that cannot be used: said with its path and what to do, exit code 2, and left as it was."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.running import PATIENCE_S, PROGRAM, Done, Place

LOOKING = (("status",), ("ledger", "tail"), ("release", "abort", "--arm", "errors"))


def garbage(ledger: Path) -> None:
    ledger.write_bytes(b"this is no database" * 1000)


def newer(ledger: Path) -> None:
    connection = sqlite3.connect(ledger)
    connection.execute("PRAGMA user_version=99")
    connection.close()


def truncated(ledger: Path) -> None:
    ledger.with_name("ledger.db-wal").unlink(missing_ok=True)
    ledger.write_bytes(ledger.read_bytes()[:5000])


def foreign(ledger: Path) -> None:
    ledger.unlink()
    connection = sqlite3.connect(ledger)
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (garbage, "damaged"),
        (newer, "written by a newer Coalmine"),
        (truncated, "damaged"),
        (foreign, "not a Coalmine ledger"),
    ],
)
def test_a_file_that_is_no_ledger_of_ours(here: Place, harm: Callable[[Path], None], says: str) -> None:
    assert here.run("config", "init").code == 0
    harm(here.ledger)
    before = here.ledger.read_bytes()
    for words in LOOKING:
        done = here.run(*words)
        assert (done.code, done.out) == (2, ""), done
        assert says in done.err
        assert str(here.ledger) in done.err
    shown = here.run("config", "show", "--json")
    assert (shown.code, says in shown.json["policy"]["says"]) == (0, True)
    assert here.ledger.read_bytes() == before


@pytest.mark.slow
def test_places_where_no_ledger_can_be(here: Place) -> None:
    blocked = here.folder / "blocked"
    blocked.write_text("a file where a directory should be")
    for settings, says in (
        ({"COALMINE_LEDGER": str(here.folder)}, "is a directory"),
        ({"COALMINE_LEDGER": "/proc/coalmine/ledger.db"}, "/proc/coalmine"),
        ({"COALMINE_STATE_DIR": str(blocked)}, str(blocked)),
        ({"COALMINE_STATE_DIR": "/proc/coalmine"}, "/proc/coalmine"),
    ):
        for words in (("status",), ("config", "init"), ("release", "abort", "--arm", "errors")):
            done = here.run(*words, env=settings)
            assert (done.code, done.out, says in done.err) == (2, "", True), done


def small_files(place: Place, limit: int, *words: str) -> Done:
    """Run where no file may grow beyond ``limit`` bytes: to the program, a disk that is full."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    child = subprocess.run(
        [*PROGRAM, *words],
        cwd=place.folder,
        env=place.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        preexec_fn=limited,
    )
    done = Done(child.returncode, child.stdout, child.stderr)
    place.check(done)
    return done


@pytest.mark.slow
def test_on_a_full_disk_nothing_is_sent(here: Place) -> None:
    assert here.run("config", "init").code == 0
    before = here.run("ledger", "export").out
    done = small_files(here, 4096, "release", "abort", "--arm", "errors")
    assert done.code in (2, 5)
    assert "full" in done.err or "would not read or write" in done.err, done.err
    assert here.run("ledger", "export").out == before
    assert here.run("ledger", "verify").code == 0


@pytest.mark.slow
def test_reading_a_ledger_that_is_not_there_makes_none(empty: Place) -> None:
    for verb in ("tail", "verify", "export"):
        done = empty.run("ledger", verb)
        assert (done.code, str(empty.ledger) in done.err) == (2, True)
    assert not empty.ledger.parent.exists()
