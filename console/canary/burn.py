"""How fast the error budget burns: multi-window burn-rate alerts of the Google SRE workbook (chapter 5).

The burn rate is the error ratio over the ratio that the objective allows: at 1 the budget of the objective's
30 days is used up just when they are over. A pair burns where both its windows do: the long one says that
it matters, the short one (a twelfth of it) that it still goes on. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from console.readings import Millis

MINUTE: Millis = 60_000


@dataclass(frozen=True, slots=True)
class Pair:
    """Two windows (milliseconds) that both have to burn faster than ``rate``."""

    long: Millis
    short: Millis
    rate: float
    said: str


PAIRS = (
    Pair(60 * MINUTE, 5 * MINUTE, 14.4, "1 h and 5 min"),
    Pair(360 * MINUTE, 30 * MINUTE, 6.0, "6 h and 30 min"),
)
"""Those that page: 2 and 5 % of a month's budget gone."""

LEAST_COVERED = 0.5
"""The part of a window that has to be known before it says anything."""


@dataclass(frozen=True, slots=True)
class Counted:
    """``bad`` of ``total`` requests, and which part (0 to 1) of the window they are of."""

    bad: float
    total: float
    covered: float

    def burn(self, objective: float) -> float | None:
        """The burn rate under an ``objective`` (share of good requests, below 1); ``None`` if unknown."""
        if self.covered < LEAST_COVERED or self.total <= 0:
            return None
        return self.bad / self.total / (1 - objective)


@dataclass(frozen=True, slots=True)
class Burn:
    """One pair's two burn rates now."""

    pair: Pair
    long: float | None
    short: float | None

    @property
    def burning(self) -> bool:
        """Whether both windows burn faster than the pair allows; what is unknown does not."""
        return min(self.long or 0.0, self.short or 0.0) > self.pair.rate


def burns(count: Callable[[Millis, Millis], Counted], now: Millis, objective: float) -> Sequence[Burn]:
    """Every pair at ``now``. ``count(start, end)`` has the requests of a span of time."""
    return [
        Burn(
            pair,
            count(now - pair.long, now).burn(objective),
            count(now - pair.short, now).burn(objective),
        )
        for pair in PAIRS
    ]
