"""The locks pin and hash everything the project asks for, and name no address of any index."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)")


def pins(lock: Path) -> dict[str, str]:
    """The version each distribution is pinned to. A distribution pinned twice must agree with itself."""
    found: dict[str, str] = {}
    for line in lock.read_text().splitlines():
        if match := PINNED.match(line):
            name, version = canonicalize_name(match["name"]), match["version"]
            assert found.setdefault(name, version) == version
    return found


def asked_for(pyproject: Path, groups: Iterable[str]) -> list[Requirement]:
    """The runtime dependencies and those of ``groups``, with the groups they include."""
    table = tomllib.loads(pyproject.read_text())
    wanted, todo = list(table["project"]["dependencies"]), list(groups)
    while todo:
        for entry in table["dependency-groups"][todo.pop()]:
            if isinstance(entry, str):
                wanted.append(entry)
            else:
                todo.append(entry["include-group"])
    return [Requirement(text) for text in wanted]


LOCKS = [("requirements.lock", ["dev"]), ("requirements-run.lock", ["build"])]


@pytest.mark.parametrize(("lock", "groups"), LOCKS)
def test_every_requirement_is_pinned_within_its_bounds(
    repository: Path, lock: str, groups: list[str]
) -> None:
    pinned = pins(repository / lock)
    for requirement in asked_for(repository / "pyproject.toml", groups):
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement} is not in {lock}: make lock"
        assert requirement.specifier.contains(version), f"{lock} has {version} for {requirement}: make lock"


@pytest.mark.parametrize(("lock", "groups"), LOCKS)
def test_every_pin_has_hashes(repository: Path, lock: str, groups: list[str]) -> None:
    blocks = re.split(r"^(?=\S)", (repository / lock).read_text(), flags=re.MULTILINE)
    bare = [
        block.splitlines()[0] for block in blocks if PINNED.match(block) and "--hash=sha256:" not in block
    ]
    assert bare == []


@pytest.mark.parametrize(("lock", "groups"), LOCKS)
def test_no_address_and_no_place_of_a_machine_is_in_it(
    repository: Path, lock: str, groups: list[str]
) -> None:
    telling = re.compile(r"://|--(?:extra-)?index|--find-links|(?:^|\s)/\w+/|file:")
    assert [line for line in (repository / lock).read_text().splitlines() if telling.search(line)] == []


def test_what_runs_is_the_same_in_both(repository: Path) -> None:
    assert (
        pins(repository / "requirements-run.lock").items() <= pins(repository / "requirements.lock").items()
    )
