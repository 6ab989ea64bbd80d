"""Contacts, rotas and escalation in plain lines and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from console.envelope import Json
from console.incidents.incident import Incident
from console.on_call.contacts import WAYS, Contacts
from console.on_call.duty import Asked, Duty, escalation, following, on_call, reached
from console.policy import People
from console.readings import Millis
from console.rollback.telling import left_words

Local = Callable[[Millis], str]


def ways_words(contacts: Mapping[str, str]) -> str:
    """``phone +44 …, mail …``."""
    return ", ".join(f"{way} {contacts[way]}" for way in WAYS if way in contacts)


def people_lines(people: People, contacts: Contacts) -> list[str]:
    """Everybody, with roles and how they are reached."""
    lines = []
    for key, one in people.people.items():
        lines.append(f"{key:<12} {one.name} ({', '.join(one.roles) or 'no role'})")
        ways = ways_words(contacts.people.get(key, {}))
        lines.append(f"             {ways or 'no way to reach them is listed'}")
    return lines


def duty_lines(contacts: Contacts, now: Millis, local: Local) -> list[str]:
    """Who is on call for each rota, how they are reached, and who comes then."""
    lines = []
    for rota in contacts.rotas:
        duty = on_call(rota, now)
        lines.append(
            f"{rota.name:<12} {_who(duty, contacts, local)}{f'; {rota.about}' if rota.about else ''}"
        )
        if duty.until is not None:
            after = on_call(rota, duty.until)
            lines.append(f"             then {after.person or 'nobody'}")
    return lines


def _who(duty: Duty, contacts: Contacts, local: Local) -> str:
    until = "" if duty.until is None else f" until {local(duty.until)}"
    if duty.person is None:
        return f"NOBODY{until}"
    ways = ways_words(contacts.people.get(duty.person, {}))
    return f"{duty.person}{until} ({ways or 'no way to reach them is listed'})"


def order_lines(contacts: Contacts, now: Millis) -> list[str]:
    """The order in which people are asked, as of now."""
    return [
        f"  {one.number}. {_named(one)}, {f'after {left_words(one.at - now)}' if one.at > now else 'at once'}"
        for one in escalation(contacts, now, now)
    ]


def incident_lines(incident: Incident, contacts: Contacts, now: Millis) -> list[str]:
    """Of an incident that nobody takes care of: who is to be asked now, and who next."""
    steps = escalation(contacts, incident.opened.detected_at, now)
    here, then = reached(steps, now), following(steps, now)
    lines = [f"{incident.id}: nobody takes care of it yet."]
    if here is not None:
        lines.append(f"  now   {_named(here)}")
    if then is not None:
        lines.append(f"  next  {_named(then)} in {left_words(then.at - now)}")
    elif steps:
        lines.append("  next  nobody is left to ask")
    return lines


def _named(one: Asked) -> str:
    rota = f" ({one.rota})" if one.rota else ""
    return f"{one.person or 'NOBODY'}{rota}"


def as_json(contacts: Contacts, now: Millis) -> Json:
    """For programs."""
    return {
        "now": now,
        "on_call": [
            {
                "rota": rota.name,
                "about": rota.about or None,
                "person": (duty := on_call(rota, now)).person,
                "until": duty.until,
                "contacts": dict(contacts.people.get(duty.person or "", {})),
                "then": None if duty.until is None else on_call(rota, duty.until).person,
            }
            for rota in contacts.rotas
        ],
        "escalation": [_asked(one, now) for one in escalation(contacts, now, now)],
    }


def waiting_as_json(incident: Incident, contacts: Contacts, now: Millis) -> Json:
    """An incident that nobody takes care of, for programs."""
    steps = escalation(contacts, incident.opened.detected_at, now)
    here, then = reached(steps, now), following(steps, now)
    return {
        "id": incident.id,
        "now": None if here is None else here.person,
        "next": None if then is None else then.person,
        "next_at": None if then is None else then.at,
    }


def _asked(one: Asked, now: Millis) -> Json:
    return {"number": one.number, "rota": one.rota or None, "person": one.person, "after_ms": one.at - now}
