"""What sending needs of the outside: channels as they are configured, and whoever carries to an address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import SecretStr

from console.messages.terms import Audience


@dataclass(frozen=True, slots=True)
class Channel:
    """Where people are told; each address holds the secrets of its service."""

    name: str
    audience: Audience
    urls: tuple[SecretStr, ...]

    @property
    def services(self) -> tuple[str, ...]:
        """What is behind each address, by its first word: all of it that is no secret."""
        return tuple(one.get_secret_value().partition("://")[0].lower() for one in self.urls)


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of it at one address. ``failed``: it surely did not go out."""

    how: Literal["sent", "failed", "unknown"]
    says: str
    """For a person, one sentence without a secret in it."""


class Sender(Protocol):
    """Carries a message to addresses: once each, never again by itself."""

    def refusals(self, urls: Sequence[SecretStr]) -> tuple[str, ...]:
        """Why an address cannot be used, as far as it tells without a word to anybody. May take a second."""
        ...

    async def send(self, url: SecretStr, subject: str, text: str) -> Carried:
        """Send it to one address and say what became of it. Never raises but when it is cancelled."""
        ...
