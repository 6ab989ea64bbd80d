"""How the metrics beside the headline are asked of Observability: by the names that the schema has. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from console.canary.catalogue import Metric, Observed
from console.canary.headline import HEADLINE
from console.canary.measures import REST, SHARED, Cell, Gauge, Measure, Quantile, Ratio, Window
from data.vercel.observability import rows
from data.vercel.observability.models import Described, QueryAnswer
from data.vercel.observability.offered import DEPLOYMENT

NO_NAME = "the catalogue names nothing at Vercel's Observability for it"
TAKEN_APART = "Vercel's Observability has it in a form that is not read here"
MOST_CELLS = 20
"""Parts of a metric that are told apart; the smaller ones are one."""
UNNAMED = "(no route)"


@dataclass(frozen=True, slots=True)
class Way:
    """How one metric is asked for. ``deployment`` is empty where it is of all of them together."""

    observed: Observed
    metric: str
    deployment: str
    size: str = ""
    """What counts the events behind a quantile."""


def readable(metric: Metric) -> tuple[Observed, ...]:
    """The catalogue's places that are read here: counts with a filter, quantiles with counts, levels."""
    if metric.id in HEADLINE:
        return ()
    if metric.kind == "ratio":
        return tuple(one for one in metric.vercel if one.numerator and _plain(one))
    if metric.kind == "histogram":
        return tuple(one for one in metric.vercel if one.sizes)
    return tuple(one for one in metric.vercel if metric.kind == "gauge" and _plain(one))


def _plain(one: Observed) -> bool:
    return set(one.group_by) <= {"deployment_id"}


def candidates(metrics: Iterable[Metric]) -> list[str]:
    """Every id that the schema may have of what is read here."""
    return [name for metric in metrics for one in readable(metric) for name in (*one.metrics, *one.sizes)]


def way_of(metric: Metric, schema: Mapping[str, Described]) -> Way | str:
    """The first way that the schema really offers, or why there is none."""
    ways = readable(metric)
    if not ways:
        return TAKEN_APART if metric.vercel else NO_NAME
    why = ""
    for observed in ways:
        found = _offered(metric, observed, schema)
        if isinstance(found, Way):
            return found
        why = why or found
    return why


def _offered(metric: Metric, observed: Observed, schema: Mapping[str, Described]) -> Way | str:
    there = [schema[name] for name in observed.metrics if name in schema]
    if not there:
        return f"this account's Observability has none of {', '.join(observed.metrics)}"
    able = [one for one in there if not one.aggregations or observed.aggregation in one.aggregations]
    if not able:
        return f"{there[0].id} has no {observed.aggregation}"
    size = next((name for name in observed.sizes if name in schema), "")
    if metric.kind == "histogram" and not size:
        return f"nothing counts what stands behind {able[0].id}"
    if not metric.split:
        return Way(observed, able[0].id, "", size)
    sized = schema[size].names if size and metric.kind == "histogram" else None
    for one in able:
        names = [n for n in DEPLOYMENT if n in one.names and (sized is None or n in sized)]
        if names and observed.split != "no":
            return Way(observed, one.id, names[0], size)
    return f"{able[0].id} tells no deployments apart"


Summed = Mapping[str, float]
"""By deployment, or under :data:`SHARED`."""


def summed(answer: QueryAnswer, column: str, way: Way, window: Window) -> Summed:
    """The values of the whole window. Raises ``ValueError`` for what cannot be read."""
    found: dict[str, float] = {}
    for row in whole(answer, window):
        name = rows.text(row, way.deployment) if way.deployment else SHARED
        value = rows.value(row, column)
        if name is not None and value is not None:
            found[name] = value
    return found


def whole(answer: QueryAnswer, window: Window) -> Sequence[rows.Row]:
    """The rows over the whole window: the summary, or the only bucket there is."""
    if answer.summary or window.end - window.start != rows.MINUTE:
        return answer.summary
    return [row for row in answer.data if rows.moment(row) == window.start]


def measures_of(
    metric: Metric, way: Way, places: Iterable[str], values: Summed, others: Summed, window: Window
) -> dict[str, Measure | None]:
    """``values`` are what was asked for; ``others`` the chances of a ratio, the events behind a quantile."""
    found: dict[str, Measure | None] = {}
    for place in places:
        value, of = values.get(place), others.get(place)
        if metric.kind == "ratio":
            found[place] = None if not of else Ratio(min(value or 0.0, of), of)
        elif value is None:
            found[place] = None
        elif metric.kind == "histogram":
            found[place] = Quantile(metric.quantile, value * way.observed.scale, of) if of else None
        else:
            found[place] = Gauge(value * way.observed.scale, window.seconds)
    return found


def cells_of(
    answer: Sequence[rows.Row], column: str, deployment: str, status: str, route: str, one: str
) -> tuple[Cell, ...]:
    """Requests and 5xx of one deployment by route. Raises ``ValueError`` for what cannot be read."""
    held: dict[str, tuple[float, float]] = {}
    for row in answer:
        amount = rows.value(row, column)
        if amount is None or rows.text(row, deployment) != one:
            continue
        name = rows.text(row, route) or UNNAMED
        bad, of = held.get(name, (0.0, 0.0))
        held[name] = bad + (amount if rows.failed(rows.text(row, status)) else 0.0), of + amount
    if held.keys() <= {UNNAMED}:
        return ()
    return tuple(Cell(name, bad, of) for name, (bad, of) in held.items())


def with_cells(ratio: Ratio, cells: Sequence[Cell]) -> Ratio:
    """``ratio``, whose own counts stay as they are, with its largest cells and the rest of it in one."""
    if not cells:
        return ratio
    kept = sorted(cells, key=lambda cell: (-cell.of, cell.name))[:MOST_CELLS]
    of = max(ratio.total - sum(cell.of for cell in kept), 0.0)
    bad = min(max(ratio.bad - sum(cell.events for cell in kept), 0.0), of)
    rest = (Cell(REST, bad, of),) if of else ()
    return Ratio(ratio.bad, ratio.total, tuple(sorted((*kept, *rest), key=lambda cell: cell.name)))
