"""Requests and errors by the variant of a flag: what a metrics source may offer besides its measurements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from console.canary.measures import Window


@dataclass(frozen=True, slots=True)
class Counted:
    """Requests in a window, and how many of them were answered 5xx."""

    requests: float
    errors: float


ByVariant = Mapping[str, Counted]
Splits = Mapping[str, Mapping[str, ByVariant]]
"""By deployment, flag and variant. A deployment that counts nothing by flag is not in it."""


@runtime_checkable
class SplitsByFlag(Protocol):
    """A metrics source of an application that counts its requests by the variant of a flag."""

    @property
    def flag_series(self) -> str:
        """What the series is called that it looks for."""
        ...

    async def by_flag(self, deployment_ids: Sequence[str], window: Window) -> Splits:
        """What each deployment counted in the window. Raises :class:`console.ports.SourceError`."""
        ...


def splits_of(source: object) -> SplitsByFlag | None:
    """``source``, if it is one that counts by flag."""
    return source if isinstance(source, SplitsByFlag) else None
