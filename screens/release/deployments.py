"""Deployments as rows: state, commit, author, how long, checks. What builds says for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.readings import Millis
from screens import clean, paint
from screens.paint import Line, Span, Tone, span
from screens.present import NOTHING, duration

if TYPE_CHECKING:
    from console.host import Candidate

ROOMY = 100
LONGEST = 72
"""Cells of a commit's message: on a wide screen the eye must still find the row's end."""
BUILDING = frozenset({"QUEUED", "INITIALIZING", "BUILDING"})
BAD = frozenset({"ERROR", "CANCELED", "BLOCKED", "DELETED"})


def state_of(one: Candidate, serving: str | None) -> tuple[str, str, Tone]:
    """Glyph, word and tone of a deployment's state."""
    if one.deployment.id == serving:
        return "●", "serves", "good"
    ready = one.deployment.ready_state
    if ready in BAD:
        return "!", ready.lower(), "worse"
    if ready != "READY":
        return "…", ready.lower() or "?", "caution"
    if one.substate == "ROLLING":
        return "◐", "rolling", "canary"
    if one.substate == "STAGED":
        return "·", "staged", "normal"
    had_traffic = one.substate == "PROMOTED" or one.rollback_candidate is not False
    return "○", "served" if had_traffic else "kept", "quiet"


def checks_of(one: Candidate) -> tuple[str, Tone]:
    """How the checks stand, in a word; empty where none are said."""
    if one.checks_conclusion == "failed" or one.checks_alias_state == "failed":
        return "! checks", "worse"
    if one.deployment.ready_state != "READY":
        return "", "quiet"  # they run on what is ready
    if one.checks_state in ("registered", "running") or one.checks_alias_state == "pending":
        return "… checks", "caution"
    return ("✓ checks", "quiet") if one.checks_conclusion == "succeeded" else ("", "quiet")


def haystack(one: Candidate) -> str:
    """The text a filter looks at: id, commit, message, author, branch, name and state."""
    own = one.deployment
    parts = (own.id, own.commit_sha, own.commit_message, own.author, one.branch, own.name, own.ready_state)
    return " ".join(part for part in parts if part)


def age_of(one: Candidate, now: Millis) -> tuple[str, Tone]:
    """How old it is; of a build under way, how long it has been in its state."""
    since = one.deployment.created_at
    if one.deployment.ready_state in BUILDING:
        since = one.building_at or since
        return (NOTHING if since is None else f"for {duration(now - since)}"), "caution"
    return (NOTHING if since is None else duration(now - since)), "quiet"


def row(one: Candidate, serving: str | None, now: Millis, cells: int, marked: bool = False) -> Line:
    """One deployment in ``cells``."""
    glyph, word, tone = state_of(one, serving)
    own = one.deployment
    message = clean.first_line(own.commit_message or own.name or own.id)
    checks, shade = checks_of(one)
    age, since = age_of(one, now)
    author = 12 if cells >= ROOMY else 7
    fixed = 3 + 9 + 7 + author + 10 + 8 + 2 * 6
    return paint.cut(
        (
            Span("▸" if marked else " ", "key"),
            *paint.columns(
                [
                    (span(glyph, tone), 1),
                    (span(word, tone), 9),
                    (span((own.commit_sha or own.id)[:7]), 7),
                    (Span(clean.clean(message), "strong" if word == "serves" or marked else "normal"),
                     max(min(cells - fixed, LONGEST), 8)),
                    (span(own.author or NOTHING), author),
                    (span(age, since), 10),
                    (span(checks, shade), 8),
                ]
            ),
        ),
        cells,
    )  # fmt: skip
