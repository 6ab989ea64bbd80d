"""Edge Config (Global Config by its newer name) over REST: reads of the truth, and writes that leave once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.ports import EffectNotSent, EffectRefused, SourceError
from console.readings import Problem
from data.http.secret import plain
from data.vercel.client import VercelClient, segment
from data.vercel.edge_config.models import (
    Backup,
    BackupsAnswer,
    Item,
    Items,
    Restored,
    Store,
    Stores,
    WholeBackup,
)

ROOT = "/v1/global-config"
BACKUPS_PAGE = 50
"""The most that Vercel puts on one page."""
MOST_PAGES = 20
_OWNERS = {"flags": "Vercel Flags", "experimentation": "a partner's experiments"}


class Moved(Exception):
    """Something in the store changed between reading it and writing; nothing was sent."""


class EdgeConfig:
    """One store. Reads raise :class:`SourceError`; these are the management API's, which never lag."""

    def __init__(self, client: VercelClient, store: str) -> None:
        self._client, self.name = client, store

    async def stores(self) -> list[Store]:
        """Every store of the team."""
        return (await self._client.get(ROOT, Stores, subject="the Edge Config stores")).root

    async def store(self) -> Store:
        return await self._client.get(self._path(), Store, subject=self._subject(), bucket=f"{ROOT}/one")

    async def item(self, key: str) -> Item | None:
        """``None`` for an item there is not; a store there is not raises as every failure does."""
        try:
            return await self._client.get(
                self._path("item", key),
                Item,
                subject=f"the item {plain(key, 60)} of {self._subject()}",
                bucket=f"{ROOT}/item",
            )
        except SourceError as error:
            if error.problem.kind != "not_found":
                raise
            await self.store()
            return None

    async def items(self) -> list[Item]:
        answer = await self._client.get(
            self._path("items"), Items, subject=f"the items of {self._subject()}", bucket=f"{ROOT}/items"
        )
        return answer.root

    async def write(self, operations: Sequence[Mapping[str, Any]], *, digest: str | None = None) -> None:
        """Send operations on items once; all of them happen or none.

        Raises the effects' errors; with nothing sent :class:`EffectRefused` for a store that is Vercel
        Flags' own or a partner's, and :class:`Moved` if the store has another ``digest`` just before.
        """
        found = await self._mine()
        if digest is not None and found.digest != digest:
            raise Moved
        await self._client.effect(
            self._path("items"),
            subject=f"the change of {self._subject()}",
            method="PATCH",
            body={"items": [dict(one) for one in operations]},
        )

    async def backups(self, limit: int = BACKUPS_PAGE) -> list[Backup]:
        """Newest first; each is the whole store as a write left it."""
        found: list[Backup] = []
        following: list[tuple[str, str]] = []
        for _ in range(MOST_PAGES):
            size = min(BACKUPS_PAGE, limit - len(found))
            if size <= 0:
                break
            page = await self._client.get(
                self._path("backups"),
                BackupsAnswer,
                subject=f"the backups of {self._subject()}",
                params=[("limit", str(size)), *following],
                bucket=f"{ROOT}/backups",
            )
            found += page.backups
            if not page.pagination.hasNext or not page.pagination.next:
                break
            following = [("next", page.pagination.next)]
        return found[:limit]

    async def backup(self, version: str) -> WholeBackup:
        return await self._client.get(
            self._path("backups", version),
            WholeBackup,
            subject=f"the backup {plain(version, 60)} of {self._subject()}",
            bucket=f"{ROOT}/backup",
        )

    async def restore(self, version: str, *, digest: str | None = None) -> None:
        """Put the *whole* store back as it was, once. Raises as :meth:`write` does."""
        found = await self._mine()
        if digest is not None and found.digest != digest:
            raise Moved
        await self._client.effect(
            f"{self._path('backups', version)}/restore",
            subject=f"the restoring of {self._subject()}",
            answers=Restored,
        )

    async def _mine(self) -> Store:
        """The store as it is. Raises unless it may be written to."""
        try:
            found = await self.store()
        except SourceError as error:
            raise EffectNotSent(error.problem) from None
        owner = owner_of(found)
        if owner is not None:
            raise EffectRefused(
                Problem(
                    "refused",
                    f"The store {plain(found.slug, 60)} belongs to {owner}; Coalmine never writes to it.",
                    "Nothing was sent. Change the flag where it is kept.",
                )
            )
        return found

    def _path(self, *parts: str) -> str:
        try:
            return "/".join([ROOT, *(segment(one, "name") for one in (self.name, *parts))])
        except ValueError as error:
            raise SourceError(self._client.misnamed(error)) from None

    def _subject(self) -> str:
        return f"the Edge Config {plain(self.name, 60)}"


def owner_of(store: Store) -> str | None:
    """Whose a store is, where it is somebody else's."""
    if store.purpose is None:
        return None
    return _OWNERS.get(store.purpose.type, f"somebody else ({plain(store.purpose.type, 30)})")
