"""A moment as a person types it: how long ago, or a date and time."""

from __future__ import annotations

import re
from datetime import datetime

from console.readings import Millis

UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


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
