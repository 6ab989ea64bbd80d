"""The ledger of the settings, opened by a verb that only reads it."""

from __future__ import annotations

from console.ports import StoreUnusable
from console.readings import Problem
from console.settings import Loaded
from console.target import load_settings
from data.clock import SystemClock
from data.sqlite.ledger import SqliteLedger


def open_ledger(loaded: Loaded | None = None) -> SqliteLedger:
    """The ledger of the settings; reading never creates one. Raises :class:`StoreUnusable`."""
    path = (loaded or load_settings()).ledger_path
    if not path.exists():
        raise StoreUnusable(
            Problem(
                "not_found",
                f"There is no ledger at {path} yet.",
                "The console creates it when it first runs; COALMINE_LEDGER names another.",
            )
        )
    return SqliteLedger(path, SystemClock())
