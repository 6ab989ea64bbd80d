"""Names such as ``RB-14`` and ``INC-7``: people say them aloud, so they are counted up and never random."""

from __future__ import annotations

from collections.abc import Iterable


def number_of(name: str) -> int:
    """The number in ``RB-14``; 0 of any other name."""
    tail = name.rpartition("-")[2]
    return int(tail) if tail.isascii() and tail.isdigit() and len(tail) < 12 else 0


def next_name(prefix: str, names: Iterable[str]) -> str:
    """The name after the highest of ``names``."""
    return f"{prefix}{max(map(number_of, names), default=0) + 1}"
