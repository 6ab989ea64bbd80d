"""Which intended actions have no outcome yet: a fold over one stream's events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from console import events
from console.actions import Action, from_json
from console.effect import Fate
from console.envelope import Recorded
from console.readings import Millis


@dataclass(frozen=True, slots=True)
class OpenIntent:
    """An action that was about to be sent, and of which it is not recorded what became of it."""

    action_id: str
    action: Action
    stream: str
    seq: int
    at: Millis
    person: str
    session: str
    unknown: bool
    """It was sent and no answer came (else: it is under way, or its console died)."""


@dataclass(frozen=True, slots=True)
class Intents:
    """The open intents, oldest first; ``blocked`` says what in the stream could not be understood."""

    open: tuple[OpenIntent, ...]
    blocked: str = ""


def open_intents(recorded: Iterable[Recorded]) -> Intents:
    """Fold the events of one or several streams, in order."""
    found: dict[str, OpenIntent] = {}
    blocked = ""
    for one in recorded:
        try:
            event = events.read(one)
            if isinstance(event, events.ActionIntended):
                found[event.action_id] = OpenIntent(
                    event.action_id,
                    from_json(event.action),
                    one.stream,
                    one.seq,
                    one.at,
                    event.person,
                    one.actor.session,
                    unknown=False,
                )
            elif isinstance(event, events.ActionEnded):
                _settle(found, event)
        except (events.Unknown, ValueError) as error:
            blocked = str(error)
    return Intents(tuple(found.values()), blocked)


def outcome_of(recorded: Iterable[Recorded], action_id: str) -> str | None:
    """The outcome recorded last for an action; ``None`` if none was (or none can be read)."""
    outcome = None
    for one in recorded:
        try:
            event = events.read(one)
        except events.Unknown:
            continue
        if isinstance(event, events.ActionEnded) and event.action_id == action_id:
            outcome = event.outcome
    return outcome


def fate(recorded: Sequence[Recorded], action_id: str) -> Fate:
    """What is recorded of the end of one action."""
    for one in open_intents(recorded).open:
        if one.action_id == action_id:
            return Fate(None, one.unknown)
    return Fate(outcome_of(recorded, action_id))


def _settle(found: dict[str, OpenIntent], event: events.ActionEnded) -> None:
    intent = found.get(event.action_id)
    if intent is None:
        return
    if event.outcome == "unknown" and event.how == "answered":
        found[event.action_id] = OpenIntent(
            intent.action_id,
            intent.action,
            intent.stream,
            intent.seq,
            intent.at,
            intent.person,
            intent.session,
            unknown=True,
        )
    else:
        del found[event.action_id]
