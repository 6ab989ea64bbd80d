"""A playbook as a row of the library, and in full: its prose, its steps, its warnings. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.playbooks.telling import page as told
from screens import paint
from screens.paint import EMPTY, Line, Span, Tone, paragraph, span
from screens.playbooks.markdown import Action, rendered
from screens.present import count

if TYPE_CHECKING:
    from console.playbooks.library import Found
    from console.playbooks.model import Playbook

NAME, STEPS, MARGIN = 24, 9, 2


def row(one: Found, cells: int, marked: bool, *, offered: bool) -> Line:
    """Name, title, how many steps, and whether it is offered here or cannot be read."""
    wrong = one.checked.playbook is None
    tone: Tone = "worse" if wrong else "strong" if marked else "normal"
    steps = "cannot run" if one.checked.playbook is None else count(len(one.checked.playbook.steps), "step")
    sign = "!" if wrong else "◆" if offered else " "
    rest = max(cells - MARGIN - 2 - NAME - STEPS - 2, 8)
    parts = [
        (span(one.name, tone, bold=marked), NAME),
        (span(one.title if not wrong else f"{len(one.checked.errors)} errors", tone), rest),
        (span(steps, "quiet"), STEPS),
    ]
    mark = Span("▸ " if marked else "  ", "key")
    return paint.cut((mark, Span(f"{sign} ", "canary"), *paint.columns(parts, 1)), cells)


def haystack(one: Found) -> str:
    """Everything that it says."""
    return f"{one.name} {one.title} {' '.join(one.triggers)} {one.origin} {' '.join(one.text.split())}"


def page(one: Found, cells: int) -> list[Line]:
    """The whole playbook, to be read."""
    playbook = one.checked.playbook
    lines = paragraph(one.title, cells, "strong", bold=True)
    lines += paragraph(f"{one.name}, {one.origin}: {one.file}", cells, "quiet")
    for fault in one.checked.errors:
        lines += paragraph(f"! {fault.words(one.file)}", cells, "worse")
    for fault in one.checked.warnings:
        lines += paragraph(f"· {fault.words(one.file)}", cells, "caution")
    if playbook is None:
        lines += [
            EMPTY,
            *paragraph("It does not run before that is mended. As it is written:", cells, "quiet"),
            EMPTY,
        ]
        return [*lines, *rendered(one.text, cells)]
    lines += paragraph(playbook.about, cells, most=4) if playbook.about else []
    lines += [EMPTY, *rendered(one.text, cells, actions(playbook)), EMPTY]
    for text in _front(playbook):
        lines += paragraph(text, cells, "quiet")
    return lines


def _front(playbook: Playbook) -> list[str]:
    """What the plan view says before its first step, but for title and purpose."""
    before: list[str] = []
    for line in list(told(playbook))[2 if playbook.about else 1 :]:
        if not line:
            break
        before.append(line)
    return before


def actions(playbook: Playbook) -> dict[int, Action]:
    """Line of each fence → its step in words, as the plan view has it."""
    texts: list[list[str]] = []
    for line in told(playbook):
        if not line:
            texts.append([])
        elif texts:
            texts[-1].append(line)
    return {
        step.line: Action(text[0].strip(), tuple(one.strip() for one in text[1:]))
        for step, text in zip(playbook.steps, texts, strict=False)
        if text
    }
