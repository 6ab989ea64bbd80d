"""What a client asks of the host's metrics, read and checked: bodies of both generations of the interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from console.readings import Millis
from data.simulator import filters, observability
from data.simulator.account import Account
from data.simulator.filters import BadFilter, Predicate, Row
from data.simulator.observability import Question, camel, snake
from data.simulator.refused import Refused

HOUR_MS = 3_600_000
MOST_BUCKETS = 1_500


class _Asked(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class ScopeAsked(_Asked):
    type: Literal["project", "owner"] = "project"
    owner: str = Field(alias="ownerId")
    projects: tuple[str, ...] = Field((), alias="projectIds")


class Granularity(_Asked):
    minutes: Annotated[int, Field(ge=1)] | None = None
    hours: Annotated[int, Field(ge=1)] | None = None
    days: Annotated[int, Field(ge=1)] | None = None


class QueryAsked(_Asked):
    metric: str
    scope: ScopeAsked
    aggregation: str | None = None
    group_by: tuple[str, ...] = Field((), alias="groupBy")
    filter: str | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 10
    order_by: str | None = Field(None, alias="orderBy")
    direction: Literal["asc", "desc"] = Field("desc", alias="orderDirection")
    granularity: Granularity | None = None
    start: AwareDatetime | None = Field(None, alias="startTime")
    end: AwareDatetime | None = Field(None, alias="endTime")


class _Range(_Asked):
    start: AwareDatetime
    end: AwareDatetime


class _Selected(_Asked):
    metric: str
    aggregation: str | None = None
    per: Literal["second"] | None = None


class _Selection(_Asked):
    limit: Annotated[int, Field(ge=1, le=500)] = 10


class MetricsAsked(_Asked):
    scope: ScopeAsked
    range: _Range = Field(alias="timeRange")
    bucket_seconds: Annotated[int, Field(ge=60)] | None = Field(None, alias="bucketSeconds")
    group_by: tuple[str, ...] = Field((), alias="groupBy")
    filter: str | None = None
    metrics: dict[str, _Selected]
    outputs: tuple[str, ...] | None = None
    selection: _Selection = Field(_Selection(), alias="seriesSelection")


Model = TypeVar("Model", bound=BaseModel)


def read(model: type[Model], sent: dict[str, Any]) -> Model:
    """The body as ``model``; a refusal names the member that is wrong."""
    try:
        return model.model_validate(sent)
    except ValidationError as err:
        first = err.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the body"
        raise Refused(400, "bad_request", f"Invalid request: `{key}`: {first['msg']}.") from err


def question(
    account: Account,
    metric_id: str,
    aggregation: str | None,
    start: Millis,
    end: Millis,
    bucket_ms: int,
    group_by: tuple[str, ...],
    matches: Callable[[frozenset[str]], Predicate],
    limit: int,
    descending: bool = True,
) -> Question:
    """The question, if the metric, its aggregation and all dimensions exist and the range is one.

    ``matches`` makes the filter for a metric with dimensions of those names.
    """
    try:
        metric = observability.metric(metric_id, account)
    except observability.UnknownMetric as err:
        raise unknown(metric_id, account) from err
    chosen = aggregation or metric.default
    if chosen not in metric.aggregations:
        raise Refused(
            400,
            "invalid_aggregation",
            f"{metric.id} has no aggregation {chosen!r}.",
            allowedValues=list(metric.aggregations),
        )
    for name in group_by:
        if name not in metric.names:
            says = f"There is no dimension {name!r} to group by."
            raise _no_dimension("invalid_dimension", says, metric.names)
    if start >= end:
        raise Refused(400, "bad_request", "The time range should end after it begins.")
    if (end - start) / bucket_ms > MOST_BUCKETS:
        raise Refused(413, "payload_too_large", "Too many time buckets: ask for a coarser granularity.")
    chosen_rows = matches(metric.names)
    return Question(metric, chosen, start, end, bucket_ms, group_by, chosen_rows, limit, descending)


def unknown(metric_id: str, account: Account) -> Refused:
    known = [metric.id for metric in observability.offered(account)]
    return Refused(400, "unknown_metric", f"There is no metric {metric_id!r}.", allowedValues=known)


def bucket_ms(granularity: Granularity | None, range_ms: int) -> int:
    """The length of a time bucket; without one the host's own choice for the range."""
    if granularity is None or granularity == Granularity():
        minutes = 1 if range_ms <= HOUR_MS else 5 if range_ms <= 12 * HOUR_MS else 60
        return minutes * 60_000
    days, hours = granularity.days or 0, granularity.hours or 0
    return ((days * 24 + hours) * 60 + (granularity.minutes or 0)) * 60_000


def odata(text: str | None, names: frozenset[str]) -> Predicate:
    """The filter of ``v2``, on dimensions called ``names``."""
    if not text:
        return lambda row: True
    try:
        return filters.odata(text, names)
    except BadFilter as err:
        raise _bad_filter(err, names) from err


def kql(text: str | None, names: frozenset[str]) -> Predicate:
    """The filter of ``metrics/v1``, on dimensions called ``names`` in camel case."""
    if not text:
        return lambda row: True
    try:
        matches = filters.kql(text, frozenset(camel(name) for name in names))
    except BadFilter as err:
        raise _bad_filter(err, names) from err

    def in_camel_case(row: Row) -> bool:
        return matches({camel(name): value for name, value in row.items()})

    return in_camel_case


def snake_case(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(snake(name) for name in names)


def millis(moment: AwareDatetime) -> Millis:
    return round(moment.timestamp() * 1000)


def _bad_filter(err: BadFilter, names: frozenset[str]) -> Refused:
    if err.dimension is not None:
        return _no_dimension("invalid_filter_dimension", str(err), names)
    return Refused(400, "bad_request", str(err))


def _no_dimension(code: str, message: str, names: frozenset[str]) -> Refused:
    return Refused(400, code, message, allowedValues=sorted(names))
