"""The team's Edge Config stores as :class:`console.rollback.stores.ConfigStores`."""

from __future__ import annotations

from collections.abc import Sequence

from console.ports import EffectNotSent
from console.readings import Millis, Problem
from console.rollback.stores import Kept, Present
from data.http.secret import plain
from data.vercel.client import VercelClient
from data.vercel.edge_config.client import EdgeConfig, Moved, owner_of


class EdgeConfigStores:
    """Any store, by its id or name."""

    def __init__(self, client: VercelClient) -> None:
        self._client = client

    async def present(self, store: str) -> Present:
        """The digest is read first: what is written between the two readings fails the next comparison."""
        one = EdgeConfig(self._client, store)
        found, items = await one.store(), await one.items()
        held = {item.key: item.value for item in items}
        return Present(found.id, found.slug, found.digest, held, owner_of(found))

    async def backups(self, store: str, limit: int) -> Sequence[tuple[str, Millis]]:
        found = await EdgeConfig(self._client, store).backups(limit)
        return [(one.id, one.lastModified) for one in found]

    async def backup(self, store: str, version: str) -> Kept:
        found = await EdgeConfig(self._client, store).backup(version)
        items = {key: item.value for key, item in found.backup.items.items()}
        return Kept(found.id, found.lastModified, items, found.user.username if found.user else None)

    async def restore(self, store: str, version: str, digest: str) -> None:
        try:
            await EdgeConfig(self._client, store).restore(version, digest=digest)
        except Moved:
            what = f"The Edge Config {plain(store, 60)} was changed just before it would have been restored."
            raise EffectNotSent(
                Problem("refused", what, "Nothing was sent. Look at it as it is now.")
            ) from None
