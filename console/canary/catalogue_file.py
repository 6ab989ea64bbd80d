"""Reads the catalogue: the packaged file, and the user's ``[metrics.…]`` over it, checked. Pure but for
the packaged file. Imported late: it needs pydantic.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from console.canary.catalogue import (
    By,
    Catalogue,
    Family,
    Kind,
    Metric,
    Observed,
    Series,
    Unit,
    Visited,
    Worse,
)
from console.canary.headline import HEADLINE, PROBED
from console.canary.selectors import DEPLOYMENTS, BadSelector, expression_fault, selector
from console.settings_faults import in_words

FILE = "catalogue.toml"
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOST = 60
"""Metrics in all: each costs a query or a part of one at every poll."""

Loc = tuple[int | str, ...]


class BadCatalogue(ValueError):
    """What is wrong, each with its key path (``conversion_rate.weight``) and in words."""

    def __init__(self, faults: Sequence[tuple[Loc, str]]) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, loc))}: {what}" for loc, what in faults))
        self.faults = tuple(faults)


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Words = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_listed)]
Share = Annotated[float, Field(gt=0, le=1)]
Harm = Annotated[float, Field(ge=1, le=1000)]
Scale = Annotated[float, Field(gt=0)]
OneLine = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ByTable(_Table):
    labels: Words
    min_cell: int = Field(100, ge=1)
    budget: Share = 0.5


class SeriesTable(_Table):
    numerator: str | None = None
    denominator: str | None = None
    buckets: str | None = None
    expression: str | None = None
    labels: Words = ()
    scale: Scale = 1.0
    instead: str = ""

    @model_validator(mode="after")
    def _readable(self) -> SeriesTable:
        for name in ("numerator", "denominator", "buckets"):
            text = getattr(self, name)
            try:
                if text is not None:
                    selector(text)
            except BadSelector as error:
                raise ValueError(f"{name}: {error}") from None
        fault = expression_fault(self.expression) if self.expression is not None else None
        if fault:
            raise ValueError(f"expression: {fault}")
        if self.buckets is not None and not selector(self.buckets).name.endswith("_bucket"):
            raise ValueError("buckets: the name of a histogram's series ends in _bucket")
        return self


class ObservedTable(_Table):
    metrics: Words
    aggregation: str = "sum"
    group_by: Words = ()
    numerator: str = ""
    filter: str = ""
    sizes: Words = ()
    split: Literal["yes", "ask", "no"] = "yes"
    paid: bool = True
    scale: Scale = 1.0
    instead: str = ""


class VisitedTable(_Table):
    count: Literal["pageviews", "visitors", "events"]
    of: Literal["", "pageviews", "visitors"] = ""
    event: str = ""
    instead: str = ""


NEEDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "ratio": (frozenset({"numerator", "denominator"}), frozenset()),
    "count": (frozenset({"denominator"}), frozenset({"numerator"})),
    "histogram": (frozenset({"buckets"}), frozenset()),
    "gauge": (frozenset({"expression"}), frozenset()),
    "categorical": (frozenset({"numerator"}), frozenset({"denominator"})),
    "set": (frozenset({"numerator"}), frozenset({"denominator"})),
}
"""By kind: what its series have to name, and what they may name besides."""

KINDS_OF_UNITS: Mapping[str, frozenset[str]] = {
    "%": frozenset({"ratio", "gauge", "categorical"}),
    "ms": frozenset({"histogram", "gauge"}),
    "s": frozenset({"histogram", "gauge"}),
    "req/s": frozenset({"count", "gauge"}),
    "per min": frozenset({"count", "gauge"}),
    "MB": frozenset({"histogram", "gauge"}),
    "MB/s": frozenset({"gauge"}),
    "cores": frozenset({"gauge"}),
    "per session": frozenset({"count"}),
    "types": frozenset({"set"}),
}


class MetricTable(_Table):
    """A ``[metrics.NAME]`` in full."""

    title: OneLine
    family: Family
    kind: Kind
    unit: Unit
    worse: Worse | None = None
    about: str = ""
    by: ByTable | None = None
    quantile: float = Field(0.95, gt=0, lt=1)
    worst: Words = ()
    memory_s: int = Field(3600, ge=60, le=86_400)
    tolerance: Harm = 1.0
    margin: Harm = 1.1
    weight: float = Field(1.0, gt=0, le=100)
    guard: bool = True
    required: bool = False
    split: bool = True
    late_s: int = Field(0, ge=0, le=86_400)
    part_of: str | None = None
    prometheus: tuple[SeriesTable, ...] = ()
    vercel: tuple[ObservedTable, ...] = ()
    analytics: tuple[VisitedTable, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> MetricTable:
        for fault in (*self._of_series(), *self._of_use()):
            raise ValueError(fault)
        return self

    def _of_series(self) -> list[str]:
        faults = []
        needed, allowed = NEEDS[self.kind]
        for place, one in enumerate(self.prometheus):
            at = f"prometheus ({place + 1})"
            given = {n for n in ("numerator", "denominator", "buckets", "expression") if getattr(one, n)}
            if missing := sorted(needed - given):
                faults.append(f"{at}: a {self.kind} needs {' and '.join(missing)}")
            if odd := sorted(given - needed - allowed):
                faults.append(f"{at}: a {self.kind} has no {' or '.join(odd)}")
            if self.kind in ("categorical", "set") and len(one.labels) != 1:
                faults.append(f"{at}: a {self.kind} needs one label in labels, whose values are counted")
            texts = [getattr(one, name) for name in sorted(given)]
            if any((DEPLOYMENTS in text) is not self.split for text in texts):
                faults.append(
                    f"{at}: {DEPLOYMENTS} chooses the deployments, so it belongs into every selector "
                    "of a metric that is split, and into none of one that is not"
                )
        return faults

    def _of_use(self) -> list[str]:
        faults = []
        for place, visited in enumerate(self.analytics):
            if self.kind not in ("ratio", "count"):
                faults.append(f"analytics ({place + 1}): Web Analytics only counts, so it has no {self.kind}")
            elif self.kind == "ratio" and not (visited.of and visited.event):
                faults.append(f"analytics ({place + 1}): a ratio needs of and event")
        if self.kind not in KINDS_OF_UNITS[self.unit]:
            faults.append(f"a {self.kind} is not counted in {self.unit}")
        if self.margin < self.tolerance:
            faults.append("the margin is the greater harm: it cannot be below the tolerance")
        if self.guard and self.worse is None:
            faults.append("a guard has to say which direction is worse, higher or lower")
        if self.guard and not self.split:
            faults.append("what is not split by track is context, and cannot be a guard (guard = false)")
        if self.required and not self.guard:
            faults.append("only a guard can be required")
        if self.kind == "categorical" and not self.worst:
            faults.append("a categorical names its worst categories (worst)")
        if self.by is not None and self.kind not in ("ratio", "count"):
            faults.append("only a ratio or a count is taken apart (by)")
        return faults


def load(overrides: Mapping[str, Any] | None = None) -> Catalogue:
    """The packaged catalogue with ``overrides`` (tables by metric) over it; new names are added at the end.

    A list in an override takes the place of the whole list. Raises :class:`BadCatalogue` with every fault.
    """
    tables: dict[str, Any] = {name: dict(table) for name, table in _packaged_tables().items()}
    faults: list[tuple[Loc, str]] = []
    for name, table in (overrides or {}).items():
        if NAME.fullmatch(name) is None:
            faults.append(((name,), "a metric's name is of small letters, digits and _, 40 at most"))
        elif not isinstance(table, Mapping):
            faults.append(((name,), "this is a table: its keys are set one by one"))
        else:
            tables[name] = {**tables.get(name, {}), **table}
    metrics = []
    for name, table in tables.items():
        try:
            metrics.append(_metric(name, MetricTable.model_validate(table)))
        except ValidationError as error:
            faults += [((name, *one["loc"]), in_words(one)) for one in error.errors()]
    faults += _together(metrics, tables, overrides or {})
    if faults:
        raise BadCatalogue(faults)
    return Catalogue(tuple(metrics))


def _together(
    metrics: Sequence[Metric], tables: Mapping[str, Any], given: Mapping[str, Any]
) -> list[tuple[Loc, str]]:
    """What is wrong between metrics, and with those whose meaning others rely on."""
    faults: list[tuple[Loc, str]] = []
    if len(tables) > MOST:
        faults.append(((), f"there are {len(tables)} metrics; {MOST} are the most"))
    names = {one.id: one for one in metrics}
    for one in metrics:
        row = names.get(one.part_of) if one.part_of is not None else None
        if one.part_of is not None and (one.part_of not in tables or one.part_of == one.id):
            faults.append(((one.id, "part_of"), f"there is no other metric {one.part_of!r}"))
        elif row is not None and row.part_of is not None:
            faults.append(((one.id, "part_of"), f"{one.part_of} stands in another's row itself"))
    fixed: dict[str, tuple[str, ...]] = dict.fromkeys(HEADLINE, ("kind", "unit", "worse", "split"))
    fixed[PROBED] = ("kind", "unit", "worse", "split", "guard", "by", "prometheus", "vercel", "analytics")
    for name, keys in fixed.items():
        before = _packaged_tables()[name]
        for key in keys:
            if key in given.get(name, {}) and given[name][key] != before.get(key, key == "split"):
                faults.append(
                    (
                        (name, key),
                        f"the {key} of {name} is fixed; add a metric with a name of its own instead",
                    )
                )
    return faults


def _metric(name: str, table: MetricTable) -> Metric:
    by = None if table.by is None else By(table.by.labels, table.by.min_cell, table.by.budget)
    fixed = {"by", "prometheus", "vercel", "analytics"}
    rest = {key: getattr(table, key) for key in MetricTable.model_fields if key not in fixed}
    labels = by.labels if by is not None else ()
    series = tuple(Series(**{**dict(one), "labels": one.labels or labels}) for one in table.prometheus)
    return Metric(
        id=name,
        by=by,
        series=series,
        vercel=tuple(Observed(**dict(one)) for one in table.vercel),
        analytics=tuple(Visited(**dict(one)) for one in table.analytics),
        **rest,
    )


@cache
def _packaged_tables() -> Mapping[str, Any]:
    file = resources.files("console.canary") / FILE
    return tomllib.loads(file.read_text(encoding="utf-8"))


UNITS: tuple[str, ...] = get_args(Unit)
