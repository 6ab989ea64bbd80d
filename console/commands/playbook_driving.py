"""``coalmine playbook run|resume|take-over``: a playbook is driven from here."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

import click

from console.commands.incident_options import JSON, REASON
from console.commands.shared import DONE, REFUSED, USAGE, answer, at_terminal, explain, run, say, words

if TYPE_CHECKING:
    from console.commands.playbook_hands import Driving
    from console.commands.runs_here import RunsHere
    from console.envelope import Actor
    from console.outcome import Outcome
    from console.runs.hand_playbook import Found
    from console.runs.params import Given
    from console.runs.run import Run

    Go = Callable[[RunsHere, Actor, Driving], Awaitable[int]]

RUN = click.argument("run_id", metavar="RUN")
ARM = click.option("--arm", metavar="REASON", callback=words, help="Arm this session for the run; say why.")
WAIT = click.option("--wait", is_flag=True, help="Stay where a person is asked, until somebody answers.")
MOST_MINUTES = 8 * 60
ARM_MINUTES = 60
"""Where the playbook names no time of its own."""


def _params(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> Mapping[str, str]:
    found = {}
    for one in value:
        name, equals, text = one.partition("=")
        if not equals:
            raise click.BadParameter(f"{one}: write NAME=VALUE.")
        if name in found:
            raise click.BadParameter(f"{name} is given twice.")
        found[name] = text
    return found


@click.command("run")
@click.argument("name")
@click.option("--param", "params", metavar="NAME=VALUE", multiple=True, callback=_params, help="A parameter.")
@click.option("--incident", "incident_id", metavar="ID", default="", help="The incident it is about.")
@click.option("--dry-run", is_flag=True, help="Show every step; do what only looks, and change nothing.")
@click.option("--plan", "plan_only", is_flag=True, help="Show every step with its values, and do nothing.")
@ARM
@WAIT
@JSON
def run_(
    name: str,
    params: Mapping[str, str],
    incident_id: str,
    dry_run: bool,
    plan_only: bool,
    arm: str | None,
    wait: bool,
    as_json: bool,
) -> None:
    """Run the playbook NAME (or a file, `*.md`) and drive it here, step by step.

    At a terminal the plan is shown and confirmed first, and questions are asked. Elsewhere the run waits
    where a person is asked (exit code 3), unless --wait: it is answered with `playbook answer`, and driven on
    with `playbook resume`. It goes by the text that the file has now: later changes are not its own.
    """
    sys.exit(run(_run(name, params, incident_id, (dry_run, plan_only), arm, wait, as_json)))


async def _run(
    name: str,
    params: Mapping[str, str],
    incident_id: str,
    only: tuple[bool, bool],
    arm: str | None,
    wait: bool,
    as_json: bool,
) -> int:
    from console.commands.playbook_hands import read
    from console.runs.params import given

    found = read(name)
    if isinstance(found, tuple):
        for line in found:
            explain(line)
        return USAGE
    taken = given(found.pinned.playbook, params)
    if taken.faults and not any(only):
        for fault in taken.faults:
            explain(fault)
        return USAGE
    minutes = _minutes(found)
    return await _with_driver(
        lambda at, actor, driving: _go(at, actor, driving, found, taken, incident_id, only, as_json),
        None if arm is None else (arm, minutes),
        wait,
        as_json,
    )


def _minutes(found: Found) -> int:
    from console.playbooks.shapes import milliseconds

    limit = found.pinned.playbook.fields.get("timeout")
    if not isinstance(limit, str) or "{{" in limit:
        return ARM_MINUTES
    return max(1, min(MOST_MINUTES, -(-milliseconds(limit) // 60_000)))


async def _with_driver(go: Go, arm: tuple[str, int] | None, wait: bool, as_json: bool) -> int:
    """Open what drives, and let ``go`` do it; the exit code."""
    from console.commands.playbook_hands import driving
    from console.commands.playbook_terminal import Lines, Prompt
    from console.commands.runs_here import runs_here
    from console.outcome import Outcome
    from console.runs.driver import Told

    with runs_here() as at:
        actor = await at.at.actor()
        if isinstance(actor, Outcome):
            return _refused(actor, as_json)
        lines = Lines(explain if as_json else say)
        prompt = Prompt(at, actor) if at_terminal() and not as_json else None

        def told(one: Run) -> None:
            lines.run(one)
            if prompt is not None:
                prompt.run(one)

        stays = wait or prompt is not None
        try:
            async with driving(at, actor, stays=stays, told=Told(told, lines.progress), arm=arm) as drives:
                if isinstance(drives, Outcome):
                    return _refused(drives, as_json)
                return await go(at, actor, drives)
        finally:
            if prompt is not None:
                prompt.stop()


async def _go(
    at: RunsHere,
    actor: Actor,
    driving: Driving,
    found: Found,
    taken: Given,
    incident_id: str,
    only: tuple[bool, bool],
    as_json: bool,
) -> int:
    from console.outcome import End
    from console.runs.desk import Start

    if any(only):
        return await _plan(driving, actor, found, taken, incident_id, only[0], as_json)
    if at_terminal() and not as_json:
        await _plan(driving, actor, found, taken, incident_id, False, False)
        if not click.confirm("Start it?", err=True):
            explain("Nothing was begun.")
            return REFUSED
    project = at.at.here.aim.settings.vercel.project_id or ""
    outcome = await at.desk.start(Start(found.pinned, found.path, taken, project, incident_id), actor)
    if outcome.end is not End.DONE:
        return _refused(outcome, as_json)
    explain(outcome.says)
    await _link(at, actor, outcome.next)
    return await _drive(at, driving, outcome.next, as_json)


async def _link(at: RunsHere, actor: Actor, run_id: str) -> None:
    from console.runs.linking import link

    run = await at.desk.get(run_id)
    refused = None if run is None else await link(at.at.desk, run, actor)
    if refused is not None:
        explain(f"{refused.says} {refused.next}".strip())


async def _plan(
    driving: Driving,
    actor: Actor,
    found: Found,
    taken: Given,
    incident_id: str,
    look: bool,
    as_json: bool,
) -> int:
    from console.runs.pinned import resolved
    from console.runs.plan import Terms, lines_of, planned, timers_ms
    from console.runs.telling import span

    playbook = found.pinned.playbook
    driving.planning = (found.pinned, taken.values)
    terms = Terms(
        playbook,
        taken.values,
        driving.secrets(""),
        driving.hands(),
        actor.person,
        incident_id,
        look,
    )
    steps = [one async for one in planned(terms)]
    timers = timers_ms(resolved(playbook, taken.values))
    if as_json:
        answer(
            {
                "playbook": playbook.name,
                "version": playbook.version,
                "sha256": found.pinned.sha256,
                "dry_run": look,
                "params": [{"name": name, "value": value} for name, value in taken.values.items()],
                "faults": list(taken.faults),
                "timers_ms": timers,
                "steps": [one.as_json() for one in steps],
            }
        )
    else:
        tell = say if look or not at_terminal() else explain
        tell(f"{playbook.title} ({playbook.name}, version {playbook.version}, {found.pinned.sha256[:8]})")
        for name, value in taken.values.items():
            tell(f"  {name} = {value}")
        for line in lines_of(steps):
            tell(driving.redacted(line, terms.secrets))
        tell(f"Its timers take {span(timers)} in all; steps marked ! change production.")
        for fault in taken.faults:
            explain(fault)
    return USAGE if taken.faults else DONE


async def _drive(
    at: RunsHere, driving: Driving, run_id: str, as_json: bool, why: str = "", over: bool = False
) -> int:
    from console.commands.playbook_runs import code_of
    from console.runs.telling import as_json as telling
    from console.runs.telling import asked

    driver = driving.driver()
    wrong = await driver.take(run_id, why, over=over)
    if wrong is not None:
        return _refused(wrong, as_json)
    stopped = await driver.drive(run_id)
    one = stopped.run
    playbook = at.desk.playbook(one)
    if as_json:
        answer(telling(one, playbook, at.heard(one), at.now))
    elif stopped.lost:
        explain(f"Stopped driving: {stopped.why}.")
    elif not one.over:
        explain(
            f"{run_id} goes on when somebody drives it (coalmine playbook resume {run_id}): {stopped.why}."
        )
        for line in asked(one, playbook) if playbook else ():
            explain(line)
    return REFUSED if stopped.lost else code_of(one)


def _refused(outcome: Outcome, as_json: bool) -> int:
    from console.commands.acting import as_answer, tell_plainly

    if as_json:
        answer(as_answer(outcome))
    else:
        tell_plainly(outcome)
    return outcome.end.exit_code


@click.command("resume")
@RUN
@ARM
@WAIT
@JSON
def resume(run_id: str, arm: str | None, wait: bool, as_json: bool) -> None:
    """Drive a run on that nobody drives: after an answer, after a crash, or because you were asked to.

    A step that was in hand when its driver ended is looked at first: what only looks is done again, what
    waits goes on waiting, and what changes production is never blindly done again.
    """
    sys.exit(run(_on(run_id, arm, wait, as_json)))


@click.command("take-over")
@RUN
@REASON
@ARM
@WAIT
@JSON
def take_over(run_id: str, reason: str, arm: str | None, wait: bool, as_json: bool) -> None:
    """Drive on in place of somebody who is gone: they were not heard of for 30 seconds."""
    sys.exit(run(_on(run_id, arm, wait, as_json, why=reason, over=True)))


async def _on(
    run_id: str, arm: str | None, wait: bool, as_json: bool, why: str = "", over: bool = False
) -> int:
    return await _with_driver(
        lambda at, actor, driving: _drive(at, driving, run_id, as_json, why, over),
        None if arm is None else (arm, ARM_MINUTES),
        wait,
        as_json,
    )


VERBS = (run_, resume, take_over)
