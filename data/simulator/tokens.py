"""The tokens that open the host's API: whose each is, what it may touch, and which have been revoked."""

from __future__ import annotations

import hmac
import secrets
import string
from dataclasses import dataclass
from typing import Literal

from data.simulator.records import Person

Rights = Literal["all", "no-project", "no-team"]
"""``no-project``: the team, but not the project; ``no-team``: its owner alone."""

LENGTH = 24


@dataclass(frozen=True, slots=True)
class Grant:
    """Whose token it is and what it may touch."""

    person: Person
    rights: Rights = "all"


def made() -> str:
    """A new token of the form the host's have."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(LENGTH))


class Tokens:
    """Every token that is valid now. ``first`` is the one that the simulator printed."""

    def __init__(self, first: str, owner: Person) -> None:
        self.first = first
        self._grants = {first: Grant(owner)}

    def issue(self, person: Person, rights: Rights) -> str:
        """A new token; the others stay as they are."""
        token = made()
        self._grants[token] = Grant(person, rights)
        return token

    def revoke(self, token: str | None = None) -> bool:
        """Take a token back (the first one, if none is named); whether it was valid."""
        return self._grants.pop(token or self.first, None) is not None

    def grant(self, given: str) -> Grant | None:
        """What ``given`` stands for; ``None`` for none that is valid."""
        found = None
        for token, grant in self._grants.items():
            if hmac.compare_digest(given.encode(), token.encode()):
                found = grant
        return found
