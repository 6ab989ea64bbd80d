"""Every request that this session has sent, or held back: the newest of them, in memory alone.

Nothing secret is ever in it: what the transport tells has been cleaned before it comes here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from console.readings import Millis, Problem

KEPT = 1_000
"""Calls that are remembered: about a quarter of an hour of an ordinary console."""


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt at a request: no headers, no body, and no secret in its query."""

    at: Millis
    """When its answer was there, or it failed."""
    service: str
    """Who was asked: ``Vercel``, ``Prometheus``."""
    method: str
    path: str
    status: int | None
    """``None``: no answer came."""
    problem: Problem | None
    ms: float
    host: str = ""
    """Name and port, without anybody's user name or password."""
    query: str = ""
    """With the values of what may be secret as ``***``."""
    attempt: int = 1
    """2 and more: the same again, because the one before failed."""
    size: int = 0
    """Bytes of the answer's body, as far as they were read."""
    effect: bool = False
    """It was to change something: sent once and never again."""
    held: bool = False
    """It never left: a limit of the host, or its repeated failures, held it back."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A call with its number in this session: 1 was the first."""

    number: int
    call: Call


class CallLog:
    """The newest calls. Adding one costs no more than keeping it."""

    def __init__(self, kept: int = KEPT) -> None:
        self._calls: deque[Logged] = deque(maxlen=kept)
        self.count = 0
        """How many there were in all."""

    def add(self, call: Call) -> None:
        """Remember ``call``; the oldest goes where there is no room."""
        self.count += 1
        self._calls.append(Logged(self.count, call))

    def newest_first(self) -> Sequence[Logged]:
        """What is remembered."""
        return tuple(reversed(self._calls))
