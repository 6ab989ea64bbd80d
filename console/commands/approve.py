"""``coalmine approve ID``: one page of plain text, and a yes or a no. And the verbs that answer at once."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Literal, TypeVar

import click

from console.commands.acting import as_answer
from console.commands.requests_here import requests_here
from console.commands.shared import REFUSED, answer, at_terminal, explain, run, say, words
from console.outcome import End, Outcome
from console.readings import Problem
from console.rollback.answering import Answering
from console.rollback.counting import View
from console.rollback.request import State
from console.rollback.short_page import short_page
from console.rollback.telling import mine_of

F = TypeVar("F", bound=Callable[..., object])

Pressed = Literal["approve", "deny", "asks", "needs_time"]

KEYS = "[y] approve   [n] deny   [a] ask   [t] more time   [enter] neither, nothing changes"
PRESSED: Mapping[str, Pressed] = {"y": "approve", "n": "deny", "a": "asks", "t": "needs_time"}

OPTIONS = (
    click.option(
        "--key",
        type=click.Path(path_type=Path),
        help="Your SSH key (the public one, if an agent has the other half). Default: approval.key.",
    ),
    click.option("--reason", callback=words, help="Why."),
    click.option("--json", "as_json", is_flag=True, help="As JSON."),
)


def answering_options(verb: F) -> F:
    """The options of every verb that answers: ``key``, ``reason`` and ``as_json``."""
    for option in reversed(OPTIONS):
        verb = option(verb)
    return verb


@click.command("approve")
@click.argument("request_id", metavar="ID")
@click.option("--yes", is_flag=True, help="Approve without a question; for when there is no terminal.")
@answering_options
def command(request_id: str, yes: bool, key: Path | None, reason: str | None, as_json: bool) -> None:
    """Show a request on one page, and approve or deny it.

    It is signed with your SSH key; without one the account behind the token in the settings says who you are,
    and the policy decides whether that is enough.
    """
    sys.exit(run(_approve(request_id, yes, key, reason, as_json)))


async def _approve(request_id: str, yes: bool, key: Path | None, reason: str | None, as_json: bool) -> int:
    with requests_here() as here:
        view = await here.desk.get(request_id)
        if view is None:
            return _tell(_missing(request_id), None, as_json)
        left = 0
        if not as_json:
            lines, left = short_page(view)
            for line in lines:  # at once: who answers is found out while it is read
                say(line)
        answers = here.answering(key)
        who = await answers.who()
        if isinstance(who, Problem):
            return _tell(Outcome(End.REFUSED_HERE, who.what, who.next), view, as_json)
        _tell_mine(view, who.person, as_json)
        if view.state not in (State.AWAITING_APPROVAL, State.APPROVED):
            return _tell(_over(view), view, as_json)
        pressed: Pressed | None = "approve" if yes else _ask(who.person, as_json)
        if left and pressed == "approve" and not yes:
            return _tell(_unread(view, left), view, as_json)
        if pressed is None:
            return _tell(Outcome(End.REFUSED_HERE, "Nothing was answered; nothing changed."), view, as_json)
        return _tell(await _answer(answers, view, pressed, reason), view, as_json)


def _unread(view: View, left: int) -> Outcome:
    says = f"Nothing was answered: {left} lines of the plan are not on this page."
    return Outcome(
        End.REFUSED_HERE,
        says,
        f"Read all of it: `coalmine rollback show {view.id}`. Then: `coalmine approve {view.id} --yes`.",
    )


WANTED = {"deny": "Why not", "asks": "What", "needs_time": "For what"}
"""What is asked for where no reason was given."""


async def _answer(answers: Answering, view: View, pressed: Pressed, reason: str | None) -> Outcome:
    why = reason or (click.prompt(WANTED[pressed], type=str, err=True) if pressed in WANTED else "")
    if pressed == "asks" or pressed == "needs_time":
        return await answers.note(view, pressed, why)
    return await answers.give(view, pressed, why)


def _ask(person: str, as_json: bool) -> Pressed | None:
    if as_json or not at_terminal():
        explain("There is no terminal to ask on: --yes approves, `coalmine rollback deny` denies.")
        return None
    say("")
    say(f"{person}: {KEYS}")
    return PRESSED.get(click.getchar().lower())


def _tell_mine(view: View, person: str, as_json: bool) -> None:
    mine = mine_of(view, person)
    if mine is not None and not as_json:
        verb = "approved" if mine.decision == "approve" else "denied"
        say(f"YOU    have {verb} it already ({mine.level}): that is recorded and counts")


Does = Callable[[Answering, View, str], Awaitable[Outcome]]
"""What a verb does, with the reason that was given."""


def answering(name: str, text: str, does: Does) -> click.Command:
    """A verb that answers a request as the person of the key or token."""

    @click.command(name, help=text)
    @click.argument("request_id", metavar="ID")
    @answering_options
    def verb(request_id: str, key: Path | None, reason: str | None, as_json: bool) -> None:
        sys.exit(run(_answered(request_id, key, reason, as_json, does)))

    return verb


async def _answered(request_id: str, key: Path | None, reason: str | None, as_json: bool, does: Does) -> int:
    with requests_here() as here:
        view = await here.desk.get(request_id)
        if view is None:
            return _tell(_missing(request_id), None, as_json)
        return _tell(await does(here.answering(key), view, reason or ""), view, as_json)


async def _break(answers: Answering, view: View, reason: str) -> Outcome:
    broken = await answers.give(view, "break_glass", reason)
    if broken.end is not End.DONE:
        return broken
    following = f"Carry it out: `coalmine rollback execute {view.id}`. Somebody else has to review it."
    return Outcome(End.DONE, f"! {broken.says}", following, seq=broken.seq)


VERBS = (
    answering(
        "approve",
        "Approve a request; `coalmine approve ID` shows it first.",
        lambda a, v, r: a.give(v, "approve", r),
    ),
    answering(
        "deny",
        "Deny a request: it is closed, whatever others say later. Needs a reason.",
        lambda a, v, r: a.give(v, "deny", r),
    ),
    answering(
        "revoke",
        "Take your own answer back, until it is carried out. Needs a reason.",
        lambda a, v, r: a.revoke(v, r),
    ),
    answering(
        "break-glass",
        "Pass over the approvals, where the policy lets you. Loud, and reviewed by somebody else. Needs a "
        "reason.",
        _break,
    ),
    answering(
        "withdraw",
        "Not ask for it any more; only whoever asked. Needs a reason.",
        lambda a, v, r: a.withdraw(v, r),
    ),
)


def _missing(request_id: str) -> Outcome:
    says = f"There is no request {request_id} in this ledger."
    return Outcome(End.REFUSED_HERE, says, "`coalmine rollback list` shows them.")


def _over(view: View) -> Outcome:
    done = view.state in (State.SUCCEEDED, State.EXECUTING, State.VERIFYING)
    end = End.DONE if done else End.REFUSED_HERE
    return Outcome(end, f"{view.id} is {view.state.words}: nothing is to be answered any more.")


def _tell(outcome: Outcome, view: View | None, as_json: bool) -> int:
    if as_json:
        from console.rollback.telling import as_json as telling

        answer({**as_answer(outcome), "request": None if view is None else telling(view)})
    else:
        (say if outcome.end is End.DONE else explain)(outcome.says)
        if outcome.next:
            explain(outcome.next)
    return outcome.end.exit_code if outcome.end is not End.REFUSED_HERE else REFUSED
