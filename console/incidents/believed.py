"""Which events of an incident's stream count: those that name nobody, or whoever recorded them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from console import events
from console.envelope import Recorded
from console.event import Event


def believed(story: Iterable[Recorded]) -> Iterator[tuple[Event, Recorded]]:
    """Every event that can be read and that nobody wrote in somebody else's name, in order."""
    for one in story:
        try:
            event = events.read(one)
        except events.Unknown:
            continue
        if event is not None and named(event, one) == one.actor.person:
            yield event, one


def named(event: Event, one: Recorded) -> str:
    """Whom the event says that it is from; whoever recorded it where it names nobody."""
    person = getattr(event, "person", "")
    return person if isinstance(person, str) and person else one.actor.person
