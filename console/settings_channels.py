"""Where people are told, as settings: ``[channels.NAME]``."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://\S+")
MOST = 10


def _addresses(value: Any) -> Any:
    """One address, a list of them, or several in a text (as a variable can hold them)."""
    found = value.split() if isinstance(value, str) else value
    if not isinstance(found, list | tuple) or not all(isinstance(one, str) for one in found):
        raise ValueError("it has to be an address, or a list of addresses")
    if not found:
        raise ValueError("it is empty")
    if not all(_ADDRESS.fullmatch(one) and one.isprintable() for one in found):
        raise ValueError("this is no address of Apprise's: it begins with a service, as in slack://…")
    return tuple(found)


Addresses = Annotated[tuple[SecretStr, ...], BeforeValidator(_addresses), Field(max_length=MOST)]


class ChannelSettings(BaseModel):
    """Somewhere that messages of an incident go. The name is yours; it is what the ledger keeps.

    See [messages](messages.md#channels).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Addresses
    """An address as Apprise writes it (``slack://…``, ``mailto://…``), or a list of up to ten: each gets the
    message. It is a secret: better from the environment, ``COALMINE_CHANNELS__NAME__URL`` (several separated
    by spaces)."""
    audience: Literal["internal", "stakeholder", "customer"] = "internal"
    """Who reads it. Never gets a message that is for fewer people."""


def _named(tables: dict[str, ChannelSettings]) -> dict[str, ChannelSettings]:
    for name in tables:
        if not NAME.fullmatch(name):
            raise ValueError("the name of a channel has letters, digits, _ and - only, at most 40")
    return tables


Channels = Annotated[dict[str, ChannelSettings], AfterValidator(_named)]
