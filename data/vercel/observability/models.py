"""What the Observability query interface (``v2``) answers, read from the raw API.

Vercel's own SDK models rows, scope and granularity as empty objects: the raw answers are the authority.
Rows are kept as they came; :mod:`data.vercel.observability.rows` reads them by the names that were asked for.
"""

# ruff: noqa: N815 - the fields are named as Vercel names them

from __future__ import annotations

from pydantic import Field, TypeAdapter

from data.vercel.models import Name, Wire


class KnownMetric(Wire):
    id: Name


class KnownAnswer(Wire):
    metrics: list[KnownMetric]


class Dimension(Wire):
    name: Name


class Described(Wire):
    """One metric of the account's schema."""

    id: Name
    unit: str | None = None
    aggregations: tuple[str, ...] = Field((), strict=False)
    dimensions: tuple[Dimension | Name, ...] = Field((), strict=False)

    @property
    def names(self) -> frozenset[str]:
        """The names of its dimensions."""
        return frozenset(one if isinstance(one, str) else one.name for one in self.dimensions)


Descriptions: TypeAdapter[list[Described] | Described] = TypeAdapter(list[Described] | Described)
"""The client of the house reads an array, the SDK one object: both are taken."""


class QueryAnswer(Wire):
    """Rows by time bucket and over the whole range: dimensions, a timestamp, and one rolled-up column."""

    data: list[dict[str, object]]
    summary: tuple[dict[str, object], ...] = Field((), strict=False)


class Refusal(Wire):
    code: str = ""
    message: str = ""
    allowedValues: list[object] | None = None


class RefusalAnswer(Wire):
    error: Refusal
