"""What Vercel's request logs answer: the command-line client's own interface, in no published schema."""

# ruff: noqa: N815 - the fields are named as Vercel names them

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from console.readings import Millis
from data.vercel.models import Ms, Name, Wire

CACHED = frozenset({"HIT", "STALE", "PRERENDER"})
"""What the edge answered without asking the application; as the catalogue counts it at Observability."""

Status = Annotated[int, Field(ge=0, le=999)]


class Row(Wire):
    """One request."""

    requestId: Name
    timestamp: Ms | str
    deploymentId: str | None = None
    statusCode: Status | None = None
    cache: str | None = None

    @property
    def cached(self) -> bool | None:
        """Whether the edge answered from its cache; ``None`` where the row does not say."""
        return None if not self.cache else self.cache.upper() in CACHED

    @property
    def at(self) -> Millis:
        """When it was. Raises ``ValueError`` for a text that is no moment."""
        if isinstance(self.timestamp, int):
            return self.timestamp
        try:
            return round(datetime.fromisoformat(self.timestamp).timestamp() * 1000)
        except (ValueError, OverflowError):
            raise ValueError("a row's timestamp is no moment") from None


class Page(Wire):
    """Rows, newest first."""

    rows: list[Row]
    hasMoreRows: bool = False
