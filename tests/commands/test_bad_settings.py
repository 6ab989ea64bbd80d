"""Settings that cannot be used: every fault with its place and what to do, exit code 2, and nothing made."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from console.places import SettingsError
from console.target import load_settings
from tests.commands.running import PATIENCE_S, PROGRAM, Place

FAULTY = """\
[vercel]
project = "shop"
project_id = "shop/../other"

[judge]
min_sample = "many"
error_rate.max = -1

[poll]
release_s = 0
[nonsense]
"""


def test_every_fault_of_the_file_is_named_with_its_line(empty: Place) -> None:
    file = empty.folder / "coalmine.toml"
    file.write_text(FAULTY)
    done = empty.run("status")
    assert (done.code, done.out) == (2, "")
    assert [line.partition(": ")[0] for line in done.err.splitlines()] == [
        f"{file}:{number}" for number in (3, 2, 10, 6, 7, 11)
    ]
    assert "vercel.project: there is no such setting." in done.err
    assert "judge.min_sample: it has to be a whole number." in done.err
    assert not empty.ledger.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"[vercel\n", ":1:8: this is not valid TOML", id="not TOML"),
        pytest.param(b"\xff\xfe", "not UTF-8", id="not text"),
        pytest.param(b"vercel = 3\n", ":1: vercel: this is a table", id="not a table"),
        pytest.param(b"[" * 5000, "TOML", id="deep"),
    ],
)
def test_a_file_that_is_none_is_said(empty: Place, content: bytes, says: str) -> None:
    (empty.folder / "coalmine.toml").write_bytes(content)
    done = empty.run("config", "show", env={"COALMINE_VERCEL__PROJECT_ID": "shop"})
    assert (done.code, says in done.err) == (2, True), done.err


def test_every_wrong_variable_is_named(empty: Place) -> None:
    wrong = {
        "COALMINE_POLL__RELEASE_S": "abc",
        "COALMINE_READ_ONLY": "maybe",
        "COALMINE_NONSENSE": "1",
        "COALMINE_JUDGE": "strict",
        "COALMINE_VERCEL__API_URL": "localhost:8000",
        "COALMINE_PROMETHEUS__URL": "http://me:hunter2@localhost",
        "COALMINE_THEME": "pink",
        "VERCEL_TOKEN": "hunter2 hunter2",
    }
    done = empty.run("status", env=wrong)
    assert done.code == 2
    assert {line.partition(":")[0] for line in done.err.splitlines()} == set(wrong)
    assert "hunter2" not in done.err


@pytest.mark.slow
@pytest.mark.parametrize("named", ["/nowhere/coalmine.toml", "/tmp", "~nobody-at-all/coalmine.toml"])
def test_a_named_file_has_to_be_there(empty: Place, named: str) -> None:
    done = empty.run("config", "path", env={"COALMINE_CONFIG": named})
    assert done.code == 2
    assert done.err.startswith("COALMINE_CONFIG")


def test_without_settings_the_console_says_what_is_missing_and_offers_the_demo(empty: Place) -> None:
    for words in ((), ("release", "abort", "--arm", "x"), ("watch",)):
        done = empty.run(*words)
        assert (done.code, done.out) == (2, ""), words
        assert "COALMINE_VERCEL__TOKEN" in done.err
        assert "COALMINE_VERCEL__PROJECT_ID" in done.err
        assert "coalmine demo" in done.err
    assert not empty.ledger.exists()


@pytest.mark.slow
def test_a_file_of_somebody_else_cannot_send_our_token_to_its_own_address(here: Place) -> None:
    repository = here.folder / "cloned"
    repository.mkdir()
    file = repository / "coalmine.toml"
    file.write_text('[vercel]\napi_url = "http://127.0.0.1:9"\n[prometheus]\nurl = "http://127.0.0.1:9"\n')
    found = {"COALMINE_VERCEL__API_URL": None, "COALMINE_PROMETHEUS__URL": None}
    done = here.run("status", cwd=repository, env=found | {"COALMINE_PROMETHEUS__PASSWORD": "hunter2"})
    assert done.code == 2
    assert [line.partition(": ")[0] for line in done.err.splitlines()] == [f"{file}:2", f"{file}:4"]
    named = here.run("status", cwd=repository, env=found | {"COALMINE_CONFIG": str(file)})
    assert (named.code, "cannot be reached" in named.err or "failed repeatedly" in named.err) == (4, True)


@pytest.mark.slow
def test_another_store_is_not_supported_yet_and_its_password_stays_unsaid(empty: Place) -> None:
    for words in (("config", "show"), ("ledger", "tail"), ("status",)):
        done = empty.run(*words, env={"COALMINE_LEDGER": "postgresql://me:hunter2@db/coalmine"})
        assert (done.code, "not supported yet" in done.err) == (2, True)
        assert "hunter2" not in done.out + done.err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("bogus",), "No such command 'bogus'"),
        (("staus",), "Did you mean 'status'?"),
        (("--bogus",), "--bogus"),
        (("status", "extra"), "extra"),
        (("release", "explode"), "explode"),
        (("ledger", "tail", "-n", "x"), "-n"),
        (("schema", "bogus"), "ledger-export"),
        (("config", "adopt"), "--reason"),
        (("demo", "--scenario", "bogus"), "error-spike"),
        (("simulate", "--scenario", "bogus"), "error-spike"),
    ],
)
def test_wrong_usage_says_what_is_wrong_and_how_to_get_help(
    empty: Place, words: tuple[str, ...], says: str
) -> None:
    done = empty.run(*words)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert "--help" in done.err
    assert "python -m" not in done.err


def test_a_directory_that_is_gone_is_no_reason_to_fail(empty: Place) -> None:
    gone = 'mkdir gone; cd gone; rmdir ../gone; exec "$@"'
    done = subprocess.run(
        ["sh", "-c", gone, "sh", *PROGRAM, "config", "path"],
        cwd=empty.folder,
        env=empty.environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert (done.returncode, str(empty.ledger) in done.stdout) == (0, True), done.stderr


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name == "HOME" or name.startswith("XDG_"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 7)  # as in a container: no entry in the list of users
    with pytest.raises(SettingsError, match="COALMINE_STATE_DIR"):
        load_settings()
    monkeypatch.setenv("COALMINE_STATE_DIR", str(tmp_path / "state"))
    assert load_settings().ledger_path == tmp_path / "state" / "ledger.db"
    assert list(tmp_path.iterdir()) == []
