"""Moments in UTC, as a document has them that people in several places read. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from console.readings import Millis


def stamp(at: Millis) -> str:
    """``2026-07-31 14:02:11``; the bare number if it is no date."""
    return _told(at, "%Y-%m-%d %H:%M:%S")


def day(at: Millis) -> str:
    """``2026-07-31``."""
    return _told(at, "%Y-%m-%d")


def clock(at: Millis, *, seconds: bool = False) -> str:
    """``14:02``."""
    return _told(at, "%H:%M:%S" if seconds else "%H:%M")


def _told(at: Millis, form: str) -> str:
    try:
        return datetime.fromtimestamp(at // 1000, UTC).strftime(form)
    except (ValueError, OverflowError, OSError):
        return str(at)
