"""Where the harm is: the cell with most of the excess, and none where it is spread or cannot be told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.canary.catalogue import packaged
from console.canary.cells import where
from console.canary.measures import REST, Cell, Count, Gauge, Ratio

METRIC = packaged()["error_rate"]
COUNTS = st.lists(st.tuples(st.integers(0, 200), st.integers(200, 5000)), min_size=2, max_size=6)


def ratio(*cells: tuple[str, float, float]) -> Ratio:
    made = tuple(Cell(*one) for one in cells)
    return Ratio(sum(one.events for one in made), sum(one.of for one in made), made)


USUAL = ratio(("/", 40, 10_000), ("/cart", 40, 10_000), ("/pay", 4, 1_000))


def test_the_cell_with_most_of_the_excess_is_named_with_its_values() -> None:
    found = where(METRIC, ratio(("/", 2, 500), ("/cart", 20, 500), ("/pay", 1, 50)), USUAL)
    assert found is not None
    assert (found.name, found.canary, found.baseline) == ("/cart", 0.04, 0.004)


@pytest.mark.parametrize(
    ("canary", "why"),
    [
        (ratio(("/", 20, 500), ("/cart", 20, 500)), "spread over two"),
        (ratio(("/", 2, 500), ("/cart", 2, 500)), "no excess"),
        (ratio(("/", 2, 500), ("/pay", 20, 50)), "too few chances to be named"),
        (ratio(("/", 2, 500), ("/new", 50, 500)), "production has no such cell"),
        (ratio(("/cart", 20, 500)), "nothing to choose from"),
        (Gauge(1.0, 60.0), "no cells at all"),
        (None, "no data"),
    ],
)
def test_what_cannot_be_told_is_not_said(canary: Ratio | Gauge | None, why: str) -> None:
    assert where(METRIC, canary, USUAL) is None, why


def test_the_rest_is_never_named_and_less_may_be_the_worse_way() -> None:
    usual = ratio(("/", 40, 10_000), (REST, 40, 10_000))
    assert where(METRIC, ratio(("/", 2, 500), (REST, 30, 500)), usual) is None
    lower = replace(METRIC, worse="lower")
    kept = ratio(("/", 5_000, 10_000), ("/cart", 5_000, 10_000))
    found = where(lower, ratio(("/", 260, 500), ("/cart", 100, 500)), kept)
    assert found is not None
    assert found.name == "/cart"


def test_counts_with_chances_have_cells_too() -> None:
    metric = packaged()["feature_usage"]
    cells = (Cell("search", 100, 500), Cell("share", 10, 500))
    usual = (Cell("search", 2_000, 10_000), Cell("share", 2_000, 10_000))
    found = where(metric, Count(110, 60, 1000, cells), Count(4_000, 60, 20_000, usual))
    assert found is not None
    assert found.name == "share"


@given(COUNTS, st.data())
def test_the_named_cell_has_most_of_the_excess(counts: list[tuple[int, int]], data: st.DataObject) -> None:
    names = [f"/{place}" for place in range(len(counts))]
    bad = [data.draw(st.integers(0, of // 10)) for _, of in counts]
    canary = ratio(*((name, b, of // 10) for name, b, (_, of) in zip(names, bad, counts, strict=True)))
    usual = ratio(*((name, b, of) for name, (b, of) in zip(names, counts, strict=True)))
    found = where(METRIC, canary, usual)
    if found is not None:
        by_name = {cell.name: cell for cell in canary.cells}
        excess = {
            cell.name: by_name[cell.name].events - by_name[cell.name].of * cell.events / cell.of
            for cell in usual.cells
        }
        assert 3 * excess[found.name] > 2 * sum(one for one in excess.values() if one > 0) > 0
