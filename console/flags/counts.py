"""How often applications asked for a flag and what they got, where a back-end counts that."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from console.ports import SourceError
from console.readings import Millis

if TYPE_CHECKING:
    from console.flags.model import Flag
    from console.flags.provider import FlagProvider

COUNTS_S = 3.0
"""So long a preview waits for counts of evaluations."""

CODE_DEFAULT = ""
"""In place of a variant: applications got the default in their code."""


@dataclass(frozen=True)
class Counts:
    """Evaluations, not people: who asks more often counts more often."""

    span_ms: Millis
    """Over so long, up to now."""
    by_environment: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Environment → variant id → evaluations."""

    def shares(self, environment: str) -> dict[str, float] | None:
        """The share of each variant, 0 to 1; ``None`` where nothing was counted."""
        found = self.by_environment.get(environment, {})
        total = sum(found.values())
        return {variant: hits / total for variant, hits in found.items()} if total else None


async def lately(provider: FlagProvider, flag: Flag) -> Counts | None:
    """What applications got since the flag was changed last; a help only, so it is not waited for long."""
    since = flag.raw.get("updatedAt")
    try:
        asked = provider.counts(flag.key, since=since if type(since) is int else None)
        return await asyncio.wait_for(asked, COUNTS_S)
    except (SourceError, TimeoutError):
        return None
