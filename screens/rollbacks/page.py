"""A request in full, as its approver has to see it: why, what, what not, who, and what was done. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.narrate import narrate
from console.readings import Millis
from console.rollback.evidence import waiting_costs
from console.rollback.executing import deadline
from console.rollback.request import State
from console.rollback.telling import (
    attempt_lines,
    grouped,
    mine_of,
    standing_words,
    step_words,
    undo_words,
    who_words,
)
from screens.dialogs.review_text import labelled
from screens.paint import EMPTY, Line, Tone, paragraph, span
from screens.present import ago, clock, when
from screens.rollbacks.rows import aged, look

if TYPE_CHECKING:
    from console.rollback.counting import View

AFTERWARDS = "afterwards"
SIGNED = {"none": "unsigned is enough", "required": "signed", "hardware": "signed with a touched key"}


@dataclass(frozen=True, slots=True)
class Held:
    """Whether production is still what the plan was made for, as it was asked at ``at``."""

    at: Millis
    moved: str | None = None
    problem: str = ""
    """Why that could not be found out."""


def page(
    view: View,
    now: Millis,
    cells: int,
    *,
    you: str | None = None,
    held: Held | None = None,
    per_minute: float | None = None,
) -> list[Line]:
    """Everything about the request. ``you``: whose own answer is pointed out. ``per_minute``: requests."""
    view = aged(view, now)
    opened = view.request.opened
    lines = paragraph(f"{view.id}  {opened.title}", cells, "strong", bold=True)
    sign, tone = look(view)
    missing = view.counted.missing if view.counted and view.state is State.AWAITING_APPROVAL else ()
    needs = f"   needs {'; '.join(missing)}" if missing else ""
    lines += paragraph(f"{sign} {standing_words(view)}{needs}", cells, tone, bold=True)
    at = view.request.submitted_at or view.request.at
    lines += paragraph(f"{who_words(view)}   {when(at, now)}", cells)
    if view.wrong:
        lines += paragraph(f"! {view.wrong}", cells, "worse", bold=True)
    lines.append(EMPTY)
    for label, text, toned in _paragraphs(view, now, per_minute, held, you):
        lines += labelled(label, text, cells, toned)
    done = attempt_lines(view)
    if done:
        lines += [EMPTY, (span("what was done", "quiet"),)]
        for one in done:
            lines += paragraph(one.strip(), cells, "worse" if one.startswith("!") else "normal", indent=2)
    return [*lines, EMPTY, *_timeline(view, now, cells)]


def _paragraphs(
    view: View, now: Millis, per_minute: float | None, held: Held | None, you: str | None
) -> Iterator[tuple[str, str, Tone]]:
    opened = view.request.opened
    yield from _under("WHY", opened.evidence or ["no verdict was recorded with it"], "normal")
    steps = view.plan.steps if view.plan is not None else ()
    for number, step in enumerate(steps, 1):
        said = f"{number}  {step_words(step)} ({step.level}; {undo_words(step)})"
        yield "WHAT" if number == 1 else "", said, "strong"
    yield from _under("" if steps else "WHAT", opened.lines, "normal")
    yield "WHOM", opened.touches, "normal"
    yield from _under("NOT", [one for one in opened.not_covered if not one.startswith(AFTERWARDS)], "normal")
    after = [
        one.removeprefix(AFTERWARDS).lstrip(": ") for one in opened.not_covered if one.startswith(AFTERWARDS)
    ]
    yield from _under("AFTER", after, "normal")
    yield from _policy(view)
    yield from _answers(view, you)
    yield from _state(held if view.state in (State.AWAITING_APPROVAL, State.APPROVED) else None, now)
    until = deadline(view)
    if view.state is State.AWAITING_APPROVAL and until is not None:
        going_on = f"about {per_minute:,.0f} requests a minute go on as now" if per_minute else ""
        costs = f"{known}; " if (known := waiting_costs(opened.evidence) or going_on) else ""
        yield (
            "ELSE",
            f"{costs}if nothing is pressed, it expires at {clock(until, now)} and nothing changes",
            "normal",
        )
    if view.state is State.APPROVED and until is not None:
        yield "ELSE", f"if nobody begins, it expires at {clock(until, now)} and nothing changes", "normal"
    yield "PLAN", f"{grouped(opened.plan_sha256[:16])}  (what is signed stands for exactly this)", "quiet"


def _under(label: str, texts: list[str], tone: Tone) -> Iterator[tuple[str, str, Tone]]:
    """Paragraphs of which the first has the label."""
    for place, text in enumerate(texts):
        warns = text.startswith("!")
        yield label if place == 0 else "", text, "caution" if warns else tone


def _policy(view: View) -> Iterator[tuple[str, str, Tone]]:
    met = view.counted.met if view.counted is not None else ()
    for place, one in enumerate(met):
        need = one.need
        if not need.approvals:
            said = f"{need.rule}: needs nobody's approval"
        else:
            by = f" ({', '.join(one.by)})" if one.by else ""
            roles = ", ".join(sorted(need.from_roles))
            said = (
                f"{need.rule}: {len(one.by)} of {need.approvals}{by} from {roles}; {SIGNED[need.signature]}"
            )
        yield "POLICY" if place == 0 else "", said, "normal"
    around = sorted({role for _, rule in view.rules if rule.break_glass for role in rule.break_glass.roles})
    if around and view.state is State.AWAITING_APPROVAL:
        said = f"no time: coalmine rollback break-glass {view.id} ({', '.join(around)}), reviewed afterwards"
        yield "", said, "quiet"


def _answers(view: View, you: str | None) -> Iterator[tuple[str, str, Tone]]:
    counted = view.counted
    if counted is None:
        return
    mine = mine_of(view, you)
    label = "ANSWERS"
    for one in counted.answers:
        sign, verb = ("✓", "approved") if one.decision == "approve" else ("✗", "denied")
        own = " (that is you)" if one == mine else ""
        key = f", {one.fingerprint}" if one.fingerprint else ""
        why = f": {one.reason}" if one.reason else ""
        yield label, f"{sign} {one.person}{own} {verb} it ({one.level}{key}){why}", "strong"
        label = ""
    for bad in counted.uncounted:
        yield label, f"! {bad.person}'s answer does not count: {bad.why}", "worse"
        label = ""


def _state(held: Held | None, now: Millis) -> Iterator[tuple[str, str, Tone]]:
    if held is None:
        return
    if held.problem:
        yield (
            "STATE",
            f"? whether production is still what this was made for is not known: {held.problem}",
            "caution",
        )
    elif held.moved is not None:
        yield "STATE", f"! this plan holds no more: {held.moved}", "worse"
    else:
        yield "STATE", f"✓ production is still what this was made for (asked {ago(held.at, now)})", "good"


def _timeline(view: View, now: Millis, cells: int) -> list[Line]:
    lines: list[Line] = [(span("timeline", "quiet"),)]
    for one in reversed(view.request.story):
        lines += paragraph(f"{when(one.at, now)}  {narrate(one)}", cells, indent=2, most=4)
    return lines
