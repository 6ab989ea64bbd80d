"""``coalmine judge FILE|-``: verdicts on recorded series."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import IO

import click

from console.commands.shared import answer_line, explain

CODES = {"promote": 0, "rollback": 1, "hold": 3, "no_data": 4}
BAD = 2
WORST = (BAD, 4, 1, 3, 0)
"""Of several recordings the first of these that occurred is the exit code."""


@click.command("judge")
@click.argument("file", type=click.File("rb"))
@click.option("--trace", is_flag=True, help="Also the verdict and the evidence at every poll.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, which it always is.")
def command(file: IO[bytes], trace: bool, as_json: bool) -> None:
    """Judge recordings: one JSON object, or many as JSON Lines. FILE may be - for standard input.

    One line of JSON for each. Exit code: 0 promote, 1 rollback, 2 bad input, 3 hold, 4 no data; of many
    recordings the worst, in the order 2, 4, 1, 3, 0. A line that cannot be judged is explained on stderr.
    """
    codes = {_judged(number, text, trace) for number, text in documents(file)}
    if not codes:
        explain(f"There is no recording in {_name(file)}: it is empty.")
        codes = {BAD}
    sys.exit(next(code for code in WORST if code in codes))


def _judged(line: int, text: bytes, trace: bool) -> int:
    from console.canary.recorded import judge_recording
    from console.canary.recording import BadRecording, read

    try:
        found = judge_recording(read(text), trace=trace)
    except BadRecording as error:
        explain(f"line {line}: {error}")
        return BAD
    answer_line(found.as_json())
    return CODES[found.verdict]


def documents(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """The documents of ``file`` with the line each begins on, as they arrive.

    If the first line with anything on it is not a document by itself, the whole file is taken for one.
    """
    first = True
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        if first and not _whole(line):
            yield number, line + file.read()
            return
        first = False
        yield number, line


def _whole(line: bytes) -> bool:
    """Whether a line is a document. One with a mistake in it is, if it ends as one does."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return len(line.strip()) > 1 and line.strip().endswith(b"}") and line.strip().startswith(b"{")
    return True


def _name(file: IO[bytes]) -> str:
    name = getattr(file, "name", "-")
    return "standard input" if file is sys.stdin.buffer or name in ("-", "<stdin>") else str(name)
