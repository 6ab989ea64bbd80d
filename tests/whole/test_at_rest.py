"""Nobody presses anything: how much the terminal is sent then."""

from __future__ import annotations

import time

import pytest

from tests.terminal import Terminal
from tests.whole.demos import LIVE, QUIT, demo

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

A_MINUTE = 60
MOST = 20_000
"""Bytes a minute."""
QUIET, PATIENCE = 1_000, 30
"""Fewer bytes in a second are rest; so many seconds it may take to come to it."""


@pytest.mark.parametrize(
    ("columns", "lines", "keys", "shows"),
    [
        (80, 24, "", "HOLD"),
        (120, 34, "", "HOLD"),
        (80, 24, "7+G", "cache hits"),  # the list alone, its end
        (200, 50, "7", "guard, required"),  # list, plot and detail beside each other
    ],
)
def test_a_minute_at_rest(columns: int, lines: int, keys: str, shows: str) -> None:
    """A live release at the speed of life; the bytes count, not how long they took."""
    with demo(columns=columns, lines=lines) as terminal:
        terminal.wait_for(*LIVE, "HOLD", "┆5%")
        if keys:
            terminal.press(keys[0])
            terminal.wait_for("user experience")
            terminal.press(keys[1:])
            terminal.wait_for(shows)
        come_to_rest(terminal)
        before, end = len(terminal.raw), time.monotonic() + A_MINUTE
        while time.monotonic() < end:
            terminal.read(1)
        spent = len(terminal.raw) - before
        assert shows in terminal.shown()
        assert 0 < spent <= MOST, spent
        terminal.press(QUIT)
        assert terminal.wait_for_the_end() == 0


def come_to_rest(terminal: Terminal) -> None:
    """Wait until what the last key brought is painted: a quiet second."""
    for _ in range(PATIENCE):
        before, end = len(terminal.raw), time.monotonic() + 1
        while time.monotonic() < end:
            terminal.read(0.2)
        if len(terminal.raw) - before < QUIET:
            return
    raise AssertionError(f"never at rest:\n{terminal.shown()}")
