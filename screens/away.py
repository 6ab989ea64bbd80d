"""What happened while nobody looked, in one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.readings import Millis
from console.world import Seen, World
from screens.narration import sentence
from screens.present import duration

if TYPE_CHECKING:
    from console.envelope import Recorded

AWAY_S = 60.0
"""Whoever looks elsewhere for less has seen it."""
TELLS = (
    "verdict.changed",
    "release.seen",
    "action.ended",
    "release.frozen",
    "release.thawed",
    "watch.resumed",
)
"""The kinds of event worth a word: verdicts, stages, acts, freezes."""
SAID = 3


def meanwhile(recent: Sequence[Recorded], seen: int, away_ms: Millis) -> str | None:
    """What changed after event number ``seen``; the newest changes, oldest first; ``None`` = nothing.

    ``recent``: the newest events, newest first. Where they do not reach back to ``seen``, it says so.
    """
    since = [event for event in recent if event.seq > seen]
    told = [event for event in since if event.kind in TELLS]
    if not told:
        return None
    words = [sentence(event) for event in reversed(told[:SAID])]
    more = len(told) - SAID
    if since[-1].seq > seen + 1:
        words.insert(0, "… and more before that (9 shows all)")
    elif more > 0:
        words.insert(0, f"… and {more} more before that (9 shows all)")
    return f"While you were away ({duration(away_ms)}): {'; '.join(words)}"


class Return:
    """The return of somebody whose last console ended a while ago: told once, when the host has answered."""

    def __init__(self, seen: Seen | None) -> None:
        self._seen = seen
        self._begun: Millis | None = None
        self._answered = False

    def told(self, world: World) -> str | None:
        """What to say with ``world``, the newest picture of an open console; ``None`` but once."""
        if self._seen is None:
            return None
        if self._begun is None:
            self._begun = world.now
        if not self._answered:  # one picture later: what the answer leads to is recorded by then
            self._answered = (world.release.at or 0) >= self._begun
            return None
        seen, self._seen = self._seen, None
        gone = world.now - seen.at
        return meanwhile(world.recent, seen.seq, gone) if gone > AWAY_S * 1000 else None


class Away:
    """Since when nobody looks at this terminal, and up to which event it had been looked at."""

    def __init__(self) -> None:
        self._left: tuple[float, int] | None = None

    def leave(self, monotonic: float, seen: int) -> None:
        """Somebody looks elsewhere from ``monotonic`` seconds on; the newest event was number ``seen``."""
        self._left = monotonic, seen

    def back(self, monotonic: float, recent: Sequence[Recorded]) -> str | None:
        """They are back: what to tell them, if they were away long enough and something changed."""
        left, self._left = self._left, None
        if left is None or (gone := monotonic - left[0]) <= AWAY_S:
            return None
        return meanwhile(recent, left[1], int(gone * 1000))
