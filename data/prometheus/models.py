"""The envelope of Prometheus's HTTP API (also Thanos, Mimir, VictoriaMetrics), read straight from bytes."""

# ruff: noqa: N815 - the fields are named as Prometheus names them

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Pair = tuple[float, float]
"""Seconds since the epoch and a value; values come as text (``"NaN"``, ``"+Inf"`` among them)."""


class Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Instant(Wire):
    metric: dict[str, str]
    value: Pair | None = None


Bucket = tuple[int, float, float, float]
"""Of a native histogram: which edges belong to it, lower edge, upper edge, observations."""


class Native(Wire):
    """A sample of a native histogram; buckets without observations are left out."""

    count: float
    buckets: list[Bucket] = []


class Line(Wire):
    metric: dict[str, str]
    values: list[Pair] = []
    histograms: tuple[tuple[float, Native], ...] = ()


class Vector(Wire):
    resultType: Literal["vector"]
    result: list[Instant] | None


class Matrix(Wire):
    resultType: Literal["matrix"]
    result: list[Line] | None


class Scalar(Wire):
    resultType: Literal["scalar"]
    result: Pair


class Text(Wire):
    resultType: Literal["string"]
    result: tuple[float, str]


Data = Annotated[Vector | Matrix | Scalar | Text, Field(discriminator="resultType")]


class Success(Wire):
    status: Literal["success"]
    data: Data
    warnings: list[str] | None = None
    infos: list[str] | None = None


class Failure(Wire):
    status: Literal["error"]
    errorType: str = ""
    error: str = ""
