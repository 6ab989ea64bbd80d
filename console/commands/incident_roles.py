"""``coalmine incident role``: who does what in an incident; offered and accepted, taken, left."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from console.commands.incident_written import written
from console.commands.incidents_here import IncidentsHere
from console.commands.shared import run, words
from console.incidents import role_rules as rules
from console.incidents.desk import Made
from console.incidents.rules import refused
from console.incidents.terms import ROLE_WORDS, Role

if TYPE_CHECKING:
    from console.event import Event
    from console.incidents.incident import Incident
    from console.outcome import Outcome
    from console.policy import Rulebook
    from console.readings import Millis

WAYS = ("take", "accept", "decline", "leave", "take_over")


@click.command("role")
@click.argument("incident_id", metavar="ID")
@click.argument("role", type=click.Choice(list(ROLE_WORDS)))
@click.option("--offer", metavar="PERSON", callback=words, help="Ask PERSON to take it, for 10 minutes.")
@click.option("--accept", is_flag=True, help="Take what was offered to you.")
@click.option("--decline", is_flag=True, help="Do not take it.")
@click.option("--take", is_flag=True, help="Take a role that nobody has.")
@click.option("--take-over", is_flag=True, help="Take it from somebody who is gone; say why.")
@click.option("--leave", is_flag=True, help="Have it no more.")
@click.option("--reason", callback=words, help="Why.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def role(
    incident_id: str, role: Role, offer: str | None, reason: str | None, as_json: bool, **ways: bool
) -> None:
    """Give, take or leave a role. It changes hands when it is accepted, not when it is offered.

    The commander has no other role; whoever becomes one gives up those that they had.
    """
    chosen = [name for name in WAYS if ways[name]] + (["offer"] if offer else [])
    if len(chosen) != 1:
        raise click.UsageError("One of --offer, --accept, --decline, --take, --take-over, --leave.")
    if ways["take_over"] and not reason:
        raise click.UsageError("--take-over needs a reason: --reason TEXT.")
    word = {
        "offer": f"{offer} is asked to be {ROLE_WORDS[role]} of {{id}}.",
        "accept": f"{{person}} is {ROLE_WORDS[role]} of {{id}}.",
        "take": f"{{person}} is {ROLE_WORDS[role]} of {{id}}.",
        "take_over": f"{{person}} has taken over as {ROLE_WORDS[role]} of {{id}}.",
        "decline": f"{{person}} does not become {ROLE_WORDS[role]} of {{id}}.",
        "leave": f"{{person}} is {ROLE_WORDS[role]} of {{id}} no more.",
    }[chosen[0]]

    def made(at: IncidentsHere, person: str) -> Made:
        book = at.here.book
        if isinstance(book, str):
            no_policy = refused(book)
            return lambda one, now: no_policy
        return lambda one, now: _made(chosen[0], one, person, role, offer or "", reason or "", book, now)

    sys.exit(run(written(incident_id, made, word, as_json)))


def _made(
    way: str, one: Incident, person: str, role: Role, to: str, why: str, book: Rulebook, now: Millis
) -> Event | Outcome:
    match way:
        case "offer":
            return rules.offered(one, person, role, to, book, now)
        case "accept":
            return rules.accepted(one, person, role, now)
        case "decline":
            return rules.declined(one, person, role, why, now)
        case "take":
            return rules.taken(one, person, role, why)
        case "take_over":
            return rules.taken_over(one, person, role, why, book)
    return rules.left(one, person, role, why)
