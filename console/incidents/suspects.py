"""What was changed before an incident began: the first suspects. Pure.

A change counts once: with its outcome where the console made it, as the host showed it where somebody else
did. What was refused, or certainly never sent, changed nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console import events
from console.envelope import Recorded
from console.event import Event
from console.incidents.incident import Incident
from console.incidents.timeline import about
from console.narrate import narrate
from console.readings import Millis
from console.rollback.command_happened import CommandEnded, CommandIntended
from console.rollback.store_events import StoreEnded, StoreIntended

Intent = events.ActionIntended | events.FlagIntended | StoreIntended | CommandIntended
End = events.ActionEnded | events.FlagEnded | StoreEnded | CommandEnded
INTENTS = (events.ActionIntended, events.FlagIntended, StoreIntended, CommandIntended)
ENDS = (events.ActionEnded, events.FlagEnded, StoreEnded, CommandEnded)
SAME_MS: Millis = 120_000
"""What the host shows so soon after a change of ours on the same thing is its effect."""
OUTSIDE = "somebody outside the console"


@dataclass(frozen=True, slots=True)
class Suspect:
    """One change: who made what, and how long before the incident began."""

    seq: int
    at: Millis
    before: Millis
    about: str
    who: str
    what: str
    outside: bool
    """Not made through this console."""
    linked: bool
    """Of something that is linked to the incident."""


def suspects(incident: Incident, recorded: Sequence[Recorded], within_ms: Millis) -> tuple[Suspect, ...]:
    """What was changed in ``within_ms`` before it began, the newest first; of the same moment what is linked
    to it first."""
    start = incident.opened.started_at
    readable = list(_readable(recorded))
    ended = {one.action_id: (one, at) for one, at in readable if isinstance(one, ENDS)}
    begun = {event.action_id for event, _ in readable if isinstance(event, INTENTS)}
    found: list[Suspect] = []
    for event, one in readable:
        if isinstance(event, INTENTS):
            end = ended.get(event.action_id)
            if end is not None and end[0].outcome in ("refused", "not_sent"):
                continue
            found.append(_made_here(incident, event, one, end))
        elif isinstance(event, ENDS):
            if event.action_id not in begun and event.outcome in ("done", "unknown"):
                found.append(_suspect(incident, one, one.at, one.actor.person, narrate(one)))
        elif isinstance(event, events.ReleaseSeen | events.BakeBegan):
            who = getattr(event, "by", None) or OUTSIDE
            found.append(_suspect(incident, one, one.at, who, narrate(one), outside=True))
    inside = [one for one in found if start - within_ms <= one.at <= start]
    kept = [one for one in inside if not (one.outside and _explained(one, found))]
    return tuple(sorted(kept, key=lambda one: (-one.at, not one.linked, -one.seq)))


def _readable(recorded: Sequence[Recorded]) -> list[tuple[Event, Recorded]]:
    found = []
    for one in recorded:
        try:
            event = events.read(one)
        except events.Unknown:
            continue
        if event is not None:
            found.append((event, one))
    return found


def _made_here(incident: Incident, event: Intent, one: Recorded, end: tuple[End, Recorded] | None) -> Suspect:
    what = narrate(one)
    if end is None:
        return _suspect(incident, one, one.at, event.person, f"{what} (what became of it is not recorded)")
    outcome, after = end
    how = "done" if outcome.outcome == "done" else "outcome unknown"
    return _suspect(incident, one, after.at, event.person, f"{what} ({how})")


def _suspect(
    incident: Incident, one: Recorded, at: Millis, who: str, what: str, *, outside: bool = False
) -> Suspect:
    names = {name for _, name in incident.links}
    linked = bool(names & set(one.stream.split(":"))) or bool(names & _named(one.payload or {}))
    before = incident.opened.started_at - at
    return Suspect(one.seq, at, before, about(one.kind) or "other", who, what, outside, linked)


def _named(payload: Mapping[str, object]) -> set[str]:
    """What a change names that could be linked."""
    action = payload.get("action")
    found = {str(value) for value in action.values()} if isinstance(action, dict) else set()
    return found | {str(payload[key]) for key in ("canary_id", "deployment_id", "key") if payload.get(key)}


def _explained(seen: Suspect, all_of_them: Sequence[Suspect]) -> bool:
    """Whether what the host showed is the effect of a change that is told already."""
    return any(
        other.seq < seen.seq
        and 0 <= seen.at - other.at <= SAME_MS
        and (not other.outside or (seen.about == "verdict" and other.about == "release"))
        and other.about in ("decision", "release")
        for other in all_of_them
    )
