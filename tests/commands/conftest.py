"""A simulated world a module, and for each test an empty directory with the settings to look at it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.running import Place, Shop, simulating


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """One healthy world for the module's tests that only look at it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("COALMINE_", "VERCEL_")):
                patch.delenv(name)
        with simulating() as one:
            yield one


@pytest.fixture
def moving() -> Iterator[Shop]:
    """A world of the test's own, to be moved."""
    with simulating() as one:
        yield one


def place_of(folder: Path, shop: Shop | None) -> Iterator[Place]:
    """A place whose files are looked through for secrets at the end."""
    (folder / "tmp").mkdir()
    settings = {"COALMINE_STATE_DIR": str(folder / "state"), **(shop.settings if shop else {})}
    place = Place(folder, settings, (shop.ready.token,) if shop else ())
    yield place
    assert place.leaks() == []
    assert list((folder / "tmp").glob("coalmine-*.log")) == []


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Place]:
    """Nowhere in particular: no account, no project."""
    yield from place_of(tmp_path, None)


@pytest.fixture
def here(tmp_path: Path, shop: Shop) -> Iterator[Place]:
    """Looking at the module's world; nothing may be moved in it."""
    before = shop.effects()
    yield from place_of(tmp_path, shop)
    assert shop.effects() == before


@pytest.fixture
def there(tmp_path: Path, moving: Shop) -> Iterator[Place]:
    """Looking at the test's own world."""
    yield from place_of(tmp_path, moving)
