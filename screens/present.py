"""Values as text: ages, clock times, durations, shares and counts. Pure; the zone is the process's own."""

from __future__ import annotations

from datetime import datetime

from console.readings import Millis

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NOTHING = "–"


def duration(ms: Millis) -> str:
    """A span in its largest useful unit: ``43 s``, ``6 min``, ``3 h``, ``2 d``. Negative counts as zero."""
    ms = max(ms, 0)
    if ms < 90 * SECOND:
        return f"{ms // SECOND} s"
    if ms < 100 * MINUTE:
        return f"{ms // MINUTE} min"
    if ms < 48 * HOUR:
        return f"{ms // HOUR} h"
    return f"{ms // DAY} d"


def countdown(ms: Millis) -> str:
    """What is left, to the second: ``11:42`` or ``1:02:09``; ``0:00`` once it is over."""
    seconds = max(ms, 0) // SECOND
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def ago(at: Millis | None, now: Millis) -> str:
    """``6 min ago``; ``in 3 s`` for what lies ahead by more than a second; ``–`` when not known."""
    if at is None:
        return NOTHING
    age = now - at
    return f"in {duration(-age)}" if age <= -SECOND else f"{duration(age)} ago"


def _local(at: Millis) -> datetime | None:
    try:
        return datetime.fromtimestamp(at / 1000).astimezone()
    except (OverflowError, OSError, ValueError):
        return None


def clock(at: Millis | None, now: Millis | None = None, *, seconds: bool = False) -> str:
    """The local clock time ``14:02``, with the date before it when ``now`` is on another day."""
    if at is None:
        return NOTHING
    moment = _local(at)
    if moment is None:
        return "?"
    text = f"{moment:%H:%M:%S}" if seconds else f"{moment:%H:%M}"
    today = None if now is None else _local(now)
    if today is None or today.date() == moment.date():
        return text
    day = f"{moment:%d %b}" if today.year == moment.year else f"{moment:%Y-%m-%d}"
    return f"{day} {text}"


def when(at: Millis | None, now: Millis) -> str:
    """Both ways where it matters: ``14:02 (6 min ago)``."""
    return NOTHING if at is None else f"{clock(at, now)} ({ago(at, now)})"


def stamp(at: Millis) -> str:
    """Date, time to the second and zone, for details: ``2026-07-31 14:02:11 UTC``."""
    moment = _local(at)
    return "?" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} {moment.tzname()}"


def zone_shift(at: Millis) -> Millis:
    """How far the local clock is ahead of UTC at ``at``: ticks of a time axis stand on local minutes."""
    moment = _local(at)
    offset = None if moment is None else moment.utcoffset()
    return 0 if offset is None else int(offset.total_seconds() * 1000)


def percent(share: float | None) -> str:
    """A share given in percent: ``25 %``, ``0.5 %``; ``–`` when not known."""
    if share is None:
        return NOTHING
    return f"{share:.0f} %" if float(share).is_integer() else f"{share:.1f} %"


def number(value: float) -> str:
    """A quantity short enough for an axis: ``0.5``, ``12``, ``42k``, ``1.3M``, ``2e+15``."""
    if abs(value) < 1e4:
        return f"{value:.4g}"
    for limit, suffix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if limit <= abs(value) < 1e15:
            return f"{value / limit:.3g}{suffix}"
    return f"{value:.0e}"


def count(amount: int, one: str, many: str | None = None) -> str:
    """``1 event``, ``1,204 events``."""
    return f"{amount:,} {one if amount == 1 else many or one + 's'}"
