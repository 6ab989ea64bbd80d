"""``coalmine release candidates|start``: what could be released, and the start of a rolling release."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from console.choosing import Choices, Choosable, Verb, choices
from console.commands.acting import Asked, Told, acting_options, attempt, session_of_command, tell
from console.commands.report import ago
from console.commands.shared import DONE, answer, explain, run, say, visible
from console.envelope import Json
from console.host import Candidate
from console.last_verdicts import LastVerdict
from console.outcome import End, Outcome
from console.planning import Choice, named
from console.ports import SourceError
from console.preflight import Item, stops
from console.readings import Millis

if TYPE_CHECKING:
    from console.session import Session

WIDTH = 34
"""Characters of a commit's message in a line."""


@click.command("candidates")
@click.option("--rollback", "for_rollback", is_flag=True, help="Those an instant rollback could go to.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def candidates(for_rollback: bool, as_json: bool) -> None:
    """The deployments that could be released, promoted or rolled back to, newest first.

    For each: commit, author, age, checks, and why it cannot be taken now, if so.
    """
    sys.exit(run(_candidates(for_rollback, as_json)))


async def _candidates(for_rollback: bool, as_json: bool) -> int:
    async with session_of_command() as (session, aim):
        production = session.production
        situation = await production.situation("rollback" if for_rollback else "start")
        rolling = situation.project is not None and situation.project.rolling_releases
        verb: Verb = "rollback" if for_rollback else "start" if rolling else "promote"
        found = choices(verb, await production.candidates(for_rollback=for_rollback), situation)
        said = await production.last_verdicts(row.candidate.deployment.id for row in found.rows)
        now = aim.clock.now()
    if as_json:
        answer(as_report(found, said, now))
        return DONE
    for row in found.rows:
        say(line_of(row, said.get(row.candidate.deployment.id), now))
    if not found.rows:
        say("No deployment could be rolled back to." if for_rollback else "No production deployment yet.")
    if found.in_the_way is not None:
        explain(f"For all of them: {found.in_the_way}")
    return DONE


def as_report(found: Choices, said: Mapping[str, LastVerdict], now: Millis) -> Json:
    """What ``release candidates --json`` answers."""
    return {
        "now": now,
        "verb": found.verb,
        "in_the_way": found.in_the_way,
        "candidates": [
            {
                **asdict(row.candidate.deployment),
                "branch": row.candidate.branch,
                "substate": row.candidate.substate,
                "checks": checks_of(row.candidate),
                "last_verdict": last.word.value if (last := said.get(row.candidate.deployment.id)) else None,
                "eligible": row.why_not is None and found.in_the_way is None,
                "why_not": row.why_not or found.in_the_way,
            }
            for row in found.rows
        ],
    }


def line_of(row: Choosable, said: LastVerdict | None, now: Millis) -> str:
    """One deployment in a line, with what was said last of it."""
    own = row.candidate.deployment
    message = visible(own.commit_message or "").split("\n")[0]
    message = message if len(message) <= WIDTH else f"{message[: WIDTH - 1]}…"
    age = ago(own.created_at, now) if own.created_at is not None else "–"
    state = "ok" if row.why_not is None else row.why_not
    return (
        f"{own.id}  {(own.commit_sha or '')[:7]:<7}  {message:<{WIDTH}}  {own.author or '–':<8}  {age:>11}  "
        f"checks {checks_of(row.candidate) or 'not said'}  "
        f"verdict {said.word.value if said else 'none'}  {state}"
    )


def checks_of(candidate: Candidate) -> str | None:
    """How the checks stand, in the host's own word; ``None`` = it did not say."""
    return candidate.checks_alias_state or candidate.checks_conclusion or candidate.checks_state


@click.command("start")
@click.argument("deployment")
@acting_options
def start(deployment: str, arm: str | None, reason: str | None, dry_run: bool, as_json: bool) -> None:
    """Begin a rolling release of DEPLOYMENT (its id or address).

    What speaks for and against it is said first, on stderr; while something stands in the way, or unless
    armed, it is refused. `coalmine release candidates` lists what could be started.
    """
    asked = Asked("start", reason, arm, dry_run, as_json, Choice(target_id=named(deployment)))
    sys.exit(run(_start(asked)))


async def _start(asked: Asked) -> int:
    async with session_of_command() as (session, _):
        await session.identify()
        try:
            items = await session.production.preflight(asked.choice.target_id or "")
        except SourceError as error:
            told = Told(Outcome(End.NOT_SENT, error.problem.what, error.problem.next))
            return tell(asked, told, {"preflight": []})
        if not asked.as_json:
            for item in items:
                explain(preflight_line(item))
        told = await _unless_stopped(session, asked, items)
        return tell(asked, told, {"preflight": [asdict(item) for item in items]})


async def _unless_stopped(session: Session, asked: Asked, items: tuple[Item, ...]) -> Told:
    standing = stops(items)
    if not standing:
        return await attempt(session, asked)
    says = "; ".join(f"{item.title}: {item.says}" for item in standing)
    return Told(
        Outcome(End.REFUSED_HERE, f"Not started: {says}.", "`coalmine release candidates` lists others.")
    )


MARKS = {"ok": "ok  ", "warn": "warn", "stop": "STOP", "unknown": "?   "}


def preflight_line(item: Item) -> str:
    """One line of the preflight."""
    return f"  {MARKS[item.state]}  {item.title:<15} {item.says}"
