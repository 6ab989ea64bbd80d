"""The metric catalogue: what is measured of each track, as data.

The metrics themselves stand in ``catalogue.toml`` beside this file, and in the user's ``[metrics.…]``;
:mod:`console.canary.catalogue_file` reads and checks both, when they are first needed. Counts are asked
for, never ready-made ratios: a missing numerator must not look like a missing metric.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from console.canary.headline import HEADLINE, PROBED

Kind = Literal["ratio", "count", "histogram", "gauge", "categorical", "set"]
Worse = Literal["higher", "lower"]
Family = Literal["errors", "performance", "experience", "infrastructure"]
Unit = Literal["%", "ms", "s", "req/s", "per min", "MB", "MB/s", "cores", "per session", "types"]

FACTORS = {"%": 100.0, "ms": 1000.0, "per min": 60.0, "MB": 1e-6, "MB/s": 1e-6}
"""From natural units (shares of 1, seconds, bytes) to those that are shown; 1 where not named."""


@dataclass(frozen=True, slots=True)
class By:
    """The dimension by which a metric is taken apart.

    ``min_cell``: chances a cell needs before it is looked at by itself. ``budget``: the share (0 to 1) of
    the metric's own error budget that its cells have together.
    """

    labels: tuple[str, ...]
    min_cell: int = 100
    budget: float = 0.5


@dataclass(frozen=True, slots=True)
class Series:
    """Where a Prometheus has the metric.

    ``numerator``, ``denominator`` and ``buckets`` are selectors of counters without a range: the client
    asks for their raw samples over the window and adds up the increases per series, so that nothing is
    extrapolated and resets are seen. ``expression`` is of a level, with ``$BY`` (the label that tells the
    deployments apart) and ``$W`` (a window). In all of them ``$D`` is the place of the matchers that choose
    the deployments. Without events in the numerator there are none where the denominator is there, and it
    is unknown where it is not.
    """

    numerator: str | None = None
    denominator: str | None = None
    buckets: str | None = None
    expression: str | None = None
    labels: tuple[str, ...] = ()
    """The labels of the dimension, the category or the member in these series."""
    scale: float = 1.0
    """From the series' own unit to the natural one (0.001 for milliseconds)."""
    instead: str = ""
    """What this measures, if it is not the metric itself but stands in for it."""

    @property
    def selectors(self) -> tuple[str, ...]:
        """Those that are counters."""
        return tuple(s for s in (self.numerator, self.denominator, self.buckets) if s is not None)


@dataclass(frozen=True, slots=True)
class Observed:
    """How Vercel's Observability has the metric, for the client that asks it.

    Names drift: ``metrics`` and ``sizes`` are candidates, of which the first that the account's schema has
    is meant. ``numerator`` is an OData filter; without one and without ``sizes`` the answer is the value.
    ``sizes`` count what stands behind a quantile. ``split``: whether it has the deployment as a dimension;
    ``ask`` = only the schema can say. ``paid``: whether it needs Observability Plus.
    """

    metrics: tuple[str, ...]
    aggregation: str = "sum"
    group_by: tuple[str, ...] = ()
    numerator: str = ""
    filter: str = ""
    sizes: tuple[str, ...] = ()
    split: Literal["yes", "ask", "no"] = "yes"
    paid: bool = True
    scale: float = 1.0
    """From its unit to the natural one."""
    instead: str = ""
    """What this measures, if it is not the metric itself but stands in for it."""


@dataclass(frozen=True, slots=True)
class Visited:
    """How Vercel's Web Analytics has the metric: of the whole project, as it knows no deployments.

    ``count`` is counted; of ``of`` where there are chances. ``event``: only custom events of that name (of
    ``visitors``: those who had one); without a name all of them, by name.
    """

    count: Literal["pageviews", "visitors", "events"]
    of: Literal["", "pageviews", "visitors"] = ""
    event: str = ""
    instead: str = ""
    """What this measures, if it is not the metric itself but stands in for it."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of the catalogue.

    ``tolerance`` and ``margin`` are factors of 1 or more in the direction of worse (1.1 is a tenth worse,
    whether that means higher or lower): up to the tolerance the tracks count as equal, and a promotion has
    to exclude the margin.
    """

    id: str
    title: str
    family: Family
    kind: Kind
    unit: Unit
    worse: Worse | None
    series: tuple[Series, ...] = ()
    """Where to look, best first: the first that has data of any track is the one."""
    about: str = ""
    by: By | None = None
    quantile: float = 0.95
    """Of a histogram: which one is shown."""
    worst: tuple[str, ...] = ()
    """Of a categorical: the categories whose share is shown."""
    memory_s: int = 3600
    """Of a set: how far back a member counts as known."""
    tolerance: float = 1.0
    margin: float = 1.1
    weight: float = 1.0
    """Its share of the whole error budget, relative to the other guards."""
    guard: bool = True
    """Whether the verdict may rest on it; the others inform only."""
    required: bool = False
    """Of a guard: without it nothing is promoted, even if the source has never had it."""
    split: bool = True
    """Whether a label tells the tracks apart. If not it is *context*: one value for all that run."""
    late_s: int = 0
    """How long after a visit began its events may still come; of a younger track they are of short visits."""
    part_of: str | None = None
    """The metric in whose row this one stands."""
    vercel: tuple[Observed, ...] = ()
    analytics: tuple[Visited, ...] = ()

    @property
    def factor(self) -> float:
        """From natural units to the metric's own."""
        return FACTORS.get(self.unit, 1.0)

    @property
    def numerator(self) -> str | None:
        return self.series[0].numerator if self.series else None

    @property
    def denominator(self) -> str | None:
        return self.series[0].denominator if self.series else None

    @property
    def buckets(self) -> str | None:
        return self.series[0].buckets if self.series else None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The metrics in force, in the order in which they are shown."""

    metrics: tuple[Metric, ...]

    def __iter__(self) -> Iterator[Metric]:
        return iter(self.metrics)

    def __len__(self) -> int:
        return len(self.metrics)

    def get(self, metric_id: str) -> Metric | None:
        return next((one for one in self.metrics if one.id == metric_id), None)

    def __getitem__(self, metric_id: str) -> Metric:
        """The metric called ``metric_id``. Raises ``KeyError`` if there is none."""
        found = self.get(metric_id)
        if found is None:
            raise KeyError(metric_id)
        return found

    @property
    def headline(self) -> tuple[Metric, ...]:
        """What the release screen draws and the judge of limits judges."""
        return tuple(self[one] for one in HEADLINE)

    @property
    def probes(self) -> Metric:
        """What our own probes measure."""
        return self[PROBED]

    @property
    def asked(self) -> tuple[Metric, ...]:
        """What a metrics source is asked for: everything but the probes."""
        return tuple(one for one in self.metrics if one.id != PROBED)

    @property
    def often(self) -> tuple[Metric, ...]:
        """What is asked for at every poll: the guards and the headline."""
        return tuple(one for one in self.asked if one.guard or one.id in HEADLINE)

    @property
    def seldom(self) -> tuple[Metric, ...]:
        """What informs only, and is asked for less often."""
        return tuple(one for one in self.asked if not one.guard and one.id not in HEADLINE)

    @property
    def rows(self) -> tuple[tuple[Metric, ...], ...]:
        """As they are shown: each metric with those that stand in its row."""
        return tuple(
            (one, *(part for part in self.metrics if part.part_of == one.id))
            for one in self.metrics
            if one.part_of is None
        )


@cache
def packaged() -> Catalogue:
    """The catalogue as it comes, without anybody's settings."""
    from console.canary.catalogue_file import load

    return load()


def metric(metric_id: str) -> Metric:
    """The metric of the packaged catalogue called ``metric_id``. Raises ``KeyError`` if there is none."""
    return packaged()[metric_id]


if TYPE_CHECKING:
    CATALOGUE: Catalogue
    ERROR_RATE: Metric
    LATENCY_P95: Metric
    REQUEST_RATE: Metric


def __getattr__(name: str) -> object:
    """The packaged catalogue and its headline by name; reading the file waits until somebody asks."""
    if name == "CATALOGUE":
        return packaged()
    if name in ("ERROR_RATE", "LATENCY_P95", "REQUEST_RATE"):
        return metric(name.lower())
    raise AttributeError(name)
