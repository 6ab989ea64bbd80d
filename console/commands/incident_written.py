"""What every verb does that writes to an incident: who, one append, and the answer."""

from __future__ import annotations

from collections.abc import Callable

import click

from console.commands.acting import as_answer, tell_plainly
from console.commands.incidents_here import IncidentsHere, incidents_here
from console.commands.moments import moment_of
from console.commands.shared import answer, explain
from console.event import Event
from console.incidents.desk import Made
from console.outcome import End, Outcome
from console.readings import Millis


async def written(
    incident_id: str,
    made: Callable[[IncidentsHere, str], Made],
    says: str,
    as_json: bool,
    when: str | None = None,
) -> int:
    """Append what ``made``, of the open ledger and the person, makes of the incident; the exit code.

    ``says`` on success, with ``{person}`` and ``{id}``. ``when``: the moment, as typed, that it tells of.
    """
    with incidents_here() as at:
        happened = None if when is None else moment_of(when, at.now)
        if when is not None and (happened is None or happened > at.now):
            raise click.UsageError(
                f"--at {when}: this is no moment that has passed. Write 5m, 14:02 or a date and time."
            )
        actor = await at.actor()
        if isinstance(actor, Outcome):
            outcome = actor
        else:
            words = says.replace("{person}", actor.person).replace("{id}", incident_id)
            outcome = await at.desk.record(
                incident_id, actor, made(at, actor.person), words, happened_at=happened
            )
            if outcome.end is End.DONE and not as_json:
                await say_where(at, incident_id)
        if as_json:
            answer(as_answer(outcome))
        else:
            tell_plainly(outcome)
        return outcome.end.exit_code


async def put(
    incident_id: str,
    event: Callable[[str, Millis], Event],
    says: str,
    as_json: bool,
    when: str | None = None,
) -> int:
    """As :func:`written`, of what is possible however the incident stands."""
    return await written(
        incident_id, lambda at, person: lambda one, now: event(person, now), says, as_json, when
    )


async def say_where(at: IncidentsHere, incident_id: str) -> None:
    """How it stands now and what is suggested, on stderr."""
    from console.incidents.due import suggestion_of
    from console.incidents.telling import standing_words

    found = await at.desk.get(incident_id)
    if found is None:
        return
    explain(f"{found.id}: {standing_words(found, at.now)}")
    one = suggestion_of(found, at.now)
    if one is not None:
        explain(f"suggested: {one.severity} ({one.rule}): {'; '.join(one.reasons)}")
