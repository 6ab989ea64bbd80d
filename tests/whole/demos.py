"""``coalmine demo`` on a real terminal, with the simulator it started, and how both end."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.programs import COALMINE
from tests.terminal import Terminal, opened

LIVE = ("✓ Vercel", "✓ Prometheus")
"""What stands on the screen once both sources have answered."""
QUIT, ESCAPE, ENTER, SEND = "\x11", "\x1b", "\r", "\x13"  # ctrl+q, escape, enter, ctrl+s


@contextmanager
def demo(
    *words: str, columns: int = 120, lines: int = 34, env: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    """A demo on a terminal. At the end no fault of the program may have reached the screen at any time."""
    command = [*COALMINE, "demo", *words]
    with opened(command, columns=columns, lines=lines, env={**os.environ, **(env or {})}) as terminal:
        yield terminal
        assert b"Traceback" not in terminal.raw


def simulator_of(terminal: Terminal) -> int:
    """The process id of the simulator that the console on ``terminal`` has started."""
    children = f"/proc/{terminal.process.pid}/task/{terminal.process.pid}/children"
    found = [
        int(child)
        for thread in Path(children).parent.parent.iterdir()
        for child in (thread / "children").read_text().split()
    ]
    simulators = [pid for pid in found if b"simulate" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert len(simulators) == 1, found
    return simulators[0]


def wait_until_gone(pid: int, seconds: float = 10) -> None:
    """Until the process ``pid`` has ended (a zombie has)."""
    end = time.monotonic() + seconds
    while _alive(pid):
        assert time.monotonic() < end, f"process {pid} is still there"
        time.sleep(0.02)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
