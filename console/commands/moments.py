"""A moment as a person types it: how long ago, or a date and time; and a day to come."""

from __future__ import annotations

import re
from datetime import datetime

from console.readings import Millis

UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
AHEAD = {"h": UNITS["h"], "d": UNITS["d"], "w": 7 * UNITS["d"]}


def moment_of(typed: str, now: Millis) -> Millis | None:
    """``20m`` (ago), ``2h``, ``14:02`` (today) or an ISO 8601 time, local where it names no zone; else
    ``None``."""
    text = typed.strip()
    ago = re.fullmatch(r"([0-9]{1,6}) ?([smhd])", text)
    try:
        if ago is not None:
            return now - int(ago[1]) * UNITS[ago[2]]
        if re.fullmatch(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?", text):
            today = datetime.fromtimestamp(now / 1000).astimezone()
            text = f"{today.date().isoformat()}T{text}"
        found = datetime.fromisoformat(text)
        return round((found if found.tzinfo else found.astimezone()).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return None


def moment_around(typed: str, now: Millis, start: Millis) -> Millis | None:
    """As :func:`moment_of`; ``+5m`` and ``-5m`` are counted from ``start``, and ``now`` is one too."""
    if typed.strip() == "now":
        return now
    away = re.fullmatch(r"([+-])([0-9]{1,6}) ?([smhd])", typed.strip())
    if away is None:
        return moment_of(typed, now)
    return start + (1 if away[1] == "+" else -1) * int(away[2]) * UNITS[away[3]]


def day_of(typed: str, now: Millis) -> Millis | None:
    """``12h``, ``3d``, ``2w`` from now, or the end of a day (``2026-08-14``), local; else ``None``."""
    text = typed.strip()
    ahead = re.fullmatch(r"([0-9]{1,4}) ?([hdw])", text)
    if ahead is not None:
        return now + int(ahead[1]) * AHEAD[ahead[2]]
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return moment_of(f"{text}T23:59:59", now)
    return moment_of(text, now) if "T" in text else None
