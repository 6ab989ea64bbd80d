"""``coalmine playbook runs|status|watch``: the runs of playbooks, looked at without a token."""

from __future__ import annotations

import sys

import click

from console.commands.incident_options import JSON
from console.commands.ledger import local
from console.commands.runs_here import RunsHere, runs_here
from console.commands.shared import DONE, FAILED, HOLD, NO_DATA, answer, answer_line, explain, run, say
from console.readings import Millis
from console.runs.run import Run, standing
from console.runs.terms import RunState, StepState

RUN = click.argument("run_id", metavar="RUN")


def code_of(one: Run) -> int:
    """0 succeeded, 1 failed or aborted, 3 while it goes on, 4 where nobody knows how a step of it ended."""
    if one.state is RunState.SUCCEEDED:
        return DONE
    if one.over:
        return FAILED
    return NO_DATA if one.in_state(StepState.UNKNOWN) else HOLD


@click.command("runs")
@click.option("--all", "everything", is_flag=True, help="Also those that are over.")
@JSON
def runs(everything: bool, as_json: bool) -> None:
    """The runs that go on, the newest first."""
    from console.runs.telling import as_json as telling
    from console.runs.telling import line_of

    with runs_here() as at:
        found = [one for one in at.desk.every() if everything or not one.over]
        if as_json:
            told = [telling(one, at.desk.playbook(one), at.heard(one), at.now) for one in found]
            answer({"runs": told})
            return
        for one in found:
            say(line_of(one, at.heard(one)))
        if not found:
            say("No playbook was ever run." if everything else "No run goes on.")


@click.command("status")
@RUN
@JSON
def status(run_id: str, as_json: bool) -> None:
    """One run: each step and what became of it, and what is asked.

    The exit code is 0 once it succeeded, 1 if it failed or was aborted, 3 while it goes on, and 4 where
    nobody knows how a step ended.
    """
    with runs_here() as at:
        one = at.desk.seen(run_id)
        if one is None:
            explain(f"There is no run {run_id} in this ledger.")
            sys.exit(NO_DATA)
        _show(at, one, as_json)
        sys.exit(code_of(one))


def _show(at: RunsHere, one: Run, as_json: bool) -> None:
    from console.runs.telling import as_json as telling
    from console.runs.telling import page

    playbook = at.desk.playbook(one)
    if as_json:
        answer(telling(one, playbook, at.heard(one), at.now))
    elif playbook is None:
        explain(f"The playbook of {one.id} is not in the ledger any more.")
        say(f"{one.id} {standing(one, at.heard(one)).value}")
    else:
        for line in page(one, playbook, at.heard(one), at.now, local):
            say(line)


@click.command("watch")
@RUN
@click.option("--json", "as_json", is_flag=True, help="Each event as a line of JSON.")
def watch(run_id: str, as_json: bool) -> None:
    """Follow a run, whoever drives it, until it is over: each event within a second.

    The exit code is that of `playbook status`.
    """
    sys.exit(run(_watch(run_id, as_json)))


async def _watch(run_id: str, as_json: bool) -> int:
    from console.narrate import narrate
    from console.runs.happened import stream_of
    from data.sqlite.follow import follow

    with runs_here() as at:
        if at.desk.seen(run_id) is None:
            explain(f"There is no run {run_id} in this ledger.")
            return NO_DATA
        async for page in follow(at.desk.ledger, at.desk.clock, after_seq=0, stream=stream_of(run_id)):
            for one in page:
                if as_json:
                    answer_line(
                        {
                            "run": run_id,
                            "seq": one.seq,
                            "at": one.at,
                            "kind": one.kind,
                            "who": one.actor.person,
                            "says": narrate(one),
                            "payload": one.payload,
                        }
                    )
                else:
                    say(f"{_clock(one.at)}  {narrate(one)}")
            sys.stdout.flush()
            now = at.desk.seen(run_id)
            if now is not None and now.over:
                return code_of(now)
    return NO_DATA


def _clock(at: Millis) -> str:
    """The time of day."""
    return local(at).rpartition(" ")[2]


VERBS = (runs, status, watch)
