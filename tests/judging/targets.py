"""What was promised of the judge, and which cells break it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.judging.cells import FOURFOLD, GRID, MARGINS, TENFOLD, Cell
from tests.judging.families import CALM, CLUMPS, SHARED, TRACK_NOISE
from tests.judging.measure import Share, delays, ever, median, quantile
from tests.judging.parts import OURS, RANK, Played

FALSE_ALARMS = {CALM.name: 0.02, SHARED.name: 0.02, TRACK_NOISE.name: 0.05, CLUMPS.name: 0.05}
"""Family → the share of good releases that may be rolled back. The lower bound must not exceed it."""
WRONG_PROMOTIONS = 0.05
SOONER = 5.0
"""The rank judge's median over ours, in the median of the cells with much traffic and much harm."""
MUCH_TRAFFIC = 200
PROMOTED_MEDIAN, PROMOTED_90 = 5.0, 10.0
"""Minutes until equal calm releases at 200 requests a second are promoted: broken if more than half (a tenth)
of them are later beyond doubt."""

Measured = Mapping[Cell, Played]


@dataclass(frozen=True, slots=True)
class Broken:
    """A promise that a cell does not keep."""

    where: str
    found: str
    promised: str

    def __str__(self) -> str:
        return f"{self.where}: {self.found}; promised: {self.promised}"


def false_alarms(cell: Cell, played: Played) -> list[Broken]:
    """Too many rollbacks of releases without harm."""
    limit = FALSE_ALARMS.get(cell.family.name)
    share = ever(played.rollback[OURS])
    if not cell.harm.none or limit is None or share.lower <= limit:
        return []
    return [Broken(cell.key, f"false alarms {share}", f"at most {limit * 100:g} %")]


def wrong_promotions(cell: Cell, played: Played) -> list[Broken]:
    """Too many promotions at exactly the harm that they must exclude."""
    share = ever(played.promote)
    if cell.harm not in MARGINS or share.lower <= WRONG_PROMOTIONS:
        return []
    return [Broken(cell.key, f"wrong promotions {share}", f"at most {WRONG_PROMOTIONS * 100:g} %")]


def slower_than_rank(cell: Cell, played: Played) -> list[Broken]:
    """A median time to the alarm above that of the rank judge."""
    if cell.harm not in GRID:
        return []
    ours, rank = (median(delays(played.rollback[judge], cell.harm)) for judge in (OURS, RANK))
    if ours <= rank:
        return []
    return [Broken(cell.key, f"median {ours:.2f} min", f"no slower than the rank judge's {rank:.2f} min")]


def how_much_sooner(measured: Measured) -> float | None:
    """The median, over cells with much traffic and much harm, of the rank judge's time over ours."""
    cells = [c for c in measured if c.rate >= MUCH_TRAFFIC and c.harm in (FOURFOLD, TENFOLD)]
    if not cells:
        return None
    return median(
        [
            median(delays(measured[c].rollback[RANK], c.harm))
            / median(delays(measured[c].rollback[OURS], c.harm))
            for c in cells
        ]
    )


def promotion(cell: Cell, played: Played) -> list[Broken]:
    """Equal calm releases that wait too long for their promotion."""
    if not cell.harm.none or cell.family is not CALM or cell.rate != MUCH_TRAFFIC:
        return []
    after = delays(played.promote)
    found = (quantile(after, 0.5), quantile(after, 0.9))
    late = [
        Share(sum(one > limit for one in after), len(after)).lower > share
        for limit, share in ((PROMOTED_MEDIAN, 0.5), (PROMOTED_90, 0.1))
    ]
    if not any(late):
        return []
    return [
        Broken(
            cell.key,
            f"promoted in a median of {found[0]:.2f} min, ninetieth percentile {found[1]:.2f} min",
            f"{PROMOTED_MEDIAN:g} and {PROMOTED_90:g} min",
        )
    ]


def broken(measured: Measured) -> list[Broken]:
    """Everything that is not kept, cell by cell and over all."""
    checks = (false_alarms, wrong_promotions, slower_than_rank, promotion)
    found = [one for cell, played in measured.items() for check in checks for one in check(cell, played)]
    sooner = how_much_sooner(measured)
    if sooner is not None and sooner < SOONER:
        found.append(Broken("much traffic and harm", f"{sooner:.1f} × sooner than rank", f"{SOONER:g} ×"))
    return found
