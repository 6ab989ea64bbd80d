"""How long from a key to what it changes on a real terminal, while the console polls; beside a bare app."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.benchmarks.measuring import Pair, at_most, p95, text_of
from tests.programs import COALMINE, PYTHON
from tests.terminal import Terminal, opened

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

FLOOR = 1.5
ROUNDS = 60
COLUMNS, LINES = 80, 24
QUIT, ESCAPE, ARROW_DOWN, ARROW_UP = "\x11", "\x1b", "\x1b[B", "\x1b[A"

BARE = """
from textual.app import App
from textual.screen import ModalScreen, Screen
from textual.widgets import DataTable, Static

class Help(ModalScreen):
    BINDINGS = [("escape", "dismiss")]
    CSS = "Help { align: center middle; } #help { width: 72; height: auto; border: round white; }"

    def compose(self):
        yield Static("\\n".join(f"key {n}    what this key does here" for n in range(18)), id="help")

class Table(Screen):
    def compose(self):
        yield Static("table")
        yield DataTable(cursor_type="row")

    def on_mount(self):
        table = self.query_one(DataTable)
        for name, width in (("number", 8), ("time", 10), ("age", 10), ("what", 40)):
            table.add_column(name, width=width)
        for n in range(200):
            table.add_row(f"{n:06}", "12:00:00", "1 min ago", f"something happened {n}")

class Text(Screen):
    BINDINGS = [("p", "next")]
    number = 0

    def compose(self):
        yield Static("\\n".join(f"line {n} of a screen that stands still" for n in range(10)))
        yield Static("", id="plot")

    def action_next(self):
        self.number += 1
        lines = (f"plot {self.number}", *("⠁⠂⠄" * 25 for _ in range(8)))
        self.query_one("#plot", Static).update("\\n".join(lines))

class Bare(App):
    MODES = {"text": Text, "table": Table}
    DEFAULT_MODE = "text"
    BINDINGS = [("question_mark", "help"), ("1", "switch_mode('text')"), ("9", "switch_mode('table')")]

    def action_help(self):
        self.push_screen(Help())

Bare().run()
"""
"""Textual's own widgets and nothing behind them: what the same keys cost without us."""


@dataclass(frozen=True)
class Key:
    """A key, and the text that only its answer brings: from ours, from the bare app."""

    name: str
    key: str
    ours: str
    bare: str


NEXT_PLOT = "next plot"
WALK = (
    Key(NEXT_PLOT, "p", "latency p95  ms", "plot"),
    Key(NEXT_PLOT, "p", "requests  req", "plot"),
    Key(NEXT_PLOT, "p", "error rate  %", "plot"),
    Key("help", "?", "Keys of this screen", "what this key does"),
    Key("ledger", "9", "▸", "something happened"),
    *(Key("mark", key, "▸", "something happened") for key in (ARROW_DOWN, ARROW_UP) * 4),
    Key("release", "1", "A advance", "line 3"),
)
"""Once through the console; afterwards it stands where it began."""


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Terminal, Terminal]]:
    """The console on a world that runs at five times life and is asked all the time, and the bare app."""
    script = tmp_path / "bare.py"
    script.write_text(BARE)
    with ExitStack() as stack:
        demo = [*COALMINE, "demo", "--speed", "2", "--scenario", "error-spike"]
        ours = stack.enter_context(opened(demo, columns=COLUMNS, lines=LINES))
        bare = stack.enter_context(opened([*PYTHON, script], columns=COLUMNS, lines=LINES))
        ours.wait_for("✓ Vercel", "✓ Prometheus", "error rate  %", "○ b")
        bare.wait_for("line 3")
        yield ours, bare
        for terminal in (ours, bare):
            terminal.press(QUIT)
            assert terminal.wait_for_the_end() == 0, terminal.shown()


def press(terminal: Terminal, key: str, shows: str) -> float:
    """Seconds from ``key`` to the arrival of what shows its answer."""
    terminal.catch_up()
    begun = time.monotonic()
    terminal.press(key)
    return terminal.wait_for_bytes(lambda raw: shows in text_of(raw)) - begun


def close_help(terminal: Terminal, title: str) -> None:
    terminal.press(ESCAPE)
    terminal.wait_while(title)


def test_a_key_is_answered_almost_as_fast_as_in_a_bare_app(both: tuple[Terminal, Terminal]) -> None:
    ours, bare = both
    pause = random.Random(1)

    def measure() -> Pair:
        every = Pair("any key, in medians of the bare app", "×")
        pairs: dict[str, Pair] = {}
        for _ in range(ROUNDS):
            for key in WALK:
                pair = pairs.setdefault(key.name, Pair(f"  {key.name}"))
                time.sleep(pause.uniform(0.01, 0.1))  # a person's keys fall anywhere between two polls
                pair.ours.append(press(ours, key.key, key.ours))
                pair.bare.append(press(bare, key.key, key.bare))
                if key.key == "?":
                    close_help(ours, key.ours)
                    close_help(bare, key.bare)
        for pair in pairs.values():
            pair.told(p95)
            usual = statistics.median(pair.bare)  # so that no kind of key hides behind a slower one
            every.ours += [taken / usual for taken in pair.ours]
            every.bare += [taken / usual for taken in pair.bare]
        return every

    at_most(FLOOR, measure, p95)
