"""``coalmine release config show|set``: the stages that the next rolling release takes."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from console.commands.acting import Asked, act, acting_options, session_of_command
from console.commands.shared import DONE, answer, explain, run, say
from console.envelope import Json
from console.host import Slots
from console.host_words import gate_may
from console.planning import Choice, stages_of
from console.ports import ReleaseTemplate, SourceError
from console.preflight import how_long
from console.production_previews import stage_words
from console.stage_words import FORM, Unreadable, read_stages, written


@click.group("config")
def command() -> None:
    """The rolling release configuration: what the next release takes."""


@command.command("show")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(as_json: bool) -> None:
    """The stages, Vercel's own gate, and how many projects of the account may use rolling releases."""
    sys.exit(run(_show(as_json)))


async def _show(as_json: bool) -> int:
    async with session_of_command() as (session, _):
        template = (await session.production.situation("configure")).template
        try:
            slots: Slots | None = await session.production.slots()
            unsaid = None
        except SourceError as error:
            slots, unsaid = None, f"How many slots are free is not known: {error.problem.what}"
    if as_json:
        answer(as_report(template, slots))
        return DONE
    for line in lines_of(template, slots):
        say(line)
    if unsaid is not None:
        explain(unsaid)
    return DONE


def as_report(template: ReleaseTemplate | None, slots: Slots | None) -> Json:
    """What ``release config show --json`` answers. ``duration_minutes`` 0 = it does not advance by itself."""
    gate = None
    if template is not None and template.gate_enabled:
        gate = {
            "action": template.gate_action,
            "dry_run": template.gate_dry_run,
            "failure_threshold": template.gate_failure_threshold,
            "window_size": template.gate_window_size,
        }
    return {
        "rolling_releases": template is not None,
        "stages": [
            {
                "percentage": stage.percentage,
                "duration_minutes": stage.seconds // 60,
                "approval": bool(stage.approval),
            }
            for stage in stages_of(template)
        ],
        "gate": gate,
        "slots": None if slots is None else asdict(slots),
    }


def lines_of(template: ReleaseTemplate | None, slots: Slots | None) -> list[str]:
    """The same for a person, with the words that would set it so."""
    stages = stages_of(template)
    lines = [f"stages  {stage_words(stages)}"]
    if stages:
        lines[0] += f"; {how_long(stages)}"
        lines.append(f"        {' '.join(f'--stage {written(stage)}' for stage in stages)}")
    if template is not None and template.gate_enabled:
        lines.append(f"gate    Vercel's own is on: it {gate_may(template)}")
    if slots is not None:
        free = "unlimited" if slots.available is None else f"{slots.available} free"
        lines.append(f"slots   {free}{f' ({slots.message})' if slots.message else ''}")
    return lines


@command.command("set")
@click.option("--stage", "stages", multiple=True, metavar=FORM, help="One stage; say it once for each.")
@click.option("--off", is_flag=True, help="Switch rolling releases off.")
@acting_options
def set_(
    stages: tuple[str, ...], off: bool, arm: str | None, reason: str | None, dry_run: bool, as_json: bool
) -> None:
    """Replace the stages that the next release takes, or switch rolling releases off.

    A running release keeps its own. The change is previewed on stderr first (- as it is, + as it would
    be), and refused unless armed. A stage lasts whole minutes (10m, 2h, 1h30m) and then advances by itself;
    without a duration it waits for an approval. Vercel's own gate stays as it is.

    Example: --stage 5 --stage 25:10m --stage 50:approval --stage 100
    """
    if off == bool(stages):
        raise click.UsageError("Say either the stages (--stage, once for each) or --off.")
    try:
        plan = () if off else read_stages(stages)
    except Unreadable as error:
        raise click.UsageError("\n".join(error.faults)) from None
    sys.exit(run(act(Asked("configure", reason, arm, dry_run, as_json, Choice(stages=plan)))))
