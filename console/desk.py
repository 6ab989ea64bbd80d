"""Behind the picture: the sources in detail, what was sent, and the token with which it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from console.alerts.polling import ALERTS
from console.calls import CallLog
from console.engine import Engine
from console.identity import Identity
from console.keeping import METRICS
from console.metric_sources import SUPPLEMENTS
from console.parts import Parts
from console.policy import Rulebook
from console.probing import SOURCE as PROBING
from console.readings import Millis
from console.renewal import Renewal
from console.sources import Facts, SourceView, views
from console.tokens import Tried
from console.world import Banner, World

ASKED = {
    "release": "the rolling release",
    "project": "the project",
    "template": "the release's configuration",
    "candidates": "the newest deployments",
    "activity": "the activity",
    "slots": "the plan's slots",
    METRICS: "counts of both tracks",
    **dict.fromkeys(SUPPLEMENTS, "both tracks together, before and since the release"),
    PROBING: "a request of our own to each track",
    ALERTS: "what fires, and in which groups",
}
"""The engine's jobs, in words."""

UNREPLACED = Tried(False, "The token of this session cannot be replaced.", "Open another console.")


class Desk:
    """One session's. ``book`` gives the policy in force; ``busy`` whether an act is under way."""

    def __init__(
        self,
        parts: Parts,
        engine: Engine,
        identity: Identity,
        book: Callable[[], Rulebook | str],
        busy: Callable[[], bool],
        end_arming: Callable[[str], Awaitable[object]],
    ) -> None:
        self._parts, self._engine, self._book = parts, engine, book
        self._logins: tuple[str, ...] = ()
        self._renewal: Renewal | None = None
        if parts.tokens is not None:
            self._renewal = Renewal(parts.tokens, identity, parts.clock, busy, end_arming, engine.refresh)

    @property
    def calls(self) -> CallLog:
        """Every request of this session, the newest of them."""
        return self._parts.calls

    def sources(self, world: World) -> tuple[SourceView, ...]:
        """Every source as ``world`` and this session know it; asks nobody."""
        parts, book = self._parts, self._book()
        facts = Facts(
            wires=parts.wires(),
            asked=self._asked(),
            polling=self._engine.polling,
            token_origin=self._renewal.origin if self._renewal is not None else "",
            logins=self._logins,
            policy=book if isinstance(book, str) else None,
        )
        return views(world, facts)

    def _asked(self) -> dict[str, tuple[tuple[str, Millis], ...]]:
        found: dict[str, tuple[tuple[str, Millis], ...]] = {}
        for job in self._engine.jobs:
            asked = (ASKED.get(job.key, job.key), job.every_ms)
            found[job.asked] = (*found.get(job.asked, ()), asked)
        return found

    # --- the token ---------------------------------------------------------------------------------

    async def another_token(self, text: str | None, *, as_other: str | None = None) -> Tried:
        """Try the typed token, or (``None``) one that is kept on this machine; taken if the host accepts it.

        ``as_other``: whose it may be, confirmed by a person, if it is somebody else's; that ends the arming.
        """
        if self._renewal is None:
            return UNREPLACED
        if text is None:
            return await self._renewal.search(as_other=as_other)
        return await self._renewal.typed(text, as_other=as_other)

    async def look_for_token(self) -> None:
        """Where the token came from, another one may be by now; what is kept on this machine is read, too."""
        self._logins = await asyncio.to_thread(self._parts.logins)
        if self._renewal is not None:
            await self._renewal.look()

    def banners(self, world: World) -> tuple[Banner, ...]:
        """What ``world`` and the host say of the token, where it has to be said."""
        if self._renewal is None or self._parts.via == "command":  # a command has no key to press
            return ()
        self._renewal.seen(world, self._engine.polling)
        return self._renewal.banners(world)
