"""Everything that the ledger knows of an incident, as its review is written from it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from console import events
from console.envelope import Head, Recorded
from console.event import Event
from console.incidents.action_items import ActionItem, action_items_of
from console.incidents.believed import believed
from console.incidents.evidence_happened import EvidencePasted, EvidencePinned
from console.incidents.incident import Incident
from console.incidents.review import Review, review_of
from console.incidents.suspects import Suspect
from console.incidents.timeline import Line
from console.policy import PolicyFault, load_rulebook
from console.readings import Millis

Evidence = EvidencePasted | EvidencePinned


@dataclass(frozen=True, slots=True)
class Material:
    """As the ledger stood at ``head``; the same ledger gives the same."""

    incident: Incident
    lines: tuple[Line, ...]
    """Its timeline."""
    suspects: tuple[Suspect, ...]
    requests: tuple[Recorded, ...]
    """The events of the linked requests, oldest first."""
    merged: tuple[Incident, ...]
    """Those that go on in it."""
    people: dict[str, str]
    """Key → name, as the people file in force has them."""
    head: Head
    now: Millis
    """When the newest event was recorded: no clock is asked."""

    @property
    def review(self) -> Review | None:
        return review_of(self.incident.story)

    @property
    def items(self) -> tuple[ActionItem, ...]:
        """The action items, also of those that were merged into it."""
        return tuple(item for one in (self.incident, *self.merged) for item in action_items_of(one))

    @property
    def evidence(self) -> tuple[tuple[Evidence, Recorded], ...]:
        """What was pasted and pinned, in the order in which it was."""
        found = [
            (event, one)
            for event, one in self.believed()
            if isinstance(event, EvidencePasted | EvidencePinned)
        ]
        return tuple(sorted(found, key=lambda pair: pair[1].seq))

    def believed(self) -> Iterator[tuple[Event, Recorded]]:
        """Its own events that count, and those of the merged ones."""
        for incident in (self.incident, *self.merged):
            yield from believed(incident.story)


def people_of(policy_stream: list[Recorded]) -> dict[str, str]:
    """Key → name by the people file that was adopted last; none where that cannot be read."""
    for one in reversed(policy_stream):
        try:
            event = events.read(one)
        except events.Unknown:
            continue
        if isinstance(event, events.PolicyAdopted):
            try:
                book = load_rulebook(event.policy, "policy.yaml", event.people, "people.yaml")
            except PolicyFault:
                return {}
            return {key: entry.name for key, entry in book.people.people.items()}
    return {}
