"""Changes of flags as the ledger has them: under way, done, and waiting to be taken back. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from console import events
from console.effect import Fate
from console.envelope import Recorded
from console.flags.changing import Changed
from console.flags.edits import differences
from console.flags.model import Flag
from console.flags.provider import Plan
from console.readings import Millis

STREAM = "flag:"


def stream_of(provider: str, key: str) -> str:
    """The stream on which everybody who changes one flag meets, so that only one wins."""
    return f"{STREAM}{provider}:{key}"


@dataclass(frozen=True, slots=True)
class FlagIntent:
    """One intended change and what is recorded of its end."""

    event: events.FlagIntended
    seq: int
    at: Millis
    session: str
    ended: events.FlagEnded | None = None

    @property
    def open(self) -> bool:
        """Whether it is not certain what became of it."""
        return self.ended is None or (self.ended.outcome == "unknown" and self.ended.how == "answered")

    @property
    def unknown(self) -> bool:
        """Whether it was sent and no answer came."""
        return self.open and self.ended is not None

    @property
    def done(self) -> bool:
        return self.ended is not None and self.ended.outcome == "done"

    @property
    def plan(self) -> Plan:
        """What was to be sent, as it was planned."""
        event = self.event
        before, after = json.loads(event.before), json.loads(event.after)
        made = Changed(Flag(before), Flag(after), event.words, differences(before, after))
        return Plan(event.provider, event.key, made, event.token, json.loads(event.body))


@dataclass(frozen=True, slots=True)
class FlagStory:
    """Every change in the events given, oldest first; ``blocked`` says what could not be read."""

    changes: tuple[FlagIntent, ...]
    blocked: str = ""

    @property
    def open(self) -> tuple[FlagIntent, ...]:
        return tuple(one for one in self.changes if one.open)

    @property
    def overrides(self) -> tuple[FlagIntent, ...]:
        """Changes for a set time that were made and neither taken back nor given up."""
        ended = {
            one.event.takes_back
            for one in self.changes
            if one.event.takes_back is not None and not one.open and one.ended is not None
        }
        return tuple(
            one
            for one in self.changes
            if one.event.back_at is not None and one.done and one.event.action_id not in ended
        )


def story_of(recorded: Iterable[Recorded]) -> FlagStory:
    """Fold the events of one flag's stream, or of several."""
    found: dict[str, FlagIntent] = {}
    blocked = ""
    for one in recorded:
        if not one.stream.startswith(STREAM):
            continue
        try:
            event = events.read(one)
        except events.Unknown as error:
            blocked = str(error)
            continue
        if isinstance(event, events.FlagIntended):
            found[event.action_id] = FlagIntent(event, one.seq, one.at, one.actor.session)
        elif isinstance(event, events.FlagEnded) and event.action_id in found:
            found[event.action_id] = replace(found[event.action_id], ended=event)
    return FlagStory(tuple(found.values()), blocked)


def fate(recorded: Sequence[Recorded], action_id: str) -> Fate:
    """What is recorded of the end of one change."""
    for one in story_of(recorded).changes:
        if one.event.action_id == action_id:
            return Fate(one.ended.outcome if one.ended and not one.open else None, one.unknown)
    return Fate(None)
