"""Counters of the running deployments, and the samples of them that a scraper keeps.

A *target* is a deployment in a role (``track``). Its metrics have one layout for all targets: a row of
numbers, one for each series, in the order of :data:`LAYOUT`. The host that they share has another.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

from console.readings import Millis
from data.simulator import flag_requests, shop, telemetry
from data.simulator.layout import Labels, Layout, histogram

Track = Literal["canary", "baseline"]

SCRAPE_MS = 5_000
RETENTION_MS = 125 * 60_000
EXPOSED_MS = 60 * 60_000
"""A deployment's series are exposed while it serves and for an hour after its last request."""

REQUESTS = "http_requests_total"
SECONDS = "http_request_duration_seconds"
HELP = {
    REQUESTS: ("counter", "Requests answered, by route, method and status."),
    SECONDS: ("histogram", "Time to answer a request, in seconds."),
    **flag_requests.HELP,
    **telemetry.HELP,
    **telemetry.HOST_HELP,
}


def _columns() -> Iterator[tuple[str, Labels]]:
    for place, status in shop.OUTCOMES:
        endpoint = shop.ENDPOINTS[place]
        yield (
            REQUESTS,
            (("method", endpoint.method), ("route", endpoint.route), ("status", str(status))),
        )
    for route in shop.ROUTES:
        yield from histogram(SECONDS, shop.EDGES[1:], (("route", route),))
    yield from telemetry.COLUMNS
    yield from flag_requests.COLUMNS


LAYOUT = Layout.of(_columns(), late=(*telemetry.LATE, flag_requests.REQUESTS))
"""The series of a deployment in a role; ``deployment`` and ``track`` come on top of their own labels."""
HOST_LAYOUT = Layout.of(telemetry.HOST_COLUMNS)


class Scraped(Protocol):
    """Something with series, and the rows scraped of it, oldest first."""

    times: list[Millis]
    rows: list[array[float]]

    @property
    def layout(self) -> Layout: ...

    def labels(self) -> Labels: ...

    def row(self) -> array[float]: ...


@dataclass(slots=True, eq=False)
class Target:
    """A deployment in one role: its counters, and the rows scraped of them, oldest first."""

    deployment_id: str
    track: Track
    last_traffic: Millis
    hits: list[int] = field(default_factory=lambda: [0] * len(shop.CELLS))
    seconds: list[float] = field(default_factory=lambda: [0.0] * len(shop.ROUTES))
    counted: list[float] = field(default_factory=lambda: [0.0] * len(telemetry.COLUMNS))
    flagged: list[float] = field(default_factory=lambda: [0.0] * len(flag_requests.COLUMNS))
    times: list[Millis] = field(default_factory=list)
    rows: list[array[float]] = field(default_factory=list)

    @property
    def layout(self) -> Layout:
        return LAYOUT

    def row(self) -> array[float]:
        """The values of all series now, in the order of :data:`LAYOUT`."""
        width = shop.BUCKETS
        values: array[float] = array("d")
        by_route = [[0] * width for _ in shop.ROUTES]
        for place in range(len(shop.OUTCOMES)):
            cells = self.hits[place * width : (place + 1) * width]
            values.append(sum(cells))
            buckets = by_route[shop.CELL_ROUTE[place * width]]
            for bucket, hits in enumerate(cells):
                if hits:
                    buckets[bucket] += hits
        for route, buckets in enumerate(by_route):
            reached = 0
            for hits in buckets:
                reached += hits
                values.append(reached)
            values.append(self.seconds[route])
            values.append(reached)
        values.extend(self.counted)
        values.extend(self.flagged)
        return values

    def labels(self) -> Labels:
        return (("deployment", self.deployment_id), ("track", self.track))

    def moved(self, by: Millis) -> Target:
        """The same ``by`` milliseconds later, apart from this one."""
        times = [at + by for at in self.times]
        counts = (list(self.hits), list(self.seconds), list(self.counted), list(self.flagged))
        return Target(self.deployment_id, self.track, self.last_traffic + by, *counts, times, list(self.rows))


@dataclass(slots=True, eq=False)
class SharedHost:
    """What all deployments share, with no label that tells them apart."""

    counted: list[float] = field(default_factory=lambda: [0.0] * len(telemetry.HOST_COLUMNS))
    times: list[Millis] = field(default_factory=list)
    rows: list[array[float]] = field(default_factory=list)

    @property
    def layout(self) -> Layout:
        return HOST_LAYOUT

    def labels(self) -> Labels:
        return ()

    def row(self) -> array[float]:
        return array("d", self.counted)


class Samples:
    """What a scraper that asks every five seconds of the world's time has kept."""

    def __init__(self) -> None:
        self.targets: dict[tuple[str, Track], Target] = {}
        self.host = SharedHost()
        self.attempts: list[Millis] = []
        """Times of all scrapes, the failed ones too."""

    def target(self, deployment_id: str, track: Track, at: Millis) -> Target:
        """The target for a deployment in a role, made when it is first asked for."""
        key = (deployment_id, track)
        if key not in self.targets:
            self.targets[key] = Target(deployment_id, track, at)
        return self.targets[key]

    def exposed(self, at: Millis) -> list[Target]:
        """Targets that serve, or served within the last hour, in a stable order."""
        shown = (t for t in self.targets.values() if at - t.last_traffic <= EXPOSED_MS)
        return sorted(shown, key=lambda t: (t.track, t.deployment_id))

    def page(self, at: Millis) -> list[Scraped]:
        """All that a scrape finds: the exposed targets and the host they share."""
        return [*self.exposed(at), self.host]

    def moved(self, by: Millis) -> Samples:
        """The same samples ``by`` milliseconds later, apart from these."""
        copy = Samples()
        copy.attempts = [at + by for at in self.attempts]
        copy.targets = {key: target.moved(by) for key, target in self.targets.items()}
        host = self.host
        copy.host = SharedHost(list(host.counted), [at + by for at in host.times], list(host.rows))
        return copy

    def scrape(self, at: Millis, *, fails: bool) -> None:
        """Take a sample of every exposed target, or note that the scrape failed; forget what is old."""
        self.attempts.append(at)
        if not fails:
            for target in self.page(at):
                target.times.append(at)
                target.rows.append(target.row())
        oldest = at - RETENTION_MS
        if self.attempts[0] < oldest - 60_000:  # in batches: taking one from the front of a list is slow
            del self.attempts[: bisect_right(self.attempts, oldest)]
            for target in self:
                gone = bisect_right(target.times, oldest)
                del target.times[:gone], target.rows[:gone]

    def window(self, target: Scraped, start: Millis, end: Millis) -> range:
        """Places of the rows with ``start <= time <= end``."""
        return range(bisect_right(target.times, start - 1), bisect_right(target.times, end))

    def newest(self, target: Scraped, at: Millis, lookback: Millis) -> int | None:
        """Place of the row an instant query at ``at`` sees.

        A scrape without the target since then, failed or not, makes its series stale at once.
        """
        place = bisect_right(target.times, at) - 1
        if place < 0 or at - target.times[place] > lookback:
            return None
        last_scrape = self.attempts[bisect_right(self.attempts, at) - 1]
        return place if target.times[place] >= last_scrape else None

    def __iter__(self) -> Iterator[Scraped]:
        return iter([*sorted(self.targets.values(), key=lambda t: (t.track, t.deployment_id)), self.host])
