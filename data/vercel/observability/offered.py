"""What of our metrics the account's schema offers: names drift, so it chooses among candidates. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from data.vercel.observability.models import Described

DEPLOYMENT = ("deployment_id", "deploymentId")
STATUS = ("http_status", "httpStatus", "status_code", "statusCode")
ROUTE = "route"
COUNTS = ("vercel.request.count", "vercel.function_invocation.count", "vercel.edge_request.count")
"""Requests at the edge first: a function that was never reached is an error of the release, too."""
DURATIONS = (
    "vercel.request.request_duration_ms",
    "vercel.function_invocation.request_duration_ms",
    "vercel.function_invocation.function_duration_ms",
    "vercel.function_invocation.ttfb_ms",
)
CANDIDATES = (*COUNTS, *DURATIONS)
P95 = "p95"


class Lacking(LookupError):
    """The schema has nothing that a comparison could rest on; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How requests are counted: the metric, and the names of its dimensions; no ``status`` = no errors."""

    metric: str
    deployment: str
    status: str
    route: str = ""
    """Empty where it cannot be taken apart by route."""


@dataclass(frozen=True, slots=True)
class Timed:
    """How their duration is measured: a percentile, whose requests ``counted`` counts."""

    metric: str
    deployment: str
    counted: Counted


@dataclass(frozen=True, slots=True)
class Offered:
    """What to ask. ``latency`` is ``None`` where the schema has no duration by deployment."""

    counts: Counted
    latency: Timed | None


def family(metric_id: str) -> str:
    """``vercel.request`` of ``vercel.request.count``: the prefix that its metrics share."""
    return metric_id.rpartition(".")[0]


def choose(schema: Iterable[Described]) -> Offered:
    """The first candidates that the schema really has. Raises :class:`Lacking`."""
    known = {one.id: one for one in schema}
    counts = [counted for name in COUNTS if (counted := _counted(known, name))]
    if not counts:
        raise Lacking(_why_not(known))
    return Offered(counts[0], _timed(known, {family(one.metric): one for one in counts}, counts[0]))


def _counted(known: Mapping[str, Described], name: str) -> Counted | None:
    found = known.get(name)
    if found is None or (found.aggregations and "sum" not in found.aggregations):
        return None
    deployment, status = _first(DEPLOYMENT, found), _first(STATUS, found)
    route = ROUTE if ROUTE in found.names else ""
    return Counted(name, deployment, status, route) if deployment and status else None


def _timed(known: Mapping[str, Described], counts: Mapping[str, Counted], otherwise: Counted) -> Timed | None:
    for name in DURATIONS:
        found = known.get(name)
        if found is None or P95 not in found.aggregations:
            continue
        deployment = _first(DEPLOYMENT, found)
        if deployment:
            return Timed(name, deployment, counts.get(family(name), otherwise))
    return None


def _first(names: tuple[str, ...], found: Described) -> str | None:
    return next((name for name in names if name in found.names), None)


def _why_not(known: Mapping[str, Described]) -> str:
    there = [known[name] for name in COUNTS if name in known]
    if not there:
        return f"none of {', '.join(COUNTS)} is offered"
    lacks = [
        what
        for what, names in (("deployment", DEPLOYMENT), ("status", STATUS))
        if not any(_first(names, one) for one in there)
    ]
    what = " and no ".join(lacks) or "usable sum by deployment and status"
    return (
        f"{there[0].id} is offered, but has no dimension for the {what}"
        if lacks
        else f"{there[0].id} has no {what}"
    )
