"""The metrics as Prometheus text, version 0.0.4."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from data.simulator.samples import HELP, Scraped

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def text(targets: Iterable[Scraped]) -> str:
    """All series of ``targets``, one family after the other, each with its help and type."""
    rows = [(target, target.row()) for target in targets]
    lines: list[str] = []
    for family, (kind, about) in HELP.items():
        lines.append(f"# HELP {family} {about}")
        lines.append(f"# TYPE {family} {kind}")
        for target, row in rows:
            layout = target.layout
            for place in layout.family(family):
                if layout.exists(place, row):
                    name, own = layout.columns[place]
                    labels = ",".join(f'{k}="{escaped(v)}"' for k, v in sorted(target.labels() + own))
                    lines.append(f"{name}{{{labels}}} {number(row[place])}")
    return "\n".join(lines) + "\n"


def escaped(value: str) -> str:
    """A label value as it stands between quotes."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def number(value: float) -> str:
    """A value as Go writes it: no exponent, no ``.0``, and ``NaN``, ``+Inf``, ``-Inf``."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) else format(Decimal(repr(value)), "f")
