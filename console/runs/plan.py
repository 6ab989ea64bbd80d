"""A run before it begins: every step with its values, what it would change, who has to agree.

In a dry run what only looks does look.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from console.envelope import Json
from console.playbooks.evaluate import NO_DATA, Value, condition
from console.playbooks.expression import parse
from console.playbooks.model import Playbook, Step
from console.playbooks.shapes import milliseconds
from console.playbooks.telling import says
from console.readings import Millis
from console.runs.doing import Hand, Task
from console.runs.params import lacking
from console.runs.pinned import resolved, task_fields

LOOKS = frozenset({"metric", "http"})
"""Kinds of step that a dry run does, where they change nothing."""

Word = Literal["would", "looked", "could not", "left out"]


@dataclass(frozen=True, slots=True)
class Planned:
    """One step as it would be done."""

    number: int
    step: Step
    """With its values filled in; secrets stand as ``{{ NAME }}``."""
    word: Word
    lines: tuple[str, ...]
    lacks: tuple[str, ...] = ()
    """Parameters that it needs and that were not given."""

    def as_json(self) -> Json:
        return {
            "step": self.step.id,
            "kind": self.step.kind,
            "title": self.step.title,
            "effect": self.step.effect,
            "role": self.step.fields.get("role"),
            "says": says(self.step),
            "word": self.word,
            "lines": list(self.lines),
            "lacks": list(self.lacks),
        }


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan is made of."""

    playbook: Playbook
    """As it was written."""
    values: Mapping[str, Value]
    secrets: Mapping[str, str]
    hands: Mapping[str, Hand]
    person: str
    incident_id: str = ""
    look: bool = False
    """Whether what only looks is done: a dry run."""


async def planned(terms: Terms) -> AsyncIterator[Planned]:
    """Every step in the order of the document, whichever way a run would go."""
    shown = resolved(terms.playbook, terms.values)
    for number, (written, step) in enumerate(zip(terms.playbook.steps, shown.steps, strict=True), start=1):
        yield await _one(terms, number, written, step)


async def _one(terms: Terms, number: int, written: Step, step: Step) -> Planned:
    known = dict.fromkeys(terms.playbook.secrets, "")
    lacks = lacking(dict(step.fields), known)
    if lacks:
        return Planned(number, step, "could not", (f"needs {', '.join(lacks)}, which is not given",), lacks)
    wanted = step.fields.get("if")
    holds = condition(parse(wanted), terms.values) if isinstance(wanted, str) else True
    if holds is False:
        return Planned(number, step, "left out", (f"would be left out: only if {wanted}",))
    task = _task(terms, written, step)
    hand = terms.hands[step.kind]
    only = (f"only if {wanted}, which the run will tell",) if holds is NO_DATA else ()
    if terms.look and step.kind in LOOKS and not step.effect:
        done = await hand.do(task, lambda line: None)
        return Planned(number, step, "looked", (*only, f"{done.ended}: {done.says}", *done.evidence))
    # What a hand says may name the values it was given: secrets are not among those of this task.
    lines = await hand.would(task)
    could = all(line.startswith("would") for line in lines)
    return Planned(number, step, "would" if could else "could not", (*only, *lines))


def _task(terms: Terms, written: Step, step: Step) -> Task:
    looks = terms.look and step.kind in LOOKS and not step.effect
    fields = task_fields(written, terms.values, terms.secrets)[0] if looks else dict(step.fields)
    return Task(
        run_id="",
        step=step,
        fields=fields,
        attempt=1,
        names=terms.values,
        person=terms.person,
        incident_id=terms.incident_id,
    )


def timers_ms(playbook: Playbook) -> Millis:
    """How long its timers take in all, as far as that can be told."""
    spans = [step.fields.get("for") for step in playbook.steps if step.kind == "timer"]
    return sum(milliseconds(one) for one in spans if isinstance(one, str) and "{{" not in one)


def lines_of(found: Sequence[Planned]) -> tuple[str, ...]:
    """The plan as text."""
    lines = []
    for one in found:
        lines.append(f"{one.number:>3}. {'!' if one.step.effect else ' '} {one.step.title}  [{one.step.id}]")
        lines += [f"       {part}" for line in one.lines for part in line.splitlines()]
        role = one.step.fields.get("role")
        if role:
            lines.append(f"       by: {str(role).replace('_', ' ')}")
    return tuple(lines)
