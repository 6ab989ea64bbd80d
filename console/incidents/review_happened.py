"""What happens to an incident once it is resolved, as events of its stream: its review, its action items."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from console.event import Event
from console.readings import Millis

Aim = Literal["detect", "prevent", "mitigate", "process"]
AIMS: tuple[Aim, ...] = ("detect", "prevent", "mitigate", "process")
"""What an action item makes better: noticing it, that it happens at all, stopping it, how people work."""


class ReviewStarted(Event):
    """Somebody owns the review and has it ready by ``due``; of one in draft, another owner or another day."""

    KIND = "incident.review_started"
    person: str
    owner: str
    due: Millis


class ReviewSubmitted(Event):
    """The draft is ready: others read it."""

    KIND = "incident.review_submitted"
    person: str


class ReviewReturned(Event):
    """Somebody who read it sends it back."""

    KIND = "incident.review_returned"
    person: str
    why: str


class ReviewAccepted(Event):
    """Somebody other than who submitted it has read it and agrees."""

    KIND = "incident.review_accepted"
    person: str
    says: str


class ActionAdded(Event):
    """Something that is to be done, by one person until one day."""

    KIND = "incident.action_added"
    person: str
    number: int
    """From 1, in this incident."""
    text: str
    owner: str
    due: Millis
    aim: Aim


class ActionDone(Event):
    """It is done."""

    KIND = "incident.action_done"
    person: str
    number: int
    says: str


def _done(event: ActionDone, who: str) -> str:
    return f"{event.person} did action item {event.number}{f': {event.says}' if event.says else ''}"


WORDS: Mapping[type[Event], Callable[[Any, str], str]] = {
    ReviewStarted: lambda e, who: f"{e.person} began the review, which {e.owner} owns",
    ReviewSubmitted: lambda e, who: f"{e.person} submitted the review",
    ReviewReturned: lambda e, who: f"{e.person} sent the review back: {e.why}",
    ReviewAccepted: lambda e, who: f"{e.person} accepted the review: {e.says}",
    ActionAdded: lambda e, who: f"{e.person} put down action item {e.number} for {e.owner}: {e.text}",
    ActionDone: _done,
}
"""An event in one line, without a final stop; the second argument is who recorded it."""

KINDS = tuple(WORDS)
