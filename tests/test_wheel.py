"""The wheel is whole: built as a user would, installed in a clean environment, the console runs from it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.conftest import OUTER_ENVIRONMENT
from tests.terminal import opened

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.xdist_group("wheel")]

PACKAGES = {"console", "screens", "data", "playbooks"}


def said(command: Iterable[object], cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """What ``command`` prints. It must succeed, and complain of nothing."""
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=500, cwd=cwd, env=env
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the source tree, built with the pinned hatchling (no isolation, so no download)."""
    out = tmp_path_factory.mktemp("wheel")
    said([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, repository], out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` of a clean environment with the wheel and its pinned dependencies, and nothing else."""
    place = tmp_path_factory.mktemp("clean")
    said([sys.executable, "-m", "venv", place], place)
    pip = [place / "bin" / "python", "-m", "pip", "install", "--quiet"]
    said([*pip, "--require-hashes", "-r", repository / "requirements-run.lock"], place, OUTER_ENVIRONMENT)
    said([*pip, "--no-deps", wheel], place, OUTER_ENVIRONMENT)
    return place / "bin"


def tracked(repository: Path, folder: str) -> set[str]:
    """The files of ``folder`` that git tracks."""
    listing = said(["git", "ls-files", "-z", folder], repository)
    return {name for name in listing.split("\0") if name and (repository / name).exists()}


def test_it_holds_all_of_the_four_packages_and_nothing_else(wheel: Path, repository: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == PACKAGES
    for folder in PACKAGES:
        assert tracked(repository, folder) - names == set()
    assert [name for name in names if name.endswith((".pyc", "conftest.py"))] == []
    assert [name for name in names if name.endswith(".dist-info/licenses/LICENSE")]


def test_it_comes_from_the_wheel_and_not_from_the_source(installed: Path, tmp_path: Path) -> None:
    code = "import importlib, sys; print(*(importlib.import_module(name).__file__ for name in sys.argv[1:]))"
    places = said([installed / "python", "-P", "-c", code, *sorted(PACKAGES)], tmp_path).split()
    assert len(places) == len(PACKAGES)
    assert all(Path(place).is_relative_to(installed.parent) for place in places)


@pytest.mark.parametrize(
    ("words", "says"),
    [(["--version"], "coalmine"), (["--help"], "Usage: coalmine"), (["demo", "--help"], "--speed")],
)
def test_the_installed_program_answers(installed: Path, tmp_path: Path, words: list[str], says: str) -> None:
    assert says in said([installed / "coalmine", *words], tmp_path)


def test_the_console_itself_opens_and_quits_from_there(installed: Path, tmp_path: Path) -> None:
    with opened([installed / "coalmine", "demo", "--seed", "1"], cwd=tmp_path) as terminal:
        terminal.wait_for("canary", "baseline", "25 %", "100 %")
        terminal.press("q")
        assert terminal.wait_for_the_end() == 0, terminal.shown()
        assert "Traceback" not in terminal.shown()
        assert terminal.given_back()
