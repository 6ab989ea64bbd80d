"""A message as its events tell it. Pure: a fold, nothing is stored.

As with incidents, an event that names somebody else than who recorded it changes nothing; a confirmation of
other words changes nothing; and an outcome counts only for a channel that was claimed before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from console import events
from console.envelope import Recorded
from console.incidents.terms import Role
from console.messages import happened as h
from console.messages.filled import digest
from console.messages.terms import Standing
from console.readings import Millis

Fate = Literal["sending", "sent", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One channel's share of it. ``sending``: claimed, and nothing is recorded of the end."""

    channel: str
    fate: Fate
    at: Millis
    says: str = ""
    took: int = 0


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Who confirmed it, as what, and when."""

    person: str
    role: Role
    at: Millis


@dataclass(frozen=True, slots=True)
class Message:
    """Everything recorded of one message."""

    drafted: h.MessageDrafted
    at: Millis
    version: int
    confirmed: tuple[Confirmed, ...] = ()
    deliveries: Mapping[str, Delivery] = field(default_factory=dict)
    """By channel, in the order they were claimed."""
    copied_by: tuple[str, ...] = ()
    blocked: str = ""
    """What of it cannot be understood here: then it is not sent from here."""

    @property
    def key(self) -> str:
        return self.drafted.key

    @property
    def unconfirmed(self) -> tuple[Role, ...]:
        """Roles whose word is still missing."""
        return tuple(one for one in self.drafted.confirm if one not in {two.role for two in self.confirmed})

    @property
    def unclaimed(self) -> tuple[str, ...]:
        """Channels that nobody has begun to send to."""
        return tuple(one for one in self.drafted.channels if one not in self.deliveries)

    @property
    def sending(self) -> tuple[str, ...]:
        """Channels of which nothing is recorded but that it was about to be sent."""
        return tuple(one.channel for one in self.deliveries.values() if one.fate == "sending")

    @property
    def lost(self) -> tuple[str, ...]:
        """Channels that did not get it, or of which nobody knows."""
        return tuple(one.channel for one in self.deliveries.values() if one.fate in ("failed", "unknown"))

    @property
    def standing(self) -> Standing:
        fates = {one.fate for one in self.deliveries.values()}
        if self.unconfirmed:
            return "unconfirmed"
        if "sending" in fates:
            return "sending"
        if not self.drafted.channels:
            return "copied" if self.copied_by else "ready"
        if self.unclaimed:
            return "ready"
        if "unknown" in fates:
            return "unknown"
        if "failed" in fates:
            return (
                "partly" if "sent" in fates or any(one.took for one in self.deliveries.values()) else "failed"
            )
        return "sent"

    @property
    def reached(self) -> bool:
        """Whether somebody surely has it."""
        took = any(one.fate == "sent" or one.took for one in self.deliveries.values())
        return took or bool(self.copied_by)


def message_of(story: Sequence[Recorded]) -> Message | None:
    """Fold the events of one stream; ``None`` where it does not begin with a message that can be read.

    A message whose words were redacted is none any more; its key stays taken all the same.
    """
    found: Message | None = None
    for one in story:
        try:
            event = events.read(one)
        except events.Unknown as error:
            if found is not None:
                found = replace(found, blocked=str(error), version=one.version)
            continue
        if found is None:
            if isinstance(event, h.MessageDrafted) and _genuine(event, one):
                found = Message(event, one.at, one.version)
            continue
        found = replace(found, version=one.version)
        if event is None:
            found = replace(found, blocked=f"event {one.seq} was redacted")
        elif getattr(event, "key", None) == found.key:
            found = _after(found, event, one)
    return found


def _genuine(event: h.MessageDrafted, one: Recorded) -> bool:
    own = one.stream == h.stream_of(event.key) and event.person == one.actor.person
    return own and event.sha256 == digest(event.subject, event.text)


def _after(found: Message, event: events.Event, one: Recorded) -> Message:
    if getattr(event, "person", one.actor.person) != one.actor.person:
        return found
    match event:
        case h.MessageConfirmed(role=role, sha256=sha256) if sha256 == found.drafted.sha256:
            return replace(
                found, confirmed=(*found.confirmed, Confirmed(event.person, role, one.header.recorded_at))
            )
        case h.MessageIntended(channel=channel) if channel not in found.deliveries:
            return _with(found, Delivery(channel, "sending", one.at))
        case h.MessageSent(channel=channel, says=says):
            return _ended(found, Delivery(channel, "sent", one.at, says))
        case h.MessageFailed(channel=channel, says=says, took=took):
            return _ended(found, Delivery(channel, "failed", one.at, says, took))
        case h.MessageUnknown(channel=channel, says=says):
            return _ended(found, Delivery(channel, "unknown", one.at, says))
        case h.MessageCopied() if event.sha256 == found.drafted.sha256:
            return replace(found, copied_by=(*found.copied_by, event.person))
    return found


def _ended(found: Message, end: Delivery) -> Message:
    """What whoever sent it knows corrects what somebody else recorded as unknown, and nothing else does."""
    before = found.deliveries.get(end.channel)
    if before is None or before.fate in ("sent", "failed") or (before.fate, end.fate) == ("unknown",) * 2:
        return found
    return _with(found, end)


def _with(found: Message, one: Delivery) -> Message:
    return replace(found, deliveries={**found.deliveries, one.channel: one})
