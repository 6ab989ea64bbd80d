"""Which deployments a verb could take now, and why not the others. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from console.actions import Impossible
from console.host import Candidate
from console.planning import Choice, plan, unready
from console.situation import Situation

Verb = Literal["start", "promote", "rollback"]


@dataclass(frozen=True, slots=True)
class Choosable:
    """One deployment; ``why_not`` is its own reason, not one that holds for all of them."""

    candidate: Candidate
    why_not: str | None


@dataclass(frozen=True, slots=True)
class Choices:
    """The deployments for ``verb``; ``in_the_way`` holds for every one of them."""

    verb: Verb
    rows: tuple[Choosable, ...]
    in_the_way: str | None


def choices(verb: Verb, listed: Sequence[Candidate], situation: Situation) -> Choices:
    """What can be chosen for ``verb`` in the situation."""
    rows = tuple(Choosable(one, _own_reason(verb, one, situation)) for one in listed)
    able = next((row.candidate for row in rows if row.why_not is None), None)
    in_the_way = None
    if able is not None:
        try:
            plan(verb, Choice(able.deployment.id), replace(situation, target=able))
        except Impossible as error:
            in_the_way = str(error)
    return Choices(verb, rows, in_the_way)


def _own_reason(verb: Verb, candidate: Candidate, situation: Situation) -> str | None:
    release, project, own = situation.release, situation.project, candidate.deployment
    if release is not None and release.active and release.canary and release.canary.id == own.id:
        return None if verb == "promote" else "It is the canary that is rolling."
    if project is not None and project.serving_id == own.id:
        running = release is not None and release.active
        if (verb == "rollback" and running) or (verb == "promote" and project.behind and not running):
            return None
        return "It serves production already."
    if verb != "rollback":
        return unready(candidate)
    if candidate.rollback_candidate is False:
        return "The host does not allow an instant rollback to it."
    return None if own.ready_state == "READY" else "It is not ready any more."
