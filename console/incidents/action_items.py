"""What is to be done after an incident, as its events tell it: who, until when, done or not. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from console.incidents import review_happened as r
from console.incidents.believed import believed
from console.incidents.incident import Incident
from console.readings import Millis


@dataclass(frozen=True, slots=True)
class ActionItem:
    """One thing that is to be done, by one person until one day."""

    incident_id: str
    number: int
    text: str
    owner: str
    due: Millis
    aim: r.Aim
    added_at: Millis
    added_by: str
    done_at: Millis | None = None
    done_by: str = ""
    says: str = ""
    """What whoever did it said of it."""

    @property
    def name(self) -> str:
        """``INC-1.2``."""
        return f"{self.incident_id}.{self.number}"

    @property
    def open(self) -> bool:
        return self.done_at is None

    def late(self, now: Millis) -> Millis:
        """For how long it is overdue; 0 where it is not."""
        return max(0, now - self.due) if self.open else 0


def action_items_of(incident: Incident) -> tuple[ActionItem, ...]:
    """Those of one incident, by number. A number belongs to whatever had it first."""
    found: dict[int, ActionItem] = {}
    for event, one in believed(incident.story):
        if isinstance(event, r.ActionAdded) and event.number not in found:
            found[event.number] = ActionItem(
                incident.id,
                event.number,
                event.text,
                event.owner,
                event.due,
                event.aim,
                one.at,
                event.person,
            )
        elif isinstance(event, r.ActionDone):
            there = found.get(event.number)
            if there is not None and there.open:
                found[event.number] = replace(there, done_at=one.at, done_by=event.person, says=event.says)
    return tuple(found[number] for number in sorted(found))


def next_number(incident: Incident) -> int:
    """What the next one is called."""
    return max((one.number for one in action_items_of(incident)), default=0) + 1


def by_urgency(items: Iterable[ActionItem], now: Millis) -> tuple[ActionItem, ...]:
    """What is overdue, the longest first; then what is open, the soonest first; then what is done, the
    newest first."""

    def order(one: ActionItem) -> tuple[int, Millis, str, int]:
        if not one.open:
            return 2, -(one.done_at or 0), one.incident_id, one.number
        return (0 if one.late(now) else 1), one.due, one.incident_id, one.number

    return tuple(sorted(items, key=order))


def name_parts(name: str) -> tuple[str, int] | None:
    """The incident and the number in ``INC-1.2``; ``None`` where it is no such name."""
    incident_id, dot, number = name.rpartition(".")
    if not dot or not incident_id or not (number.isascii() and number.isdigit()) or len(number) > 6:
        return None
    return incident_id, int(number)
