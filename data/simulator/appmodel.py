"""How the simulated shop behaves beyond its answers: browsers, sessions, database, cache, machines.

Everything here is what is true in the long run; :mod:`data.simulator.telemetry` draws what happens.
A *condition* changes it: factors on metrics of the console's catalogue, each on all of a metric's cells
or on some.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Change:
    """``factor`` on a metric, where ``only`` names cells on those alone.

    What it multiplies is the metric's own number: a share, a duration, a level. Of ``error_severity`` it is
    how often the worst happens; of ``new_errors`` the share of requests with an error of a type never seen.
    """

    metric: str
    factor: float
    only: tuple[str, ...] = ()


Condition = tuple[Change, ...]
HEALTHY: Condition = ()

CELLS: dict[str, tuple[str, ...]] = {
    "client_errors": (
        "chrome / desktop",
        "chrome / mobile",
        "edge / desktop",
        "firefox / desktop",
        "safari / desktop",
        "safari / mobile",
    ),
    "db_query_time": ("SELECT", "INSERT", "UPDATE"),
    "feature_usage": ("search", "reviews", "wish_list", "gift_cards"),
}
"""The cells of the metrics that have any here."""

CHANGEABLE = (
    *("client_errors", "error_severity", "new_errors", "page_load", "time_to_interactive"),
    *("db_query_time", "conversion_rate", "session_duration", "bounce_rate", "feature_usage"),
    *("cpu", "memory", "network", "db_connections", "cache_hit_ratio"),
)
"""The metrics that a condition can change; errors and latency of the answers have effects of their own."""


def factor(condition: Condition, metric: str, cell: str = "") -> float:
    """What ``condition`` multiplies a metric (in one of its cells) with."""
    product = 1.0
    for change in condition:
        if change.metric == metric and (not change.only or cell in change.only):
            product *= change.factor
    return product


@dataclass(frozen=True, slots=True)
class Lognormal:
    median: float
    sigma: float

    def scaled(self, by: float) -> Lognormal:
        return Lognormal(self.median * by, self.sigma)

    def below(self, x: float) -> float:
        """The share at most ``x``."""
        if x <= 0:
            return 0.0
        return 1.0 if math.isinf(x) else _NORMAL.cdf((math.log(x) - math.log(self.median)) / self.sigma)


_NORMAL = NormalDist()
Mixture = tuple[tuple[float, Lognormal], ...]
"""Weights, which add up to 1, and what is mixed."""


def quantile(parts: Mixture, q: float) -> float:
    """The ``q`` quantile of a mixture, by halving."""
    low, high = 1e-6, 1e6
    for _ in range(60):
        middle = math.sqrt(low * high)
        reached = sum(weight * one.below(middle) for weight, one in parts)
        low, high = (middle, high) if reached < q else (low, middle)
    return high


@lru_cache(maxsize=4096)
def chances(one: Lognormal, bounds: tuple[float, ...], least: float = math.inf) -> tuple[float, ...]:
    """The chance of each bucket, counting only values up to ``least``; without it they add up to 1."""
    return tuple(
        max(0.0, one.below(min(high, least)) - one.below(min(low, least)))
        for low, high in pairwise((0.0, *bounds))
    )


INF = math.inf
# --- browsers: a page view in a hundred and fifty has an error, in some browsers more -----------------
PAGE_SHARE = 0.63
"""Page views for each request."""
VIEWS = dict(zip(CELLS["client_errors"], (0.34, 0.22, 0.05, 0.07, 0.08, 0.24), strict=True))
BROKEN = dict(zip(CELLS["client_errors"], (0.005, 0.006, 0.005, 0.007, 0.008, 0.009), strict=True))
LCP = Lognormal(1.35, 0.55)
INP = Lognormal(0.11, 0.60)
LCP_BOUNDS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0, 10.0, INF)
INP_BOUNDS = (0.016, 0.04, 0.08, 0.12, 0.16, 0.2, 0.3, 0.4, 0.5, 0.8, 1.2, INF)
INP_SHARE = 0.7
"""Page views with an interaction."""

# --- the application's errors: (type, severity, how many) ---------------------------------------------
FAILURES = (("UpstreamTimeout", "error", 0.45), ("StockLookupFailed", "error", 0.55))
"""Each 5xx answer is one of these."""
REFUSALS = (("PaymentDeclined", "warning", 0.003), ("ValidationError", "warning", 0.002))
"""Shares of all requests."""
FATAL = ("OutOfMemory", "fatal", 0.00015)
NEW = ("HydrationMismatch", "error")

# --- the database -------------------------------------------------------------------------------------
QUERIES = 1.6
"""For each request."""
OPERATIONS: dict[str, tuple[float, Lognormal]] = {
    "SELECT": (0.80, Lognormal(0.0060, 0.80)),
    "INSERT": (0.12, Lognormal(0.0090, 0.70)),
    "UPDATE": (0.08, Lognormal(0.0110, 0.70)),
}
DB_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.035, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 5.0, INF)

# --- sessions -----------------------------------------------------------------------------------------
REQUESTS_A_SESSION = 14.0
BOUNCED, CONVERTED = 0.38, 0.032
"""Shares of all sessions while nothing is wrong."""
BOUNCE_LENGTH, VISIT_LENGTH, PURCHASE_LENGTH = (
    Lognormal(11.0, 0.7),
    Lognormal(170.0, 0.8),
    Lognormal(420.0, 0.6),
)
SESSION_BOUNDS = (5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 180.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, INF)
FEATURES = {"search": 0.55, "reviews": 0.30, "wish_list": 0.12, "gift_cards": 0.06}
"""Uses for each session."""

# --- machines -----------------------------------------------------------------------------------------
CORES, RESIDENT_BYTES = 0.32, 212e6
LOOKUPS, HITS = 2.2, 0.92
"""Of the cache for each request, and the share of them that hit when it is warm."""
_CACHE_COLD, _CACHE_WARMS_S = 0.45, 90.0
RECEIVED_BYTES, SENT_BYTES = 900.0, 14_000.0
"""For each request, on the hosts that both tracks share."""
POOL_IDLE, POOL_A_RATE, POOL_MOST = 4.0, 0.22, 100.0
"""Connections of a deployment's pool, more for each request a second, and what the database allows."""


def sessions(condition: Condition) -> tuple[tuple[float, Lognormal], ...]:
    """Shares and lengths of sessions: bounced, visited, converted."""
    length = factor(condition, "session_duration")
    bounced = min(0.9, BOUNCED * factor(condition, "bounce_rate"))
    converted = min(0.09, CONVERTED * factor(condition, "conversion_rate"))
    return (
        (bounced, BOUNCE_LENGTH.scaled(length)),
        (1 - bounced - converted, VISIT_LENGTH.scaled(length)),
        (converted, PURCHASE_LENGTH.scaled(length)),
    )


def hits(condition: Condition, age_s: float) -> float:
    """The share of lookups that hit, on a deployment that has served for ``age_s``."""
    cold = _CACHE_COLD * math.exp(-max(0.0, age_s) / _CACHE_WARMS_S)
    return min(1.0, HITS * (1 - cold) * factor(condition, "cache_hit_ratio"))


def connections(condition: Condition, rate: float) -> float:
    """Connections that a deployment holds at ``rate`` requests a second."""
    return (POOL_IDLE + POOL_A_RATE * rate) * factor(condition, "db_connections")


def errors(condition: Condition, failing: float) -> dict[tuple[str, str], float]:
    """Errors of each (type, severity) for a request, of which ``failing`` is the share answered 5xx."""
    worse = factor(condition, "error_severity")
    unseen = sum(change.factor for change in condition if change.metric == "new_errors")
    return {
        **{(kind, severity): failing * share for kind, severity, share in FAILURES},
        **{(kind, severity): share for kind, severity, share in REFUSALS},
        FATAL[:2]: FATAL[2] * worse,
        NEW: unseen,
    }
