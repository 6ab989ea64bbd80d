"""From the growth of series to the measures of a metric. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from console.canary.catalogue import Metric, Series
from console.canary.measures import (
    REST,
    SHARED,
    Categorical,
    Category,
    Cell,
    Count,
    Measure,
    Member,
    Members,
    Ratio,
)
from data.prometheus.batch import Fetched
from data.prometheus.counting import Grown, histograms, totals
from data.prometheus.native import natives

MOST_CELLS = 50
"""More cells than these are one, the smallest together."""

Known = Mapping[str, frozenset[str]]
"""By deployment: the members that it had within the metric's memory."""


def measures(
    metric: Metric, series: Series, fetched: Fetched, label: str, known: Known
) -> dict[str, Measure]:
    """By the value of ``label`` what each deployment did; of a metric that is not split, one for all.

    Raises ``ValueError`` for buckets that cannot be read.
    """
    own = label if metric.split else ""
    found = _measures(metric, series, fetched, own, known)
    return found if metric.split or not found else {SHARED: found[""]}


def _measures(
    metric: Metric, series: Series, fetched: Fetched, label: str, known: Known
) -> dict[str, Measure]:
    match metric.kind:
        case "ratio":
            return dict(_ratios(series, fetched, label, by=metric.by is not None))
        case "count":
            return dict(_counts(series, fetched, label, by=metric.by is not None))
        case "histogram":
            assert series.buckets is not None
            classic = histograms(fetched.of(series.buckets), label, series.scale)
            native = natives(fetched.native(series.buckets, series.scale), label, fetched.window)
            return {**native, **classic}
        case "categorical":
            return dict(_categories(series, fetched, label))
        case "set":
            return dict(_members(series, fetched, label, known))
        case "gauge":
            return {}  # a level is no counter: it is asked for by its expression


def _one(label: str) -> tuple[str, ...]:
    return (label,) if label else ()


def _by_deployment(series: Iterable[Grown], label: str) -> dict[str, float]:
    return {"".join(key): by for key, by in totals(series, *_one(label)).items()}


def _ratios(series: Series, fetched: Fetched, label: str, *, by: bool) -> dict[str, Ratio]:
    assert series.numerator is not None
    assert series.denominator is not None
    above, below = fetched.of(series.numerator), fetched.of(series.denominator)
    bad, total = _by_deployment(above, label), _by_deployment(below, label)
    cells = _cells(above, below, label, series.labels if by else (), total)
    return {
        # two series that are sampled one after the other may differ by an event
        one: Ratio(
            min(bad.get(one, 0.0), of),
            of,
            tuple(Cell(cell.name, min(cell.events, cell.of), cell.of) for cell in cells.get(one, ())),
        )
        for one, of in total.items()
    }


def _counts(series: Series, fetched: Fetched, label: str, *, by: bool) -> dict[str, Count]:
    assert series.denominator is not None
    below, seconds = fetched.of(series.denominator), fetched.window.seconds
    of = _by_deployment(below, label)
    if series.numerator is None:
        cells = _cells(below, [], label, series.labels if by else (), {})
        return {one: Count(events, seconds, None, cells.get(one, ())) for one, events in of.items()}
    above = fetched.of(series.numerator)
    events = _by_deployment(above, label)
    cells = _cells(above, below, label, series.labels if by else (), of)
    return {
        one: Count(events.get(one, 0.0), seconds, chances, cells.get(one, ())) for one, chances in of.items()
    }


def _cells(
    above: Sequence[Grown],
    below: Sequence[Grown],
    label: str,
    labels: tuple[str, ...],
    wholes: Mapping[str, float],
) -> dict[str, tuple[Cell, ...]]:
    """By deployment the cells of a dimension.

    Where the denominator does not have its labels (sessions are not of a feature), each cell has the
    whole of it. What lacks a label is in no cell.
    """
    if not labels:
        return {}
    keys = (*_one(label), *labels)
    first = len(_one(label))
    events, chances = totals(above, *keys), totals(below, *keys)
    found: dict[str, list[Cell]] = {}
    for key in sorted({*events, *chances}):
        own = "".join(key[:first])
        of = chances.get(key, 0.0) if chances else wholes.get(own, 0.0)
        found.setdefault(own, []).append(Cell(" / ".join(key[first:]), events.get(key, 0.0), of))
    return {own: _bounded(cells) for own, cells in found.items()}


def _bounded(cells: list[Cell]) -> tuple[Cell, ...]:
    if len(cells) <= MOST_CELLS:
        return tuple(cells)
    ranked = sorted(cells, key=lambda cell: (-cell.of, -cell.events, cell.name))
    kept, rest = ranked[: MOST_CELLS - 1], ranked[MOST_CELLS - 1 :]
    kept.append(Cell(REST, sum(cell.events for cell in rest), sum(cell.of for cell in rest)))
    return tuple(sorted(kept, key=lambda cell: cell.name))


def _present(series: Series, fetched: Fetched, label: str) -> set[str]:
    """Who would have events if there were any: of them nothing is none, of others it is unknown."""
    return set(_by_deployment(fetched.of(series.denominator), label)) if series.denominator else set()


def _heard_of(series: Series, fetched: Fetched, known: Known) -> bool:
    """Whether anybody counts such events at all: an application that does not is not one without them."""
    return bool(known) or bool(series.numerator and fetched.of(series.numerator))


def _categories(series: Series, fetched: Fetched, label: str) -> dict[str, Categorical]:
    assert series.numerator is not None
    if not _heard_of(series, fetched, {}):
        return {}
    found: dict[str, list[Category]] = {own: [] for own in _present(series, fetched, label)}
    counted = totals(fetched.of(series.numerator), *_one(label), *series.labels)
    for key, events in sorted(counted.items()):
        found.setdefault("".join(key[:-1]), []).append(Category(key[-1], events))
    return {own: Categorical(tuple(categories)) for own, categories in found.items()}


def _members(series: Series, fetched: Fetched, label: str, known: Known) -> dict[str, Members]:
    assert series.numerator is not None
    if not _heard_of(series, fetched, known):
        return {}
    [member] = series.labels
    held: dict[str, dict[str, Member]] = {own: {} for own in (*_present(series, fetched, label), *known)}
    for one in fetched.of(series.numerator):
        name = one.labels.get(member)
        own = one.labels.get(label) if label else ""
        if name and own is not None:
            mine = held.setdefault(own, {})
            mine[name] = _added(mine.get(name), Member(name, one.by, one.born))
    for own, names in known.items():
        for name in names - held[own].keys():
            held[own][name] = Member(name, 0.0)
    return {own: Members(tuple(mine[name] for name in sorted(mine))) for own, mine in held.items()}


def _added(before: Member | None, one: Member) -> Member:
    """Of several series of a member the oldest says since when it is known."""
    if before is None:
        return one
    born = None if before.born is None or one.born is None else min(before.born, one.born)
    return Member(one.name, before.events + one.events, born)
