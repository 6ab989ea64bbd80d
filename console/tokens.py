"""Another token for the host while the console runs: what the outside offers, and what became of an offer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from console.project import Account
from console.readings import Problem


@dataclass(frozen=True, slots=True)
class Offer:
    """A token that was found or typed, and is not in use. ``key`` is the adapter's own and never shown."""

    origin: str
    """Where it was found, in words: ``the Vercel CLI's login``."""
    key: object = field(repr=False)


class Tokens(Protocol):
    """The tokens of one host: the one in use, and where others may be found."""

    @property
    def origin(self) -> str:
        """Where the token in use came from, in words."""
        ...

    @property
    def renewed_by(self) -> str:
        """What a person does to have a new one picked up by itself; empty where nothing would be."""
        ...

    @property
    def watched(self) -> bool:
        """Whether looking where the token came from costs nothing and asks nobody for a password."""
        ...

    def typed(self, text: str) -> Offer | str:
        """The offer of a typed token, or why the text is none."""
        ...

    def found(self, *, everywhere: bool) -> Offer | None:
        """Another token than the one in use, where that came from (or anywhere one may be kept). Blocking."""
        ...

    async def whose(self, offer: Offer) -> Account:
        """Whose token it is. Raises :class:`console.ports.SourceError`; nothing is taken."""
        ...

    async def reaches(self, offer: Offer) -> Problem | None:
        """Why the token does not reach the project, if it does not."""
        ...

    def take(self, offer: Offer) -> None:
        """Use it from now on; what is under way ends with the one before."""
        ...


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of an offered token."""

    taken: bool
    says: str
    next: str = ""
    other: str | None = None
    """Whose token it is, where that is somebody else: it is taken only where that was confirmed."""
