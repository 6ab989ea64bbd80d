"""The true value of every metric of the catalogue, in natural units: shares of 1, seconds, bytes, cores.

What is true in the long run: of sessions, not only of those short enough to have ended on a young
deployment.
"""

from __future__ import annotations

from collections.abc import Sequence

from data.simulator import appmodel as model
from data.simulator import shop
from data.simulator.appmodel import CELLS, Condition, factor
from data.simulator.telemetry import Share

WORST = ("fatal",)


def of_track(
    behaviour: shop.Behaviour, condition: Condition, *, cold: float, age_s: float, rate: float, busy: float
) -> dict[str, float]:
    """By the metric's id what is true of a deployment that gets ``rate`` requests a second.

    ``cold`` is the share of requests that meet a cold function, ``busy`` the shop's load against its mean.
    """
    failing = shop.true_error_share(behaviour)
    errors = model.errors(condition, failing)
    fatal = sum(share for (_, severity), share in errors.items() if severity in WORST)
    database = tuple(
        (share, takes.scaled(factor(condition, "db_query_time", operation)))
        for operation, (share, takes) in model.OPERATIONS.items()
    )
    sessions = model.sessions(condition)
    return {
        "error_rate": failing,
        "client_errors": sum(_broken(condition, cell) * share for cell, share in model.VIEWS.items()),
        "error_severity": fatal / sum(errors.values()),
        "new_errors": float(errors[model.NEW] > 0),
        "page_load": model.quantile(((1.0, model.LCP.scaled(factor(condition, "page_load"))),), 0.75),
        "time_to_interactive": model.quantile(
            ((1.0, model.INP.scaled(factor(condition, "time_to_interactive"))),), 0.75
        ),
        "latency_p95": shop.true_quantile(behaviour, 0.95, cold),
        "db_query_time": model.quantile(database, 0.95),
        "conversion_rate": sessions[2][0],
        "session_duration": model.quantile(sessions, 0.5),
        "bounce_rate": sessions[0][0],
        "feature_usage": sum(
            uses * factor(condition, "feature_usage", feature) for feature, uses in model.FEATURES.items()
        ),
        "cpu": model.CORES * (0.6 + 0.4 * busy) * factor(condition, "cpu"),
        "memory": model.RESIDENT_BYTES * factor(condition, "memory"),
        "request_rate": rate,
        "page_views": rate * model.PAGE_SHARE,
        "visits": rate / model.REQUESTS_A_SESSION,
        "cache_hit_ratio": model.hits(condition, age_s),
    }


def cells_of_track(behaviour: shop.Behaviour, condition: Condition) -> dict[str, dict[str, float]]:
    """By the metric's id what is true of each of its cells."""
    return {
        "error_rate": shop.true_error_shares(behaviour),
        "client_errors": {cell: _broken(condition, cell) for cell in CELLS["client_errors"]},
        "feature_usage": {
            feature: uses * factor(condition, "feature_usage", feature)
            for feature, uses in model.FEATURES.items()
        },
    }


def shared(shares: Sequence[Share]) -> dict[str, float]:
    """What is true of the host and the database that all deployments share."""
    sent = sum(one.rate * model.SENT_BYTES * factor(one.condition, "network") for one in shares)
    held = sum(model.connections(one.condition, one.rate) for one in shares)
    return {
        "network": sent + sum(one.rate * model.RECEIVED_BYTES for one in shares),
        "db_connections": min(model.POOL_MOST, held) / model.POOL_MOST,
    }


def _broken(condition: Condition, cell: str) -> float:
    return min(1.0, model.BROKEN[cell] * factor(condition, "client_errors", cell))
