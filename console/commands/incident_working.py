"""``coalmine incident ack|severity|status|note|link|resolve|reopen|close|merge``: working on an incident."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click

from console.commands.incident_options import ID, JSON, REASON, known, signals_options, signals_said
from console.commands.incident_written import put, written
from console.commands.incidents_here import IncidentsHere
from console.commands.shared import run, words
from console.incidents import rules
from console.incidents.desk import Made
from console.incidents.severity import Signals
from console.incidents.terms import SEVERITIES, State


@click.command("ack")
@ID
@JSON
def ack(incident_id: str, as_json: bool) -> None:
    """Acknowledge it: you take care of it. Of several who do, the first one does."""
    sys.exit(
        run(
            written(
                incident_id,
                lambda at, person: lambda one, now: rules.acknowledged(one, person),
                "{person} takes care of {id}.",
                as_json,
            )
        )
    )


@click.command("severity")
@ID
@click.argument("severity", type=click.Choice(SEVERITIES), required=False)
@click.option("--reason", callback=words, default=None, help="Why; to lower it, it has to be said.")
@signals_options
@JSON
def severity(incident_id: str, severity: str | None, reason: str | None, as_json: bool, **said: Any) -> None:
    """Say how bad it is, or (with --errors and the like, or --measured, without SEVERITY) have one suggested.

    Anybody who is listed may raise it. The commander or a deputy lowers it, where there is one, with a
    reason. A suggestion is never lower than what is set, and sets nothing.
    """
    given = said["measured"] or signals_said(said) is not None
    if (severity is None) != given:
        raise click.UsageError(
            "Either a SEVERITY, or what one is suggested by (--errors, --journey, --measured, …)."
        )
    if severity is None:
        sys.exit(run(_suggest(incident_id, said, as_json)))
    sys.exit(
        run(
            written(
                incident_id,
                lambda at, person: lambda one, now: rules.severity_set(one, person, severity, reason or ""),  # type: ignore[arg-type]
                f"{{id}}: {severity}.",
                as_json,
            )
        )
    )


async def _suggest(incident_id: str, said: Mapping[str, Any], as_json: bool) -> int:
    from console.incidents.desk import suggestion_made

    made = suggestion_made((await known(said)).signals or Signals())
    return await written(incident_id, lambda at, person: made, "A severity is suggested for {id}.", as_json)


@click.command("status")
@ID
@click.argument("state", type=click.Choice(["investigating", "identified", "mitigated"]), required=False)
@click.option("--reason", callback=words, default=None, help="What was found, or what mitigated it.")
@click.option("--tell", metavar="TEXT", callback=words, help="A word to everybody on how it stands.")
@click.option(
    "--next", "minutes", type=click.IntRange(1, 10_080), help="With --tell: the next in so many minutes."
)
@JSON
def status(
    incident_id: str,
    state: str | None,
    reason: str | None,
    tell: str | None,
    minutes: int | None,
    as_json: bool,
) -> None:
    """Go on to STATE, or tell everybody how it stands (--tell); when the next word is due follows from the
    severity, or is said with --next.

    --tell records the word; it sends nothing.
    """
    from console.incidents.happened import IncidentUpdated

    if (state is None) == (tell is None):
        raise click.UsageError("Either a STATE, or --tell TEXT.")
    if minutes is not None and tell is None:
        raise click.UsageError("--next is of a word: it goes with --tell TEXT.")
    if tell is not None:
        sys.exit(
            run(
                put(
                    incident_id,
                    lambda person, now: IncidentUpdated(
                        person=person,
                        says=tell,
                        next_at=None if minutes is None else now + minutes * 60_000,
                    ),
                    "It stands in {id} now.",
                    as_json,
                )
            )
        )
    sys.exit(
        run(
            written(
                incident_id,
                lambda at, person: (
                    lambda one, now: rules.moved(one, person, State(state or ""), reason or "", now)
                ),
                f"{{id}} is {state}.",
                as_json,
            )
        )
    )


@click.command("note")
@ID
@click.argument("text", callback=words)
@click.option("--at", "when", metavar="WHEN", help="When it happened: 5m (ago), 14:02, or a date and time.")
@JSON
def note(incident_id: str, text: str, when: str | None, as_json: bool) -> None:
    """Write a line into the timeline, also of an incident that is over."""
    from console.incidents.happened import IncidentNoted

    sys.exit(
        run(
            put(
                incident_id,
                lambda person, now: IncidentNoted(person=person, says=text),
                "It stands in the timeline of {id}.",
                as_json,
                when,
            )
        )
    )


@click.command("link")
@ID
@click.argument("what", type=click.Choice(["release", "deployment", "flag", "request", "run"]))
@click.argument("name", callback=words)
@click.option("--remove", is_flag=True, help="Take the link back.")
@JSON
def link(incident_id: str, what: Any, name: str, remove: bool, as_json: bool) -> None:
    """Say what it has to do with: a release (its canary's id), a deployment, a flag, a request (RB-1), or the
    run of a playbook (PB-1)."""

    def made(at: IncidentsHere, person: str) -> Made:
        if remove:
            return lambda one, now: rules.unlinked(one, person, what, name)
        there = at.known(what, name)
        return lambda one, now: rules.linked(one, person, what, name, there=there)

    says = f"{what} {name} is linked to {{id}}{' no more' if remove else ''}."
    sys.exit(run(written(incident_id, made, says, as_json)))


@click.command("resolve")
@ID
@REASON
@click.option("--early", metavar="REASON", callback=words, help="Why the watch is not waited for.")
@JSON
def resolve(incident_id: str, reason: str, early: str | None, as_json: bool) -> None:
    """Say that it is over: what was mitigated was watched (30 minutes, at SEV3 and SEV4 10) and stayed well.

    Not while a linked request still waits for somebody.
    """

    def made(at: IncidentsHere, person: str) -> Made:
        return lambda one, now: rules.moved(
            one, person, State.RESOLVED, reason, now, early or "", at.waiting(one)
        )

    sys.exit(run(written(incident_id, made, "{id} is resolved.", as_json)))


@click.command("reopen")
@ID
@REASON
@JSON
def reopen(incident_id: str, reason: str, as_json: bool) -> None:
    """It was not over after all; within 7 days of its resolution."""
    sys.exit(
        run(
            written(
                incident_id,
                lambda at, person: lambda one, now: rules.reopened(one, person, reason, now),
                "{id} is open again.",
                as_json,
            )
        )
    )


@click.command("close")
@ID
@REASON
@JSON
def close(incident_id: str, reason: str, as_json: bool) -> None:
    """Put it away: a resolved one as reviewed; one in triage as declined, a false alarm."""
    sys.exit(
        run(
            written(
                incident_id,
                lambda at, person: lambda one, now: rules.closed(one, person, reason, now),
                "{id} is closed.",
                as_json,
            )
        )
    )


@click.command("merge")
@ID
@click.argument("into", metavar="INTO")
@REASON
@JSON
def merge(incident_id: str, into: str, reason: str, as_json: bool) -> None:
    """It is the same as INTO, which was opened earlier: it goes on there, with its timeline."""

    def made(at: IncidentsHere, person: str) -> Made:
        return lambda one, now: rules.merged(one, person, at.desk.seen(into), into, reason)

    sys.exit(run(written(incident_id, made, f"{{id}} goes on in {into}.", as_json)))


VERBS = (ack, severity, status, note, link, resolve, reopen, close, merge)
