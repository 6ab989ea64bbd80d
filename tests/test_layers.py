"""The import contracts hold, and catch what they are there to catch."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOMS = ("console", "screens", "data", "playbooks")

FORBIDDEN = [
    ("console/planted.py", "import data.clock", "console knows neither screens nor data"),
    ("console/canary/planted.py", "import textual", "console knows neither screens nor data"),
    ("console/planted.py", "import subprocess", "console knows neither screens nor data"),
    ("screens/planted.py", "import data.clock", "screens know console, never data"),
    ("screens/widgets/planted.py", "import httpx", "screens know console, never data"),
    ("data/planted.py", "import screens", "data never knows screens"),
    ("data/vercel/planted.py", "import textual", "data never knows screens"),
    ("screens/planted.py", "import console.commands", "nobody imports the front door"),
    ("console/canary/planted.py", "import console.wiring", "nobody imports the front door"),
    ("data/planted.py", "import console.commands.planted", "nobody imports the front door"),
]


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "lint-imports"
    return subprocess.run([program, "--no-cache"], cwd=root, capture_output=True, text=True, timeout=120)


@pytest.fixture
def house(repository: Path, tmp_path: Path) -> Path:
    """A copy of the source with its contracts."""
    for room in ROOMS:
        shutil.copytree(repository / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(repository / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_layers_hold(house: Path) -> None:
    done = lint(house)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("place", "line", "contract"), FORBIDDEN)
def test_a_forbidden_import_is_caught(house: Path, place: str, line: str, contract: str) -> None:
    if line.endswith("commands.planted"):
        (house / "console" / "commands" / "planted.py").write_text("")
    (house / place).write_text(f"{line}\n")
    done = lint(house)
    assert done.returncode == 1, done.stdout + done.stderr
    broken = [text for text in done.stdout.splitlines() if text.startswith(contract) and "BROKEN" in text]
    assert len(broken) == 1, done.stdout
    assert Path(place).with_suffix("").as_posix().replace("/", ".") in done.stdout
