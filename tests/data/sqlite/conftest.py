"""A ledger file, and a place where this process is no more than an ordinary user."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.sqlite.ledger import SqliteLedger
from tests.ledgers import HandClock

NOBODY = 65534


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path, clock: HandClock) -> Iterator[SqliteLedger]:
    ledger = SqliteLedger(path, clock)
    yield ledger
    ledger.close()


@pytest.fixture
def ordinary(tmp_path: Path) -> Iterator[Path]:
    """A directory of an ordinary user, whom permissions bind; root becomes one for the test."""
    if os.geteuid() != 0:
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    os.chown(folder, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        yield folder
    finally:
        os.seteuid(0)
        shutil.rmtree(folder)
