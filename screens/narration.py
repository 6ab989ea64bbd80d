"""Events as sentences: the narrator is loaded after the first paint, because it brings pydantic."""

from __future__ import annotations

import importlib
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

from screens.clean import clean

if TYPE_CHECKING:
    from console.envelope import Recorded

NARRATOR = "console.narrate"


def loaded() -> bool:
    """Whether the narrator is there without waiting for it."""
    return NARRATOR in sys.modules


def load() -> None:
    """Load the narrator."""
    importlib.import_module(NARRATOR)


@lru_cache(maxsize=20_000)
def _sentence(event_hash: str, event: Recorded) -> str:
    from console.narrate import narrate

    return clean(narrate(event))


def sentence(event: Recorded) -> str:
    """What the event says, cleaned; remembered, because narrating ten thousand takes a while."""
    return _sentence(event.hash, event)
