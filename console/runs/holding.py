"""Whether what a step asserts holds, and what it captures, of the values that it found. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from console.playbooks.evaluate import NO_DATA, Value, condition, evaluate
from console.playbooks.expression import parse
from console.playbooks.model import Plain
from console.runs.doing import Done, Task

_TYPES: Mapping[str, tuple[type, ...]] = {"number": (int, float), "string": (str,), "boolean": (bool,)}


def conditions(fields: Mapping[str, Plain]) -> tuple[str, ...]:
    """What has to hold, each as it is written."""
    wanted = fields.get("assert")
    return tuple(str(one) for one in wanted) if isinstance(wanted, list) else (str(wanted),) if wanted else ()


def judged(task: Task, found: Mapping[str, Value], evidence: tuple[str, ...]) -> Done:
    """How the step ended, by its conditions: no data in one of them goes before another that fails."""
    values = {**task.names, **found}
    told = [(one, condition(parse(one), values)) for one in conditions(task.fields)]
    lines = (*evidence, *(f"{_WORDS[str(value)]}: {one}" for one, value in told))
    undecided = [one for one, value in told if value is NO_DATA]
    if undecided:
        return Done("no_data", f"There is no data to decide: {undecided[0]}.", lines)
    failed = [one for one, value in told if value is False]
    if failed:
        return Done("failed", f"It does not hold: {failed[0]}.", lines)
    return Done("succeeded", "All that is asserted holds.", lines, captured(task, found))


_WORDS = {"True": "holds", "False": "does not hold", str(NO_DATA): "no data"}


def captured(task: Task, found: Mapping[str, Value]) -> dict[str, Value]:
    """What later expressions may name. What is not of the type that is declared is no data, and left out."""
    wanted = task.fields.get("capture")
    values = {**task.names, **found}
    kept: dict[str, Value] = {}
    for name, one in wanted.items() if isinstance(wanted, dict) else ():
        if not isinstance(one, dict):
            continue
        value, type_ = evaluate(parse(str(one.get("value"))), values), str(one.get("type"))
        fits = isinstance(value, _TYPES.get(type_, ())) and (type_ == "boolean") == isinstance(value, bool)
        if fits:
            kept[name] = value
    return kept
