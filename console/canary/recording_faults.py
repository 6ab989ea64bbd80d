"""What is wrong with a recording, in words that name the metric, the track and the poll."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

MOST_FAULTS = 3


def explained(text: str | bytes, error: ValidationError) -> str:
    """What is wrong, for a person: at most three faults, each with metric, track and poll."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return f"This is no JSON document: {error.errors()[0]['msg']}."
    faults = error.errors(include_url=False, include_input=False)
    said = [f"{_place(raw, fault['loc'])}{_fault(fault)}." for fault in faults[:MOST_FAULTS]]
    more = len(faults) - MOST_FAULTS
    return " ".join([*said, f"And {more} more like it." if more > 0 else ""]).strip()


def _fault(fault: Any) -> str:
    if fault["type"] in ("greater_than_equal", "finite_number") and "poll" in _place({}, fault["loc"]):
        return "must be 0 or more, or null for a missing poll (a counter that was reset gives its new value)"
    message: str = fault["msg"]
    return message.removeprefix("Value error, ").replace("Input should be", "must be")


def _place(raw: object, loc: Sequence[str | int]) -> str:
    """Where a fault is: ``metric error_rate, canary, bad, poll 17: ``."""
    words = [str(part) for part in loc]
    if len(words) > 1 and words[0] == "metrics":
        words = [f"metric {_metric_id(raw, int(words[1]))}", *words[3:]]
    if len(loc) > 2 and loc[-1:] and isinstance(loc[-1], int) and not isinstance(loc[-2], int):
        words[-1] = f"poll {loc[-1]}"
    elif len(loc) > 3 and isinstance(loc[-1], int) and isinstance(loc[-2], int):
        words[-2:] = [f"poll {loc[-2]}", f"bucket {loc[-1]}"]
    return ", ".join(words) + ": " if words else ""


def _metric_id(raw: object, place: int) -> str:
    try:
        name = raw["metrics"][place]["id"]  # type: ignore[index]
    except (KeyError, IndexError, TypeError):
        return f"number {place}"
    return str(name)
