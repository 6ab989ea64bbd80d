"""What is loaded before the first paint: Textual, pydantic, click, what those need, and our own modules.

Everything heavier (HTTP client, stores, plots, simulator) comes after a person sees something.
"""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OURS = {"console", "screens"}
HEAVY = {"httpx", "sqlite_utils", "plotext", "aiohttp", "ruamel", "lark", "numpy", "data"}
"""Named although :func:`allowed` leaves them out too: these are what the first paint is kept free of."""


def loaded_by(code: str, *words: str) -> set[str]:
    """Top-level names of the modules in a fresh interpreter after ``code``, but for the standard library."""
    script = (
        f"import sys\n{code}\nprint('\\nLOADED', *sorted({{name.split('.')[0] for name in sys.modules}}))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script, *words], capture_output=True, text=True, check=True, timeout=60
    )
    last = done.stdout.splitlines()[-1]
    assert last.startswith("LOADED "), done.stdout
    return {
        name for name in last.split()[1:] if name not in sys.stdlib_module_names and not name.startswith("_")
    }


def allowed(*distributions: str) -> set[str]:
    """Top-level modules of ``distributions`` and of all they require, without their extras."""
    names, todo = set(), [canonicalize_name(name) for name in distributions]
    while todo:
        name = todo.pop()
        if name in names:
            continue
        try:
            requirements = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # wanted on other systems only
        names.add(name)
        todo += [
            canonicalize_name(parsed.name)
            for parsed in map(Requirement, requirements)
            if parsed.marker is None or parsed.marker.evaluate({"extra": ""})
        ]
    by_module = metadata.packages_distributions()
    return {
        module
        for module, owners in by_module.items()
        if any(canonicalize_name(owner) in names for owner in owners)
    }


FIRST_PAINT = {
    "the front door": "import console.__main__",
    "the app": "import screens.app",
}
LATER = (
    "settings",
    "wiring",
    "target",
    "ports",
    "host",
    "events",
    "policy",
    "keeping",
    "session",
    "actions",
    "canary.catalogue",
    "canary.measures",
)
"""Modules of ``console`` that take long to load and that drawing what was known last does not need."""


@pytest.mark.parametrize("code", FIRST_PAINT.values(), ids=FIRST_PAINT.keys())
def test_the_first_paint_loads_only_what_it_needs(code: str) -> None:
    loaded = loaded_by(code)
    assert loaded & HEAVY == set()
    assert loaded - allowed("textual", "pydantic", "click") - OURS == set()


@pytest.mark.parametrize("command", ["open", "demo"])
def test_what_was_known_last_is_drawn_before_anything_is_validated(command: str) -> None:
    later = {f"console.{name}" for name in LATER} | {"data.sqlite", "data.http"}
    code = f"""
import console.__main__, console.commands.{command}, console.commands.console_app
early = sorted({later!r} & sys.modules.keys())
assert not early, early
"""
    assert loaded_by(code) & OURS == OURS
    assert loaded_by(code) - allowed("textual", "click") - OURS - {"data"} == set()


def test_help_does_not_load_the_screens() -> None:
    code = """
from console.__main__ import main
sys.argv = ["coalmine", "--help"]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""
    loaded = loaded_by(code)
    assert loaded - allowed("pydantic", "click") - {"console"} == set()


def test_the_measure_itself_sees_what_is_loaded() -> None:
    """A control: the same look at an interpreter that does load something heavy finds it."""
    loaded = loaded_by("import httpx")
    assert "httpx" in loaded & HEAVY
    assert "httpx" not in allowed("textual", "pydantic", "click")
    assert {"rich", "markdown_it", "pydantic_core"} <= allowed("textual", "pydantic", "click")
    assert not re.search(r"httpx|aiohttp|plotext", " ".join(allowed("textual", "pydantic", "click")))
