"""``coalmine people``: who there is, how they are reached, who is on call, and who is asked next."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.commands.incident_options import JSON
from console.commands.ledger import local
from console.commands.shared import DONE, HOLD, USAGE, answer, explain, run, say

if TYPE_CHECKING:
    from console.incidents.incident import Incident
    from console.on_call.contacts import Contacts
    from console.policy import People


@click.group("people")
def command() -> None:
    """People: `people.yaml` says who may do what; `contacts.yaml` beside it how they are reached, who is on
    call and in which order they are asked.

    Who is on call may do nothing more by that: the two files are apart, so that a rota can change every week
    and what people may do only by a quorum.
    """


def _folder() -> Path:
    from console.target import load_settings

    return load_settings().ledger_path.parent


def _read(folder: Path) -> tuple[People | None, Contacts | None, list[str]]:
    """Both files, and everything that is wrong with them."""
    from console.on_call.contacts import FILE_NAME
    from console.policy import PolicyFault
    from data.contacts_file import contacts_of
    from data.policy_files import PolicyFiles

    try:
        people = PolicyFiles(folder)().people
    except PolicyFault as error:
        return None, None, list(error.faults)
    contacts, faults = contacts_of(folder, people.people)
    return people, contacts, [fault.words(str(folder / FILE_NAME)) for fault in faults]


@command.command("validate")
@JSON
def validate(as_json: bool) -> None:
    """Say everything that is wrong with the files, as `file:line:column: message`."""
    people, contacts, faults = _read(_folder())
    if as_json:
        answer({"faults": faults})
    else:
        for fault in faults:
            say(fault)
        known = len(people.people) if people else 0
        explain(f"People: {known}. Rotas: {len(contacts.rotas) if contacts else 0}. Faults: {len(faults)}.")
    sys.exit(USAGE if faults else DONE)


def _usable() -> tuple[People, Contacts]:
    people, contacts, faults = _read(_folder())
    for fault in faults:
        explain(fault)
    if people is None or contacts is None:
        sys.exit(USAGE)
    return people, contacts


@command.command("show")
@JSON
def show(as_json: bool) -> None:
    """Everybody, with their roles and how they are reached."""
    from console.on_call.telling import people_lines

    people, contacts = _usable()
    if as_json:
        listed = [
            {
                "key": key,
                "name": one.name,
                "roles": list(one.roles),
                "contacts": dict(contacts.people.get(key, {})),
            }
            for key, one in people.people.items()
        ]
        answer({"people": listed})
        return
    for line in people_lines(people, contacts):
        say(line)


@command.command("on-call")
@JSON
def on_call(as_json: bool) -> None:
    """Who is on call now, in which order people are asked, and who is next for what nobody takes care of.

    The exit code is 3 where nobody is on call for a rota, or none is set up.
    """
    from console.commands.incidents_here import incidents_here
    from console.on_call.duty import on_call as duty_of
    from console.on_call.telling import as_json as telling
    from console.on_call.telling import duty_lines, incident_lines, order_lines, waiting_as_json

    _, contacts = _usable()
    with incidents_here() as at:
        now = at.now
        found = [one for one in run(at.desk.all()) if _waits(one)]
    if as_json:
        waiting = [waiting_as_json(one, contacts, now) for one in found]
        answer({**telling(contacts, now), "waiting": waiting})
    else:
        for line in duty_lines(contacts, now, local):
            say(line)
        for line in order_lines(contacts, now):
            say(line)
        for one in found:
            for line in incident_lines(one, contacts, now):
                say(line)
        if not contacts.rotas:
            explain("No rota is set up: contacts.yaml beside the ledger, as in the guide on messages.")
    covered = bool(contacts.rotas) and all(duty_of(one, now).person for one in contacts.rotas)
    sys.exit(DONE if covered else HOLD)


def _waits(incident: Incident) -> bool:
    return incident.acknowledged_at is None and not incident.over
