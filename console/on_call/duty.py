"""Who is on call at a moment, and who is asked next while nobody takes care. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.on_call.contacts import Contacts, Rota
from console.readings import Millis


@dataclass(frozen=True, slots=True)
class Duty:
    """Who has it, and until when; ``None``: nobody, or for good."""

    person: str | None
    until: Millis | None


@dataclass(frozen=True, slots=True)
class Asked:
    """One step of the escalation at a moment: who that is then. ``at``: when it is their turn to be asked."""

    number: int
    rota: str
    person: str | None
    at: Millis


def on_call(rota: Rota, at: Millis) -> Duty:
    """Who is on call at ``at``."""
    covering = next((one for one in rota.shifts if one.since <= at < one.until), None)
    if covering is not None:
        return Duty(covering.person, covering.until)
    later = min((one.since for one in rota.shifts if one.since > at), default=None)
    turns = rota.rotation
    if turns is None:
        return Duty(None, later)
    if at < turns.since:
        return Duty(None, _sooner(turns.since, later))
    turn = (at - turns.since) // turns.every
    until = turns.since + (turn + 1) * turns.every
    return Duty(turns.people[turn % len(turns.people)], _sooner(until, later))


def _sooner(one: Millis, other: Millis | None) -> Millis:
    return one if other is None else min(one, other)


def escalation(contacts: Contacts, since: Millis, now: Millis) -> tuple[Asked, ...]:
    """Everybody who is asked about what was noticed at ``since``, in order: who is on call now where their
    time has come, and who will be then where it has not."""
    found = []
    for number, one in enumerate(contacts.escalation, start=1):
        at = since + one.after
        rota = contacts.rota(one.rota)
        person = one.person or (on_call(rota, max(at, now)).person if rota is not None else None)
        found.append(Asked(number, one.rota, person, at))
    return tuple(found)


def reached(steps: Sequence[Asked], now: Millis) -> Asked | None:
    """The last whose time has come."""
    return next((one for one in reversed(steps) if one.at <= now), None)


def following(steps: Sequence[Asked], now: Millis) -> Asked | None:
    """The next whose time has not come."""
    return next((one for one in steps if one.at > now), None)
