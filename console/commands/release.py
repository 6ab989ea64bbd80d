"""``coalmine release``: the verbs of the release screen as commands."""

from __future__ import annotations

import sys

import click

from console.commands.acting import Asked, act, acting_options, session_of_command
from console.commands.release_config import command as config
from console.commands.release_freeze import freeze, thaw
from console.commands.release_production import promote, rollback
from console.commands.release_record import command as record
from console.commands.release_start import candidates, start
from console.commands.release_watch import command as watch
from console.commands.report import release_lines, release_report
from console.commands.shared import DONE, NO_DATA, answer, explain, run, say


@click.group("release")
def command() -> None:
    """Show and move the rolling release."""


@command.command("show", short_help="The release as the host has it now.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(as_json: bool) -> None:
    """The release as the host has it now: stages, where it stands, what comes next."""
    sys.exit(run(_show(as_json)))


async def _show(as_json: bool) -> int:
    async with session_of_command() as (session, _):
        await session.look_once()
        world = session.world()
    if as_json:
        answer(release_report(world))
    else:
        for line in release_lines(world):
            say(line)
    if world.release.problem is not None:
        explain(f"{world.release.problem.what} {world.release.problem.next}")
        return NO_DATA
    return DONE


def _acting(name: str, text: str) -> click.Command:
    @click.command(name, help=f"{text} It is previewed on stderr first, and refused unless armed.")
    @acting_options
    def verb(reason: str | None, arm: str | None, dry_run: bool, as_json: bool) -> None:
        sys.exit(run(act(Asked(name, reason, arm, dry_run, as_json))))

    return verb


for _name, _text in (
    ("advance", "Move the release to its next stage."),
    ("complete", "Give the canary all traffic now and end the release."),
    ("abort", "End the release: roll back to the baseline."),
):
    command.add_command(_acting(_name, _text))

for _command in (candidates, start, promote, rollback, freeze, thaw, watch, record, config):
    command.add_command(_command)
