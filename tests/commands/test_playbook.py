"""``coalmine playbook``, as it is typed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from console.commands.playbook import command
from tests.commands.running import keys
from tests.commands.test_json import check
from tests.console.playbooks.test_broken import BROKEN, TOLD
from tests.console.playbooks.written import MANUAL, written


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with chdir(tmp_path):
        yield tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(command, words, catch_exceptions=False)


def test_a_broken_file_is_told_whole_and_ends_with_2(folder: Path) -> None:
    shutil.copy(BROKEN, folder / "broken.md")
    done = run("validate", "broken.md")
    assert done.exit_code == 2
    told, warned = done.stdout.splitlines()[:15], done.stdout.splitlines()[15:]
    assert told == TOLD.splitlines()
    assert warned
    assert all(line.startswith("broken.md:") and line.endswith(" (warning)") for line in warned)
    assert f"Errors: 15. Warnings: {len(warned)}." in done.stderr


def test_the_same_for_programs(folder: Path) -> None:
    import json

    shutil.copy(BROKEN, folder / "broken.md")
    done = run("validate", "broken.md", "--json")
    assert done.exit_code == 2
    told = json.loads(done.stdout)
    check("playbook validate", told)
    assert [one["line"] for one in told["errors"]][:3] == [1, 5, 12]
    assert told["errors"][0]["column"] is None
    listed = json.loads(run("list", "--json").stdout)
    check("playbook list", listed)
    check("playbook show", json.loads(run("show", "bad-flag", "--json").stdout))
    assert keys(listed)


def test_without_a_path_it_is_every_playbook_there_is(folder: Path) -> None:
    assert run("validate").exit_code == 0
    (folder / "playbooks").mkdir()
    (folder / "playbooks" / "mine.md").write_bytes(written("id: m\nkind: manul"))
    done = run("validate")
    assert done.exit_code == 2
    assert os.path.join("playbooks", "mine.md") in done.stdout


def test_ones_own_goes_before_one_of_the_same_name(folder: Path) -> None:
    (folder / "playbooks").mkdir()
    own = written(MANUAL, front="playbook: bad-flag\nversion: 9\ntitle: Ours")
    (folder / "playbooks" / "x.md").write_bytes(own)
    (folder / "playbooks" / "README.md").write_text("# No playbook\n")
    assert "Ours (own, 1 steps)" in run("list").stdout
    assert "Bad flag" not in run("list").stdout
    assert run("show", "bad-flag").stdout.startswith("Ours (bad-flag, version 9)\n")


def test_a_plan_shows_every_step_with_its_ways(folder: Path) -> None:
    told = run("show", "canary-high-error-rate").stdout
    assert "compare" not in told
    assert "if it fails → suspect-flag (at most 1 ×)" in told
    assert "Steps: 15, of which 4 change production (marked !)" in told


def test_what_is_asked_for_is_shown_as_it_is_written(folder: Path) -> None:
    told = run("show", "preview-exposure").stdout
    assert "Roles: incident commander, ops lead, subject matter expert, scribe\n" in told
    assert "  path: string, empty if not given; " in told
    assert "Offered for: error_rate, page_load\n" in run("show", "bad-flag").stdout


def test_a_name_that_nobody_has(folder: Path) -> None:
    done = run("show", "bad-flg")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "did you mean `bad-flag`?" in done.stderr


def test_files_that_cannot_be_read_are_told_like_any_fault(folder: Path) -> None:
    os.mkfifo(folder / "pipe.md")
    (folder / "empty").mkdir()
    done = run("validate", "nowhere.md", "pipe.md", "empty")
    assert done.exit_code == 2
    assert done.stdout.splitlines() == [
        "nowhere.md:1: this file cannot be read: No such file or directory",
        "pipe.md:1: this file cannot be read: this is no regular file",
        "empty:1: this file cannot be read: this is a folder without any `*.md`",
    ]


def test_escape_codes_in_names_are_made_visible(folder: Path) -> None:
    (folder / "a\x1b[31m.md").write_bytes(b"x")
    done = run("validate", str(folder))
    assert "\x1b" not in done.stdout
    assert "\\u001b" in done.stdout
