"""``python -m tests.judging``: measure the judge against the others, and say what was found."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from tests.judging import report
from tests.judging.campaign import Campaign
from tests.judging.cells import AT_LATENCY_MARGIN, GRID, HARMS, LATE, LATE_SLOWER, RATES, grid
from tests.judging.families import EVERY, FAMILIES
from tests.judging.streams import EQUAL


@click.command(help=__doc__)
@click.option("--scale", type=float, default=0.05, help="Part of the full size (2,000 or 400 runs a cell).")
@click.option("--family", "families", multiple=True, type=click.Choice(list(EVERY)), help="Only these.")
@click.option("--rate", "rates", multiple=True, type=int, help="Only these requests a second.")
@click.option("--harm", "harms", multiple=True, type=click.Choice(list(HARMS)), help="Only these.")
@click.option("--seed", type=int, help="Instead of a fresh one, kept until the sources change.")
@click.option("--workers", type=int, default=2, show_default=True)
@click.option("--write", type=click.Path(path_type=Path), help="Write the report here as well.")
def main(
    scale: float,
    families: tuple[str, ...],
    rates: tuple[int, ...],
    harms: tuple[str, ...],
    seed: int | None,
    workers: int,
    write: Path | None,
) -> None:
    cells = grid(
        tuple(EVERY[name] for name in families) or FAMILIES,
        rates or RATES,
        tuple(HARMS[name] for name in harms) or (EQUAL, *GRID, LATE, LATE_SLOWER, AT_LATENCY_MARGIN),
    )
    sized = [(cell, max(1, round(cell.full_runs * scale))) for cell in cells]
    campaign = Campaign.of(seed)
    measured = campaign.of_cells(sized, workers=workers, progress=Progress())
    text = report.page({cell: measured[cell] for cell, _ in sized}, campaign.seed)
    click.echo("\n" + text)
    if write is not None:
        write.write_text(text, encoding="utf-8")


class Progress:
    """One line on standard error, rewritten: how many runs are there and how long the rest may take."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        left = (time.monotonic() - self._began) / done * (total - done)
        sys.stderr.write(f"\r{done:,} of {total:,} runs, about {left / 60:.0f} min left ")
        sys.stderr.flush()


if __name__ == "__main__":
    main()
