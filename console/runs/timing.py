"""When a timer has run down: an absolute moment, fixed when the step begins. Pure."""

from __future__ import annotations

from datetime import datetime

from console.playbooks.model import Step
from console.playbooks.shapes import milliseconds
from console.readings import Millis


def until_of(step: Step, now: Millis) -> Millis | None:
    """Of a step of kind ``timer``; ``None`` of any other, and where its time cannot be read."""
    if step.kind != "timer":
        return None
    span, moment = step.fields.get("for"), step.fields.get("until")
    try:
        if isinstance(span, str):
            return now + milliseconds(span)
        found = datetime.fromisoformat(str(moment))
    except ValueError:
        return None
    return round(found.timestamp() * 1000) if found.tzinfo is not None else None
