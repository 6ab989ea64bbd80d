"""What happens to a message, as events. Their stream is ``message:KEY``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from console.event import Event
from console.incidents.terms import ROLE_WORDS, Role
from console.messages.terms import Audience, Phase
from console.readings import Millis

STREAM = "message:"


def stream_of(key: str) -> str:
    """The stream of one message: what is claimed on it is sent by one of several, and once."""
    return f"{STREAM}{key}"


class MessageDrafted(Event):
    """A message, word for word, and where it is meant to go. It is never changed: another one is drafted."""

    KIND = "message.drafted"
    key: str
    """``INC-1/3``, or of a step of a run ``RUN/STEP/ATTEMPT``."""
    incident_id: str
    """Empty where it belongs to none."""
    run_id: str = ""
    template: str
    template_version: int
    audience: Audience
    phase: Phase
    subject: str
    text: str
    sha256: str
    """Of subject and text: what a confirmation is bound to."""
    channels: list[str]
    """By name; none where it is copied."""
    confirm: list[Role]
    """Roles of the incident that have to confirm it before it goes anywhere."""
    person: str
    next_at: Millis | None = None
    """When it says that more is heard."""
    again_of: str = ""
    """The message whose words it says once more, and why."""
    why: str = ""


class MessageConfirmed(Event):
    """Somebody whose role it is has read the words of this digest, and they may go out."""

    KIND = "message.confirmed"
    key: str
    person: str
    role: Role
    sha256: str


class MessageIntended(Event):
    """It is about to be sent to one channel, once. Whoever has appended this sends it, and nobody else."""

    KIND = "message.intended"
    key: str
    channel: str
    services: list[str]
    """What is behind each address of the channel, never the address itself: it holds secrets."""
    sha256: str
    person: str


class MessageSent(Event):
    """Every address of the channel has taken it."""

    KIND = "message.sent"
    key: str
    channel: str
    says: str


class MessageFailed(Event):
    """At least one address surely did not take it, and of none it is unknown."""

    KIND = "message.failed"
    key: str
    channel: str
    says: str
    took: int
    """How many addresses took it all the same."""


class MessageUnknown(Event):
    """It may have gone out, or not. It is never sent again by itself."""

    KIND = "message.unknown"
    key: str
    channel: str
    says: str


class MessageCopied(Event):
    """Somebody took its words to send them by hand."""

    KIND = "message.copied"
    key: str
    person: str
    sha256: str


def _drafted(event: MessageDrafted, who: str) -> str:
    again = f", which says {event.again_of} again: {event.why}" if event.again_of else ""
    return f"{event.person} wrote the {event.audience} message {event.key}: {event.subject}{again}"


WORDS: Mapping[type[Event], Callable[[Any, str], str]] = {
    MessageDrafted: _drafted,
    MessageConfirmed: lambda e, who: f"{e.person}, {ROLE_WORDS[e.role]}, confirmed the message {e.key}",
    MessageIntended: lambda e, who: f"{e.person} sends the message {e.key} to {e.channel}",
    MessageSent: lambda e, who: f"the message {e.key} went out to {e.channel}: {e.says}",
    MessageFailed: lambda e, who: f"the message {e.key} did NOT go out to {e.channel}: {e.says}",
    MessageUnknown: lambda e, who: (
        f"whether the message {e.key} went out to {e.channel} is UNKNOWN: {e.says}"
    ),
    MessageCopied: lambda e, who: f"{e.person} copied the message {e.key} to send it by hand",
}
"""An event of a message in one line, without a final stop; the second argument is who recorded it."""

KINDS = tuple(WORDS)
