"""What the application counts of itself besides its answers, and what its machines show.

One tick draws a Poisson number for every cell, so that a tick of five seconds costs about as much as one
of one second. The random numbers are a stream of their own: what the answers draw does not depend on it.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

from data.simulator import appmodel as model
from data.simulator.appmodel import CELLS, Condition, factor
from data.simulator.layout import Labels, histogram

FEW = 10.0
"""Below this mean the observations of a histogram are drawn one by one."""
MANY = 30.0
"""From this mean on a Poisson number is a rounded normal one."""

VIEWED, BROKEN = "page_views_total", "client_errors_total"
ERRORS = "app_errors_total"
LCP, INP = "web_vitals_lcp_seconds", "web_vitals_inp_seconds"
DATABASE = "db_client_operation_duration_seconds"
SESSIONS, BOUNCED = "app_sessions_total", "app_sessions_bounced_total"
CONVERTED, LENGTH, USED = "app_conversions_total", "app_session_duration_seconds", "app_feature_used_total"
CPU, MEMORY, CACHE = "process_cpu_seconds_total", "process_resident_memory_bytes", "app_cache_requests_total"
RECEIVED, SENT = "node_network_receive_bytes_total", "node_network_transmit_bytes_total"
CONNECTED, ALLOWED = "pg_stat_activity_count", "pg_settings_max_connections"

HELP = {
    VIEWED: ("counter", "Pages shown in browsers, by browser and kind of device."),
    BROKEN: ("counter", "Pages with an error in the browser."),
    ERRORS: ("counter", "Errors that the application noted, by type and severity."),
    LCP: ("histogram", "Largest contentful paint, as browsers reported it, in seconds."),
    INP: ("histogram", "Interaction to next paint, as browsers reported it, in seconds."),
    DATABASE: ("histogram", "Time of a database query, in seconds."),
    SESSIONS: ("counter", "Sessions that have ended."),
    BOUNCED: ("counter", "Sessions that ended after one page."),
    CONVERTED: ("counter", "Sessions that ended in what they were for."),
    LENGTH: ("histogram", "Length of the sessions that have ended, in seconds."),
    USED: ("counter", "Uses of features in the sessions that have ended."),
    CPU: ("counter", "Time that the processor worked for an instance, in seconds."),
    MEMORY: ("gauge", "Memory that an instance holds."),
    CACHE: ("counter", "Lookups in the application's cache."),
}
HOST_HELP = {
    RECEIVED: ("counter", "Bytes received by the host that everybody shares."),
    SENT: ("counter", "Bytes sent by it."),
    CONNECTED: ("gauge", "Connections to the database, by state."),
    ALLOWED: ("gauge", "Connections that the database allows."),
}

_KINDS = tuple(model.errors((), 0.0))
LATE = (ERRORS, BROKEN)
"""Counters that exist only once something has happened."""


def _client(cell: str) -> Labels:
    browser, device = cell.split(" / ")
    return (("browser", browser), ("device", device))


COLUMNS: tuple[tuple[str, Labels], ...] = (
    *((VIEWED, _client(cell)) for cell in CELLS["client_errors"]),
    *((BROKEN, _client(cell)) for cell in CELLS["client_errors"]),
    *((ERRORS, (("error_type", kind), ("severity", severity))) for kind, severity in _KINDS),
    *histogram(LCP, model.LCP_BOUNDS),
    *histogram(INP, model.INP_BOUNDS),
    *(
        column
        for operation in model.OPERATIONS
        for column in histogram(DATABASE, model.DB_BOUNDS, (("db_operation_name", operation),))
    ),
    (SESSIONS, ()),
    (BOUNCED, ()),
    (CONVERTED, (("goal", "purchase"),)),
    *histogram(LENGTH, model.SESSION_BOUNDS),
    *((USED, (("feature", feature),)) for feature in model.FEATURES),
    (CPU, ()),
    (MEMORY, ()),
    (CACHE, (("result", "hit"),)),
    (CACHE, (("result", "miss"),)),
)
HOST_COLUMNS: tuple[tuple[str, Labels], ...] = (
    (RECEIVED, (("device", "eth0"),)),
    (SENT, (("device", "eth0"),)),
    (CONNECTED, (("state", "active"),)),
    (CONNECTED, (("state", "idle"),)),
    (ALLOWED, ()),
)


def _at(name: str) -> int:
    return next(place for place, (series, _) in enumerate(COLUMNS) if series.startswith(name))


_VIEWED, _BROKEN, _ERRORS, _LCP, _INP = _at(VIEWED), _at(BROKEN), _at(ERRORS), _at(LCP), _at(INP)
_DATABASE, _SESSIONS, _LENGTH, _USED, _CPU = _at(DATABASE), _at(SESSIONS), _at(LENGTH), _at(USED), _at(CPU)


@dataclass(frozen=True, slots=True)
class Tick:
    """What is known of a deployment's tick before it is drawn.

    ``requests``: how many are to be expected; ``failing``: the share answered 5xx; ``age_s``: since its
    first traffic; ``busy``: the whole shop's requests against its mean.
    """

    requests: float
    seconds: float
    failing: float
    age_s: float
    busy: float
    condition: Condition


def count(rng: random.Random, counters: list[float], tick: Tick) -> None:
    """Let a tick happen: ``counters`` (in the order of :data:`COLUMNS`) grow, the levels are set."""
    if tick.requests > 0:
        _browsers(rng, counters, tick)
        _errors(rng, counters, tick)
        _database(rng, counters, tick)
        _sessions(rng, counters, tick)
        _cache(rng, counters, tick)
    _machines(rng, counters, tick)


def _browsers(rng: random.Random, counters: list[float], tick: Tick) -> None:
    views = tick.requests * model.PAGE_SHARE
    for place, (cell, share) in enumerate(model.VIEWS.items()):
        broken = min(1.0, model.BROKEN[cell] * factor(tick.condition, "client_errors", cell))
        bad = poisson(rng, views * share * broken)
        counters[_BROKEN + place] += bad
        counters[_VIEWED + place] += bad + poisson(rng, views * share * (1 - broken))
    lcp = model.LCP.scaled(factor(tick.condition, "page_load"))
    _observe(rng, counters, _LCP, views, model.chances(lcp, model.LCP_BOUNDS), model.LCP_BOUNDS)
    inp = model.INP.scaled(factor(tick.condition, "time_to_interactive"))
    chances = model.chances(inp, model.INP_BOUNDS)
    _observe(rng, counters, _INP, views * model.INP_SHARE, chances, model.INP_BOUNDS)


def _errors(rng: random.Random, counters: list[float], tick: Tick) -> None:
    for place, share in enumerate(model.errors(tick.condition, tick.failing).values()):
        counters[_ERRORS + place] += poisson(rng, tick.requests * share)


def _database(rng: random.Random, counters: list[float], tick: Tick) -> None:
    first = _DATABASE
    for operation, (share, takes) in model.OPERATIONS.items():
        slower = takes.scaled(factor(tick.condition, "db_query_time", operation))
        chances = model.chances(slower, model.DB_BOUNDS)
        _observe(rng, counters, first, tick.requests * model.QUERIES * share, chances, model.DB_BOUNDS)
        first += len(model.DB_BOUNDS) + 2


def _sessions(rng: random.Random, counters: list[float], tick: Tick) -> None:
    """The sessions that end now: on a young deployment only short ones can have ended yet."""
    mean = tick.requests / model.REQUESTS_A_SESSION
    least = math.inf if tick.age_s > model.SESSION_BOUNDS[-2] else tick.age_s
    ended = []
    for share, length in model.sessions(tick.condition):
        chances = model.chances(length, model.SESSION_BOUNDS, round(least, -1) if least < math.inf else least)
        ended.append(_observe(rng, counters, _LENGTH, mean * share, chances, model.SESSION_BOUNDS))
    whole = sum(ended)
    counters[_SESSIONS] += whole
    counters[_SESSIONS + 1] += ended[0]
    counters[_SESSIONS + 2] += ended[2]
    for place, (feature, uses) in enumerate(model.FEATURES.items()):
        counters[_USED + place] += poisson(
            rng, whole * uses * factor(tick.condition, "feature_usage", feature)
        )


def _cache(rng: random.Random, counters: list[float], tick: Tick) -> None:
    lookups, hits = tick.requests * model.LOOKUPS, model.hits(tick.condition, tick.age_s)
    counters[_CPU + 2] += poisson(rng, lookups * hits)
    counters[_CPU + 3] += poisson(rng, lookups * (1 - hits))


def _machines(rng: random.Random, counters: list[float], tick: Tick) -> None:
    cores = model.CORES * (0.6 + 0.4 * tick.busy) * factor(tick.condition, "cpu")
    counters[_CPU] += max(0.0, rng.gauss(cores, 0.04 * cores)) * tick.seconds
    held = model.RESIDENT_BYTES * factor(tick.condition, "memory")
    counters[_CPU + 1] = round(max(0.0, rng.gauss(held, 0.015 * held)))


@dataclass(frozen=True, slots=True)
class Share:
    """A deployment's part in what the shared host sees."""

    requests: float
    rate: float
    condition: Condition


def host(rng: random.Random, counters: list[float], shares: Sequence[Share]) -> None:
    """Let a tick happen on the host and the database that all deployments share."""
    sent = sum(one.requests * model.SENT_BYTES * factor(one.condition, "network") for one in shares)
    received = sum(one.requests * model.RECEIVED_BYTES for one in shares)
    counters[0] += round(max(0.0, rng.gauss(received, 0.02 * received)))
    counters[1] += round(max(0.0, rng.gauss(sent, 0.02 * sent)))
    held = sum(model.connections(one.condition, one.rate) for one in shares)
    used = min(model.POOL_MOST, max(0.0, rng.gauss(held, 0.03 * held)))
    counters[2], counters[3], counters[4] = round(used * 0.3), round(used * 0.7), model.POOL_MOST


def _observe(
    rng: random.Random,
    counters: list[float],
    first: int,
    mean: float,
    chances: tuple[float, ...],
    bounds: tuple[float, ...],
) -> float:
    """``mean`` × ``chances`` observations into the histogram that begins at column ``first``; how many."""
    middles = _middles(bounds)
    if mean < FEW:
        return _observe_few(rng, counters, first, mean, _reached(chances), middles)
    seen = 0.0
    for place, chance in enumerate(chances):
        if chance > 0:
            drawn = poisson(rng, mean * chance)
            seen += drawn
            counters[first + len(bounds)] += drawn * middles[place]
        counters[first + place] += seen
    counters[first + len(bounds) + 1] += seen
    return seen


def _observe_few(
    rng: random.Random,
    counters: list[float],
    first: int,
    mean: float,
    reached: tuple[float, ...],
    middles: tuple[float, ...],
) -> float:
    """As :func:`_observe`, one by one, which is cheaper where most buckets get nothing."""
    drawn = poisson(rng, mean * reached[-1])
    width = len(reached)
    for _ in range(drawn):
        place = min(bisect_right(reached, rng.random() * reached[-1]), width - 1)
        for bucket in range(first + place, first + width):
            counters[bucket] += 1
        counters[first + width] += middles[place]
    counters[first + width + 1] += drawn
    return drawn


@lru_cache(maxsize=4096)
def _reached(chances: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(accumulate(chances))


_MIDDLES: dict[tuple[float, ...], tuple[float, ...]] = {}


def _middles(bounds: tuple[float, ...]) -> tuple[float, ...]:
    """What an observation in each bucket adds to the sum: its middle; the open one's begin and a half."""
    if bounds not in _MIDDLES:
        edges = (0.0, *bounds[:-1], bounds[-2] * 2)
        _MIDDLES[bounds] = tuple((low + high) / 2 for low, high in pairwise(edges))
    return _MIDDLES[bounds]


def poisson(rng: random.Random, mean: float) -> int:
    """A Poisson number; from :data:`MANY` on a rounded normal one, which costs the same whatever its size."""
    if mean <= 0:
        return 0
    if mean >= MANY:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    chance = reached = math.exp(-mean)
    mark, k = rng.random(), 0
    while mark > reached and k < 200:
        k += 1
        chance *= mean / k
        reached += chance
    return k
