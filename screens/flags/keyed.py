"""A screen on which flags are looked for by their keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable


@runtime_checkable
class Keyed(Protocol):
    """The flags screen, as the command line knows it without loading it."""

    @property
    def keys_read(self) -> Sequence[str]:
        """The keys of all flags that were read."""
        ...

    def look_for(self, key: str) -> None:
        """Mark the flag of that key, be it archived, as soon as it is read."""
        ...
