"""``python -m tests.live``: play the simulator's scenarios on a real Prometheus, and say what was said."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import click

from tests.live import report
from tests.live.course import play
from tests.live.expected import expected, faults


@click.command(help=__doc__)
@click.option("--scenario", "names", multiple=True, type=click.Choice(list(expected())), help="Only these.")
@click.option("--write", type=click.Path(path_type=Path), help="Write the page here as well.")
def main(names: tuple[str, ...], write: Path | None) -> None:
    played = {}
    for name in names or tuple(expected()):
        began, wanted = time.monotonic(), expected()[name]
        with tempfile.TemporaryDirectory() as folder:
            told = asyncio.run(play(wanted.plan(name), Path(folder)))
        played[name] = (wanted, told)
        wrong = "; ".join(faults(wanted, told)) or "as expected"
        sys.stderr.write(f"{name}: {wrong} ({len(told.said)} polls in {time.monotonic() - began:.0f} s)\n")
    text = report.page(played)
    click.echo("\n" + text)
    if write is not None:
        write.write_text(text, encoding="utf-8")
    sys.exit(any(faults(*one) for one in played.values()))


if __name__ == "__main__":
    main()
