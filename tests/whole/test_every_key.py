"""Every key of every screen, pressed on a real terminal: nothing breaks, the terminal is whole afterwards.

The keys are those that the screens declare, so that a new screen or key is pressed as soon as it exists;
a screen nobody wrote a way to fails here.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from textual.binding import Binding
from textual.screen import Screen

import screens
from screens.app import CoalmineApp
from screens.keytable import bound
from tests.programs import COALMINE, adopt_policy, simulating
from tests.screens.test_leaving import check_whole
from tests.terminal import NeverShown, Terminal, opened
from tests.whole.demos import ESCAPE, LIVE, QUIT, demo

pytestmark = [pytest.mark.slow]

BYTES = {
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "shift+tab": "\x1b[Z",
    "tab": "\t",
    "enter": "\r",
    "space": " ",
    "escape": ESCAPE,
    "backspace": "\x7f",
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
    "minus": "-",
    "plus": "+",
    "underscore": "_",
    "exclamation_mark": "!",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
}
"""Keys as Textual names them, and what a terminal (xterm) sends for them."""


def sent(key: str) -> str:
    """What a terminal sends for ``key``."""
    if key in BYTES:
        return BYTES[key]
    if key.startswith("ctrl+") and len(key) == len("ctrl+x"):
        return chr(ord(key[-1]) & 0x1F)
    assert len(key) == 1, f"nobody said what a terminal sends for {key}"
    return key


@dataclass(frozen=True)
class Way:
    """How a screen is come to from the release screen, and what then stands on it."""

    keys: tuple[str, ...]
    shows: str
    read_only: bool = False
    """Only on a console that is not armed, as the demo is from its start."""
    before: tuple[Way, ...] = ()
    """What is come to first, one after the other: each has to be read before the next key means anything."""
    asked: bool = False
    """Only where something was asked for, which waits for somebody who carries it out."""


WAYS = {
    "ReleaseScreen": Way((), "stage 1"),
    "MetricsScreen": Way(("7",), "user experience"),
    "FlagsScreen": Way(("2",), "gift-cards"),
    "FlagDialog": Way(("2", "K"), "30 min only"),
    "StopDialog": Way(("m",), "WHAT WOULD STOP THE HARM"),
    "ChangeDialog": Way(("2", "E"), "give people by name"),
    "FormDialog": Way(("2", "E", "j", "\r"), "Preview"),
    "WhoDialog": Way(("2", "v"), "WHO GETS WHAT"),
    "RollbacksScreen": Way(("3",), "Nothing was ever asked for"),
    "RequestDialog": Way(("3", "\r"), "to be begun", asked=True),
    "OverviewScreen": Way(("0",), "Flags touched"),
    "IncidentsScreen": Way(("4",), "No incident was ever opened"),
    "IncidentScreen": Way(("i", "broken", "\r", "\r", "\r"), "TIMELINE"),
    "VerbDialog": Way(("i",), "OPEN AN INCIDENT"),
    "PlaybooksScreen": Way(("4", "p"), "canary-high-error-rate"),
    "RunScreen": Way(
        ("\x13",),
        "STEPS",
        before=(
            Way(("4", "p"), "metrics-lost"),
            Way(("j", "j", "j", "j"), "▸   generic-triage"),
            Way(("r",), "pinned as they are written"),
        ),
    ),
    "LedgerScreen": Way(("9",), "rolling release first seen"),
    "ReviewDialog": Way(("X",), "REASON"),
    "ArmDialog": Way(("W",), "MINUTES", read_only=True),
    "FreezeDialog": Way(("F",), "FREEZE"),
    "ChooseDialog": Way(("R",), "ROLL BACK to which"),
    "CallsDialog": Way(("\x0c",), "Calls and commands"),
    "ReadingDialog": Way(("w",), "esc"),
    "Dialog": Way(("?",), "Keys of this screen"),
    "Room": Way((), "stage 1"),
    "SourcesScreen": Way(("s",), "Alertmanager"),
    "Rows": Way(("s",), "Alertmanager"),
    "DeploymentScreen": Way(("b",), "build log"),
    "LogView": Way(("b",), "build log"),
    "CommandDialog": Way((":",), "advance"),
    "TokenDialog": Way(("\x14",), "token"),
}
"""By the class that declares the keys."""
LEAVES = {"app.leave", "app.quit"}
"""Their keys end the console; each has tests of its own."""
BROWSER = {"BROWSER": "true"}
"""What opens a page: a program that does nothing, and does it well."""
BROKEN = ("could not be drawn", "A fault in Coalmine", "Traceback", "ended unexpectedly")


def keys_of(class_: type[Screen[object]]) -> list[str]:
    """The keys that ``class_`` declares, as a terminal sends them."""
    declared = [one for one in Binding.make_bindings(class_.BINDINGS) if one.id not in LEAVES]
    return [sent(one.key) for one in declared]


def everywhere() -> list[str]:
    """The app's own keys."""
    declared = [one for one in Binding.make_bindings(CoalmineApp.BINDINGS) if one.id not in LEAVES]
    return [sent(one.key) for one in declared]


DECLARING = [one for one in bound(screens) if not one.__name__.endswith("App")]


def test_every_screen_with_keys_has_a_way_to_it() -> None:
    assert {one.__name__ for one in DECLARING} == set(WAYS)


@pytest.mark.timeout(300)  # some screens have twenty keys, and each is pressed on a screen come to anew
@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (200, 50)])
@pytest.mark.parametrize("name", sorted(WAYS))
def test_every_key_of_a_screen(name: str, columns: int, lines: int) -> None:
    (class_,) = [one for one in DECLARING if one.__name__ == name]
    way = WAYS[name]
    if way.read_only or way.asked:
        console = read_only(columns, lines, way.asked)
    else:
        console = demo(columns=columns, lines=lines, env=BROWSER)
    with console as terminal:
        before = terminal.settings()
        terminal.wait_for(*LIVE)
        for key in dict.fromkeys([*keys_of(class_), *(everywhere() if lines == 24 else ())]):
            come_to(terminal, way)
            terminal.press(key)
            settle(terminal)
            whole(terminal, key)
            home(terminal)
        terminal.press(QUIT)
        assert terminal.wait_for_the_end() == 0
        check_whole(terminal, before)


@contextmanager
def read_only(columns: int, lines: int, asked: bool) -> Iterator[Terminal]:
    """A console on a simulator reached by settings: it opens read-only. ``asked``: for an abort."""
    with simulating() as served:
        adopt_policy(served.environment)
        if asked:
            words = ["rollback", "request", "--abort", "--by-hand", "--reason", "errors at checkout"]
            subprocess.run([*COALMINE, *words], env=served.environment, check=True, capture_output=True)
        env = {**served.environment, **BROWSER}
        with opened([*COALMINE, "open"], columns=columns, lines=lines, env=env) as terminal:
            yield terminal


def come_to(terminal: Terminal, way: Way) -> None:
    """From the release screen to the screen of ``way``."""
    for _ in range(5):
        try:
            for stage in (*way.before, way):
                for key in stage.keys:
                    terminal.press(key)
                terminal.wait_for(stage.shows, seconds=10)
            return
        except NeverShown:  # what the key before opened came only now
            whole(terminal, "the key before")
            home(terminal)
    raise AssertionError(f"{way.keys} do not lead there:\n{terminal.shown()}")


def settle(terminal: Terminal) -> None:
    """Let the program answer: until it has been quiet for a moment, or has drawn for a while."""
    for _ in range(4):
        size = len(terminal.raw)
        terminal.read(0.2)
        terminal.catch_up()
        if len(terminal.raw) == size:
            return


def whole(terminal: Terminal, key: str) -> None:
    """The console goes on, and says of nothing that it broke."""
    assert terminal.process.poll() is None, f"{key!r} ended it:\n{terminal.shown()}"
    shown = terminal.shown()
    for text in BROKEN:
        assert text not in shown, f"after {key!r}:\n{shown}"


def home(terminal: Terminal) -> None:
    """Back to the release screen, whatever is open."""
    seen = 0
    for _ in range(40):
        if not on_release(terminal):
            seen = 0
            terminal.press(ESCAPE)
        elif (seen := seen + 1) == 2:  # what a key opened may still have been on its way
            return
        settle(terminal)
    raise AssertionError(f"there is no way back:\n{terminal.shown()}")


def on_release(terminal: Terminal) -> bool:
    """Whether the release screen is on show with nothing over it."""
    shown = terminal.shown()
    return "A advance" in shown and "stage 1" in shown and "╰" not in shown  # the border of a dialog
