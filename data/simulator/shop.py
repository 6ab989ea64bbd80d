"""How the simulated shop behaves: its endpoints, how often each is asked, how long it takes, how it fails.

A request falls into one *cell*: endpoint, status and latency bucket. The chance of every cell follows from
the endpoint's weight, the share of each status and a lognormal latency, so that a second of traffic is one
weighted choice a request and the counters of all metrics follow from the counts of the cells.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""Upper edges of the latency buckets in seconds (OpenTelemetry's); one open bucket follows."""
EDGES = (0.0, *BOUNDS, math.inf)

MEAN_RATE = 130.0
"""Requests a second over the whole day."""

COLD_PENALTY_S = 0.9
_COLD_FIRST, _COLD_FADES_S, _COLD_ALWAYS = 0.25, 40.0, 0.0008


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One route and method. ``outcomes``: status → share while nothing is wrong (the rest is 200)."""

    route: str
    method: str
    weight: float
    median_s: float
    sigma: float
    outcomes: tuple[tuple[int, float], ...]


ENDPOINTS = (
    Endpoint("/", "GET", 0.15, 0.070, 0.50, ((304, 0.12), (500, 0.0010), (503, 0.0005))),
    Endpoint(
        "/products/[slug]", "GET", 0.23, 0.105, 0.52, ((304, 0.08), (404, 0.02), (500, 0.0018), (503, 0.0007))
    ),
    Endpoint("/category/[slug]", "GET", 0.12, 0.120, 0.50, ((404, 0.01), (500, 0.0015), (503, 0.0005))),
    Endpoint("/cart", "GET", 0.08, 0.095, 0.48, ((500, 0.0025), (503, 0.0005))),
    Endpoint("/account", "GET", 0.05, 0.110, 0.50, ((401, 0.06), (500, 0.0020), (503, 0.0005))),
    Endpoint("/api/cart", "GET", 0.09, 0.045, 0.55, ((500, 0.0020), (503, 0.0010))),
    Endpoint("/api/cart", "POST", 0.06, 0.085, 0.55, ((409, 0.01), (500, 0.0030), (503, 0.0010))),
    Endpoint(
        "/api/checkout",
        "POST",
        0.10,
        0.190,
        0.50,
        ((402, 0.03), (409, 0.005), (500, 0.0060), (503, 0.0020), (504, 0.0005)),
    ),
    Endpoint(
        "/api/search", "GET", 0.12, 0.130, 0.60, ((400, 0.01), (500, 0.0035), (503, 0.0010), (504, 0.0005))
    ),
)

ROUTES = tuple(dict.fromkeys(e.route for e in ENDPOINTS))

# How long an answer of that status takes against a good one of the same endpoint.
_PACE = {304: 0.4, 400: 0.3, 401: 0.4, 402: 1.0, 404: 0.7, 409: 0.6, 500: 1.1, 503: 0.4, 504: 30.0}

OUTCOMES: tuple[tuple[int, int], ...] = tuple(
    (place, status) for place, e in enumerate(ENDPOINTS) for status in (200, *(s for s, _ in e.outcomes))
)
"""Every pair of endpoint (by its place in :data:`ENDPOINTS`) and status, in the order of the cells."""

BUCKETS = len(BOUNDS) + 1
CELLS = range(len(OUTCOMES) * BUCKETS)
"""A cell is ``place of the outcome * BUCKETS + place of the bucket``."""

CELL_ROUTE = tuple(ROUTES.index(ENDPOINTS[OUTCOMES[c // BUCKETS][0]].route) for c in CELLS)
CELL_IS_ERROR = tuple(OUTCOMES[c // BUCKETS][1] >= 500 for c in CELLS)

Behaviour = tuple[tuple[float, float], ...]
"""For every endpoint: (share of requests that fail on top of the usual, factor on the latency)."""

HEALTHY: Behaviour = tuple((0.0, 1.0) for _ in ENDPOINTS)


@dataclass(frozen=True, slots=True)
class Table:
    """Chances of the cells, accumulated, and the mean latency in seconds of a request in each."""

    cumulative: tuple[float, ...]
    mean_s: tuple[float, ...]


def load(seconds: float) -> float:
    """Requests a second, ``seconds`` after the world's start: a daily curve with small waves on it.

    The world begins in the middle of the shop's morning whatever the time on the wall, so that the same
    seed gives the same traffic.
    """
    day = 2 * math.pi * seconds / 86_400
    waves = 0.03 * math.sin(seconds / 71) + 0.02 * math.sin(seconds / 23 + 1)
    return MEAN_RATE * (1 + 0.38 * math.sin(day + 0.25) + 0.10 * math.sin(2 * day) + waves)


def cold_share(warm_s: float) -> float:
    """The share of requests that meet a cold function ``warm_s`` seconds after the first traffic."""
    return _COLD_ALWAYS + _COLD_FIRST * math.exp(-max(0.0, warm_s) / _COLD_FADES_S)


@lru_cache(maxsize=256)
def table(behaviour: Behaviour, cold: bool = False) -> Table:
    """The chances of all cells under ``behaviour``, for warm functions or cold ones."""
    chances: list[float] = []
    means: list[float] = []
    for share, median, sigma in outcomes(behaviour, cold):
        mu = math.log(median)
        whole = math.exp(mu + sigma * sigma / 2)
        for low, high in pairwise(EDGES):
            chance = _phi(high, mu, sigma) - _phi(low, mu, sigma)
            partial = _phi(high, mu + sigma * sigma, sigma) - _phi(low, mu + sigma * sigma, sigma)
            chances.append(share * chance)
            means.append(whole * partial / chance if chance > 1e-12 else low)
    return Table(tuple(accumulate(chances)), tuple(means))


def outcomes(behaviour: Behaviour, cold: bool = False) -> Sequence[tuple[float, float, float]]:
    """For every pair of :data:`OUTCOMES`: (share of all requests, median in seconds, sigma)."""
    result = []
    total = sum(e.weight for e in ENDPOINTS)
    for endpoint, (failing, slower) in zip(ENDPOINTS, behaviour, strict=True):
        usual = {200: 1 - sum(share for _, share in endpoint.outcomes), **dict(endpoint.outcomes)}
        for status, share in usual.items():
            now = share * (1 - failing) + (failing if status == 500 else 0.0)
            median = endpoint.median_s * slower * _PACE.get(status, 1.0)
            if cold:
                result.append((endpoint.weight / total * now, median + COLD_PENALTY_S, 0.35))
            else:
                result.append((endpoint.weight / total * now, median, endpoint.sigma))
    return result


@lru_cache(maxsize=256)
def true_error_share(behaviour: Behaviour) -> float:
    """The share of requests answered 5xx in the long run."""
    shares = zip(outcomes(behaviour), OUTCOMES, strict=True)
    return sum(share for (share, _, _), (_, status) in shares if status >= 500)


def true_error_shares(behaviour: Behaviour) -> dict[str, float]:
    """By route the share of its requests answered 5xx in the long run."""
    failed, whole = dict.fromkeys(ROUTES, 0.0), dict.fromkeys(ROUTES, 0.0)
    for (share, _, _), (place, status) in zip(outcomes(behaviour), OUTCOMES, strict=True):
        route = ENDPOINTS[place].route
        whole[route] += share
        failed[route] += share if status >= 500 else 0.0
    return {route: failed[route] / whole[route] for route in ROUTES}


def true_quantile(behaviour: Behaviour, q: float, cold: float = 0.0) -> float:
    """The ``q`` quantile of the latency in seconds, with ``cold`` the share of cold requests."""
    parts = [(share * (1 - cold), math.log(m), s) for share, m, s in outcomes(behaviour)]
    parts += [(share * cold, math.log(m), s) for share, m, s in outcomes(behaviour, cold=True)]
    low, high = 1e-4, 100.0
    for _ in range(40):
        middle = math.sqrt(low * high)
        reached = sum(share * _phi(middle, mu, sigma) for share, mu, sigma in parts)
        low, high = (middle, high) if reached < q else (low, middle)
    return high


def _phi(x: float, mu: float, sigma: float) -> float:
    """The lognormal distribution function."""
    if x <= 0:
        return 0.0
    if math.isinf(x):
        return 1.0
    return 0.5 * (1 + math.erf((math.log(x) - mu) / (sigma * math.sqrt(2))))
