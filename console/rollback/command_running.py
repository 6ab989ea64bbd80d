"""What running a configured command needs of the outside, and its output as a person may see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from console.rollback.command_step import Configured

KEPT = 4_000
"""Bytes of an output that are recorded, its end."""
LINES, WIDTH = 6, 120
"""Of an output, what a page shows."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended. ``output``: the end of what it printed, both streams, secrets hidden."""

    how: Literal["exited", "timed_out", "not_started"]
    code: int | None = None
    """Negative: the signal that ended it."""
    output: str = ""
    why: str = ""
    """Of one that was not started."""

    @property
    def good(self) -> bool:
        return self.how == "exited" and self.code == 0


class Runner(Protocol):
    """Runs a command without a shell, in a process group of its own, without our tokens and without stdin."""

    async def run(self, argv: Sequence[str], folder: Path, timeout_s: float) -> Ran:
        """Run it to its end; after ``timeout_s`` seconds it and what it has started are stopped."""
        ...


@dataclass(frozen=True, slots=True)
class Database:
    """The commands configured on this machine, by name, and what runs them."""

    commands: Mapping[str, Configured]
    runner: Runner


def ended_words(ran: Ran, timeout_s: int) -> str:
    """``ended with 3``, ``was ended by signal 9``, ``did not end within 300 s and was stopped``."""
    if ran.how == "not_started":
        return f"could not be started: {ran.why}"
    if ran.how == "timed_out":
        return f"did not end within {timeout_s} s and was stopped"
    code = ran.code if ran.code is not None else 0
    return f"was ended by signal {-code}" if code < 0 else f"ended with {code}"


def kept(output: str) -> str:
    """The end of an output as the ledger keeps it: no control characters, at most :data:`KEPT` bytes."""
    text = "\n".join(_visible(line.rstrip()) for line in output.splitlines())
    return text.encode()[-KEPT:].decode(errors="ignore")


def shown_lines(output: str) -> tuple[str, ...]:
    """The last lines of an output, each short."""
    lines = [line for line in kept(output).splitlines() if line.strip()]
    cut = (line if len(line) <= WIDTH else line[: WIDTH - 1] + "…" for line in lines[-LINES:])
    left_out = len(lines) - LINES
    return (*((f"… {left_out} lines before",) if left_out > 0 else ()), *cut)


def last_line(output: str) -> str:
    """The last thing that was printed, in brackets, or nothing."""
    lines = shown_lines(output)
    return f" ({lines[-1]})" if lines else ""


def _visible(line: str) -> str:
    """``line`` with whatever moves a cursor, turns the direction or is not seen as an escape."""
    tabs = line.replace("\t", "    ")
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "replace").decode("ascii")
        for char in tabs
    )
