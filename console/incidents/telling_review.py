"""A review and action items in plain lines and as JSON: the same words on the command line and the screen.
Pure."""

from __future__ import annotations

from collections.abc import Sequence

from console.envelope import Json
from console.incidents.action_items import ActionItem
from console.incidents.review import Review, ReviewState
from console.incidents.telling import Local
from console.readings import Millis

HOUR: Millis = 3_600_000


def review_words(review: Review | None, now: Millis) -> str:
    """``draft of jo's, due in 2 d``, ``in review, OVERDUE by 3 h``, ``reviewed, accepted by ana``."""
    if review is None:
        return "not begun"
    match review.state:
        case ReviewState.REVIEWED:
            return f"reviewed, accepted by {review.accepted_by}: {review.says}"
        case ReviewState.IN_REVIEW:
            words = f"in review, submitted by {review.submitted_by}"
        case ReviewState.DRAFT:
            words = f"draft of {review.owner}'s"
    back = f", sent back: {review.returned}" if review.returned else ""
    return f"{words}, {due_words(review.due, now)}{back}"


def item_line(item: ActionItem, now: Millis, local: Local) -> str:
    """One action item; what is overdue is said first and loud."""
    if not item.open:
        said = f": {item.says}" if item.says else ""
        when = local(item.done_at) if item.done_at is not None else ""
        return f"{item.name:<9} done     {item.text} ({item.done_by}, {when}{said})"
    mark = "OVERDUE" if item.late(now) else "open"
    return f"{item.name:<9} {mark:<8} {item.text} ({item.owner}, {due_words(item.due, now)}, {item.aim})"


def due_words(due: Millis, now: Millis) -> str:
    """``due in 2 d``, ``due in 5 h``, ``OVERDUE by 3 d``."""
    left = due - now
    return f"due in {_rough(left)}" if left > 0 else f"OVERDUE by {_rough(-left)}"


def _rough(ms: Millis) -> str:
    hours = ms // HOUR
    if hours >= 48:
        return f"{hours // 24} d"
    return f"{hours} h" if hours >= 1 else f"{ms // 60_000} min"


def review_as_json(review: Review | None, now: Millis) -> Json | None:
    """For programs."""
    if review is None:
        return None
    return {
        "state": review.state.value,
        "owner": review.owner,
        "due": review.due,
        "late_ms": review.late(now),
        "started_at": review.started_at,
        "started_by": review.started_by,
        "submitted_at": review.submitted_at,
        "submitted_by": review.submitted_by or None,
        "accepted_at": review.accepted_at,
        "accepted_by": review.accepted_by or None,
        "says": review.says or None,
        "returned": review.returned or None,
    }


def items_as_json(items: Sequence[ActionItem], now: Millis) -> list[Json]:
    """For programs."""
    return [
        {
            "name": one.name,
            "incident_id": one.incident_id,
            "number": one.number,
            "text": one.text,
            "owner": one.owner,
            "due": one.due,
            "aim": one.aim,
            "open": one.open,
            "late_ms": one.late(now),
            "added_at": one.added_at,
            "added_by": one.added_by,
            "done_at": one.done_at,
            "done_by": one.done_by or None,
            "says": one.says or None,
        }
        for one in items
    ]
