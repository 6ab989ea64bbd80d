"""The figures of a cell: how often there was a false alarm, how long the true one took, what was promoted."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import beta

from tests.judging.families import POLLS_A_MINUTE
from tests.judging.parts import Minutes
from tests.judging.streams import EQUAL, Harm

CENSORED = 60.0
"""Minutes: what was not seen in the hour counts as this long."""


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``runs``, with exact one-sided 95 % bounds for the chance (Clopper, Pearson 1934)."""

    hits: int
    runs: int

    @property
    def share(self) -> float:
        """The share that was seen."""
        return self.hits / self.runs

    @property
    def lower(self) -> float:
        """The chance is at least this, but for one campaign in twenty."""
        return 0.0 if self.hits == 0 else float(beta.ppf(0.05, self.hits, self.runs - self.hits + 1))

    @property
    def upper(self) -> float:
        """The chance is at most this, but for one campaign in twenty."""
        return 1.0 if self.hits == self.runs else float(beta.ppf(0.95, self.hits + 1, self.runs - self.hits))

    def __str__(self) -> str:
        return f"{self.share * 100:.1f} % ({self.hits} of {self.runs}, at least {self.lower * 100:.1f} %)"


def ever(minutes: Minutes) -> Share:
    """How many runs were told it at all."""
    return Share(sum(one is not None for one in minutes), len(minutes))


def before(minutes: Minutes, harm: Harm) -> Share:
    """How many alarms came before the harm did: false ones."""
    onset = harm.onset / POLLS_A_MINUTE
    return Share(sum(one is not None and one <= onset for one in minutes), len(minutes))


def delays(minutes: Minutes, harm: Harm = EQUAL) -> list[float]:
    """Minutes from the harm to the alarm, censored at the hour; without runs that alarmed before it."""
    onset = harm.onset / POLLS_A_MINUTE
    at = [CENSORED if one is None else min(one, CENSORED) for one in minutes if one is None or one > onset]
    return [CENSORED if one >= CENSORED else one - onset for one in at]


def median(values: Sequence[float]) -> float:
    """The median; the censored hour if nothing is left."""
    return statistics.median(values) if values else CENSORED


def quantile(values: Sequence[float], of: float) -> float:
    """The smallest value that at least the share ``of`` of all reaches."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(of * len(ordered)) - 1)] if ordered else CENSORED
