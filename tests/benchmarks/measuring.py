"""Two things measured in turns, and what their medians say."""

from __future__ import annotations

import re
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

_ESCAPES = re.compile(rb"\x1b(?:\[[0-9;?<>=]*[ -/]*[@-~]|[()][A-Z0-9]|[=>78])")


def text_of(raw: bytes) -> str:
    """What a program wrote to its terminal, without the escape codes."""
    return _ESCAPES.sub(b"", raw).decode(errors="ignore")


def p95(values: Sequence[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


@dataclass
class Pair:
    """What ours took and what the bare thing beside it took: seconds, or multiples of something."""

    name: str
    unit: Literal["ms", "×"] = "ms"
    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)

    def ratio(self, of: Callable[[Sequence[float]], float] = statistics.median) -> float:
        """Ours over bare."""
        return of(self.ours) / of(self.bare)

    def told(self, of: Callable[[Sequence[float]], float], floor: float | None = None) -> float:
        """The ratio, printed with both medians and 95th percentiles."""
        rows = (("ours", self.ours), ("bare", self.bare))
        scale = 1000 if self.unit == "ms" else 1
        shown = "; ".join(
            f"{name} median {statistics.median(v) * scale:.1f} {self.unit},"
            f" p95 {p95(v) * scale:.1f} {self.unit} (n={len(v)})"
            for name, v in rows
        )
        ratio = self.ratio(of)
        limit = "" if floor is None else f" (at most {floor})"
        sys.stdout.write(f"\n{self.name}: ratio of {of.__name__}s {ratio:.2f}{limit}. {shown}\n")
        return ratio


def at_most(floor: float, measure: Callable[[], Pair], of: Callable[[Sequence[float]], float]) -> None:
    """Fails if the ratio is over ``floor``, and is so again when all is measured once more.

    The second measurement is for a machine that was busy with something else; the floor stays.
    """
    ratio = measure().told(of, floor)
    if ratio > floor:
        ratio = measure().told(of, floor)
    assert ratio <= floor
