"""``coalmine deployment show|log``: one deployment, its checks, and its build's log."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from console.commands.acting import session_of_command
from console.commands.report import ago
from console.commands.shared import DONE, FAILED, NO_DATA, answer, answer_line, explain, run, say, visible
from console.envelope import Json
from console.planning import named
from console.ports import SourceError

if TYPE_CHECKING:
    from console.host import BuildLine, Check, Detail
    from console.ports import Project
    from console.readings import Millis


@click.group("deployment")
def command() -> None:
    """One deployment: its state, its checks, its build."""


@command.command("show", short_help="State, author, domains and checks of a deployment.")
@click.argument("deployment", required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(deployment: str | None, as_json: bool) -> None:
    """State, author, domains and checks of DEPLOYMENT (its id or address).

    Without one: of the deployment that serves production. Exit code 4 where the host does not answer.
    """
    sys.exit(run(_show(deployment, as_json)))


@command.command("log", short_help="The log of a deployment's build.")
@click.argument("deployment", required=False)
@click.option("--follow", "-f", is_flag=True, help="Go on until the build has ended.")
@click.option("--errors", is_flag=True, help="Only the lines that are errors.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, a document a line.")
def log(deployment: str | None, follow: bool, errors: bool, as_json: bool) -> None:
    """The log of the build of DEPLOYMENT (its id or address; without one: of the one that serves production).

    Exit code 4 where the host does not answer or keeps no log; with --follow 1 where the build did not
    end well.
    """
    sys.exit(run(_log(deployment, follow, errors, as_json)))


async def _show(deployment: str | None, as_json: bool) -> int:
    async with session_of_command() as (session, aim):
        production = session.production
        project = await production.project()
        place = _place(deployment, project)
        if place is None:
            return NO_DATA
        detail = await production.detail(place)
        try:
            checks: list[Check] | None = await production.checks(detail.candidate.deployment.id)
        except SourceError as error:
            checks = None
            explain(f"The checks are not known: {error.problem.what} {error.problem.next}")
        now = aim.clock.now()
    if as_json:
        answer(as_report(detail, checks, project, now))
    else:
        for line in lines_of(detail, checks, project, now):
            say(line)
    return DONE


def _place(deployment: str | None, project: Project) -> str | None:
    """What to ask for; nothing, and said so, where none is named and none serves."""
    if deployment is not None:
        return named(deployment)
    if project.serving_id is None:
        explain("The host does not say which deployment serves production: name one.")
    return project.serving_id


def as_report(detail: Detail, checks: list[Check] | None, project: Project, now: Millis) -> Json:
    """What ``deployment show --json`` answers."""
    one = detail.candidate
    return {
        "now": now,
        **asdict(one.deployment),
        "branch": one.branch,
        "substate": one.substate,
        "serves": one.deployment.id == project.serving_id,
        "domains": _domains(detail, project),
        "rollback_candidate": one.rollback_candidate,
        "creator": one.creator,
        "source": one.source,
        "building_at": one.building_at,
        "ready_at": one.ready_at,
        "ended_at": one.ended_at,
        "error": one.error,
        "inspector_url": one.inspector_url,
        "checks": None if checks is None else [{**asdict(check), "red": check.red} for check in checks],
    }


def _domains(detail: Detail, project: Project) -> list[str]:
    """The production domains that lead to it now."""
    return [one.domain for one in project.served if one.deployment_id == detail.candidate.deployment.id]


def lines_of(detail: Detail, checks: list[Check] | None, project: Project, now: Millis) -> list[str]:
    """The same for a person."""
    one = detail.candidate
    own, domains = one.deployment, _domains(detail, project)
    state = " ".join(filter(None, (own.ready_state or "state not said", (one.substate or "").lower())))
    serves = ", serves production" if own.id == project.serving_id else ""
    message = (own.commit_message or "").split("\n")[0]
    lines = [
        f"{own.id}  {state}{serves}",
        f"  commit    {(own.commit_sha or 'not said')[:7]}  {message}  by {own.author or 'not said'}",
        f"  made      {ago(own.created_at, now)} by {one.creator or 'not said'} ({one.source or 'not said'})"
        f", branch {one.branch or 'not said'}, target {own.target or 'preview'}",
        f"  address   {own.url or 'none'}",
        f"  domains   {', '.join(domains) or 'no production domain leads to it'}",
    ]
    if one.error:
        lines.append(f"  error     {one.error}")
    if checks is not None and not checks:
        lines.append("  checks    none has run on it")
    for check in checks or ():
        what = f", holds back {check.blocks or 'the deployment'}" if check.blocking and check.red else ""
        lines.append(
            f"  check     {check.conclusion or check.status:<10} {check.name}{what}  {check.url or ''}"
        )
    return [visible(line).replace("\n", " ").rstrip() for line in lines]


async def _log(deployment: str | None, follow: bool, errors: bool, as_json: bool) -> int:
    async with session_of_command() as (session, _):
        production = session.production
        place = _place(deployment, await production.project())
        if place is None:
            return NO_DATA
        told = 0
        async for batch in production.build_log(place, follow=follow):
            told += len(batch)
            for line in batch:
                if line.error or not errors:
                    _tell(line, as_json)
        detail = await production.detail(place)
    if not told:
        explain(f"No log: {detail.no_build or 'the host gives no line of this build'}.")
        return NO_DATA
    state = detail.candidate.deployment.ready_state
    if follow and state != "READY":
        explain(f"The build ended as {state}: {detail.candidate.error or 'the host does not say why'}.")
        return FAILED
    return DONE


def _tell(line: BuildLine, as_json: bool) -> None:
    if as_json:
        answer_line(asdict(line))
        return
    at = datetime.fromtimestamp(line.at / 1000, UTC).astimezone()
    say(f"{at:%H:%M:%S}  {'error: ' if line.error else ''}{line.text.rstrip()}")
