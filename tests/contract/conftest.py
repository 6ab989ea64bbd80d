"""The host's own clients, installed once for all contract tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import OUTER_ENVIRONMENT
from tests.contract.clients import installed


@pytest.fixture(scope="session")
def npm_clients(repository: Path) -> Path:
    """The folder with the pinned clients."""
    return installed(repository, OUTER_ENVIRONMENT)
