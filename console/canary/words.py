"""The verdict in words."""

from __future__ import annotations

from console.canary.effect import Size
from console.canary.recording import AnyMetric


def lasting(polls: int, poll_seconds: float) -> str:
    """So many polls as a time for a person."""
    seconds = polls * poll_seconds
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def sized(metric: AnyMetric, size: Size) -> str:
    """The effect with its interval: ``2.1 × (1.6 to 2.9)``."""
    if size.value is None:
        return "of unknown size"
    if metric.kind == "gauge":
        return f"{size.value:+.3g}{_between(size, '+.3g')}"
    return f"{size.value:.2f} ×{_between(size, '.2f')}"


def _between(size: Size, form: str) -> str:
    low = "?" if size.low is None else f"{size.low:{form}}"
    high = "?" if size.high is None else f"{size.high:{form}}"
    return "" if size.low is None and size.high is None else f" ({low} to {high})"


def said(
    metric: AnyMetric, state: str, size: Size, left: int | None, poll_seconds: float, missing: str
) -> str:
    """One metric in a sentence."""
    effect = sized(metric, size)
    time = "" if left is None else f"; needs about {lasting(left, poll_seconds)} more at this traffic"
    match state:
        case "worse":
            return f"worse beyond doubt: canary against baseline {effect}"
        case "equivalent":
            return f"not worse by the margin: canary against baseline {effect}"
        case "warming_up":
            return "warming up: only a disaster is looked for"
        case "no_data":
            return "no data of one track or both"
        case "collecting":
            return f"collecting: {missing}{time}"
        case _:
            undecided = "" if left is not None else "; no decision in sight at this traffic"
            return f"undecided: canary against baseline {effect}{time}{undecided}"
