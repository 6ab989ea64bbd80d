"""Recordings for tests: small ones by hand, and random ones of every kind."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from console.canary.recording import Recording

Doc = dict[str, Any]

BOUNDS: list[float | str] = [0.05, 0.1, 0.25, 0.5, 1.0, "+Inf"]
CATEGORIES = ["info", "warning", "error", "fatal"]
SHAPE = np.array([0.2, 0.3, 0.3, 0.15, 0.04, 0.01])
SLOWER = np.array([0.05, 0.15, 0.3, 0.3, 0.15, 0.05])


def recording(*metrics: Doc, **more: Any) -> Recording:
    """A recording of these metrics, polled every 15 s."""
    return Recording.model_validate({"id": "r", "poll_seconds": 15, "metrics": list(metrics), **more})


def ratio(baseline: Doc, canary: Doc, **more: Any) -> Doc:
    """A ratio called ``errors``."""
    return {
        "id": "errors",
        "kind": "ratio",
        "worse": "higher",
        "baseline": baseline,
        "canary": canary,
        **more,
    }


def errors(
    rng: np.random.Generator, polls: int, *, canary: int = 150, baseline: int = 2850, rate: float = 0.005,
    times: float = 1.0, onset: int = 0, **more: Any,
) -> Doc:  # fmt: skip
    """Independent errors, on the canary ``times`` as many from ``onset`` on."""
    n, m = rng.poisson(canary, polls), rng.poisson(baseline, polls)
    factor = np.where(np.arange(polls) >= onset, times, 1.0)
    x, y = rng.binomial(n, np.minimum(rate * factor, 1.0)), rng.binomial(m, rate)
    return ratio({"bad": y.tolist(), "total": m.tolist()}, {"bad": x.tolist(), "total": n.tolist()}, **more)


def latency(
    rng: np.random.Generator,
    polls: int,
    *,
    canary: int = 150,
    baseline: int = 2850,
    slow: bool = False,
    **more: Any,
) -> Doc:
    """Durations in buckets; slow ones on the canary if asked."""
    shape = SLOWER if slow else SHAPE
    return {
        "id": "latency",
        "kind": "histogram",
        "worse": "higher",
        "bounds": BOUNDS,
        "baseline": {"counts": rng.multinomial(rng.poisson(baseline, polls), SHAPE).tolist()},
        "canary": {"counts": rng.multinomial(rng.poisson(canary, polls), shape).tolist()},
        **more,
    }


def gauge(rng: np.random.Generator, polls: int, *, shift: float = 0.0, **more: Any) -> Doc:
    """A shared random walk with noise of each track's own."""
    walk = 50 + np.cumsum(rng.normal(0, 1, polls))
    return {
        "id": "cpu",
        "kind": "gauge",
        "worse": "higher",
        "baseline": {"value": (walk + rng.normal(0, 0.5, polls)).tolist()},
        "canary": {"value": (walk + rng.normal(0, 0.5, polls) + shift).tolist()},
        **more,
    }


def severities(rng: np.random.Generator, polls: int, *, severe: bool = False, **more: Any) -> Doc:
    """Errors by severity; severer ones on the canary if asked."""
    usual = [0.5, 0.3, 0.17, 0.03]
    return {
        "id": "severity",
        "kind": "categorical",
        "worse": "higher",
        "categories": CATEGORIES,
        "baseline": {"counts": rng.multinomial(rng.poisson(95, polls), usual).tolist()},
        "canary": {
            "counts": rng.multinomial(
                rng.poisson(30, polls), [0.2, 0.3, 0.3, 0.2] if severe else usual
            ).tolist()
        },
        **more,
    }


def new_types(rng: np.random.Generator, polls: int, *, each: float = 0.0, **more: Any) -> Doc:
    """New error types; ``each`` poll so many on the canary."""
    return {
        "id": "types",
        "kind": "set",
        "baseline": {"new": [0] * polls, "total": rng.poisson(2850, polls).tolist()},
        "canary": {"new": rng.poisson(each, polls).tolist(), "total": rng.poisson(150, polls).tolist()},
        **more,
    }


def queries(rng: np.random.Generator, polls: int, *, times: float = 1.0, **more: Any) -> Doc:
    """Retries per request, a count."""
    return {
        "id": "retries",
        "kind": "count",
        "worse": "higher",
        "baseline": {"count": rng.poisson(60, polls).tolist(), "total": [2850] * polls},
        "canary": {"count": rng.poisson(60 / 19 * times, polls).tolist(), "total": [150] * polls},
        **more,
    }


def all_kinds(rng: np.random.Generator, polls: int) -> list[Doc]:
    """One metric of each kind, without harm."""
    return [
        errors(rng, polls),
        latency(rng, polls),
        gauge(rng, polls),
        severities(rng, polls),
        new_types(rng, polls, each=0.02),
        queries(rng, polls),
    ]


def exchanged(metric: Doc) -> Doc:
    """The same with the tracks and the direction exchanged."""
    other = {"higher": "lower", "lower": "higher", "any": "any"}
    past = [{"baseline": p["canary"], "canary": p["baseline"]} for p in metric.get("history", [])]
    return {
        **metric,
        "baseline": metric["canary"],
        "canary": metric["baseline"],
        "worse": other[metric.get("worse", "higher")],
        "history": past,
    }


def holed(metric: Doc, polls: list[int]) -> Doc:
    """The same without the canary's numbers in ``polls``."""
    gone = set(polls)
    track = {
        name: [None if i in gone else value for i, value in enumerate(values)]
        for name, values in metric["canary"].items()
    }
    return {**metric, "canary": track}


seeds = st.integers(0, 2**32 - 1)
