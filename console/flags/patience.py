"""How long something may be worked out in all: what is not done by then is given up, never waited for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


class TooLong(Exception):
    """The time is over; what was being worked out is not known."""


@dataclass
class Patience:
    """Until when, in monotonic seconds; and whether something was given up on the way."""

    until: float
    gave_up: bool = False


_mine: ContextVar[Patience | None] = ContextVar("patience", default=None)


@contextmanager
def at_most(seconds: float) -> Iterator[Patience]:
    """Within this, :func:`check` raises once the time is over; an outer bound that ends earlier stays."""
    outer, until = _mine.get(), time.monotonic() + seconds
    mine = Patience(until if outer is None else min(until, outer.until))
    token = _mine.set(mine)
    try:
        yield mine
    finally:
        _mine.reset(token)


def check() -> None:
    """Raises :class:`TooLong` once the time is over; costs nothing to speak of."""
    mine = _mine.get()
    if mine is not None and time.monotonic() >= mine.until:
        mine.gave_up = True
        raise TooLong


def left(usual: float) -> float:
    """Seconds that a single step may take: the ``usual`` ones, or what is left. Raises :class:`TooLong`."""
    check()
    mine = _mine.get()
    return usual if mine is None else min(usual, max(mine.until - time.monotonic(), 0.001))


def gave_up() -> None:
    """Note that one step was not waited for: what is said after it is not certain."""
    mine = _mine.get()
    if mine is not None:
        mine.gave_up = True
