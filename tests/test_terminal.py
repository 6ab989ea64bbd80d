"""The pseudo-terminal of the tests shows what a real one would."""

from __future__ import annotations

import sys

import pytest

from tests.terminal import ENTER_SCREEN, LEAVE_SCREEN, NeverShown, opened


def test_it_shows_what_is_drawn_sends_what_is_typed_and_knows_how_it_ended() -> None:
    script = (
        "import os; size = os.get_terminal_size(); print(f'\\x1b[3;5Hsize {size.columns}x{size.lines}');"
        "print('got', input()); raise SystemExit(7)"
    )
    with opened([sys.executable, "-c", script], columns=40, lines=10) as terminal:
        assert terminal.wait_for("size 40x10").splitlines()[2].startswith("    size")
        terminal.press("hello\r")
        assert terminal.wait_for_the_end() == 7
        assert "got hello" in terminal.shown()
        assert terminal.given_back()


def test_it_tells_a_terminal_that_was_not_given_back() -> None:
    keeps = f"print({ENTER_SCREEN.decode()!r} + 'full screen')"
    with opened([sys.executable, "-c", keeps]) as terminal:
        terminal.wait_for_the_end()
        assert not terminal.given_back()
    returns = f"{keeps}; print({LEAVE_SCREEN.decode()!r})"
    with opened([sys.executable, "-c", returns]) as terminal:
        terminal.wait_for_the_end()
        assert terminal.given_back()


def test_what_never_shows_is_said_with_the_screen() -> None:
    with (
        opened([sys.executable, "-c", "print('something else')"]) as terminal,
        pytest.raises(NeverShown, match="something else"),
    ):
        terminal.wait_for("the thing")
