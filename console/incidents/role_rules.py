"""How a role changes hands: the event that says so, or why not. Pure.

Offered by whoever has it (or the commander), accepted by whoever was asked; a vacant one is taken; that of
somebody who is gone is taken over by a deputy or the people of incident response, and that is said loudly.
"""

from __future__ import annotations

from console.event import Event
from console.incidents import happened as h
from console.incidents.incident import Incident
from console.incidents.roles import OFFER_MS
from console.incidents.rules import refused
from console.incidents.terms import MANY, ROLE_WORDS, Role, State
from console.outcome import Outcome
from console.policy import Rulebook
from console.readings import Millis

TAKES_OVER = "incident-response"
"""The role of people.yaml that may take over from somebody who is gone."""


def offered(
    incident: Incident, person: str, role: Role, to: str, book: Rulebook, now: Millis
) -> Event | Outcome:
    """Ask somebody to take a role."""
    if to not in book.people.people:
        return refused(f"{to} is not listed in people.yaml.", "Only who is listed can have a role.")
    if to in incident.roles.holders(role):
        return refused(f"{to} is {ROLE_WORDS[role]} of {incident.id} already.")
    wrong = _closed(incident) or _both(incident, to, role)
    if wrong is not None:
        return wrong
    commander, holders = incident.roles.holder("commander"), incident.roles.holders(role)
    able = [name for name in (*holders, commander) if name]
    if able and person not in able:
        says = f"{' or '.join(dict.fromkeys(able))} offers the {ROLE_WORDS[role]}'s role."
        return refused(says, "Ask them.")
    return h.RoleOffered(person=person, role=role, to=to, until=now + OFFER_MS)


def accepted(incident: Incident, person: str, role: Role, now: Millis) -> Event | Outcome:
    """Take what was offered."""
    if incident.roles.offer(role, person, now) is None:
        return refused(
            f"Nobody offers {person} to be {ROLE_WORDS[role]} of {incident.id} now.",
            "An offer holds for 10 minutes, and a newer one takes its place.",
        )
    return _closed(incident) or _both(incident, person, role) or h.RoleAccepted(person=person, role=role)


def declined(incident: Incident, person: str, role: Role, why: str, now: Millis) -> Event | Outcome:
    """Not take what was offered."""
    if incident.roles.offer(role, person, now) is None:
        return refused(f"Nobody offers {person} to be {ROLE_WORDS[role]} of {incident.id} now.")
    return h.RoleDeclined(person=person, role=role, why=why)


def taken(incident: Incident, person: str, role: Role, why: str) -> Event | Outcome:
    """Take a role that nobody has."""
    holders = incident.roles.holders(role)
    if person in holders:
        return refused(f"{person} is {ROLE_WORDS[role]} of {incident.id} already.")
    if holders and role not in MANY:
        return refused(
            f"{holders[0]} is {ROLE_WORDS[role]} of {incident.id}.",
            "They offer it (--offer), or take over from who is gone: --take-over --reason TEXT",
        )
    wrong = _closed(incident) or _both(incident, person, role)
    return wrong or h.RoleTaken(person=person, role=role, how="vacant", why=why)


def taken_over(incident: Incident, person: str, role: Role, why: str, book: Rulebook) -> Event | Outcome:
    """Take a role from somebody who is gone."""
    holders = incident.roles.holders(role)
    if not holders or role in MANY:
        return taken(incident, person, role, why)
    if person in holders:
        return refused(f"{person} is {ROLE_WORDS[role]} of {incident.id} already.")
    entry = book.people.people.get(person)
    able = person in incident.roles.holders("deputy") or (entry is not None and TAKES_OVER in entry.roles)
    if not able and person != incident.roles.holder("commander"):
        return refused(
            f"{person} cannot take over from {holders[0]}.",
            f"The deputy can, and whoever has the role {TAKES_OVER} in people.yaml.",
        )
    wrong = _closed(incident) or _both(incident, person, role)
    return wrong or h.RoleTaken(person=person, role=role, how="taken_over", why=why)


def left(incident: Incident, person: str, role: Role, why: str) -> Event | Outcome:
    """Have a role no more. A commander hands over instead, while it is not over."""
    if person not in incident.roles.holders(role):
        return refused(f"{person} is not {ROLE_WORDS[role]} of {incident.id}.")
    if role == "commander" and not incident.over:
        return refused(
            f"{incident.id} goes on and would have no incident commander.",
            f"Hand over: coalmine incident role {incident.id} commander --offer PERSON",
        )
    return h.RoleLeft(person=person, role=role, why=why)


def _closed(incident: Incident) -> Outcome | None:
    if incident.state in (State.REVIEWED, State.DECLINED, State.MERGED):
        return refused(f"{incident.id} is {incident.state.value}: there are no roles any more.")
    return None


def _both(incident: Incident, person: str, role: Role) -> Outcome | None:
    """A commander holds no other role; whoever becomes one gives up those that they had."""
    if role == "commander" or incident.roles.holder("commander") != person:
        return None
    return refused(
        f"{person} commands {incident.id} and has no other role beside that.",
        "Hand the command over first, or ask somebody else.",
    )
