"""How readings are kept in the samples store: the keys, and each body's form.

Every key starts with the *scope* (which host and project it is about), so that several projects can
share one store and never be mistaken for one another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from console.canary.measures import Measure, Point
from console.ports import Sample
from console.readings import Millis, Problem, Reading

T = TypeVar("T")

PROJECT, RELEASE, TEMPLATE = "project", "release", "template"
CANDIDATES, SLOTS, ACTIVITY = "candidates", "slots", "activity"
METRICS = "metrics"
"""Under this key the metrics source says that it lives; the sample names which source it is."""
BAKE = "bake"
EXPOSURE = "exposure"
"""How many people have the flags of the release."""
METRICS_BEFORE = "prometheus"
"""Where versions that knew one source only kept it."""
NOTHING = "null"
"""The body of an answer that there is nothing, which is not the same as no answer."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One poll's measurement of one metric on one deployment.

    ``newest`` is when the source's newest sample of the deployment was taken: a silent target keeps
    an old one, whatever the window says.
    """

    start: Millis
    end: Millis
    newest: Millis | None
    measure: Measure | None
    partial: bool = False
    """The source warned that parts of its answer are missing."""
    instead: str = ""
    """What was measured, where it only stands in for the metric."""


@dataclass(frozen=True, slots=True)
class Alive:
    """What the metrics source says of itself: ``lacks`` names the metrics it can never give, and why."""

    note: str = ""
    lacks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """A plotted line as the source itself had it, for the time before this console measured."""

    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class JudgedPoll:
    """The statistical judge's evidence at one poll (the sample's time), all log10: of the release, its
    line, and of each metric by itself."""

    evidence: float
    line: float
    metrics: Mapping[str, float] = field(default_factory=dict)


def scope_of(api_url: str, team_id: str | None, project_id: str | None) -> str:
    """A short, stable name for what a console looks at; holds no secret."""
    text = "\n".join((api_url.rstrip("/"), team_id or "", project_id or ""))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def metric_key(metric_id: str, deployment_id: str) -> str:
    return f"metric/{metric_id}/{deployment_id}"


def together_key(canary_id: str, metric_id: str) -> str:
    """Under which is kept what a source says of both tracks together during that canary's release."""
    return f"together/{canary_id}/{metric_id}"


def line_key(metric_id: str, deployment_id: str) -> str:
    return f"line/{metric_id}/{deployment_id}"


def evidence_key(canary_id: str) -> str:
    """Under which the statistical judge's evidence of each poll is kept, as :class:`JudgedPoll`."""
    return f"evidence/{canary_id}"


def bake_seen_key(deployment_id: str) -> str:
    """Under which production is kept as it was since the deployment serves, in pieces."""
    return f"bake-seen/{deployment_id}"


def bake_past_key(deployment_id: str) -> str:
    """Under which the past is kept that a deployment's bake is compared with."""
    return f"bake-past/{deployment_id}"


def deployment_key(deployment_id: str) -> str:
    return f"deployment/{deployment_id}"


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def dump(kind: Any, value: object) -> str:
    """``value`` (of type ``kind``) as JSON text; the last bucket's edge stays ``Infinity``."""
    return json.dumps(_adapter(kind).dump_python(value), separators=(",", ":"))


def load(kind: type[T], body: str | None) -> T | None:
    """The stored value; ``None`` for an empty body or one this version cannot read."""
    if body is None:
        return None
    try:
        value: T = _adapter(kind).validate_json(body)  # type: ignore[arg-type]
    except ValidationError:
        return None
    return value


def known(kind: type[T], body: str | None) -> T | None:
    """As :func:`load`, remembered: what has not changed since the last picture is not read anew."""
    value: T | None = _remembered(kind, body)  # type: ignore[arg-type]  # a class can be hashed
    return value


@lru_cache(maxsize=256)
def _remembered(kind: Any, body: str | None) -> Any:
    return load(kind, body)


def reading(kind: type[T], source: str, pair: tuple[Sample | None, Sample | None] | None) -> Reading[T]:
    """The reading that a key's newest good sample and newer failure amount to."""
    good, failure = pair or (None, None)
    problem: Problem | None = failure.problem if failure else None
    value = known(kind, good.body) if good else None
    if good is not None and good.body == NOTHING:
        return Reading(None, good.until, good.source, problem)  # the host said that there is none
    if good is None or value is None:
        return Reading.missing(source, problem)
    return Reading(value, good.until, good.source, problem, good.partial)
