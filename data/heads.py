"""The newest checkpoint of a ledger, remembered in this user's state directory: outside the ledger's file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from console.checkpoint import Checkpoint, NoCheckpoint, parse
from console.ports import StoreUnusable
from console.readings import Problem
from data.atomic import replacing

FOLDER = "heads"
LARGEST = 100_000
"""Bytes; a checkpoint of the longest ledger has a twentieth of it."""


class RememberedHead:
    """:class:`console.trust.Heads` in one small file for each ledger's path."""

    def __init__(self, state: Path, ledger: Path) -> None:
        place = str(ledger.absolute().parent.resolve() / ledger.name)
        self.path = state / FOLDER / f"{hashlib.sha256(place.encode()).hexdigest()[:16]}.json"

    def read(self) -> Checkpoint | None:
        try:
            with self.path.open("rb") as file:
                data = file.read(LARGEST + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable("read", error) from None
        if len(data) > LARGEST:
            raise NoCheckpoint(f"{self.path} is too large")
        try:
            return parse(data.decode())
        except (NoCheckpoint, UnicodeDecodeError) as error:
            raise NoCheckpoint(f"{self.path}: {error}") from None

    def write(self, checkpoint: Checkpoint) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with replacing(self.path) as file:
                file.write(checkpoint.text())
        except OSError as error:
            raise self._unusable("written", error) from None

    def _unusable(self, what: str, error: OSError) -> StoreUnusable:
        says = f"What this machine remembers of the ledger ({self.path}) cannot be {what}: {error.strerror}."
        return StoreUnusable(
            Problem("refused", says, "Free some space there, or give yourself the permission.")
        )
