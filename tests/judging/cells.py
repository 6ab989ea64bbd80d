"""The grid: which families, rates and harms are measured, with how many runs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.judging.families import FAMILIES, POLLS_A_MINUTE, Family
from tests.judging.streams import EQUAL, Harm

RATES = (20, 200, 2000)
"""Requests a second of both tracks together."""

TWICE = Harm("errors × 2", errors=2)
FOURFOLD = Harm("errors × 4", errors=4)
TENFOLD = Harm("errors × 10", errors=10)
SLOWER = Harm("latency + 25 %", latency=1.25)
LATE = Harm("errors × 4 from minute 20", errors=4, onset=20 * POLLS_A_MINUTE)
LATE_SLOWER = Harm("latency + 25 % from minute 20", latency=1.25, onset=20 * POLLS_A_MINUTE)
AT_LATENCY_MARGIN = Harm("latency + 10 %", latency=1.10)
"""Exactly the harm that a promotion must exclude, as the judge has it by itself; that of errors is × 2."""

GRID = (TWICE, FOURFOLD, TENFOLD, SLOWER)
HARMS = {harm.name: harm for harm in (EQUAL, *GRID, LATE, LATE_SLOWER, AT_LATENCY_MARGIN)}
MARGINS = (TWICE, AT_LATENCY_MARGIN)

MANY = 2000
"""Runs of a cell whose *rate* is held against a limit."""
SOME = 400
"""Runs of a cell of which the median time is taken."""
PART = 50
"""Runs that are made, judged and kept together."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One family at one rate with one harm."""

    family: Family
    rate: int
    harm: Harm

    @property
    def key(self) -> str:
        """A name for files and for seeds, the same in every process."""
        harm = self.harm.name.replace("×", "x").replace("%", "pct")
        return re.sub(r"[^a-z0-9]+", "-", f"{self.family.name} {self.rate} {harm}".lower()).strip("-")

    @property
    def full_runs(self) -> int:
        """How many runs this cell has at full size."""
        return MANY if self.harm.none or self.harm in MARGINS else SOME


def grid(
    families: tuple[Family, ...] = FAMILIES,
    rates: tuple[int, ...] = RATES,
    harms: tuple[Harm, ...] = (EQUAL, *GRID),
) -> list[Cell]:
    """Every combination, in the order of the tables."""
    return [Cell(family, rate, harm) for harm in harms for family in families for rate in rates]
