"""A canary taken all the way, and another aborted: by keys, on a real terminal."""

from __future__ import annotations

import pytest

from tests.terminal import Terminal
from tests.whole.demos import ENTER, ESCAPE, LIVE, QUIT, SEND, demo

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
LABEL = 10
"""Cells of a field's label; the cursor stands after it."""


def review(terminal: Terminal, key: str, heading: str, reason: str, word: str) -> None:
    """Open a review, give the reason and the word it asks for, send it, and close it once it is done."""
    terminal.press(key)
    terminal.wait_for(heading, "REASON", f"TYPE {word}")
    terminal.press(reason)
    terminal.wait_for(reason)
    field = f"TYPE {word}"
    empty = terminal.ground(field, LABEL)
    terminal.press(ENTER)
    terminal.wait_until(lambda: terminal.ground(field, LABEL) != empty, "no cursor in the next field")
    terminal.press(word)
    terminal.wait_for("ctrl+s sends it")
    terminal.press(SEND)
    terminal.wait_for("✓ done", "of the ledger")
    terminal.press(ESCAPE)
    terminal.wait_while("✓ done")  # escape and a key at once are another key


def has_lines(shown: str) -> bool:
    """Whether any plot has a line: its dots are braille."""
    return any("\u2801" <= char <= "\u28ff" for char in shown)


def test_a_canary_is_taken_from_five_to_a_hundred_percent() -> None:
    with demo() as terminal:
        terminal.wait_for(*LIVE)
        for before, after, word in ((5, 25, "25"), (25, 50, "50"), (50, 100, "shop")):
            terminal.wait_for(f"serves {before} % of visitors", f"serves {100 - before} %")
            review(terminal, "A", "ADVANCE", f"well at {before} percent", word)
            terminal.wait_for(f"advanced {before} % → {after} %")
        terminal.wait_for("✓ complete", "the canary serves everyone", "serves 100 % of visitors")
        terminal.wait_until(lambda: has_lines(terminal.shown()), "no line in any plot")
        terminal.press(QUIT)
        assert terminal.wait_for_the_end() == 0


def test_a_canary_is_aborted() -> None:
    with demo("--scenario", "error-spike", "--speed", "5") as terminal:
        terminal.wait_for("▼ ROLL BACK")
        terminal.press("X")
        terminal.wait_for("ABORT", "REASON    error rate", "ctrl+s sends it")  # the evidence is the reason
        terminal.press(SEND)
        terminal.wait_for("✓ done", "of the ledger")
        terminal.press(ESCAPE)
        terminal.wait_while("✓ done")
        terminal.wait_for("rolling release aborted", "serves 0 % of visitors", "serves 100 %")
        terminal.press(QUIT)
        assert terminal.wait_for_the_end() == 0
