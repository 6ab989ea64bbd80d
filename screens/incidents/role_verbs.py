"""Who does what in an incident, as one thing to choose from: what is offered first, then what can be done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from console.incidents import role_rules as rules
from console.incidents.rules import refused
from console.incidents.terms import MANY, ROLE_WORDS, Role
from screens.asked import Answers, Asked, Choice, Field, option, recording
from screens.present import countdown

if TYPE_CHECKING:
    from console.event import Event
    from console.incidents.desk import Made
    from console.incidents.incident import Incident
    from console.outcome import Outcome
    from console.policy import Rulebook
    from console.readings import Millis

OPTIONS = {
    "accept": "--accept",
    "decline": "--decline",
    "take": "--take",
    "take_over": "--take-over",
    "leave": "--leave",
}
SAYS = {
    "accept": "{person} is {role} of {id}.",
    "take": "{person} is {role} of {id}.",
    "take_over": "{person} has taken over as {role} of {id}.",
    "decline": "{person} does not become {role} of {id}.",
    "leave": "{person} is {role} of {id} no more.",
}


def roles(incident: Incident, person: str, book: Rulebook | str, now: Millis) -> Asked:
    """Take, accept, offer, hand over, take over or leave a role."""

    def made(answers: Answers, who: str) -> Made:
        return lambda one, at: _event(answers, one, who, book, at)

    def says(answers: Answers) -> str:
        way, role = _split(answers.choice)
        if way == "offer":
            return f"{answers['person']} is asked to be {ROLE_WORDS[role]} of {incident.id}."
        return SAYS[way].replace("{role}", ROLE_WORDS[role]).replace("{id}", incident.id)

    do, check = recording(incident, person, made, says)
    people = () if isinstance(book, str) else tuple(one for one in book.people.people if one != person)
    known = (f"Listed in people.yaml: {', '.join(people)}.",) if people else ()
    return Asked(
        f"WHO DOES WHAT in {incident.id}",
        ("An offered role changes hands when it is accepted, within 10 minutes.", *known),
        (
            Field("person", "PERSON", "who is asked", "say who is asked"),
            Field("reason", "REASON", "why, if there is more to say"),
            Field("gone", "REASON", "why, said to everybody", "taking over needs a reason"),
        ),
        "Record",
        do,
        lambda answers: _command(incident.id, answers),
        tuple(_choices(incident, person, now)),
        0,
        check,
    )


def _choices(incident: Incident, person: str, now: Millis) -> Iterator[Choice]:
    held = incident.roles
    for offer in held.pending(now):
        if offer.to == person:
            left = countdown(offer.until - now)
            by = f"offered by {offer.by}, {left} left"
            yield Choice(f"accept {offer.role}", f"accept: {ROLE_WORDS[offer.role]} ({by})")
            yield Choice(f"decline {offer.role}", f"decline: {ROLE_WORDS[offer.role]}", ("reason",))
    mine = held.of(person)
    leads = held.holder("commander")
    for role, words in ROLE_WORDS.items():
        if role not in mine and (role in MANY or not held.holders(role)) and leads != person:
            yield Choice(f"take {role}", f"take: {words}", ("reason",))
    for role, words in ROLE_WORDS.items():
        who = ", ".join(held.holders(role))
        verb = "hand over" if role in mine else "offer"
        yield Choice(f"offer {role}", f"{verb}: {words}{f' (now {who})' if who else ''}", ("person",))
    for role, words in ROLE_WORDS.items():
        holder = held.holder(role)
        if role not in MANY and holder not in (None, person):
            yield Choice(f"take_over {role}", f"take over from {holder}: {words}", ("gone",))
    for role in mine:
        yield Choice(f"leave {role}", f"leave: {ROLE_WORDS[role]}", ("reason",))


def _split(choice: str) -> tuple[str, Role]:
    way, _, role = choice.partition(" ")
    return way, next(one for one in ROLE_WORDS if one == role)


def _event(
    answers: Answers, one: Incident, person: str, book: Rulebook | str, now: Millis
) -> Event | Outcome:
    if isinstance(book, str):
        return refused(book)
    way, role = _split(answers.choice)
    why = answers["gone"] if way == "take_over" else answers["reason"]
    match way:
        case "offer":
            return rules.offered(one, person, role, answers["person"], book, now)
        case "accept":
            return rules.accepted(one, person, role, now)
        case "decline":
            return rules.declined(one, person, role, why, now)
        case "take":
            return rules.taken(one, person, role, why)
        case "take_over":
            return rules.taken_over(one, person, role, why, book)
    return rules.left(one, person, role, why)


def _command(name: str, answers: Answers) -> tuple[str, ...]:
    way, role = _split(answers.choice)
    how = ("--offer", answers["person"]) if way == "offer" else (OPTIONS[way],)
    why = answers["gone"] if way == "take_over" else answers["reason"]
    return ("incident", "role", name, role, *how, *(option("--reason", why) if way != "offer" else ()))
