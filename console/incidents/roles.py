"""Who has which role in an incident, and who is asked to take one. Pure.

However the events stand, a commander has no other role, and each of the other roles but those of several
people has one holder at most. Who had a role at any moment stays known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from console.incidents.terms import MANY, Role
from console.readings import Millis

OFFER_MS: Millis = 10 * 60_000
"""An offer that nobody accepted for so long is one no more."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One person's time in one role; ``until`` is ``None`` while they have it."""

    role: Role
    person: str
    since: Millis
    until: Millis | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A role that somebody is asked to take."""

    role: Role
    by: str
    to: str
    at: Millis
    until: Millis


@dataclass(frozen=True, slots=True)
class Roles:
    """Everything about the roles of one incident."""

    held: tuple[Holding, ...] = ()
    """Oldest first, those that are over too."""
    offers: tuple[Offer, ...] = ()
    """Neither accepted, declined nor replaced; they may have run out."""

    def holders(self, role: Role) -> tuple[str, ...]:
        """Who has it now."""
        return tuple(one.person for one in self.held if one.role == role and one.until is None)

    def holder(self, role: Role) -> str | None:
        """The one who has it now, of a role of one person."""
        return next(iter(self.holders(role)), None)

    def of(self, person: str) -> tuple[Role, ...]:
        """The roles that somebody has now."""
        return tuple(one.role for one in self.held if one.person == person and one.until is None)

    def offer(self, role: Role, to: str, now: Millis) -> Offer | None:
        """The offer that ``to`` could accept at ``now``."""
        found = (one for one in self.offers if (one.role, one.to) == (role, to) and now <= one.until)
        return next(found, None)

    def pending(self, now: Millis) -> tuple[Offer, ...]:
        """Those that could be accepted at ``now``."""
        return tuple(one for one in self.offers if now <= one.until)

    def offered(self, offer: Offer) -> Roles:
        """After ``offer``: a newer one of the same role takes the place of the older ones."""
        several = offer.role in MANY
        kept = tuple(one for one in self.offers if one.role != offer.role or (several and one.to != offer.to))
        return replace(self, offers=(*kept, offer))

    def withdrawn(self, role: Role, to: str) -> Roles:
        """Without the offer of ``role`` to ``to``."""
        return replace(self, offers=tuple(one for one in self.offers if (one.role, one.to) != (role, to)))

    def given(self, role: Role, person: str, at: Millis) -> Roles:
        """``person`` has ``role`` from ``at`` on: in place of whoever had it, but for roles of several."""
        if person in self.holders(role):
            return self.withdrawn(role, person)
        if role != "commander" and person == self.holder("commander"):
            return self
        ended = [
            replace(one, until=at)
            if one.until is None
            and ((one.role == role and role not in MANY) or (role == "commander" and one.person == person))
            else one
            for one in self.held
        ]
        return replace(self.withdrawn(role, person), held=(*ended, Holding(role, person, at)))

    def left(self, role: Role, person: str, at: Millis) -> Roles:
        """``person`` has ``role`` no more."""
        held = tuple(
            replace(one, until=at) if (one.role, one.person, one.until) == (role, person, None) else one
            for one in self.held
        )
        return replace(self, held=held)
