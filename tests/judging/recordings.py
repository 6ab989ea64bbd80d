"""A simulated release as the recording that ``coalmine judge`` reads."""

from __future__ import annotations

from typing import Any

from tests.judging.families import POLL_SECONDS
from tests.judging.streams import BOUNDS, Pair, Streams, Track

ERRORS, LATENCY = "error-rate", "latency"


def _ratio(track: Track) -> dict[str, Any]:
    return {"bad": track.errors.tolist(), "total": track.requests.tolist()}


def _histogram(track: Track) -> dict[str, Any]:
    return {"counts": track.latency.tolist()}


def recording(
    streams: Streams,
    run: int,
    name: str = "",
    *,
    history: bool = True,
    warmup_polls: int = 0,
    error_margin: float | None = None,
    latency_margin: float | None = None,
) -> dict[str, Any]:
    """The release ``run`` of ``streams``: error rate and latency, everything else left to the judge."""
    live: Pair = streams.live[run]
    past: list[Pair] = [
        streams.history[run, hour] for hour in range(streams.history.canary.requests.shape[1])
    ]
    before: Track = streams.before[run]
    margins = {ERRORS: error_margin, LATENCY: latency_margin}
    metrics: list[dict[str, Any]] = []
    for metric, kind, columns in ((ERRORS, "ratio", _ratio), (LATENCY, "histogram", _histogram)):
        one: dict[str, Any] = {
            "id": metric,
            "kind": kind,
            "worse": "higher",
            "baseline": columns(live.baseline),
            "canary": columns(live.canary),
            "before": columns(before),
        }
        if kind == "histogram":
            one["bounds"] = [*BOUNDS, "+Inf"]
        if margins[metric] is not None:
            one["margin"] = margins[metric]
        if history:
            one["history"] = [
                {"baseline": columns(hour.baseline), "canary": columns(hour.canary)} for hour in past
            ]
        metrics.append(one)
    return {
        "id": name or f"run-{run}",
        "poll_seconds": POLL_SECONDS,
        "warmup_polls": warmup_polls,
        "metrics": metrics,
    }
