"""The whole demo, driven by keys on a real terminal: drawn, resized, left, killed, cut off."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from tests.screens.test_leaving import check_whole
from tests.terminal import Terminal
from tests.whole.demos import ESCAPE, LIVE, QUIT, demo, simulator_of, wait_until_gone

pytestmark = [pytest.mark.slow]


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (200, 50)])
def test_it_is_drawn_and_q_leaves_nothing_behind(columns: int, lines: int) -> None:
    with demo(columns=columns, lines=lines) as terminal:
        before = terminal.settings()
        shown = terminal.wait_for(
            *LIVE, "Fix cart", "Add gift cards", "1 Release", "9 Ledger", "DEMO", "HOLD"
        )
        assert len(shown.splitlines()) == lines
        assert "could not be drawn" not in shown
        child = simulator_of(terminal)
        terminal.press("q")
        assert terminal.wait_for_the_end() == 0
        check_whole(terminal, before)
        wait_until_gone(child)
        assert "coalmine ledger tail" in terminal.shown()


def test_a_tiny_terminal_gets_a_sentence_and_the_screen_once_it_grows() -> None:
    with demo(columns=20, lines=5) as terminal:
        terminal.wait_for("Coalmine needs")
        terminal.resize(80, 24)
        terminal.wait_for(*LIVE, "Fix cart")
        terminal.resize(20, 5)
        terminal.wait_for("Coalmine needs")
        terminal.press(QUIT)
        assert terminal.wait_for_the_end() == 0
        assert terminal.given_back()


def test_a_dialog_survives_every_size_and_what_is_under_it_is_whole_again() -> None:
    with demo() as terminal:
        terminal.wait_for(*LIVE)
        terminal.press("A")
        terminal.wait_for("ADVANCE", "TYPE 25")
        terminal.press("because it is time")
        for columns, lines in ((60, 16), (20, 5), (200, 50), (80, 24)):
            terminal.resize(columns, lines)
            terminal.read(0.2)
        assert "because it is time" in terminal.wait_for("ADVANCE", "because it is time")
        terminal.press(ESCAPE)
        terminal.wait_for(*LIVE, "5 %", "95 %")
        leave(terminal)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_leaves_the_terminal_whole_and_no_simulator(number: signal.Signals, code: int) -> None:
    with demo() as terminal:
        before = terminal.settings()
        terminal.wait_for(*LIVE)
        child = simulator_of(terminal)
        terminal.process.send_signal(number)
        assert terminal.wait_for_the_end() == code
        check_whole(terminal, before)
        wait_until_gone(child)


def test_a_console_killed_at_once_leaves_no_simulator() -> None:
    with demo() as terminal:
        terminal.wait_for(*LIVE)
        child = simulator_of(terminal)
        terminal.process.kill()
        terminal.process.wait()
        wait_until_gone(child)


def test_a_simulator_that_dies_is_said_while_the_keys_still_answer() -> None:
    with demo() as terminal:
        terminal.wait_for(*LIVE)
        os.kill(simulator_of(terminal), signal.SIGKILL)
        shown = terminal.wait_for("! Vercel", "! Prometheus", seconds=15)
        assert "Fix cart" in shown, "what was known stays"
        terminal.press("?")
        terminal.wait_for("Keys of this screen")
        terminal.press(ESCAPE)
        terminal.wait_while("Keys of this screen")  # escape and a key at once are another key
        terminal.press("9")
        terminal.wait_for("▸", "rolling release first seen")
        terminal.press("1")
        terminal.wait_for("! Vercel")
        leave(terminal)


def is_grey(colour: str) -> bool:
    return colour[0:2] == colour[2:4] == colour[4:6]


@pytest.mark.parametrize(
    ("env", "fits"),
    [
        ({"NO_COLOR": "1", "TERM": "xterm-256color"}, is_grey),
        ({"TERM": "xterm"}, str.isalpha),  # the terminal's own sixteen, by name
    ],
    ids=["NO_COLOR", "16 colours"],
)
def test_nothing_is_said_by_colour_alone(env: dict[str, str], fits: Callable[[str], bool]) -> None:
    with demo("--scenario", "error-spike", "--speed", "5", columns=80, lines=24, env=env) as terminal:
        terminal.wait_for(*LIVE, "▼ ROLL BACK", "! error rate", "≈ latency p95", "○ baseline", "◉")
        colours = terminal.colours()
        assert colours
        assert {colour for colour in colours if not fits(colour)} == set()
        leave(terminal)


def leave(terminal: Terminal) -> None:
    terminal.press(QUIT)
    assert terminal.wait_for_the_end() == 0, terminal.shown()
    assert terminal.given_back()
