"""The text of the review: what would happen, who is recorded, and what stands in the way. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from console import actions
from console.actions import Abort, Action, Advance, Complete, Preview
from console.outcome import End, Outcome
from console.readings import Problem
from console.world import World
from screens.paint import EMPTY, Line, Span, Tone, paragraph, span
from screens.present import duration, percent

LABEL = 10
OF_A_RELEASE = (Advance, Complete, Abort)
"""What is asked of a running release, and makes sense only while that stands where it stood."""


@dataclass(frozen=True, slots=True)
class Review:
    """How far the dialog has come. ``started`` is monotonic seconds of the present stage."""

    action: str
    stage: Literal["reading", "ready", "failed", "sending", "ended"]
    started: float
    preview: Preview | None = None
    problem: Problem | None = None
    outcome: Outcome | None = None
    refusal: str | None = None
    seen: Action | None = None
    """What the action would have been in the world on show when the preview arrived."""


def would_be(action: str, world: World) -> Action | None:
    """The action for the release as the world has it; ``None`` where it makes no sense."""
    try:
        return actions.make(action, world.release.value)
    except actions.Impossible:
        return None


def moved(review: Review, world: World) -> str | None:
    """What changed under the dialog since the preview was made, in words; ``None`` if nothing did."""
    if review.preview is None or not isinstance(review.preview.action, OF_A_RELEASE):
        return None  # of other actions the gate alone can tell, which asks the host again before it sends
    planned, now = review.preview.action, would_be(review.action, world)
    if now in (planned, review.seen):
        return None
    release = world.release.value
    if release is None or not release.active:
        how = (
            "there is no release"
            if release is None
            else f"the release is over ({release.state.value.lower()})"
        )
        return f"Meanwhile {how}. Nothing was sent."
    if now is None:
        return "Meanwhile this became impossible. Nothing was sent."
    if not isinstance(now, OF_A_RELEASE) or now.canary_deployment_id != planned.canary_deployment_id:
        return "Meanwhile another canary is being released. Nothing was sent."
    return f"Meanwhile somebody moved the release{_from_to(planned, now)}. Nothing was sent."


def _from_to(planned: Action, now: Action) -> str:
    staged = Advance | Complete
    if isinstance(planned, staged) and isinstance(now, staged):
        return f": {percent(planned.from_percentage)} → {percent(now.from_percentage)}"
    return ""


def missing(review: Review, world: World, reason: str, typed: str) -> str | None:
    """What still keeps Send from being pressed, in words; ``None`` when nothing does."""
    if review.stage != "ready" or review.preview is None:
        return "not yet"
    if review.refusal is not None:
        return review.refusal
    if moved(review, world) is not None:
        return "what would be sent is no longer what stands here"
    if not reason.strip():
        return "a reason is needed"
    word = review.preview.typed_word
    if word is not None and typed.strip() != word:
        return f"type {word} to confirm"
    return None


def body(review: Review, world: World, cells: int) -> list[Line]:
    """Title and the labelled paragraphs of the preview, or what is being waited for."""
    if review.preview is None:
        if review.problem is None:
            return [
                (span(f"{review.action.upper()}", bold=True),),
                EMPTY,
                (span("… asking the host afresh", "quiet"),),
            ]
        return [
            (span(f"{review.action.upper()} is not possible now", "strong", bold=True),),
            EMPTY,
            *paragraph(review.problem.what, cells, "worse", bold=True),
            *paragraph(review.problem.next, cells),
        ]
    preview = review.preview
    lines: list[Line] = [*paragraph(preview.title, cells, "strong", bold=True), EMPTY]
    if preview.needs:
        lines += labelled("NEEDS", preview.needs, cells, "caution")
    for index, what in enumerate(preview.what):
        lines += labelled("WHAT" if index == 0 else "", what, cells, "strong" if index == 0 else "normal")
    lines += labelled("TOUCHES", preview.touches, cells)
    lines += labelled("UNDO", preview.undo, cells)
    lines += labelled("AFTER", preview.after, cells)
    for index, line in enumerate(preview.not_back):
        lines += labelled("" if index else "NOT", line, cells)
    for warning in preview.warnings:
        lines += labelled("! WARNING", warning, cells, "caution")
    lines += labelled("ELSE", f"if nothing is pressed, {preview.if_nothing}", cells)
    return lines + labelled("RECORDED", recorded(world), cells, "quiet")


def recorded(world: World) -> str:
    """As whom it is recorded."""
    person = world.person.value
    if person is None:
        return "nobody is known to be sitting here, so nothing will be sent"
    return f"as {person.name}, with your reason, before anything is sent"


def labelled(label: str, text: str, cells: int, tone: Tone = "normal") -> list[Line]:
    """A paragraph beside its label."""
    wrapped = paragraph(text, max(cells - LABEL, 8), tone)
    head = Span(f"{label:<{LABEL}}", "caution" if label.startswith("!") else "quiet")
    return [(head if row == 0 else Span(" " * LABEL), *line) for row, line in enumerate(wrapped)]


ENDS: dict[End, tuple[str, Tone]] = {
    End.DONE: ("✓ done", "good"),
    End.REFUSED_HERE: ("! refused here, nothing was sent", "worse"),
    End.REFUSED_BY_HOST: ("! the host refused", "worse"),
    End.NOT_SENT: ("! not sent, nothing happened", "worse"),
    End.UNKNOWN: ("? sent, no answer: asking the host what happened; it is not sent again", "caution"),
    End.AWAITING: ("… asked for: nothing is sent before it is approved", "caution"),
}


def foot(
    review: Review,
    world: World,
    held: str | None,
    monotonic: float,
    cells: int,
    keys: tuple[str, str] = ("ctrl+s", "ctrl+r"),
) -> list[Line]:
    """The lines above the buttons: what stands in the way, progress, or the outcome.

    ``keys``: how those that send and that read again are written.
    """
    send, again = keys
    if review.stage == "sending":
        elapsed = duration(int((monotonic - review.started) * 1000))
        text = f"… sending, {elapsed}. You may close this: the outcome will be told and is in the ledger."
        return paragraph(text, cells, "caution", bold=True)
    if review.outcome is not None:
        return outcome_lines(review.outcome, cells)
    if review.stage != "ready":
        return []
    if review.refusal is not None:
        return paragraph(f"! {review.refusal}", cells, "caution", bold=True)
    changed = moved(review, world)
    if changed is not None:
        return paragraph(f"! {changed} {again} reads it again.", cells, "worse", bold=True)
    if held is not None:
        return paragraph(f"· {held}", cells, "quiet")
    asks = review.preview is not None and review.preview.needs
    return paragraph(f"· {send} {'asks for it' if asks else 'sends it'}", cells, "quiet")


def outcome_lines(outcome: Outcome, cells: int) -> list[Line]:
    """How it ended, which rule said so, and what to do next."""
    word, tone = ENDS[outcome.end]
    lines = paragraph(word, cells, tone, bold=True)
    lines += paragraph(outcome.says, cells)
    if outcome.rule:
        lines += paragraph(f"rule: {outcome.rule}", cells, "quiet")
    if outcome.next:
        lines += paragraph(outcome.next, cells)
    if outcome.end is End.AWAITING:
        lines += paragraph("The screen of requests (3) shows who answers.", cells)
    if outcome.seq is not None:
        lines += paragraph(f"event {outcome.seq} of the ledger", cells, "quiet")
    return lines


def outcome_toast(action: str, outcome: Outcome) -> str:
    """The outcome in one sentence, for whoever closed the dialog."""
    word, _ = ENDS[outcome.end]
    return f"{action}: {word[2:]}. {outcome.says}"
