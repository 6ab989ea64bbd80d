"""Asking the back-end for what the flags screen shows; nothing is changed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from console.actions import Impossible
from console.flags.counts import Counts
from console.flags.incident import incident_of
from console.flags.model import Flag
from console.flags.provider import Listing
from console.ports import SourceError, StoreUnusable
from console.readings import Millis, Problem
from screens.flags.known import Known, Past, newest_first, past_of

if TYPE_CHECKING:
    from console.cockpit import Cockpit
    from console.flags.desk import FlagDesk
    from console.flags.suspecting import Suspects
    from console.world import World

HISTORY = 5
"""Versions that the marked flag shows."""


async def desk_of(cockpit: Cockpit) -> FlagDesk:
    """The session's flags. What they need is heavy, so it is loaded beside the event loop.

    Raises :class:`Impossible`.
    """
    await asyncio.to_thread(import_module, "console.flags.desk")
    return cockpit.flags()


async def read(cockpit: Cockpit, before: Known, now: Millis, *, archived: bool = False) -> Known:
    """All flags as they are now, the ``archived`` if asked for, too; ``before`` with the problem if not."""
    try:
        desk = await desk_of(cockpit)
        listing, segments, gone, names = await asyncio.gather(
            desk.provider.list(),
            desk.provider.segments(),
            desk.provider.list(archived=True) if archived else asyncio.sleep(0),
            desk.names(),
            return_exceptions=True,
        )
    except Impossible as error:
        return replace(before, problem=Problem("unconfigured", str(error), "See coalmine doctor."))
    for answer in (listing, gone):
        if isinstance(answer, SourceError):
            return replace(before, problem=answer.problem)
        if isinstance(answer, BaseException):
            raise answer
    assert isinstance(listing, Listing)
    return Known(
        provider=desk.provider.name,
        follows=desk.provider.capabilities.follows,
        flags=newest_first(listing.flags),
        unreadable=listing.unreadable,
        archived=newest_first(gone.flags) if isinstance(gone, Listing) else before.archived,
        names=names if isinstance(names, Mapping) else before.names,
        segments=None if isinstance(segments, BaseException) else segments,
        at=now,
    )


async def read_suspects(cockpit: Cockpit, known: Known, world: World) -> Suspects | None:
    """Who is suspected of the harm that a judge sees; ``None`` where none does, or nobody can be asked."""
    incident = incident_of(world)
    if not incident.harm:
        return None
    try:
        desk = await desk_of(cockpit)
        from console.flags.suspecting import suspects_of

        return await suspects_of(desk, incident, world.now, known.flags)
    except (Impossible, SourceError, StoreUnusable):
        return None  # why is said of the flags themselves, or by the banner of the ledger


async def read_past(cockpit: Cockpit, flag: Flag) -> Past:
    """The newest versions of ``flag``, or why they are not known."""
    try:
        desk = await desk_of(cockpit)
        versions, counts = await asyncio.gather(
            desk.provider.history(flag.key, limit=HISTORY + 1),
            desk.provider.counts(flag.key),
            return_exceptions=True,
        )
        if isinstance(versions, BaseException):
            raise versions
    except Impossible as error:
        return Past(problem=Problem("unconfigured", str(error), ""))
    except SourceError as error:
        return Past(problem=error.problem)
    past = past_of(flag, versions, HISTORY)
    return replace(past, counts=counts) if isinstance(counts, Counts) else past
