"""``coalmine flags list --suspects``: flags that may be behind a harm, and what turning each off would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.commands.shared import DONE, NO_DATA, answer, explain, say, visible

if TYPE_CHECKING:
    from console.flags.suspecting import Kill, Suspects
    from console.readings import Millis


async def tell_suspects(place: tuple[str | None, str], as_json: bool) -> int:
    """Ask host, metrics and ledger once, rank, and tell. Raises :class:`console.ports.SourceError`."""
    from console.commands.acting import session_of_command
    from console.flags.incident import incident_of
    from console.flags.suspecting import kills_of, suspects_of
    from console.flags.telling import environment_of

    async with session_of_command(flags_at=place) as (session, _):
        await session.look_once()
        desk, world = session.flags(), session.world()
        listing = await desk.provider.list()
        found = await suspects_of(desk, incident_of(world), world.now, listing.flags)
        where = {one.key: environment_of(one) for one in listing.flags}
        kills = await kills_of(desk, found, where)
    if as_json:
        answer(suspects_report(desk.provider.name, found, kills, listing.unreadable, world.now))
    else:
        for line in suspects_lines(desk.provider.name, found, kills):
            say(visible(line).replace("\n", " "))
    for one in listing.unreadable:
        explain(f"A flag cannot be read and is left out: {one}.")
    return NO_DATA if listing.unreadable else DONE


def suspects_report(
    provider: str, found: Suspects, kills: tuple[Kill, ...], unreadable: tuple[str, ...], now: Millis
) -> dict[str, Any]:
    """What ``flags list --suspects --json`` answers."""
    by_key = {one.suspect.key: one for one in kills}
    incident = found.incident
    return {
        "now": now,
        "provider": provider,
        "incident": {
            "harm": incident.harm,
            "since": incident.since,
            "says": incident.says,
            "deployment_id": incident.harmed,
        },
        "suspects": [
            {
                "key": one.key,
                "reasons": [
                    {"kind": reason.kind.replace(" ", "_"), "says": reason.says} for reason in one.reasons
                ],
                "unsaid": list(one.unsaid),
                "kill": None if one.key not in by_key else _kill(by_key[one.key]),
            }
            for one in found.ranked
        ],
        "unsaid": list(found.unsaid),
        "unreadable": list(unreadable),
    }


def _kill(one: Kill) -> dict[str, Any]:
    return {
        "environment": one.environment,
        "moves_low": None if one.moves is None else one.moves.low,
        "moves_high": None if one.moves is None else one.moves.high,
        "says": one.says,
    }


def suspects_lines(provider: str, found: Suspects, kills: tuple[Kill, ...]) -> list[str]:
    """The same for a person: a suspect with its reasons, and below each what turning it off would do."""
    by_key = {one.suspect.key: one for one in kills}
    number = len(found.ranked)
    head = f"{number} suspect{'' if number == 1 else 's'} of the flags of {provider}; {found.incident.says}"
    lines = [head]
    for place, one in enumerate(found.ranked, start=1):
        lines.append(f"  {place}  {one.key}")
        lines += [f"       {reason.says}" for reason in one.reasons]
        lines += [f"       not said: {said}" for said in one.unsaid]
        if one.key in by_key:
            kill = by_key[one.key]
            offered = kill.moves is not None
            lines.append(f"       off: {kill.says}" if offered else f"       off is no way out: {kill.says}")
            if offered:
                lines.append(f"       coalmine flags kill {one.key} --environment {kill.environment}")
    if not found.ranked:
        lines.append("  Nothing speaks against any flag; that acquits none.")
    return [*lines, *(f"  not known: {said}" for said in found.unsaid)]
