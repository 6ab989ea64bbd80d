"""A request as a row, and the text that a filter looks at. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from console.readings import Millis
from console.rollback.afterwards import reopened, review_due
from console.rollback.executing import deadline
from console.rollback.request import State
from console.rollback.telling import left_words, quorum, review_words, standing_words, who_words
from screens import paint
from screens.paint import Line, Span, Tone, span

if TYPE_CHECKING:
    from console.rollback.counting import View

NAME, STANDING, MARGIN = 7, 26, 2
WHO_FROM = 76
"""Cells from which who asks has room."""
LOOKS: dict[State, tuple[str, Tone]] = {
    State.DRAFT: ("·", "normal"),
    State.AWAITING_APPROVAL: ("…", "caution"),
    State.APPROVED: ("✓", "good"),
    State.EXECUTING: ("▸", "caution"),
    State.VERIFYING: ("▸", "caution"),
    State.SUCCEEDED: ("✓", "good"),
    State.FAILED: ("!", "worse"),
    State.PARTIALLY_DONE: ("!", "worse"),
    State.UNKNOWN: ("?", "caution"),
    State.DENIED: ("–", "quiet"),
    State.EXPIRED: ("⧗", "quiet"),
    State.WITHDRAWN: ("–", "quiet"),
    State.SUPERSEDED: ("–", "quiet"),
}
"""A sign and a tone for each state; the word stands beside it always."""


def aged(view: View, now: Millis) -> View:
    """The request with its countdowns at ``now``; never before it was read."""
    return replace(view, now=max(now, view.now))


def look(view: View) -> tuple[str, Tone]:
    """Sign and tone of how it stands."""
    if view.wrong:
        return "!", "worse"
    if reopened(view) is not None:
        return "!", "worse"
    due = review_due(view)
    if due is None or not view.state.over:
        return LOOKS[view.state]
    return "!", "worse" if due < view.now else "caution"


def standing(view: View) -> str:
    """How it stands, in few words: ``awaiting 0 of 1, 11:42``, ``review due in 23:59:59``."""
    words, until = view.state.words, deadline(view)
    if reopened(view) is not None:
        return f"reopened, {words}"
    if view.state.over and (review := review_words(view)):
        return review
    if view.state is State.AWAITING_APPROVAL:
        words = "awaiting {} of {}".format(*quorum(view))
    return words if until is None else f"{words}, {left_words(until - view.now)}"


def heading(cells: int) -> Line:
    """The heads of the columns."""
    parts = _columns(("request", "how it stands", "what", "by"), cells)
    return paint.cut((Span(" " * MARGIN), *paint.columns(parts, 1)), cells)


def row(view: View, now: Millis, cells: int, marked: bool) -> Line:
    """Name, how it stands, what it is, who asks."""
    view = aged(view, now)
    sign, tone = look(view)
    submitted = view.request.submitted
    texts = (
        view.id,
        f"{sign} {standing(view)}",
        view.request.opened.title,
        submitted.person if submitted else "judge",
    )
    parts = _columns(texts, cells, tone, marked)
    return paint.cut((Span("▸ " if marked else "  ", "key"), *paint.columns(parts, 1)), cells)


def _columns(
    texts: tuple[str, str, str, str], cells: int, tone: Tone = "quiet", marked: bool = False
) -> list[tuple[Span, int]]:
    name, stands, what, by = texts
    who = 9 if cells >= WHO_FROM else 0
    plain: Tone = "quiet" if stands == "how it stands" else "strong" if marked else "normal"
    rest = max(cells - MARGIN - NAME - STANDING - who - (3 if who else 2), 8)
    return [
        (span(name, plain, bold=marked), NAME),
        (span(stands, tone, bold=tone in ("caution", "worse")), STANDING),
        (span(what, plain, bold=marked), rest),
        (span(by, "quiet"), who),
    ]


def haystack(view: View) -> str:
    """Name, state, title, who asks and why, and what the plan touches."""
    opened = view.request.opened
    return " ".join((view.id, standing_words(view), opened.title, who_words(view), *opened.lines))
