"""``coalmine incident review|action``: what follows once it is over."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from console.commands.incident_looking import none_of
from console.commands.incident_options import ID, JSON
from console.commands.incident_written import written
from console.commands.incidents_here import IncidentsHere, incidents_here
from console.commands.ledger import local
from console.commands.moments import day_of
from console.commands.shared import DONE, HOLD, answer, explain, run, say, words
from console.incidents.review_happened import AIMS, Aim
from console.incidents.rules import refused

if TYPE_CHECKING:
    from console.incidents.desk import Made
    from console.policy import Rulebook
    from console.readings import Millis

WAYS = ("start", "submit", "back", "accept")
DUE = click.option("--due", metavar="WHEN", help="12h, 3d or 2w from now, or a day: 2026-08-14.")


@click.command("review")
@ID
@click.option("--start", is_flag=True, help="Begin it, or give a draft another owner or another day.")
@click.option("--submit", is_flag=True, help="The draft is ready; its owner says so.")
@click.option("--back", is_flag=True, help="Send it back to its owner; say why.")
@click.option("--accept", is_flag=True, help="Agree with it: the incident is reviewed with that.")
@click.option("--owner", metavar="PERSON", callback=words, help="With --start: who writes it; else you.")
@DUE
@click.option("--reason", callback=words, help="What the review found, or why it is sent back.")
@JSON
def review(
    incident_id: str, owner: str | None, due: str | None, reason: str | None, as_json: bool, **ways: bool
) -> None:
    """The review of a resolved incident: draft, in review, reviewed. Without an option it says how it stands.

    Due 3 days after the resolution of a SEV1, 7 of a SEV2, else 14. Whoever submits it does not accept it.
    `incident export` writes it.
    """
    chosen = [name for name in WAYS if ways[name]]
    if len(chosen) > 1:
        raise click.UsageError("One of --start, --submit, --back, --accept, or none of them.")
    if chosen != ["start"] and (owner or due):
        raise click.UsageError("--owner and --due go with --start.")
    if not chosen:
        sys.exit(run(_standing(incident_id, as_json)))
    if chosen[0] in ("back", "accept") and not reason:
        raise click.UsageError(f"--{chosen[0]} needs a reason: --reason TEXT.")
    says = {
        "start": "The review of {id} is begun.",
        "submit": "The review of {id} is in review.",
        "back": "The review of {id} is a draft again.",
        "accept": "{id} is reviewed.",
    }[chosen[0]]

    def made(at: IncidentsHere, person: str) -> Made:
        from console.incidents import review_rules as rules

        until = _day(due, at.now)
        match chosen[0]:
            case "submit":
                return lambda one, now: rules.submitted(one, person)
            case "back":
                return lambda one, now: rules.returned(one, person, reason or "")
            case "accept":
                return lambda one, now: rules.accepted(one, person, reason or "")
        return _by_the_book(
            at, lambda book: lambda one, now: rules.begun(one, person, owner or person, until, book, now)
        )

    sys.exit(run(written(incident_id, made, says, as_json)))


async def _standing(incident_id: str, as_json: bool) -> int:
    from console.incidents.action_items import action_items_of, by_urgency
    from console.incidents.review import review_of
    from console.incidents.telling_review import item_line, items_as_json, review_as_json, review_words

    with incidents_here() as at:
        found = await at.desk.get(incident_id)
        if found is None:
            return none_of(incident_id)
        there, now = review_of(found.story), at.now
        items = by_urgency(action_items_of(found), now)
        if as_json:
            answer({"id": found.id, "review": review_as_json(there, now), "items": items_as_json(items, now)})
            return DONE
        say(f"{found.id}  {found.opened.title}")
        say(f"  review  {review_words(there, now)}")
        for one in items:
            say(f"  {item_line(one, now, local)}")
        return DONE


@click.group("action")
def action() -> None:
    """What is to be done after an incident: one owner each, and a day."""


@action.command("add")
@ID
@click.argument("text", callback=words)
@click.option("--owner", metavar="PERSON", required=True, callback=words, help="Who does it.")
@DUE
@click.option("--aim", type=click.Choice(AIMS), default="prevent", show_default=True, help="It improves.")
@JSON
def add(incident_id: str, text: str, owner: str, due: str | None, aim: Aim, as_json: bool) -> None:
    """Put down what is to be done. Without --due it is due in 7 days."""

    def made(at: IncidentsHere, person: str) -> Made:
        from console.incidents.review_rules import action_added

        until = _day(due, at.now)
        return _by_the_book(
            at, lambda book: lambda one, now: action_added(one, person, text, owner, until, aim, book, now)
        )

    sys.exit(run(written(incident_id, made, f"It stands in {{id}} for {owner}.", as_json)))


@action.command("done")
@click.argument("name", metavar="NAME")
@click.option("--reason", "says", callback=words, default=None, help="How it was done.")
@JSON
def done(name: str, says: str | None, as_json: bool) -> None:
    """Say that NAME (such as INC-1.2) is done."""
    from console.incidents.action_items import name_parts
    from console.incidents.review_rules import action_done

    parts = name_parts(name)
    if parts is None:
        raise click.UsageError(f"{name}: an action item is named like INC-1.2.")
    incident_id, number = parts
    sys.exit(
        run(
            written(
                incident_id,
                lambda at, person: lambda one, now: action_done(one, person, number, says or ""),
                f"{name} is done.",
                as_json,
            )
        )
    )


@action.command("list")
@click.argument("incident_id", metavar="[ID]", required=False)
@click.option("--all", "everything", is_flag=True, help="Also what is done.")
@JSON
def list_(incident_id: str | None, everything: bool, as_json: bool) -> None:
    """What is open, of all incidents or of one, what is overdue first.

    The exit code is 3 while anything is overdue.
    """
    from console.incidents.action_items import action_items_of, by_urgency
    from console.incidents.telling_review import item_line, items_as_json

    async def listed() -> int:
        with incidents_here() as at:
            incidents = await at.desk.all()
            if incident_id is not None:
                incidents = tuple(one for one in incidents if one.id == incident_id)
                if not incidents:
                    return none_of(incident_id)
            now = at.now
            items = by_urgency([item for one in incidents for item in action_items_of(one)], now)
            shown = [one for one in items if everything or one.open]
            late = sum(1 for one in items if one.late(now))
            if as_json:
                answer({"overdue": late, "items": items_as_json(shown, now)})
                return HOLD if late else DONE
            if late:
                explain(f"OVERDUE: {late}")
            for one in shown:
                say(item_line(one, now, local))
            if not shown:
                say("Nothing was ever put down." if everything else "Nothing is open.")
            return HOLD if late else DONE

    sys.exit(run(listed()))


def _day(typed: str | None, now: Millis) -> Millis | None:
    if typed is None:
        return None
    found = day_of(typed, now)
    if found is None:
        raise click.UsageError(f"--due {typed}: this is no day. Write 12h, 3d, 2w, or a day: 2026-08-14.")
    return found


def _by_the_book(at: IncidentsHere, made: Callable[[Rulebook], Made]) -> Made:
    """What asks people.yaml; refused where it cannot be used."""
    book = at.here.book
    if isinstance(book, str):
        no_policy = refused(book)
        return lambda one, now: no_policy
    return made(book)


REVIEWING = (review, action)
