"""Events of a stretch of time, without reading what was recorded before and after it."""

from __future__ import annotations

from console.envelope import Recorded
from console.ports import Ledger
from console.readings import Millis

PAGE = 1000
"""Events read at once."""


def first_since(ledger: Ledger, at: Millis) -> int:
    """The number of the first event recorded at ``at`` or later; the one after the newest where there is
    none. Halves what is left with each look: times of recording never fall from one event to the next."""
    low, high = 1, ledger.head().seq + 1
    while low < high:
        middle = (low + high) // 2
        there = ledger.read(after_seq=middle - 1, limit=1)
        if there and there[0].header.recorded_at < at:
            low = max(there[0].seq, middle) + 1
        else:
            high = middle
    return low


def recorded_between(ledger: Ledger, since: Millis, until: Millis) -> list[Recorded]:
    """Every event recorded from ``since`` to ``until``, both included, oldest first.

    Raises :class:`console.ports.StoreUnusable`.
    """
    after, end = first_since(ledger, since) - 1, first_since(ledger, until + 1)
    found: list[Recorded] = []
    while after < end - 1:
        page = ledger.read(after_seq=after, before_seq=end, limit=PAGE)
        if not page:
            break
        found += page
        after = page[-1].seq
    return found
