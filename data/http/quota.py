"""What a host says about its limits: ``Retry-After`` and the ``X-RateLimit-*`` headers.

Pure. A moment the host names is turned into a wait with its own ``Date`` where it sent one, or with our
clock: whichever gives the shorter wait that is not over, since one of the two clocks may be wrong.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from console.readings import Millis

LONGEST_WAIT_MS: Millis = 15 * 60_000
"""No host makes the console wait longer than this before it tries again."""
UNSAID_WAIT_MS: Millis = 10_000
"""How long to stay away after a 429 that names no time."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a limit, as the host last said; ``reset_at`` in our own clock's time."""

    remaining: int | None = None
    limit: int | None = None
    reset_at: Millis | None = None


def http_date(text: str | None) -> Millis | None:
    """The moment of an HTTP date; ``None`` when there is none or it cannot be read."""
    if not text:
        return None
    try:
        return int(parsedate_to_datetime(text).timestamp() * 1000)
    except (ValueError, OverflowError, TypeError):
        return None


def allowance(headers: Mapping[str, str], now: Millis) -> Allowance | None:
    """The ``X-RateLimit-*`` headers (reset in Unix seconds); ``None`` when the host sent none."""
    remaining = _number(headers.get("x-ratelimit-remaining"))
    limit = _number(headers.get("x-ratelimit-limit"))
    reset = _number(headers.get("x-ratelimit-reset"))
    if remaining is None and limit is None and reset is None:
        return None
    reset_at = None if reset is None else now + _wait(reset * 1000, headers, now)
    return Allowance(_whole(remaining), _whole(limit), reset_at)


def retry_after_ms(headers: Mapping[str, str], now: Millis) -> Millis | None:
    """``Retry-After`` in seconds or as a date, as a wait from now, at most 15 minutes."""
    text = headers.get("retry-after")
    if text is None:
        return None
    seconds = _number(text)
    if seconds is not None:
        return _capped(seconds * 1000)
    date = http_date(text)
    return None if date is None else _wait(date, headers, now)


def blocked_until(status: int, headers: Mapping[str, str], now: Millis) -> Millis | None:
    """Until when this answer asks us to stay away; ``None`` if it does not."""
    said = allowance(headers, now)
    if status in (429, 503):
        wait = retry_after_ms(headers, now)
        if wait is not None:
            return now + wait
        if status == 503:
            return None
        return said.reset_at if said and said.reset_at is not None else now + UNSAID_WAIT_MS
    if said and said.remaining == 0 and said.reset_at is not None:
        return said.reset_at
    return None


def _wait(until: float, headers: Mapping[str, str], now: Millis) -> Millis:
    date = http_date(headers.get("date"))
    waits = [until - clock for clock in (now, date) if clock is not None]
    return _capped(min((wait for wait in waits if wait >= 0), default=0))


def _capped(ms: float) -> Millis:
    return int(min(max(ms, 0), LONGEST_WAIT_MS))


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
