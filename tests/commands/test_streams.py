"""Standard output as it may be: another encoding, a closed pipe, a full disk, no terminal, no colours."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from console.commands.shared import answer
from console.commands.streams import escaped, harmless
from tests.commands.running import PATIENCE_S, PROGRAM, Place

ASCII = {"LANG": "C", "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
ENVIRONMENTS = {
    "latin-1": ASCII | {"PYTHONIOENCODING": "latin-1"},
    "the C locale": {"LANG": "C", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "narrow and dumb": {"COLUMNS": "20", "TERM": "dumb", "NO_COLOR": "1"},
}


def test_a_terminal_that_knows_ascii_only_gets_its_answer(here: Place) -> None:
    done = here.run("status", env=ASCII)
    assert done.code == 3
    assert "[5 %] \\u2192 25 %" in done.out


@pytest.mark.slow
@pytest.mark.parametrize("env", ENVIRONMENTS.values(), ids=ENVIRONMENTS.keys())
def test_every_locale_gets_its_answer(here: Place, env: dict[str, str]) -> None:
    assert here.run("status", env=env).code == 3
    assert here.run("status", "--json", env=env).json["release"]["canary"]["author"] == "Ana Lind"


@pytest.mark.slow
@pytest.mark.parametrize(("encoding", "written"), [("latin-1", False), ("ascii", False), ("utf-8", True)])
def test_json_is_utf_8_or_ascii_whatever_the_locale(
    monkeypatch: pytest.MonkeyPatch, encoding: str, written: bool
) -> None:
    output = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
    monkeypatch.setattr(sys, "stdout", output)
    answer({"says": "1.2 × as many"})
    text = output.buffer.getvalue().decode("utf-8")
    assert json.loads(text) == {"says": "1.2 × as many"}
    assert ("×" in text) is written


def test_what_ascii_cannot_say_is_escaped_as_json_does() -> None:
    for text in ("→", "é", "😀", "\x9b", "\u202e", "\ud800"):
        assert json.loads(f'"{"".join(map(escaped, text))}"') == text


def test_harmless_json_means_the_same_and_holds_no_control_character() -> None:
    value = {"commit": "a\x9b2Jb\u202egnirts \x7f \ufeff→ é 😀\n"}
    text = harmless(json.dumps(value, ensure_ascii=False))
    assert json.loads(text) == value
    assert not {"\x9b", "\u202e", "\x7f", "\ufeff"} & set(text)
    assert "→ é 😀" in text


@pytest.mark.slow
@pytest.mark.parametrize("words", [("status", "--json"), ("config", "show"), ("--help",)])
def test_a_reader_that_goes_away_ends_it_quietly(here: Place, words: tuple[str, ...]) -> None:
    child = subprocess.Popen(
        [*PROGRAM, *words],
        cwd=here.folder,
        env=here.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    with child.stderr as stream:
        err = stream.read()
    assert child.wait(PATIENCE_S) == 141
    assert "Broken" not in err
    assert "fault" not in err


@pytest.mark.slow
def test_an_answer_that_cannot_be_written_is_said(here: Place) -> None:
    with Path("/dev/full").open("wb") as full:
        done = here.run("config", "show", stdout=full)
    assert (done.code, "No space left" in done.err) == (1, True), done


@pytest.mark.slow
def test_without_a_terminal_the_console_is_not_drawn(here: Place) -> None:
    for words in ((), ("demo",)):
        done = here.run(*words)
        assert (done.code, done.out) == (2, "")
        assert "needs a terminal" in done.err


@pytest.mark.slow
def test_help_of_every_verb_fits_every_terminal(empty: Place) -> None:
    verbs = {
        (): ("open", "demo", "status", "release", "watch", "ledger", "config", "schema", "simulate"),
        ("release",): ("show", "advance", "complete", "abort"),
        ("ledger",): ("tail", "verify", "export"),
        ("config",): ("path", "show", "init", "adopt"),
    }
    for group, names in verbs.items():
        whole = empty.run(*group, "--help")
        for name in names:
            assert name in whole.out
            one = empty.run(
                *group, name, "-h", env={"COLUMNS": "20", "TERM": "dumb", "NO_COLOR": "1", **ASCII}
            )
            assert (one.code, one.err, one.out.startswith("Usage: coalmine")) == (0, "", True)
    assert empty.run("--version").out.startswith("coalmine, version ")
