"""However the console ends, the terminal is whole afterwards: shown on a real pseudo-terminal."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from screens.terminal import BACK, KEEP
from tests.terminal import Terminal, opened

COMMAND = [sys.executable, "-m", "tests.screens.pty_app"]
MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
CURSOR, ALTERNATE, MOUSE, PASTE, FOCUS = b"25", b"1049", b"1000", b"2004", b"1004"
REFRESH, QUIT = "\x12", "\x11"  # ctrl+r, ctrl+q
KITTY_PUSH, KITTY_POP = re.compile(rb"\x1b\[>\d+u"), b"\x1b[<u"


def plain() -> dict[str, str]:
    """The environment without a size of its own: the terminal's is meant."""
    return {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}


def left_on(raw: bytes) -> set[bytes]:
    """The private modes (DECSET) that differ from a fresh terminal after all of ``raw``."""
    state: dict[bytes, bool] = {}
    for numbers, how in MODE.findall(raw):
        for number in numbers.split(b";"):
            state[number] = how == b"h"
    return {number for number, on in state.items() if on != (number in (CURSOR, b"7"))}


def check_whole(terminal: Terminal, before: list[object]) -> None:
    raw = bytes(terminal.raw)
    switched_on = {
        number for numbers, how in MODE.findall(raw) if how == b"h" for number in numbers.split(b";")
    }
    assert {ALTERNATE, MOUSE, PASTE, FOCUS} <= switched_on, "the console never took the terminal"
    assert left_on(raw) == set()
    assert len(KITTY_PUSH.findall(raw)) == raw.count(KITTY_POP) > 0
    titled = b"\x1b]2;coalmine: shop " in raw
    assert raw.count(KEEP.encode()) == raw.count(BACK.encode()) == titled, "the title was not put back"
    assert terminal.given_back()
    assert terminal.settings() == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "number", "code"),
    [
        ("well", signal.SIGTERM, 143),
        ("well", signal.SIGHUP, 129),
        pytest.param("hung", signal.SIGTERM, 143, marks=pytest.mark.slow),
    ],
)
def test_a_killed_console_gives_the_terminal_back(
    how: str, number: signal.Signals, code: int, repository: Path
) -> None:
    with opened([*COMMAND, how], cwd=repository, env=plain()) as terminal:
        before = terminal.settings()
        terminal.wait_for("▼ ROLL BACK", "verdict hold → roll back")
        if how == "hung":
            terminal.press(REFRESH)
            terminal.wait_for("a thread hangs now")
        os.kill(terminal.process.pid, number)
        assert terminal.wait_for_the_end() == code
        check_whole(terminal, before)
        assert KEEP.encode() in terminal.raw, "the title was never set"


@pytest.mark.parametrize(("how", "key"), [("well", "q"), ("hung", QUIT)])
@pytest.mark.slow
def test_quitting_gives_the_terminal_back_even_while_something_hangs(
    how: str, key: str, repository: Path
) -> None:
    with opened([*COMMAND, how], cwd=repository, env=plain()) as terminal:
        before = terminal.settings()
        terminal.wait_for("▼ ROLL BACK")
        if how == "hung":
            terminal.press(REFRESH)
            terminal.wait_for("a thread hangs now")
        terminal.press(key)
        assert terminal.wait_for_the_end() == 0
        check_whole(terminal, before)


@pytest.mark.slow
def test_a_fault_of_our_own_gives_the_terminal_back_and_says_so(repository: Path) -> None:
    with opened([*COMMAND, "broken"], cwd=repository, env=plain()) as terminal:
        before = terminal.settings()
        assert terminal.wait_for_the_end() == 1
        check_whole(terminal, before)
        assert b"a fault of our own" in terminal.raw


OWN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["well", "busy", "stuck"])
@pytest.mark.parametrize("controlling", [True, False], ids=["with SIGHUP", "without SIGHUP"])
def test_a_terminal_that_goes_away_ends_the_console(how: str, controlling: bool, repository: Path) -> None:
    """A closed window or a dropped SSH connection: every write fails; SIGHUP comes to its session only.

    It ends also where more is drawn than Textual's queue of writes holds, and where the main thread hangs.
    """
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(ours, (34, 120))
    launcher = [sys.executable, "-c", OWN_TERMINAL] if controlling else []
    process = subprocess.Popen(
        [*launcher, *COMMAND, how],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=repository,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        seen = b""
        while "ROLL BACK" not in seen.decode(errors="replace"):
            seen += os.read(ours, 65536)
        if how != "well":
            os.write(ours, REFRESH.encode())
        while how != "well" and f"{how}, ".encode() not in seen:
            seen += os.read(ours, 65536)
        os.close(ours)
        assert process.wait(timeout=30) == 129
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.mark.slow
def test_a_console_that_was_stopped_goes_on_and_gives_the_terminal_back(repository: Path) -> None:
    """SIGSTOP cannot be seen coming: the terminal is taken anew, and so must have been let go."""
    with opened(COMMAND, cwd=repository, env=plain()) as terminal:
        before = terminal.settings()
        terminal.wait_for("▼ ROLL BACK")
        for taken, number in enumerate((signal.SIGSTOP, signal.SIGTSTP), start=1):
            os.kill(terminal.process.pid, number)
            os.waitid(os.P_PID, terminal.process.pid, os.WSTOPPED)
            os.kill(terminal.process.pid, signal.SIGCONT)
            # ENTER_SCREEN is written before the line is raw again, and a ctrl+q that comes between is XON
            while len(KITTY_PUSH.findall(terminal.raw)) == taken:
                assert terminal.read(30)
            terminal.wait_for("▼ ROLL BACK")
        terminal.press(QUIT)
        assert terminal.wait_for_the_end() == 0
        check_whole(terminal, before)


@pytest.mark.slow
def test_without_the_mouse_the_terminal_keeps_it() -> None:
    with opened([*COMMAND, "mouseless"], env=plain()) as terminal:
        terminal.wait_for("ROLL BACK")
        terminal.press(QUIT)
        assert terminal.wait_for_the_end() == 0
        asked = {number for numbers, _ in MODE.findall(bytes(terminal.raw)) for number in numbers.split(b";")}
        assert {ALTERNATE, PASTE} <= asked
        assert not {MOUSE, b"1003", b"1006"} & asked
        assert left_on(bytes(terminal.raw)) == set()
