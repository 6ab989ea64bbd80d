"""The judge's promise on simulated releases: few false alarms, harm seen soon, nothing bad promoted.

At full size with a fresh seed, which nobody tuned anything to; in everyday use with one seed, so that what
failed fails again. Parts that were made are kept: a stopped proof goes on where it was.
"""

from __future__ import annotations

import sys

import pytest

from tests.crash.scale import SCALE, sized
from tests.judging import targets
from tests.judging.campaign import Campaign
from tests.judging.cells import FOURFOLD, GRID, MARGINS, TENFOLD, Cell, grid
from tests.judging.families import CALM, WARM_UP
from tests.judging.measure import ever
from tests.judging.parts import OURS, RANK, Played
from tests.judging.streams import EQUAL

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]

EVERYDAY_SEED = 20
JUDGES = (OURS, RANK)


def name(cell: Cell) -> str:
    return cell.key


def played(cell: Cell) -> Played:
    """The cell's runs: at full size as many as it needs, in everyday use half of that where harm is done."""
    if SCALE >= 1:
        return Campaign.of().of_cell(cell, sized(cell.full_runs), JUDGES)
    runs = cell.full_runs if cell.harm.none else cell.full_runs // 2
    return Campaign.of(EVERYDAY_SEED).of_cell(cell, sized(runs), JUDGES)


def told(cell: Cell, text: object) -> None:
    sys.stdout.write(f"\n{cell.key}: {text}\n")


@pytest.mark.parametrize("cell", grid(harms=(EQUAL,)), ids=name)
def test_good_releases_are_seldom_rolled_back(cell: Cell) -> None:
    found = played(cell)
    told(cell, f"false alarms {ever(found.rollback[OURS])}")
    assert targets.false_alarms(cell, found) == []


@pytest.mark.parametrize("cell", grid(harms=MARGINS), ids=name)
def test_harm_at_the_margin_is_seldom_promoted(cell: Cell) -> None:
    found = played(cell)
    told(cell, f"wrong promotions {ever(found.promote)}")
    assert targets.wrong_promotions(cell, found) == []


@pytest.mark.parametrize("cell", grid(harms=GRID), ids=name)
def test_no_harm_is_seen_later_than_by_the_rank_judge(cell: Cell) -> None:
    assert targets.slower_than_rank(cell, played(cell)) == []


def test_equal_calm_releases_are_promoted_soon() -> None:
    cell = Cell(CALM, targets.MUCH_TRAFFIC, EQUAL)
    assert targets.promotion(cell, played(cell)) == []


def test_a_warm_up_that_heals_is_no_harm() -> None:
    cell = Cell(WARM_UP, targets.MUCH_TRAFFIC, EQUAL)
    found = ever(played(cell).rollback[OURS])
    told(cell, f"false alarms {found}")
    assert found.lower <= targets.FALSE_ALARMS[CALM.name]


def test_much_harm_in_much_traffic_is_seen_five_times_sooner_than_by_the_rank_judge() -> None:
    cells = grid(rates=(200, 2000), harms=(FOURFOLD, TENFOLD))
    sooner = targets.how_much_sooner({cell: played(cell) for cell in cells})
    sys.stdout.write(f"\n{sooner:.1f} × sooner in the median cell\n")
    assert sooner is not None
    assert sooner >= targets.SOONER
