"""``coalmine incident timeline|before``: how it came about."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from console.commands.incident_options import ID, JSON
from console.commands.incidents_here import incidents_here
from console.commands.ledger import local
from console.commands.moments import moment_around
from console.commands.shared import DONE, NO_DATA, answer, explain, run, say
from console.incidents.timeline import KINDS

if TYPE_CHECKING:
    from console.incidents.incident import Incident
    from console.readings import Millis

AROUND = 10
"""Lines before and after the one that --jump lands on."""
WEEK = 10_080


@click.command("timeline")
@ID
@click.option("--match", "--filter", "words", metavar="WORDS", default="", help="Lines with all these words.")
@click.option("--kind", "kinds", metavar="KIND", multiple=True, help=f"One of {', '.join(KINDS)}.")
@click.option("--by", "people", metavar="PERSON", multiple=True, help="What this person recorded.")
@click.option("--from", "since", metavar="WHEN", help="+5m (from its start), 20m (ago), 14:02, a date.")
@click.option("--until", metavar="WHEN", help="As --from; also now.")
@click.option("--jump", metavar="WHEN", help="Only what is next to that moment.")
@click.option(
    "--before",
    metavar="MINUTES",
    type=click.IntRange(0, WEEK),
    default=30,
    show_default=True,
    help="So long before it began, too.",
)
@JSON
def timeline(
    incident_id: str,
    words: str,
    kinds: tuple[str, ...],
    people: tuple[str, ...],
    since: str | None,
    until: str | None,
    jump: str | None,
    before: int,
    as_json: bool,
) -> None:
    """What happened in its time: its own events, decisions, flags, releases, verdicts, requests.

    It is read from the ledger, oldest first; nobody has to keep it. KIND may also be the kind of an event,
    such as flag.ended. --kind and --by may be given several times: one of them has to fit.
    """
    from console.incidents.telling import line_of, lines_as_json
    from console.incidents.timeline_filter import Wanted, chosen, place_of

    for kind in kinds:
        if kind not in KINDS and "." not in kind:
            raise click.UsageError(f"--kind {kind}: it is one of {', '.join(KINDS)}, or a kind of event.")

    async def told() -> int:
        with incidents_here() as at:
            found = await at.desk.get(incident_id)
            if found is None:
                return none_of(incident_id)
            wanted = Wanted(
                frozenset(kinds),
                frozenset(people),
                _moment("--from", since, at.now, found),
                _moment("--until", until, at.now, found),
                words,
            )
            lines = chosen(await at.desk.timeline(found, before * 60_000), wanted)
            moment = _moment("--jump", jump, at.now, found)
            place = None if moment is None else place_of(lines, moment)
            if place is not None:
                first = max(place - AROUND, 0)
                lines, place = lines[first : place + AROUND + 1], place - first
            if as_json:
                answer(lines_as_json(found, lines))
                return DONE
            for number, line in enumerate(lines):
                mark = "" if place is None else "> " if number == place else "  "
                say(f"{mark}{line_of(line, found.opened.started_at, local)}")
            if not lines:
                say("No line is all of this.")
            return DONE

    sys.exit(run(told()))


@click.command("before")
@ID
@click.option(
    "--minutes",
    metavar="MINUTES",
    type=click.IntRange(1, WEEK),
    default=30,
    show_default=True,
    help="So long before it began.",
)
@JSON
def before(incident_id: str, minutes: int, as_json: bool) -> None:
    """What was changed before it began: the first suspects, the newest first, and who changed it.

    Changes of the release, flags, stores and the database, also those made outside the console. What was
    refused changed nothing. `(linked)`: of something that is linked to the incident.
    """
    from console.incidents.telling_before import before_as_json, before_line

    async def told() -> int:
        with incidents_here() as at:
            found = await at.desk.get(incident_id)
            if found is None:
                return none_of(incident_id)
            changes = await at.desk.before(found, minutes * 60_000)
            if as_json:
                answer(before_as_json(found, minutes, changes))
                return DONE
            explain(f"{found.id} began at {local(found.opened.started_at)}. Changed in {minutes} min before:")
            for one in changes:
                say(before_line(one, local))
            if not changes:
                say("Nothing that this ledger knows of.")
            return DONE

    sys.exit(run(told()))


def none_of(incident_id: str) -> int:
    """There is none of that name; the exit code."""
    explain(f"There is no incident {incident_id} in this ledger. `coalmine incident list --all` shows them.")
    return NO_DATA


def _moment(option: str, typed: str | None, now: Millis, incident: Incident) -> Millis | None:
    if typed is None:
        return None
    found = moment_around(typed, now, incident.opened.started_at)
    if found is None:
        raise click.UsageError(f"{option} {typed}: this is no moment. Write +5m, 20m, 14:02 or a date.")
    return found


LOOKING = (timeline, before)
