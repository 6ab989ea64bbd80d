"""``coalmine incident open|list|show|timeline``: what is wrong, how it stands, and how it came about.

Its other verbs stand in ``incident_working`` and ``incident_roles``.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from console.commands.acting import as_answer, tell_plainly
from console.commands.incident_message import VERBS as TELLING
from console.commands.incident_options import ID, JSON, known, signals_options
from console.commands.incident_roles import role
from console.commands.incident_working import VERBS
from console.commands.incident_written import say_where
from console.commands.incidents_here import incidents_here
from console.commands.ledger import local
from console.commands.moments import moment_of
from console.commands.shared import DONE, HOLD, NO_DATA, answer, explain, run, say, words
from console.incidents.terms import SEVERITIES
from console.outcome import End, Outcome


@click.group("incident")
def command() -> None:
    """Incidents: open, see, work on, who does what, and the timeline."""


for _verb in (role, *VERBS, *TELLING):
    command.add_command(_verb)


@command.command("open")
@click.argument("title", callback=words)
@click.option("--severity", type=click.Choice(SEVERITIES), default="undetermined", show_default=True)
@click.option("--started", metavar="WHEN", help="Since when: 20m (ago), 14:02, or a date and time.")
@click.option("--evidence", metavar="TEXT", callback=words, help="What is known, in words.")
@click.option("--release", metavar="ID", callback=words, help="The canary's deployment of a release.")
@click.option("--flag", "flags", metavar="KEY", multiple=True, help="A flag that has to do with it.")
@signals_options
@JSON
def open_(
    title: str,
    severity: str,
    started: str | None,
    evidence: str | None,
    release: str | None,
    flags: tuple[str, ...],
    as_json: bool,
    **said: Any,
) -> None:
    """Open an incident; several may be open at once.

    With --errors, --exposed and the like, or --measured, a severity is suggested, with its reasons. It is set
    by a person: --severity here, or `incident severity` later. --measured keeps what is seen now as evidence,
    too, and links the release that rolls.
    """
    from console.incidents.desk import Opening

    async def opened() -> int:
        seen = await known(said)
        with incidents_here() as at:
            since = None if started is None else moment_of(started, at.now)
            if started is not None and since is None:
                raise click.UsageError(f"--started {started}: this is no moment. Write 20m, 14:02 or a date.")
            actor = await at.actor()
            if isinstance(actor, Outcome):
                return _told(actor, as_json)
            canary = release or seen.canary_id
            links = [("release", canary)] if canary else []
            links += [("flag", " ".join(one.split())) for one in flags if one.strip()]
            opening = Opening(
                title,
                at.here.aim.settings.vercel.project_id or "",
                since,
                severity,  # type: ignore[arg-type]
                seen.signals,
                (*((evidence,) if evidence else ()), *seen.evidence),
                tuple(links),
            )
            outcome = await at.desk.open(opening, actor)
            if outcome.end is End.DONE and not as_json:
                await say_where(at, outcome.next)
            return _told(outcome, as_json)

    sys.exit(run(opened()))


def _told(outcome: Outcome, as_json: bool) -> int:
    if as_json:
        answer(as_answer(outcome))
    else:
        tell_plainly(outcome if outcome.end is not End.DONE else Outcome(End.DONE, outcome.says))
    return outcome.end.exit_code


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that are over.")
@JSON
def list_(everything: bool, as_json: bool) -> None:
    """The incidents that go on, the newest first."""
    from console.incidents.telling import as_json as telling
    from console.incidents.telling import roles_words, standing_words

    async def listed() -> int:
        with incidents_here() as at:
            found = [one for one in await at.desk.all() if everything or not one.over]
            if as_json:
                answer({"incidents": [telling(one, at.now) for one in found]})
                return DONE
            for one in found:
                say(f"{one.id:<7} {one.opened.title}")
                who = roles_words(one)
                say(f"        {standing_words(one, at.now)}{f'; {who}' if who else ''}")
            if not found:
                say("No incident was ever opened." if everything else "No incident is open.")
            return DONE

    sys.exit(run(listed()))


@command.command("show")
@ID
@JSON
def show(incident_id: str, as_json: bool) -> None:
    """One incident: state, what is due, times, roles, links.

    The exit code is 3 while it goes on, and 0 once it is over.
    """
    from console.incidents.telling import as_json as telling
    from console.incidents.telling import page

    async def shown() -> int:
        with incidents_here() as at:
            found = await at.desk.get(incident_id)
            if found is None:
                explain(f"There is no incident {incident_id} in this ledger.")
                return NO_DATA
            if as_json:
                answer(telling(found, at.now))
            else:
                for line in page(found, at.now, local):
                    say(line)
            return DONE if found.over else HOLD

    sys.exit(run(shown()))


@command.command("timeline")
@ID
@click.option("--filter", "wanted", metavar="WORDS", default="", help="Lines with every one of these words.")
@click.option(
    "--before",
    metavar="MINUTES",
    type=click.IntRange(0, 10_080),
    default=30,
    show_default=True,
    help="So long before it began, too.",
)
@JSON
def timeline(incident_id: str, wanted: str, before: int, as_json: bool) -> None:
    """What happened in its time: its own events, decisions, flags, releases, verdicts, requests.

    It is read from the ledger, oldest first; nobody has to keep it.
    """
    from console.incidents.telling import line_of, lines_as_json
    from console.incidents.timeline import matching

    async def told() -> int:
        with incidents_here() as at:
            found = await at.desk.get(incident_id)
            if found is None:
                explain(f"There is no incident {incident_id} in this ledger.")
                return NO_DATA
            lines = matching(await at.desk.timeline(found, before * 60_000), wanted)
            if as_json:
                answer(lines_as_json(found, lines))
                return DONE
            for line in lines:
                say(line_of(line, found.opened.started_at, local))
            if not lines:
                say("No line has all of these words.")
            return DONE

    sys.exit(run(told()))
