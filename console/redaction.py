"""Which event's payload may be removed. Pure.

A redaction takes a leaked secret out of the ledger; it must not take a decision back. What is still in force
or under way (a policy, a freeze, an action without an outcome, a flag's override for a set time) stays.
"""

from __future__ import annotations

from collections.abc import Sequence

from console import events
from console.envelope import Recorded
from console.flags.intents import story_of
from console.intents import open_intents
from console.messages.happened import MessageDrafted
from console.messages.message import message_of
from console.rollback.command_happened import CommandEnded, CommandIntended
from console.rollback.command_happened import story_of as commands_of

STREAM = "ledger"

_TOLD = frozenset(
    cls.KIND
    for cls in (
        events.VerdictChanged,
        events.ReleaseSeen,
        events.SourceChanged,
        events.SessionArmed,
        events.SessionDisarmed,
    )
)
"""Nothing that comes after rests on these."""

_ENDS = {
    events.ActionEnded.KIND: events.ActionIntended.KIND,
    events.FlagEnded.KIND: events.FlagIntended.KIND,
    CommandEnded.KIND: CommandIntended.KIND,
}
_INTENTS = frozenset(_ENDS.values())
_FREEZES = frozenset({events.ReleaseFrozen.KIND, events.ReleaseThawed.KIND})


def objection(event: Recorded, story: Sequence[Recorded]) -> str | None:
    """Why the payload of ``event`` stays, if so; ``story`` is all of its stream, oldest first."""
    if event.payload_text is None:
        return f"Event {event.seq} is redacted already."
    if event.kind in _TOLD:
        return None
    if event.kind in _INTENTS:
        return _of_intent(event, story)
    if event.kind in _ENDS:
        return _of_end(event, story)
    if event.kind == MessageDrafted.KIND:
        return _of_words(event, story)
    if event.kind in _FREEZES:
        if story and story[-1].seq == event.seq:
            return f"Event {event.seq} says whether changes are frozen now. Freeze or thaw again first."
        return None
    return f"Event {event.seq} ({event.kind}) decides about what comes after it, and is never removed."


def _of_intent(event: Recorded, story: Sequence[Recorded]) -> str | None:
    flags = story_of(story)
    runs = commands_of(story).runs
    waiting = {one.seq for one in open_intents(story).open} | {one.seq for one in flags.open}
    waiting |= {one.recorded.seq for one in runs if one.ended is None}
    if event.seq in waiting:
        return f"What became of the action of event {event.seq} is not known yet."
    if event.seq in {one.seq for one in flags.overrides}:
        return f"Event {event.seq} is a change for a set time, which has not ended yet."
    return None


def _of_words(event: Recorded, story: Sequence[Recorded]) -> str | None:
    """The words of a message go once it has gone out, or never will; that there was one stays."""
    message = message_of(story)
    if message is not None and (message.standing in ("unconfirmed", "ready", "sending") or message.unclaimed):
        return f"The message of event {event.seq} has not come to its end yet."
    return None


def _of_end(event: Recorded, story: Sequence[Recorded]) -> str | None:
    """Without its outcome an action would be open again: its intent goes first."""
    action_id = (event.payload or {}).get("action_id")
    for one in story:
        if one.kind == _ENDS[event.kind] and (one.payload or {}).get("action_id") == action_id:
            return f"Event {event.seq} is the outcome of event {one.seq}: redact that one first."
    return None
