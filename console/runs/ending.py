"""How a step ended, as the ledger keeps it. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable

from console.playbooks.evaluate import Value
from console.runs import happened as h
from console.runs.doing import Done, Task

MOST_TEXT = 4_000
MOST_EVIDENCE = 160 * 1024
"""Characters that are kept of one line of evidence: also the whole output of a command is one."""


def as_event(task: Task, done: Done, clean: Callable[[str], str]) -> h.StepEnded:
    """Text indeed, without secrets (``clean`` takes them out), values as JSON."""

    def kept(text: str, most: int = MOST_TEXT) -> str:
        return clean(text).encode("utf-8", "replace").decode("utf-8")[:most]

    return h.StepEnded(
        step=task.step.id,
        attempt=task.attempt,
        ended=done.ended,
        says=kept(done.says),
        evidence=[kept(one, MOST_EVIDENCE) for one in done.evidence],
        captured={name: kept(json.dumps(one)) for name, one in done.captured.items() if _is_data(one)},
        links=[[kept(what), kept(name)] for what, name in done.links],
        undo=kept(done.undo),
    )


def _is_data(value: Value) -> bool:
    return isinstance(value, bool | int | float | str)
