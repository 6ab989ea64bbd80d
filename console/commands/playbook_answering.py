"""``coalmine playbook answer|skip|retry|abort|hand-over``: a word on a run, from wherever one is."""

from __future__ import annotations

import sys

import click

from console.commands.incident_options import JSON, REASON
from console.commands.runs_here import written
from console.commands.shared import run, words
from console.runs import rules

RUN = click.argument("run_id", metavar="RUN")


@click.command("answer")
@RUN
@click.argument("step")
@click.argument("choice", callback=words)
@click.option("--evidence", metavar="TEXT", callback=words, help="What shows it, in words or as a link.")
@JSON
def answer(run_id: str, step: str, choice: str, evidence: str | None, as_json: bool) -> None:
    """Answer a STEP that asks: a decision by its label or its number, a manual step by done or failed.

    A step whose end nobody knows is answered by succeeded or failed, with --evidence. Whoever has the step's
    role in the incident answers, where somebody has it.
    """
    sys.exit(
        run(
            written(
                run_id,
                lambda at, person: lambda scene, now: rules.said(scene, person, step, choice, evidence or ""),
                f"Step {step} of {{id}} is answered.",
                as_json,
            )
        )
    )


@click.command("skip")
@RUN
@REASON
@JSON
def skip(run_id: str, reason: str, as_json: bool) -> None:
    """Leave out the step that the run is at. It never counts as passed.

    What changes production is skipped only where the playbook says so (`skippable`), a decision never.
    """
    sys.exit(
        run(
            written(
                run_id,
                lambda at, person: lambda scene, now: rules.skipped(scene, person, reason),
                "The step is skipped; {id} goes on when somebody drives it.",
                as_json,
            )
        )
    )


@click.command("retry")
@RUN
@click.option("--reason", callback=words, default=None, help="In words. It is recorded.")
@JSON
def retry(run_id: str, reason: str | None, as_json: bool) -> None:
    """Try the step again that the run stands at, whatever its condition says; or let the run go on although
    its time is over."""
    sys.exit(
        run(
            written(
                run_id,
                lambda at, person: lambda scene, now: rules.retried(scene, person, reason or ""),
                "{id} goes on when somebody drives it.",
                as_json,
            )
        )
    )


@click.command("abort")
@RUN
@REASON
@JSON
def abort(run_id: str, reason: str, as_json: bool) -> None:
    """End a run here, and the runs that are a part of it. What was done stays done."""
    sys.exit(
        run(
            written(
                run_id,
                lambda at, person: lambda scene, now: rules.aborted(scene, person, reason),
                "{id} is aborted.",
                as_json,
                parts=True,
            )
        )
    )


@click.command("hand-over")
@RUN
@click.option("--to", "to", metavar="PERSON", required=True, callback=words, help="Of people.yaml.")
@JSON
def hand_over(run_id: str, to: str, as_json: bool) -> None:
    """Ask somebody else to drive on. You let go once the step in hand has ended; they `resume`."""
    sys.exit(
        run(
            written(
                run_id,
                lambda at, person: (
                    lambda scene, now: rules.handed_over(scene, person, to, at.desk.listed(to))
                ),
                f"{to} is asked to drive on: coalmine playbook resume {{id}}",
                as_json,
            )
        )
    )


VERBS = (answer, skip, retry, abort, hand_over)
