"""Dates as the reference's engine reads them: ISO text exactly; what else that engine takes is its own."""

from __future__ import annotations

import re
from datetime import date

ISO = re.compile(
    r"(?P<year>\d{4}|[+-]\d{6})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d))?)?"
    r"(?:T(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<part>\d+))?)?"
    r"(?:(?P<utc>Z)|(?P<sign>[+-])(?P<off_h>\d\d):(?P<off_m>\d\d))?)?",
    re.ASCII,
)
DAY_MS = 86_400_000
ERA_DAYS, ERA_YEARS = 146_097, 400
LAST_MS = 8_640_000_000_000_000


def milliseconds(text: str) -> tuple[float | None, bool]:
    """Milliseconds since 1970, or ``None`` where it is no date; and whether every engine agrees.

    Text without an offset but with a time is local time there; hosts run in UTC, which is taken here.
    """
    found = ISO.fullmatch(text)
    if not found or text.startswith("-000000"):
        return None, not any(one.isdigit() for one in text)
    part = {
        name: int(value)
        for name, value in found.groupdict("0").items()
        if name not in ("utc", "sign", "part")
    }
    month = part["month"] if found["month"] else 1
    day = part["day"] if found["day"] else 1
    if not _possible(month, day, part):
        return None, found["hour"] is None
    fraction = int((found["part"] or "0")[:3].ljust(3, "0"))
    clock = ((part["hour"] * 60 + part["minute"]) * 60 + part["second"]) * 1000 + fraction
    offset = (part["off_h"] * 60 + part["off_m"]) * 60_000 * (-1 if found["sign"] == "-" else 1)
    at = _days(part["year"], month, day) * DAY_MS + clock - offset
    return (at if abs(at) <= LAST_MS else None), True


def _possible(month: int, day: int, part: dict[str, int]) -> bool:
    midnight = part["hour"] == 24 and not part["minute"] and not part["second"]
    clock = (part["hour"] < 24 or midnight) and part["minute"] < 60 and part["second"] < 60
    return 1 <= month <= 12 and 1 <= day <= 31 and clock and part["off_h"] < 24 and part["off_m"] < 60


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970 of a day that may be beyond its month's end (30 February rolls over)."""
    era, inside = divmod(year - 2000, ERA_YEARS)
    first = date(2000 + inside, month, 1)
    return era * ERA_DAYS + first.toordinal() - date(1970, 1, 1).toordinal() + day - 1
