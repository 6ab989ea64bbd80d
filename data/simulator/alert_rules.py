"""The shop's alert rules, evaluated as a Prometheus would: every 15 seconds, firing after 30.

They are evaluated when somebody asks for alerts, over the last minutes at most: what was never looked at
costs nothing, and an alert is never older than that at the first look.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from console.readings import Millis
from data.simulator import shop
from data.simulator.evaluate import Evaluation
from data.simulator.flow import Stream
from data.simulator.promql import parse
from data.simulator.world import World

EVERY_MS: Millis = 15_000
FOR_MS: Millis = 30_000
CATCH_UP_MS: Millis = 180_000
SILENT_MS: Millis = 30_000
"""A target that was not scraped for so long is lost."""

ERRORS = (
    'sum(rate(http_requests_total{deployment="%s",status=~"5.."}[1m]))'
    ' / sum(rate(http_requests_total{deployment="%s"}[1m]))'
)
ERRORS_MAX = 0.02
OF_ROUTE = (
    'sum(rate(http_requests_total{deployment="%s",route="%s",status=~"5.."}[1m]))'
    ' / sum(rate(http_requests_total{deployment="%s",route="%s"}[1m]))'
)
ROUTE_MAX = 0.2
QUANTILE = 'histogram_quantile(0.95, sum by (le) (rate(%s{deployment="%%s"}[1m])))'
LATENCY = QUANTILE % "http_request_duration_seconds_bucket"
LATENCY_RATIO = 1.25
QUERIES = QUANTILE % "db_client_operation_duration_seconds_bucket"
QUERIES_MAX_S = 0.1


@dataclass(frozen=True, slots=True)
class Firing:
    """One alert of a rule."""

    labels: Mapping[str, str]
    summary: str
    since: Millis
    updated_at: Millis

    @property
    def fingerprint(self) -> str:
        """Stands for the labels."""
        text = "\n".join(f"{name}={value}" for name, value in sorted(self.labels.items()))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


Labels = tuple[tuple[str, str], ...]
True_ = tuple[Labels, str]
"""The labels of an alert whose condition holds, and its summary."""


class Rules:
    """The state of every rule's alerts."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._since: dict[Labels, Millis] = {}
        """When the condition began to hold."""
        self._says: dict[Labels, str] = {}
        self._at: Millis | None = None

    def firing(self) -> list[Firing]:
        """The alerts that fire now, by their labels."""
        now = self._world.advance()
        newest = now - (now - self._world.epoch) % EVERY_MS
        first = newest - CATCH_UP_MS if self._at is None else self._at + EVERY_MS
        for at in range(max(first, newest - CATCH_UP_MS, self._world.epoch), newest + 1, EVERY_MS):
            self._evaluate(at)
        return [
            Firing(dict(labels), self._says[labels], since + FOR_MS, newest)
            for labels, since in sorted(self._since.items())
            if newest - since >= FOR_MS
        ]

    def _evaluate(self, at: Millis) -> None:
        true = dict(self._true(at))
        self._since = {labels: self._since.get(labels, at) for labels in true}
        self._says, self._at = true, at

    def _true(self, at: Millis) -> Iterator[True_]:
        streams = self._world.streams(at)
        for stream in streams:
            yield from self._of(stream, streams, at)
        yield from self._previews(at)

    def _of(self, stream: Stream, streams: list[Stream], at: Millis) -> Iterator[True_]:
        if self._silent(stream, at):
            says = "the application's metrics do not arrive"
            yield _alert("MetricsSourceLost", "page", "metrics_source", stream), says
            return
        errors = self._value(ERRORS % (stream.deployment_id, stream.deployment_id), at)
        if errors is not None and errors > ERRORS_MAX:
            says = f"more than {ERRORS_MAX * 100:g} % of requests fail"
            yield _alert("HighErrorRate", severity_of(stream), "error_rate", stream), says
        yield from self._routes(stream, at)
        slow = self._value(QUERIES % stream.deployment_id, at)
        if slow is not None and slow > QUERIES_MAX_S:
            says = f"database queries take longer than {QUERIES_MAX_S * 1000:g} ms (p95)"
            yield _alert("SlowQueries", "page", "db_query_time", stream), says
        base = next((one for one in streams if one.track != "canary"), None)
        if stream.track == "canary" and base is not None:
            own, others = (self._value(LATENCY % one.deployment_id, at) for one in (stream, base))
            if own is not None and others and own > LATENCY_RATIO * others:
                says = f"the canary takes more than {LATENCY_RATIO:g} times as long as the baseline (p95)"
                yield _alert("CanarySlow", "page", "latency_p95", stream), says

    def _routes(self, stream: Stream, at: Millis) -> Iterator[True_]:
        for route in shop.ROUTES:
            share = self._value(OF_ROUTE % ((stream.deployment_id, route) * 2), at)
            if share is not None and share > ROUTE_MAX:
                labels = _alert("RouteFailing", severity_of(stream), "error_rate", stream)
                says = f"more than {ROUTE_MAX * 100:g} % of the requests for {route} fail"
                yield tuple(sorted((*labels, ("route", route)))), says

    def _silent(self, stream: Stream, at: Millis) -> bool:
        target = self._world.samples.targets.get((stream.deployment_id, stream.track))
        if target is None or not target.times:
            return False
        return self._world.samples.newest(target, at, SILENT_MS) is None

    def _value(self, expression: str, at: Millis) -> float | None:
        found = Evaluation(self._world.samples, parse(expression)).at(at)
        return next((value for value in found.values() if value == value), None)

    def _previews(self, at: Millis) -> Iterator[True_]:
        project = self._world.project
        if project.previews_protected:
            return
        for one in project.deployments.values():
            # those of before the world began are nobody's secret any more
            if one.target is None and one.ready_at is not None and self._world.epoch <= one.ready_at <= at:
                labels = {
                    "alertname": "PreviewExposed",
                    "severity": "critical",
                    "deployment": one.id,
                    "preview": one.url,
                }
                yield tuple(sorted(labels.items())), f"{one.url} answers strangers"


def severity_of(stream: Stream) -> str:
    return "page" if stream.track == "canary" else "critical"


def _alert(name: str, severity: str, metric: str, stream: Stream) -> Labels:
    labels = {
        "alertname": name,
        "severity": severity,
        "metric": metric,
        "deployment": stream.deployment_id,
        "track": "canary" if stream.track == "canary" else "production",
    }
    return tuple(sorted(labels.items()))
