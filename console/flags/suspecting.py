"""Gathering what the ranking of suspects rests on: the flags, the ledger, and the metrics by variant."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.canary.measures import Window
from console.flags.changing import changed
from console.flags.edits import UNREADABLE, Unfit
from console.flags.incident import Incident
from console.flags.intents import FlagStory
from console.flags.model import Flag
from console.flags.splits import Splits, SplitsByFlag
from console.flags.suspects import MINUTE, Made, Suspect, ranked
from console.flags.telling import PRODUCTION, environment_of
from console.flags.words import shown_text
from console.ports import SourceError
from console.readings import Millis

if TYPE_CHECKING:
    from console.flags.blast import Share
    from console.flags.desk import FlagDesk

BEFORE_MS: Millis = 10 * MINUTE
LONGEST_MS: Millis = 15 * MINUTE
"""Errors by variant are counted from so long before the judge's word turned, and over so long at most."""
MOST = 6
"""Suspects whose kill is worked out: each costs a question to the host."""
SAME_MS: Millis = 10_000
"""A change that the ledger and the host date so near to one another is one change."""


@dataclass(frozen=True, slots=True)
class Suspects:
    """The suspects of an incident, and what could not be looked at."""

    incident: Incident
    ranked: tuple[Suspect, ...]
    hinders: Mapping[str, str]
    """By key why turning the flag off is no way out of the harm; nothing of those where it may be."""
    unsaid: tuple[str, ...] = ()

    def of(self, key: str) -> Suspect | None:
        return next((one for one in self.ranked if one.key == key), None)


@dataclass(frozen=True, slots=True)
class Kill:
    """Turning one suspect off: whom that would move, or why it cannot be said or done."""

    suspect: Suspect
    environment: str
    moves: Share | None
    """The share of people who would get another variant, in that environment."""
    problem: str = ""

    @property
    def says(self) -> str:
        """Whom it hits, in words."""
        if self.moves is None:
            return self.problem
        from console.flags.previewing import share_words

        return f"another variant for {share_words(self.moves)}"


async def suspects_of(
    desk: FlagDesk, incident: Incident, now: Millis, flags: Sequence[Flag] | None = None
) -> Suspects:
    """Rank the flags (read now, where none are given). Raises :class:`console.ports.SourceError`."""
    if flags is None:
        flags = (await desk.provider.list()).flags
    story, (splits, unsaid) = await asyncio.gather(desk.told(), _splits(desk.splits, incident, now))
    found = ranked(flags, incident, changes_of(flags, story), splits)
    by_key = {one.key: one for one in flags}
    hinders = {one.key: why for one in found if (why := _hinders(desk, by_key[one.key], one))}
    return Suspects(incident, found, hinders, unsaid)


async def kills_of(
    desk: FlagDesk, found: Suspects, environments: Mapping[str, str], most: int = MOST
) -> tuple[Kill, ...]:
    """What turning each of the first suspects off would do, from the host's present state of them.

    ``environments``: where each is turned off. Nothing is sent, and nothing is raised for the expected.
    """
    wanted = [one for one in found.ranked if one.key not in found.hinders][:most]
    kills = await asyncio.gather(*(_kill(desk, one, environments.get(one.key, PRODUCTION)) for one in wanted))
    rest = [one for one in found.ranked if one.key in found.hinders][: most - len(kills)]
    no_way = [Kill(one, environments.get(one.key, PRODUCTION), None, found.hinders[one.key]) for one in rest]
    return (*kills, *no_way)


async def _kill(desk: FlagDesk, suspect: Suspect, environment: str) -> Kill:
    try:
        offer = await desk.gate.offer(desk.kill(suspect.key, environment))
    except Unfit as error:
        return Kill(suspect, environment, None, str(error))
    except SourceError as error:
        return Kill(suspect, environment, None, error.problem.what)
    own = next((one.now for one in offer.preview.hits if one.environment == environment), None)
    return Kill(suspect, environment, own, "" if own else "nobody gets another variant by it")


def changes_of(flags: Sequence[Flag], story: FlagStory) -> dict[str, list[Made]]:
    """Every change that is known: the host dates each flag's last one, the ledger has those made here."""
    found: dict[str, list[Made]] = {}
    for one in story.changes:
        if one.done:
            why = f"{one.event.words}: {one.event.reason}"
            found.setdefault(one.event.key, []).append(Made(one.at, one.event.person, why))
    for flag in flags:
        at, by = flag.raw.get("updatedAt"), flag.raw.get("updatedBy")
        known = found.setdefault(flag.key, [])
        if type(at) is int and not any(abs(one.at - at) <= SAME_MS for one in known):
            known.append(Made(at, str(by) if by else ""))
    return found


async def _splits(
    source: SplitsByFlag | None, incident: Incident, now: Millis
) -> tuple[Splits | None, tuple[str, ...]]:
    if source is None:
        return None, ("errors by variant: only a Prometheus can tell them",)
    ids = [one for one in (incident.harmed, incident.beside) if one is not None]
    if not ids:
        return None, ("errors by variant: it is not known which deployment serves",)
    window = Window(max(incident.since - BEFORE_MS, now - LONGEST_MS), now)
    try:
        found = await source.by_flag(ids, window)
    except SourceError as error:
        return None, (f"errors by variant: {error.problem.what}",)
    if incident.harmed not in found:
        where = "the canary" if incident.beside is not None else "production"
        return None, (f"errors by variant: {where} counts nothing as {source.flag_series}",)
    return found, ()


def _hinders(desk: FlagDesk, flag: Flag, suspect: Suspect) -> str:
    """Why turning it off would be no way out; empty where it may be one."""
    where = environment_of(flag)
    try:
        after = changed(flag, desk.provider.off(flag, where)).after
        entry = after.raw["environments"][where]
        safe = entry["pausedOutcome"]["variantId"] if not entry["active"] else ""
    except Unfit as error:
        return str(error)
    except UNREADABLE:
        return f"{shown_text(flag.key)} cannot be read"
    if suspect.worse and suspect.worse == safe:
        return f"turning it off would give everyone {shown_text(safe)}, which is what fails more"
    return ""
