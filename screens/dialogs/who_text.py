"""What a context gets of a flag in each environment, and the step that decided, in words. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from console.flags.contexts import BadContext, context_of
from console.flags.edits import Raw
from console.flags.evaluating import Evaluated, evaluate
from console.flags.javascript import UNDEFINED
from console.flags.model import BadFlag, Flag, packed_segments
from console.flags.patience import TooLong, at_most
from console.flags.words import shown
from console.readings import Millis
from screens.dialogs.review_text import labelled
from screens.paint import EMPTY, Line, paragraph

PATIENT_S = 1.0
"""So long somebody who types is kept waiting at most."""
Answers = tuple[tuple[str, Evaluated], ...]


def answers(
    flag: Flag, segments: Sequence[Raw], text: str, first: str, now: Millis
) -> tuple[dict[str, Any], Answers]:
    """The context as it was understood, and what it gets in each environment, ``first`` before the others.

    Raises :class:`BadContext`, also where the flag itself cannot be evaluated.
    """
    context = context_of(text)
    try:
        packed, known = flag.packed(), packed_segments(segments)
    except BadFlag as error:
        raise BadContext(str(error)) from None
    named = sorted(flag.raw.get("environments") or {}, key=lambda name: name != first)
    try:
        with at_most(PATIENT_S):
            return context, tuple(
                (name, evaluate(packed, name, context, segments=known, now_ms=now, flag=flag.key))
                for name in named
            )
    except TooLong:
        raise BadContext(
            f"what it gets was not worked out within {PATIENT_S:g} s: a regular expression of the flag does "
            "not end, and may hang the application"
        ) from None


def lines_of(context: dict[str, Any], found: Answers, cells: int) -> list[Line]:
    """The first environment in full, the others in short."""
    asked = (
        json.dumps(context, ensure_ascii=False) if context else "nobody in particular: no attribute is known"
    )
    lines = labelled("ASKED", asked, cells, "quiet")
    for place, (name, one) in enumerate(found):
        lines.append(EMPTY)
        value = "the default in its code" if one.value is UNDEFINED else shown(one.value)
        variant = f"   variant {one.variant_id}" if one.variant_id is not None else ""
        lines += paragraph(f"{name}: {value}{variant}", cells, "strong", bold=place == 0, most=3)
        lines += labelled("REASON", one.open_feature_reason, cells)
        lines += labelled("STEP", one.step, cells)
        if one.error is not None:
            lines += labelled("ERROR", one.error, cells, "worse")
        for doubt in one.doubts:
            lines += labelled("! INEXACT", doubt, cells, "caution")
    return lines


def wrong_lines(error: BadContext, cells: int) -> list[Line]:
    """Why nothing can be said of what was typed."""
    return paragraph(f"… {error}", cells, "caution", most=4)
