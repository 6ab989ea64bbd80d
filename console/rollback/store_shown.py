"""What is shown of a plan that restores an Edge Config store. Pure."""

from __future__ import annotations

from dataclasses import replace

from console.flags.words import shown_text
from console.rollback.desk import Shown
from console.rollback.store_step import StoreStep

FLAGS_ALONE = "code, configuration and the database stay as they are"
CODE_ELSEWHERE = "code, flags elsewhere and environment variables stay as they are"
ELSEWHERE = CODE_ELSEWHERE.replace(" and environment variables", ", environment variables and the database")
LAGS = "applications serve what they have read for some ten seconds, and longer where the store fails them"


def with_store(
    shown: Shown | None, step: StoreStep, lines: tuple[str, ...], evidence: tuple[str, ...]
) -> Shown:
    """What is shown of a plan that restores a store, beside what it does otherwise."""
    name = shown_text(step.name)
    told = tuple(f"{name}: {line}" for line in lines)
    touches = f"whoever is served by what reads {name}: the whole store goes back"
    if shown is None:
        return Shown(
            f"RESTORE {name} from {shown_text(step.backup)}", told, (ELSEWHERE, LAGS), touches, evidence
        )
    title = f"{shown.title}, and {name} back from {shown_text(step.backup)}"
    others = (ELSEWHERE if one == FLAGS_ALONE else one for one in shown.not_covered)
    not_covered = (*others, f"of the Edge Config stores {name} alone goes back; {LAGS}")
    return replace(
        shown,
        title=title,
        lines=(*shown.lines, *told),
        not_covered=not_covered,
        touches=f"{shown.touches}; {touches}",
    )
