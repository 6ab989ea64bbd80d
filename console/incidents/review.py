"""The review of an incident as its events tell it: draft, in review, reviewed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from console.envelope import Recorded
from console.event import Event
from console.incidents import review_happened as r
from console.incidents.believed import believed
from console.incidents.happened import IncidentReopened
from console.readings import Millis


class ReviewState(StrEnum):
    """Where a review stands; the names are those in JSON."""

    DRAFT = "draft"
    IN_REVIEW = "in review"
    REVIEWED = "reviewed"


@dataclass(frozen=True, slots=True)
class Review:
    """Who owns it, until when, and how it stands."""

    state: ReviewState
    owner: str
    due: Millis
    started_at: Millis
    started_by: str
    submitted_at: Millis | None = None
    submitted_by: str = ""
    accepted_at: Millis | None = None
    accepted_by: str = ""
    says: str = ""
    """What whoever accepted it said."""
    returned: str = ""
    """Why it was sent back last, while it is a draft again."""

    def late(self, now: Millis) -> Millis:
        """For how long it is overdue; 0 where it is not."""
        return 0 if self.state is ReviewState.REVIEWED else max(0, now - self.due)


def review_of(story: Sequence[Recorded]) -> Review | None:
    """Fold an incident's stream; ``None`` where nobody has begun a review.

    Only its owner submits it, only somebody else accepts it; one that was reopened is a draft again.
    """
    found: Review | None = None
    for event, one in believed(story):
        if isinstance(event, r.ReviewStarted):
            found = _started(found, event, one)
        elif found is not None:
            found = _AFTER.get(type(event), _nothing)(found, event, one)
    return found


def _started(found: Review | None, event: r.ReviewStarted, one: Recorded) -> Review:
    if found is None:
        return Review(ReviewState.DRAFT, event.owner, event.due, one.at, event.person)
    if found.state is not ReviewState.DRAFT:
        return found
    return replace(found, owner=event.owner, due=event.due)


def _nothing(found: Review, event: Event, one: Recorded) -> Review:
    return found


def _submitted(found: Review, event: r.ReviewSubmitted, one: Recorded) -> Review:
    if found.state is not ReviewState.DRAFT or event.person != found.owner:
        return found
    return replace(
        found,
        state=ReviewState.IN_REVIEW,
        submitted_at=one.at,
        submitted_by=event.person,
        returned="",
    )


def _returned(found: Review, event: r.ReviewReturned, one: Recorded) -> Review:
    return _draft(found, event.why) if found.state is ReviewState.IN_REVIEW else found


def _reopened(found: Review, event: IncidentReopened, one: Recorded) -> Review:
    return _draft(found, "the incident was reopened") if found.state is ReviewState.IN_REVIEW else found


def _draft(found: Review, why: str) -> Review:
    return replace(found, state=ReviewState.DRAFT, submitted_at=None, submitted_by="", returned=why)


def _accepted(found: Review, event: r.ReviewAccepted, one: Recorded) -> Review:
    if found.state is not ReviewState.IN_REVIEW or event.person == found.submitted_by:
        return found
    return replace(
        found,
        state=ReviewState.REVIEWED,
        accepted_at=one.at,
        accepted_by=event.person,
        says=event.says,
    )


_AFTER: Mapping[type[Event], Callable[[Review, Any, Recorded], Review]] = {
    r.ReviewSubmitted: _submitted,
    r.ReviewReturned: _returned,
    r.ReviewAccepted: _accepted,
    IncidentReopened: _reopened,
}
