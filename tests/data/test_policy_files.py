"""policy.yaml and people.yaml on the disk: what is not two plain readable files is refused with a reason."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from console.policy import SHIPPED_POLICY, PolicyFault, shipped_people
from data.policy_files import LARGEST, PEOPLE, POLICY, PolicyFiles

MINE = shipped_people("ana", "Ana", ["usr_ana"])


def test_what_was_written_is_read_and_a_change_is_seen(tmp_path: Path) -> None:
    files = PolicyFiles(tmp_path / "new" / "folder")
    files.write(SHIPPED_POLICY, MINE)
    first = files()
    assert first is files()
    assert first.policy_text == SHIPPED_POLICY
    (files.folder / PEOPLE).write_text(MINE.replace("Ana", "Jo"))
    assert files().people.people["ana"].name == "Jo"


def test_existing_files_are_never_written_over_and_half_a_pair_is_not_left(tmp_path: Path) -> None:
    (tmp_path / PEOPLE).write_text("mine")
    with pytest.raises(PolicyFault, match="cannot be written"):
        PolicyFiles(tmp_path).write(SHIPPED_POLICY, MINE)
    assert (tmp_path / PEOPLE).read_text() == "mine"
    assert not (tmp_path / POLICY).exists()


def test_what_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(PolicyFault, match=r"people\.yaml:\d+"):
        PolicyFiles(tmp_path).write(SHIPPED_POLICY, shipped_people("ana", "x" * 100, ["usr_ana"]))
    assert list(tmp_path.iterdir()) == []


def everybodys(path: Path) -> None:
    path.chmod(0o666)


def large(path: Path) -> None:
    path.write_text("#" * (LARGEST + 1))


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (everybodys, "chmod o-w"),
        (large, "too large"),
        (pipe, "not a file"),
        (folder, "not a file"),
        (Path.unlink, "config init"),
        (lambda path: path.write_bytes(b"\xff"), "UTF-8"),
    ],
)
def test_a_file_that_cannot_count_is_refused(
    tmp_path: Path, harm: Callable[[Path], object], says: str
) -> None:
    files = PolicyFiles(tmp_path)
    files.write(SHIPPED_POLICY, MINE)
    files()
    harm(tmp_path / POLICY)
    with pytest.raises(PolicyFault, match=says):
        files()
