"""``coalmine ledger tail|verify|export``, from the words typed to the exit code."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from console import events
from console.__main__ import main
from console.commands import ledger as command
from console.envelope import canonical
from console.export import ExportedEvent, export_line, export_schema
from data.sqlite.ledger import SqliteLedger
from tests.ledgers import ANA, HandClock, chained, note


class Said(NamedTuple):
    code: int
    out: str
    err: str


Coalmine = Callable[..., Said]


@pytest.fixture
def coalmine(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], path: Path) -> Coalmine:
    """The program, run in this process with the words of a command line."""
    monkeypatch.setenv("COALMINE_LEDGER", str(path))

    def run(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["coalmine", *words])
        capsys.readouterr()
        try:
            main()
            code: object = 0
        except SystemExit as end:
            code = end.code or 0
        out, err = capsys.readouterr()
        assert isinstance(code, int)
        assert "Traceback" not in err
        return Said(code, out, err)

    return run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[SqliteLedger]:
    with closing(SqliteLedger(path, HandClock())) as ledger:
        ledger.append(
            "session:s1",
            0,
            [events.SessionArmed(person="ana", reason="bd41e0c", until=5).new(ANA, 1_760_000_000_000)],
        )
        for n in range(4):
            ledger.append("notes", n, [note(f"n{n}")])
        yield ledger


def harm(ledger: SqliteLedger, statement: str) -> None:
    with closing(sqlite3.connect(ledger.path, isolation_level=None)) as other:
        other.execute(statement)


# --- tail ---


def test_tail_tells_number_time_kind_who_and_what(coalmine: Coalmine, ledger: SqliteLedger) -> None:
    said = coalmine("ledger", "tail")
    assert said.code == 0
    lines = said.out.splitlines()
    assert len(lines) == 5
    assert lines[0] == (
        "     1  2025-10-09 08:53:20  session.armed     ana         ana armed the session: bd41e0c"
    )


def test_tail_in_local_time(
    coalmine: Coalmine, ledger: SqliteLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    assert "2025-10-09 10:53:20" in coalmine("ledger", "tail").out


@pytest.mark.parametrize(
    ("words", "seqs"),
    [
        (["-n", "2"], [4, 5]),
        (["-n", "0"], []),
        (["--stream", "session:s1"], [1]),
        (["--stream", "none"], []),
        (["--stream", "notes", "-n", "1"], [5]),
    ],
)
def test_tail_of_some(coalmine: Coalmine, ledger: SqliteLedger, words: list[str], seqs: list[int]) -> None:
    assert [int(line.split()[0]) for line in coalmine("ledger", "tail", *words).out.splitlines()] == seqs
    told = coalmine("ledger", "tail", "--json", *words).out.splitlines()
    assert [json.loads(line)["seq"] for line in told] == seqs


def test_nothing_in_an_event_reaches_the_terminal_as_a_command(
    coalmine: Coalmine, ledger: SqliteLedger
) -> None:
    evil = "\x1b[2J\x1b]0;owned\x07 \u202eabc\x9b31m\r\nsecond line"
    ledger.append("notes", 4, [events.SessionDisarmed(person="ana", why=evil).new(ANA, 1)])
    for words in (["-n", "1"], ["-n", "1", "--json"]):
        out = coalmine("ledger", "tail", *words).out
        assert len(out.splitlines()) == 1
        assert all(c.isprintable() for c in out.removesuffix("\n"))
        assert "owned" in out


def test_a_moment_that_is_no_date_is_shown_as_it_is() -> None:
    assert command.local(2**53) == str(2**53)
    assert command.local(0) == "1970-01-01 00:00:00"


def test_tail_follows_until_it_is_stopped(ledger: SqliteLedger, path: Path) -> None:
    program = [
        sys.executable,
        "-m",
        "console",
        "ledger",
        "tail",
        "-f",
        "-n",
        "1",
        "--json",
        "--stream",
        "notes",
    ]
    env = {**os.environ, "COALMINE_LEDGER": str(path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        program, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert json.loads(child.stdout.readline())["seq"] == 5
        ledger.append("other", 0, [note("of another stream")])
        ledger.append("notes", 4, [note("new")])
        assert json.loads(child.stdout.readline())["payload"]["text"] == "new"
        child.send_signal(signal.SIGINT)
        assert child.wait(timeout=30) == 130
        assert "Traceback" not in child.stderr.read()


# --- verify ---


def test_verify_of_a_whole_ledger(coalmine: Coalmine, ledger: SqliteLedger) -> None:
    said = coalmine("ledger", "verify")
    assert said.code == 0
    assert f"The chain holds: 5 events, head 5 {ledger.head().hash}" in said.out
    told = json.loads(coalmine("ledger", "verify", "--json").out)
    assert told == {
        "ok": True,
        "checked": 5,
        "head": {"seq": 5, "hash": ledger.head().hash},
        "redacted": 0,
        "breaks": [],
        "checkpoints": [],
    }


def test_verify_names_the_place(coalmine: Coalmine, ledger: SqliteLedger) -> None:
    harm(ledger, "UPDATE payloads SET text = replace(text, 'n1', 'n9') WHERE seq = 3")
    said = coalmine("ledger", "verify")
    assert said.code == 1
    assert "event 3: its payload was changed" in said.out
    told = coalmine("ledger", "verify", "--json")
    assert told.code == 1
    assert [fault["seq"] for fault in json.loads(told.out)["breaks"]] == [3]


def test_verify_of_what_is_no_database(coalmine: Coalmine, path: Path) -> None:
    path.write_bytes(b"no database " * 100)
    said = coalmine("ledger", "verify")
    assert said.code == 1
    assert "is damaged" in said.err


def test_verify_of_a_newer_ledger(coalmine: Coalmine, ledger: SqliteLedger) -> None:
    harm(ledger, "PRAGMA user_version=7")
    said = coalmine("ledger", "verify")
    assert said.code == 2
    assert "written by a newer Coalmine" in said.err


# --- export ---


def test_export_is_complete_and_can_be_verified_without_us(coalmine: Coalmine, ledger: SqliteLedger) -> None:
    import hashlib

    lines = [json.loads(line) for line in coalmine("ledger", "export").out.splitlines()]
    assert [line["seq"] for line in lines] == [1, 2, 3, 4, 5]
    previous = "0" * 64
    for line in lines:
        ExportedEvent.model_validate(line)
        payload, digest = line.pop("payload"), line.pop("hash")
        assert hashlib.sha256(canonical(payload)).hexdigest() == line["payload_sha256"]
        assert line["prev_hash"] == previous
        assert hashlib.sha256(canonical(line)).hexdigest() == digest
        previous = digest
    assert previous == ledger.head().hash


def test_export_of_some(coalmine: Coalmine, ledger: SqliteLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "PAGE", 2)
    for words, seqs in (
        (["--after", "3"], [4, 5]),
        (["--stream", "notes", "--after", "2"], [3, 4, 5]),
        (["--after", "9"], []),
    ):
        out = coalmine("ledger", "export", *words).out
        assert [json.loads(line)["seq"] for line in out.splitlines()] == seqs


def test_export_into_a_file(coalmine: Coalmine, ledger: SqliteLedger, tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text("before")
    said = coalmine("ledger", "export", "-o", str(target))
    assert said.code == 0
    assert "5 events in" in said.err
    assert said.out == ""
    assert target.read_text() == coalmine("ledger", "export").out
    assert target.stat().st_mode & 0o777 == 0o600


def test_an_export_that_fails_leaves_the_old_file(
    coalmine: Coalmine, ledger: SqliteLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text("before")

    def failing(event: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(command, "export_line", failing)
    said = coalmine("ledger", "export", "-o", str(target))
    assert said.code == 2
    assert "No space left on device; nothing was changed there" in said.err
    assert target.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir() if "out" in p.name] == ["out.jsonl"]


def test_export_to_a_place_that_is_not_there(
    coalmine: Coalmine, ledger: SqliteLedger, tmp_path: Path
) -> None:
    said = coalmine("ledger", "export", "-o", str(tmp_path / "none" / "out.jsonl"))
    assert said.code == 2
    assert "could not be written" in said.err


def test_redacted_and_damaged_payloads_are_exported_as_such(coalmine: Coalmine, ledger: SqliteLedger) -> None:
    harm(ledger, "DELETE FROM payloads WHERE seq = 2")
    harm(ledger, "UPDATE payloads SET text = '{' WHERE seq = 3")
    lines = [json.loads(line) for line in coalmine("ledger", "export").out.splitlines()]
    assert lines[1]["payload"] is None
    assert (lines[2]["payload"], lines[2]["payload_text"]) == (None, "{")
    for line in lines:
        ExportedEvent.model_validate(line)


def test_the_schema_is_printed_and_kept_in_the_docs(coalmine: Coalmine, repository: Path) -> None:
    told = json.loads(coalmine("schema", "ledger-export").out)
    assert told == export_schema()
    assert told == json.loads((repository / "docs" / "schemas" / "ledger-export.json").read_text("utf-8"))
    assert set(json.loads(export_line(chained([("s", note())])[0]))) <= set(told["properties"])
    assert set(told["required"]) <= set(json.loads(export_line(chained([("s", note())])[0])))


# --- no ledger ---


@pytest.mark.parametrize("verb", ["tail", "verify", "export"])
def test_reading_makes_no_ledger(coalmine: Coalmine, path: Path, verb: str) -> None:
    said = coalmine("ledger", verb)
    assert said.code == 2
    assert f"There is no ledger at {path} yet." in said.err
    assert not path.exists()


def test_a_closed_pipe_ends_quietly(ledger: SqliteLedger, path: Path) -> None:
    ledger.append("many", 0, [note("x" * 500) for _ in range(500)])
    program = [sys.executable, "-m", "console", "ledger", "export"]
    env = {**os.environ, "COALMINE_LEDGER": str(path)}
    with subprocess.Popen(program, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.readline()
        child.stdout.close()
        assert child.wait(timeout=30) == 141
        assert child.stderr.read() == b""
