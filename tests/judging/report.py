"""What was measured, as tables that read the same on a terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from tests.judging.cells import MARGINS, Cell
from tests.judging.measure import CENSORED, delays, ever, median, quantile
from tests.judging.parts import FAILURE_LIMIT, MOST_ERRORS, OURS, RANK, THRESHOLD
from tests.judging.targets import FALSE_ALARMS, Measured, broken, how_much_sooner

WHO = f"""\
Judges: **ours** looks at every poll (15 s) · **rank** is Mann-Whitney on one-minute points of error rate
and mean latency, looked at every minute · **limits** abort after more than {FAILURE_LIMIT} minutes with
more than {MOST_ERRORS * 100:g} % errors · **counter** rolls back at the tick after the {THRESHOLD}th such
minute · **tuned limits** are set, for errors and latency, so that calm releases give 5 % false alarms."""

SETTING = """\
Simulated releases of an hour: 5 % of the traffic on the canary, 0.5 % of requests fail, lognormal latency
with a 95th percentile of 447 ms in OpenTelemetry's buckets, ten hours of earlier releases and one hour of
production before."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns line up."""
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

    return "\n".join([line(head), line(["-" * width for width in widths]), *map(line, rows)])


def _judges(measured: Measured) -> list[str]:
    return list(next(iter(measured.values())).rollback)


def _where(cell: Cell) -> list[str]:
    return [cell.family.name, f"{cell.rate:,}"]


def false_alarms(measured: Measured) -> str:
    """How often releases without any harm are rolled back within the hour."""
    cells = [cell for cell in measured if cell.harm.none]
    rows = [
        [
            *_where(cell),
            *(f"{ever(measured[cell].rollback[judge]).share * 100:.1f} %" for judge in _judges(measured)),
            f"{ever(measured[cell].rollback[OURS]).lower * 100:.1f} %",
            f"{FALSE_ALARMS[cell.family.name] * 100:g} %" if cell.family.name in FALSE_ALARMS else "–",
            str(len(measured[cell].promote)),
        ]
        for cell in cells
    ]
    head = ["family", "requests/s", *_judges(measured), "ours at least", "allowed", "runs"]
    return table(head, rows) if rows else ""


def _minutes(values: Sequence[float]) -> str:
    middle = median(values)
    if middle >= CENSORED:
        seen = sum(one < CENSORED for one in values) / len(values) if values else 0.0
        return f"> 60 ({seen * 100:.0f} % seen)"
    return f"{middle:.2f}" if middle < 10 else f"{middle:.1f}"


def detection(measured: Measured) -> str:
    """The median minutes from harm to rollback."""
    rows = []
    for cell, played in measured.items():
        if cell.harm.none:
            continue
        times = [delays(played.rollback[judge], cell.harm) for judge in played.rollback]
        rows.append([cell.harm.name, *_where(cell), *map(_minutes, times), str(len(played.promote))])
    head = ["harm", "family", "requests/s", *_judges(measured), "runs"]
    return table(head, rows) if rows else ""


def promotions(measured: Measured) -> str:
    """How soon good releases are promoted, and how often bad ones at the margin are."""
    rows = []
    for cell, played in measured.items():
        after = delays(played.promote)
        if cell.harm.none:
            middle, late = quantile(after, 0.5), quantile(after, 0.9)
            found = " / ".join("> 60" if one >= CENSORED else f"{one:.2f}" for one in (middle, late))
            rows.append([cell.harm.name, *_where(cell), f"{ever(played.promote).share * 100:.0f} %", found])
        elif cell.harm in MARGINS:
            rows.append([f"{cell.harm.name} (margin)", *_where(cell), str(ever(played.promote)), "–"])
    head = ["release", "family", "requests/s", "promoted", "minutes, median / 90th percentile"]
    return table(head, rows) if rows else ""


def summary(measured: Measured) -> list[str]:
    """The promise in sentences: what is kept and what is not."""
    lines = []
    sooner = how_much_sooner(measured)
    if sooner is not None:
        lines.append(
            f"At 200 requests/s and more, and four times the errors and more, ours is {sooner:.1f} ×"
            f" sooner than {RANK} in the median of the cells."
        )
    wrong = broken(measured)
    lines += [f"Not kept – {one}." for one in wrong]
    if not wrong:
        lines.append("Every promise is kept in every cell measured here.")
    return lines


def page(measured: Measured, seed: int) -> str:
    """The whole report as Markdown."""
    parts = [
        "# What the judge was measured to do",
        "Written by `make judge-bench`; the tables follow from the sources and the seed.",
        SETTING,
        WHO,
        f"Seed {seed}.",
        "\n".join(f"- {line}" for line in summary(measured)),
    ]
    for title, body in (
        ("## False alarms within an hour", false_alarms(measured)),
        ("## Median minutes from harm to rollback", detection(measured)),
        ("## Promotions", promotions(measured)),
    ):
        if body:
            parts += [title, body]
    return "\n\n".join(parts) + "\n"
