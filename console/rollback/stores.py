"""Edge Config stores as a rollback sees them: what they hold, what backups held, how one comes back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from console.flags.edits import canonical
from console.flags.words import shown, shown_text
from console.readings import Millis

MOST = 12
"""Lines of single differences; the rest is counted."""
DEEP = 3
"""How many objects deep a difference is named; below, both values are shown."""


@dataclass(frozen=True)
class Present:
    """A store as it is."""

    id: str
    name: str
    digest: str
    """The host's own, of this moment."""
    items: Mapping[str, Any]
    owner: str | None = None
    """Whose it is, where it is somebody else's: then it is never written to."""

    @property
    def token(self) -> str:
        return token_of(self.items)


@dataclass(frozen=True)
class Kept:
    """What a backup holds."""

    version: str
    at: Millis
    items: Mapping[str, Any]
    by: str | None = None


class ConfigStores(Protocol):
    """The stores of the team. Reads raise :class:`console.ports.SourceError`."""

    async def present(self, store: str) -> Present:
        """A store by its id or name."""
        ...

    async def backups(self, store: str, limit: int) -> Sequence[tuple[str, Millis]]:
        """The newest backups: their versions, and when they were made."""
        ...

    async def backup(self, store: str, version: str) -> Kept: ...

    async def restore(self, store: str, version: str, digest: str) -> None:
        """Put the whole store back as ``version`` has it, once, if its digest is still this just before.

        Raises :class:`console.ports.EffectRefused`, :class:`console.ports.EffectNotSent`, or
        :class:`console.ports.EffectUnknown`.
        """
        ...


def token_of(items: Mapping[str, Any]) -> str:
    """Stands for all keys and values of a store, whenever and by whomever they were written."""
    return hashlib.sha256(canonical(dict(items)).encode()).hexdigest()


def difference_lines(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """What of a store becomes another value, key by key; of objects, member by member."""
    found = list(_differences(before, after, "", DEEP))
    more = [f"and {len(found) - MOST} more differences"] if len(found) > MOST else []
    return (*found[:MOST], *more)


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], path: str, deep: int) -> Iterator[str]:
    for key in sorted({*before, *after}):
        place = f"{path}{shown_text(key)}"
        if key not in after:
            yield f"{place}: {shown(before[key])} → not there"
        elif key not in before:
            yield f"{place}: not there → {shown(after[key])}"
        elif canonical(before[key]) != canonical(after[key]):
            one, other = before[key], after[key]
            if deep and isinstance(one, dict) and isinstance(other, dict):
                yield from _differences(one, other, f"{place}.", deep - 1)
            else:
                yield f"{place}: {shown(one)} → {shown(other)}"
