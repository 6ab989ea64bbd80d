"""When a request that was carried out is somebody's again, since production is not well after it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from console.bake import Bake
from console.readings import Millis
from console.rollback.counting import View
from console.rollback.happened import RequestReopened

SKEW_MS: Millis = 60_000
"""So far the host's clock may be from the one that the ledger was written by."""


def led_to(bake: Bake, views: Iterable[View], aim: Callable[[View], str | None]) -> View | None:
    """The request whose carrying out began this bake, if one did. ``aim``: the deployment it leads to."""
    found = [one for one in views if aim(one) == bake.of.deployment_id and _in_its_time(one, bake.of.since)]
    return max(found, key=lambda one: one.request.attempts[-1].at, default=None)


def _in_its_time(view: View, at: Millis) -> bool:
    attempt = view.request.attempt
    if attempt is None or attempt.ended_at is None:
        return False
    return view.request.attempts[0].at - SKEW_MS <= at <= attempt.ended_at + SKEW_MS


def reopened_by(bake: Bake, view: View) -> RequestReopened | None:
    """What reopens ``view``: that production is worse than its own past since; once for each attempt."""
    attempt = view.request.attempt
    if not bake.worse or attempt is None or attempt.ended is None or attempt.reopened is not None:
        return None
    reasons = "; ".join(bake.verdict.reasons)
    why = f"production is worse than its own past since then: {reasons}"
    return RequestReopened(attempt=attempt.number, of="bake", why=why)
