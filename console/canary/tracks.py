"""One track's numbers in columns, one entry a poll; ``null`` is a missing poll, which is not zero."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

Counted = Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)]
"""A number of events in one poll. A counter that was reset gives a poll of its new value, or ``null``."""

Real = Annotated[float, Field(ge=-1e15, le=1e15, allow_inf_nan=False)]
Column = list[Counted | None]
Share = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def alike(first: str, one: Sequence[object], second: str, other: Sequence[object]) -> None:
    if len(one) != len(other):
        raise ValueError(
            f"{first} has {len(one)} polls and {second} has {len(other)}: they must have as many"
        )


def _within(name: str, part: Column, whole: Column) -> None:
    for poll, (a, b) in enumerate(zip(part, whole, strict=True)):
        if a is not None and b is not None and a > b:
            raise ValueError(f"poll {poll}: {name} is {a:g}, more than the total of {b:g}")


class RatioTrack(Strict):
    """``bad`` of ``total`` events (requests, say) in each poll; what is counted may be good."""

    bad: Column
    total: Column

    @model_validator(mode="after")
    def _checked(self) -> Self:
        alike("bad", self.bad, "total", self.total)
        _within("bad", self.bad, self.total)
        return self

    def __len__(self) -> int:
        return len(self.total)


class CountTrack(Strict):
    """``count`` events in each poll, in which ``total`` requests (visits, seconds) gave occasion for them."""

    count: Column
    total: Column

    @model_validator(mode="after")
    def _checked(self) -> Self:
        alike("count", self.count, "total", self.total)
        return self

    def __len__(self) -> int:
        return len(self.total)


class SetTrack(Strict):
    """How much of the ``new`` members this track had in each poll, in ``total`` requests.

    New is what production had not before the release. A member counts one a poll, however often it came,
    divided between the tracks as its occurrences are (0.75 and 0.25, where three of four fell on one).
    """

    new: Column
    total: Column

    @model_validator(mode="after")
    def _checked(self) -> Self:
        alike("new", self.new, "total", self.total)
        return self

    def __len__(self) -> int:
        return len(self.total)


class BucketTrack(Strict):
    """Observations of each poll per bucket or category, not cumulative."""

    counts: list[list[Counted] | None]

    def __len__(self) -> int:
        return len(self.counts)


class GaugeTrack(Strict):
    """One value a poll."""

    value: list[Real | None]

    def __len__(self) -> int:
        return len(self.value)


Track = RatioTrack | CountTrack | SetTrack | BucketTrack | GaugeTrack
T = TypeVar("T", bound=BaseModel)
