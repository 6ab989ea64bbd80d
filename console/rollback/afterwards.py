"""What a request still waits for once it was carried out, or will not be. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from console.readings import Millis

if TYPE_CHECKING:
    from console.rollback.counting import View

Verdict = Literal["justified", "not_justified", "policy_should_change"]
VERDICTS: Mapping[Verdict, str] = {
    "justified": "justified",
    "not_justified": "not justified",
    "policy_should_change": "policy should change",
}
"""What a review of a broken glass may find, as people read and type it."""


def review_due(view: View) -> Millis | None:
    """Until when somebody has to review its broken glass; ``None`` where nobody has to.

    A glass that was carried out by is reviewed also where it would count no more today.
    """
    glass = view.request.glass
    if glass is None or view.request.reviewed is not None:
        return None
    counted = view.glass == "" or view.request.attempt is not None
    return glass.event.review_by if counted else None


def waits(view: View) -> bool:
    """Whether somebody has something to do about it: it is not over, or its glass is to be reviewed."""
    return not view.state.over or review_due(view) is not None


def verdict_of(typed: str) -> Verdict | None:
    """The verdict that ``typed`` is, or begins; ``None`` where it is none or could be several."""
    text = " ".join(typed.lower().replace("_", " ").split())
    found: list[Verdict] = [one for one, words in VERDICTS.items() if text and words.startswith(text)]
    return found[0] if len(found) == 1 else None
