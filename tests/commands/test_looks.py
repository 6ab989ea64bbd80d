"""Theme, mouse and keys of one's own: where they are read, what is refused, and that it is known early."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from console.commands import open as opening
from console.commands.looks import look_alone, look_of
from console.lastknown import written
from console.places import mark_of
from console.settings import SettingsError, combine
from screens.look import Look
from tests.commands.running import Place
from tests.screens import worlds

FILE = Path("/somewhere/coalmine.toml")
SET = {"VERCEL_TOKEN": "tok", "COALMINE_VERCEL__PROJECT_ID": "shop"}
GOOD = """\
theme = "coalmine-light"
[screen]
mouse = false
[keys]
"release.advance" = "ctrl+a"
release.why = "e"
"""


def look(text: str | None, environ: dict[str, str] | None = None) -> Look:
    return look_of(combine(text, FILE, environ or {}, Path("/state")))


def faults(text: str | None, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        look(text, environ)
    return caught.value.faults


def test_a_look_is_read_from_file_and_environment() -> None:
    assert look(None) == Look()
    assert look(GOOD) == Look("coalmine-light", False, {"release.advance": "ctrl+a", "release.why": "e"})
    environ = {
        "COALMINE_SCREEN__MOUSE": "true",
        "COALMINE_KEYS__RELEASE__WHY": "f2",
        "COALMINE_KEYS__APP__LAST_ROOM": "f3",
    }
    own = look(GOOD, environ)
    assert own.mouse
    assert own.keys == {"release.advance": "ctrl+a", "release.why": "f2", "app.last_room": "f3"}


@pytest.mark.parametrize("form", ['"release.abort" = "x"', "release.abort = 'x'", "'release.abort'='x'"])
def test_a_fault_of_a_key_has_its_line_however_the_name_is_written(form: str) -> None:
    text = f"[poll]\nrelease_s = 5\n\n[keys]\napp.pause = 'f5'\n{form}\n"
    [fault] = faults(text)
    assert fault.startswith(f"{FILE}:6: keys.release.abort: x is too easily pressed")
    assert fault.endswith(".")


def test_a_fault_of_a_table_within_has_its_line_too() -> None:
    [fault] = faults("[keys.release]\nwhy = 'e'\nabort = 'x'\n")
    assert fault.startswith(f"{FILE}:3: keys.release.abort: ")


def test_a_fault_of_a_variable_names_it() -> None:
    [fault] = faults(None, {"COALMINE_KEYS__RELEASE__ABORT": "x"})
    assert fault.startswith("COALMINE_KEYS__RELEASE__ABORT: x is too easily pressed")


def test_every_wrong_key_is_named_at_once() -> None:
    found = faults('[keys]\n"release.abrt" = "f2"\n"app.pause" = "nokey"\n"release.start" = "s"\n')
    assert [fault.split(": ")[0] for fault in found] == [f"{FILE}:{line}" for line in (2, 3, 4)]
    assert "did you mean release.abort" in found[0]


def test_what_is_no_text_is_said_by_the_settings_themselves() -> None:
    assert faults("[keys]\napp.pause = 3\n") == [f"{FILE}:2: keys.app.pause: it has to be text, in quotes."]
    assert faults("keys = 'x'\n")[0].startswith(f"{FILE}:1: keys: this is a table")
    assert faults("[screen]\nmouse = 'perhaps'\n")[0].startswith(f"{FILE}:2: screen.mouse: it has to be true")


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["open", "demo"])
def test_the_console_does_not_start_with_keys_that_cannot_be_used(empty: Place, verb: str) -> None:
    file = empty.folder / "coalmine.toml"
    file.write_text('[keys]\n"release.advance" = "a"\n')
    done = empty.run(verb, env=SET)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"{file}:2: keys.release.advance: a is too easily pressed")
    assert not empty.ledger.exists()


def test_the_demo_takes_only_the_look_and_is_not_kept_by_other_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "coalmine.toml"
    assert look_alone() == Look()
    file.write_text("[vercel]\nnonsense = 3\n")
    assert look_alone() == Look()
    file.write_text("[vercel\n")
    assert look_alone() == Look()
    file.write_text(f"{GOOD}[vercel]\nnonsense = 3\n")
    assert look_alone().keys == {"release.advance": "ctrl+a", "release.why": "e"}
    monkeypatch.setenv("COALMINE_SCREEN__MOUSE", "1")
    monkeypatch.setenv("COALMINE_POLL__RELEASE_S", "nonsense")
    assert look_alone().mouse
    file.write_text('[keys]\n"release.advance" = "a"\n')
    with pytest.raises(SettingsError, match=r"coalmine\.toml:2"):
        look_alone()


def test_what_was_known_last_comes_with_the_look_it_was_seen_in() -> None:
    own = Look("coalmine-light", False, {"release.why": "e"})
    text = written(worlds.healthy())
    before = opening._before(f"{own.written()}\n{text}")
    assert before is not None
    assert before[0] == own
    assert before[1].project_label == "shop"
    for other in ("", text, own.written(), f"{own.written()}\n", f"nonsense\n{text}"):
        assert opening._before(other) is None


def test_another_key_in_the_environment_is_another_look() -> None:
    """What was kept belongs to the very settings; a key of the keyboard is none that is kept secret."""
    one = {"COALMINE_KEYS__APP__PAUSE": "f5"}
    assert mark_of(one, None) != mark_of({"COALMINE_KEYS__APP__PAUSE": "f6"}, None)
    assert "f5" in mark_of(one, None)
    assert "hunter2" not in mark_of({"COALMINE_VERCEL__TOKEN": "hunter2"}, None)
    assert os.environ.get("COALMINE_KEYS__APP__PAUSE") is None


@pytest.mark.parametrize("page", ["configuration.md", "keyboard.md"])
def test_the_keys_of_the_guide_can_be_used(page: str) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / page).read_text(encoding="utf-8")
    (example,) = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert look(example).keys
