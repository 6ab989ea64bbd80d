"""``coalmine rollback``: ask for what needs other people, see how it stands, carry it out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from console.authorise import out_of_the_question
from console.commands.acting import as_answer, session_of_command, tell_plainly
from console.commands.approve import VERBS
from console.commands.requests_here import requests_here
from console.commands.shared import (
    DONE,
    LONGEST,
    NO_DATA,
    REFUSED,
    answer,
    explain,
    run,
    say,
    words,
)
from console.outcome import End, Outcome
from console.planning import named
from console.ports import SourceError
from console.rollback.afterwards import waits
from console.rollback.request import State
from console.rollback.telling import as_json as telling
from console.rollback.telling import attempt_lines, page, standing_words, who_words

if TYPE_CHECKING:
    from console.rollback.making import Wishes


@click.group("rollback")
def command() -> None:
    """Requests that other people approve: ask, see, answer, carry out."""


@command.command("request")
@click.argument("target", metavar="[TARGET]", required=False)
@click.option("--abort", is_flag=True, help="Abort the rolling release.")
@click.option("--flag-off", "flags_off", metavar="KEY", multiple=True, help="Turn this flag off first.")
@click.option("--database", metavar="NAME", callback=words, help="Then run this command of coalmine.toml.")
@click.option(
    "--restore-point",
    metavar="TEXT",
    callback=words,
    help="Where its data can be restored to; with --database.",
)
@click.option("--environment", default="production", show_default=True, help="Of the flags.")
@click.option("--store", metavar="ID", default="", help="Restore this Edge Config, too: from --backup.")
@click.option(
    "--backup", metavar="VERSION", default="", help="The store's backup; without it, they are listed."
)
@click.option("--reason", required=True, callback=words, help="Why. It is recorded and signed with.")
@click.option("--by-hand", is_flag=True, help="Not carried out by itself: `rollback execute` does it.")
@click.option("--dry-run", is_flag=True, help="Say what would be asked for and ask for nothing.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def request(
    target: str | None,
    abort: bool,
    flags_off: tuple[str, ...],
    database: str | None,
    restore_point: str | None,
    environment: str,
    store: str,
    backup: str,
    reason: str,
    by_hand: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Ask for a rollback: flags off, then an abort or an instant rollback to TARGET (its id or address),
    then a restored Edge Config.

    Smallest first, as one plan that other people approve as the policy says. Nothing is sent before that. A
    console or `coalmine watch` with a token carries it out then; else `coalmine rollback execute` does.

    With --database NAME the commands of [database.NAME] in coalmine.toml are the last step: its check and its
    dry run are run now (with --dry-run as well), and again right before it is.
    """
    from console.rollback.making import Wishes

    if abort and target:
        raise click.UsageError("Either --abort or a TARGET: an abort goes back to the baseline.")
    if not (abort or target or flags_off or store or database):
        raise click.UsageError(
            "Name what should go back: TARGET, --abort, --flag-off KEY, --store ID or --database NAME."
        )
    if backup and not store:
        raise click.UsageError("--backup is one of a store: name it with --store ID.")
    if bool(database) != bool(restore_point):
        raise click.UsageError("--database NAME and --restore-point TEXT go together.")
    verb = "abort" if abort else "rollback" if target else ""
    aim = named(target) if target else None
    wishes = Wishes(verb, aim, flags_off, environment, store, backup, database or "", restore_point or "")
    sys.exit(run(_request(wishes, reason, by_hand, dry_run, as_json)))


async def _request(wishes: Wishes, reason: str, by_hand: bool, dry_run: bool, as_json: bool) -> int:
    from console.rollback.making import Unmade, planned

    async with session_of_command() as (session, _):
        await session.look_once()
        try:
            plan, shown = await planned(session, wishes)
        except Unmade as error:
            return _told(Outcome(End.REFUSED_HERE, str(error)), as_json)
        except SourceError as error:
            return _told(Outcome(End.NOT_SENT, error.problem.what, error.problem.next), as_json)
        explain(shown.title)
        for line in shown.lines:
            explain(f"  {line}")
        for line in shown.not_covered:
            explain(f"  not: {line}")
        if dry_run:
            return _told(Outcome(End.DONE, "Dry run: nothing was asked for."), as_json)
        outcome = await session.requests().ask(plan, shown, reason, wait=by_hand)
        return _told(outcome, as_json)


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what is over.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_(everything: bool, as_json: bool) -> None:
    """The requests that wait for somebody, the newest first."""
    sys.exit(run(_list(everything, as_json)))


async def _list(everything: bool, as_json: bool) -> int:
    with requests_here() as here:
        views = [one for one in await here.desk.all() if everything or waits(one)]
        if as_json:
            answer({"requests": [telling(one) for one in views]})
            return DONE
        for one in views:
            say(f"{one.id:<6} {one.request.opened.title}")
            say(f"       {standing_words(one)}; {who_words(one)}")
        if not views:
            say("No request waits for anybody." if not everything else "Nothing was ever asked for.")
        return DONE


@command.command("show")
@click.argument("request_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(request_id: str, as_json: bool) -> None:
    """One request: plan, evidence, answers, what was done.

    The exit code says how it stands: 0 done, 1 failed or done in part, 3 waiting or under way, 4 unknown, 5
    denied, expired, withdrawn or superseded.
    """
    sys.exit(run(_show(request_id, as_json)))


async def _show(request_id: str, as_json: bool) -> int:
    with requests_here() as here:
        view = await here.desk.get(request_id)
        if view is None:
            explain(f"There is no request {request_id} in this ledger.")
            return NO_DATA
        if as_json:
            answer(telling(view))
        else:
            for line in (*page(view, None), *attempt_lines(view)):
                say(line)
        return exit_code(view.state)


def exit_code(state: State) -> int:
    """How it stands, for a script."""
    if state is State.SUCCEEDED:
        return 0
    if state in (State.FAILED, State.PARTIALLY_DONE):
        return 1
    if state is State.UNKNOWN:
        return 4
    return REFUSED if state.over else 3


@command.command("execute")
@click.argument("request_id", metavar="ID")
@click.option("--again", is_flag=True, help="After a failure: go on from the step that failed.")
@click.option("--skip", metavar="REASON", callback=words, help="After a failure: leave that step out; why.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def execute(request_id: str, again: bool, skip: str | None, as_json: bool) -> None:
    """Carry an approved request out, step by step, and look at what production serves afterwards.

    The first failure stops it. Then --again tries that step once more, and --skip leaves it out and goes on
    after it, which is never possible where what became of it is not known; the request is done in part then.
    `rollback undo` asks for what takes back the steps that were done.
    """
    if again and skip:
        raise click.UsageError("Either --again or --skip: try the failed step once more, or leave it out.")
    sys.exit(run(_execute(request_id, again, skip or "", as_json)))


async def _execute(request_id: str, again: bool, skip: str, as_json: bool) -> int:
    async with session_of_command() as (session, _):
        await session.identify()
        return _told(await session.requests().execute(request_id, again=again, skip=skip), as_json)


@command.command("close")
@click.argument("request_id", metavar="ID")
@click.option("--reason", required=True, callback=words, help="What was found, in words.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def close(request_id: str, reason: str, as_json: bool) -> None:
    """Say that what was reopened has been looked at: it waits for nobody any more.

    A request is reopened where its verification found something wrong, or where production is worse than its
    own past since. Nothing is changed by closing it.
    """
    sys.exit(run(_close(request_id, reason, as_json)))


async def _close(request_id: str, reason: str, as_json: bool) -> int:
    async with session_of_command() as (session, _):
        await session.identify()
        room = session.requests()
        view = await room.desk.get(request_id)
        if view is None:
            return _told(Outcome(End.REFUSED_HERE, f"There is no request {request_id}."), as_json)
        return _told(await room.answering.close(view, reason), as_json)


@command.command("undo")
@click.argument("request_id", metavar="ID")
@click.option("--reason", required=True, callback=words, help="Why. It is recorded and signed with.")
@click.option("--by-hand", is_flag=True, help="Not carried out by itself: `rollback execute` does it.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def undo(request_id: str, reason: str, by_hand: bool, as_json: bool) -> None:
    """Ask for what takes back the steps that a request has done, the last one first.

    It is a request of its own, which the policy decides about as about any other. Flags go back to what they
    were, production to the deployment that served before. What cannot be taken back is said and left out.
    """
    sys.exit(run(_undo(request_id, reason, by_hand, as_json)))


async def _undo(request_id: str, reason: str, by_hand: bool, as_json: bool) -> int:
    from console.rollback.undoing import undo

    async with session_of_command() as (session, _):
        await session.look_once()
        return _told(await undo(session, request_id, reason, wait=by_hand), as_json)


@command.command("accept")
@click.argument("request_id", metavar="ID")
@click.option("--reason", callback=words, help="Why; without it, the evidence of the proposal.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def accept(request_id: str, reason: str | None, as_json: bool) -> None:
    """Ask for what the judge proposes.

    Where the policy wants nobody else, it is carried out at once.
    """
    sys.exit(run(_accept(request_id, reason, as_json)))


async def _accept(request_id: str, reason: str | None, as_json: bool) -> int:
    async with session_of_command() as (session, _):
        await session.identify()
        refused = out_of_the_question(session.standing())
        if refused is not None:
            return _told(Outcome(End.REFUSED_HERE, refused.says, refused.next), as_json)
        room = session.requests()
        view = await room.desk.get(request_id)
        proposed = "; ".join(view.request.opened.evidence[1:2]).strip() if view is not None else ""
        outcome = await room.accept(request_id, reason or proposed[:LONGEST] or "as the judge proposes")
        return _told(outcome, as_json)


@command.command("review")
@click.argument("request_id", metavar="ID")
@click.option(
    "--verdict",
    type=click.Choice(["justified", "not_justified", "policy_should_change"]),
    required=True,
    help="Whether the glass was rightly broken.",
)
@click.option("--reason", required=True, callback=words, help="In words.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def review(request_id: str, verdict: str, reason: str, as_json: bool) -> None:
    """Close the review of a broken glass; never by who broke it."""
    sys.exit(run(_review(request_id, verdict, reason, as_json)))


async def _review(request_id: str, verdict: str, reason: str, as_json: bool) -> int:
    async with session_of_command() as (session, _):
        await session.identify()
        desk = session.requests().desk
        outcome = await desk.review(request_id, session.actor(), verdict, reason)  # type: ignore[arg-type]
        return _told(outcome, as_json)


def _told(outcome: Outcome, as_json: bool) -> int:
    if as_json:
        answer(as_answer(outcome))
    else:
        tell_plainly(outcome)
    return outcome.end.exit_code


for _verb in VERBS:
    command.add_command(_verb)
