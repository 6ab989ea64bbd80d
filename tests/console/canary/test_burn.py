"""Burn rates: the table of the SRE workbook, and what is not covered says nothing."""

from __future__ import annotations

import pytest

from console.canary.burn import MINUTE, PAIRS, Counted, burns
from console.readings import Millis


@pytest.mark.parametrize(
    ("pair", "objective", "share"),
    [(0, 0.999, 0.0144), (0, 0.995, 0.072), (1, 0.999, 0.006), (1, 0.99, 0.06)],
)
def test_the_error_ratios_of_the_workbook_are_the_edge(pair: int, objective: float, share: float) -> None:
    def burning(errors: float) -> bool:
        return burns(lambda start, end: Counted(errors, 1e6, 1.0), 0, objective)[pair].burning

    assert burning(share * 1.01e6)
    assert not burning(share * 0.99e6)


def test_the_short_window_is_a_twelfth_of_the_long_one_and_uses_the_budget_said() -> None:
    month = 30 * 24 * 60 * MINUTE
    assert all(pair.short * 12 == pair.long for pair in PAIRS)
    assert [round(pair.rate * pair.long / month, 3) for pair in PAIRS] == [0.02, 0.05]


def test_what_is_over_does_not_burn_any_more() -> None:
    def count(start: Millis, end: Millis) -> Counted:
        return Counted(5.0, 100.0, 1.0) if end - start > 30 * MINUTE else Counted(0.0, 100.0, 1.0)

    assert not any(one.burning for one in burns(count, 0, 0.999))


@pytest.mark.parametrize("counted", [Counted(50, 100, 0.4), Counted(0, 0, 1.0)])
def test_a_window_that_is_hardly_covered_or_empty_has_no_rate(counted: Counted) -> None:
    found = burns(lambda a, b: counted, 0, 0.999)
    assert all(one.long is None and not one.burning for one in found)
