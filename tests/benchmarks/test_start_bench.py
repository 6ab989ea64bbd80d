"""How long from the command to the drawn release screen, beside a bare Textual app; in a real terminal."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.measuring import Pair, at_most, text_of
from tests.programs import COALMINE, PYTHON, Served, adopt_policy, simulating
from tests.terminal import Terminal, opened

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

FLOOR = 1.6
STARTS = 25
QUIT = "\x11"  # ctrl+q

BARE = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    def compose(self):
        yield Static("here I am")

Bare().run()
"""
DRAWN = ("1 Release", "9 Ledger", "● canary", "○ baseline", "Fix cart", "100 %", "⧗ data", "error rate")
"""Tabs, both tracks, stage bar and verdict with the values known last, and their age."""


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    path = tmp_path / "bare.py"
    path.write_text(BARE)
    return path


@pytest.fixture
def world() -> Iterator[Served]:
    """A running simulator on which a console has been open before, until it had judged."""
    with simulating() as served:
        adopt_policy(served.environment)
        with opened([*COALMINE, "open"], env=served.environment) as terminal:
            terminal.wait_for("✓ Vercel", "✓ Prometheus", "error rate ", " against ")
            quit_by_key(terminal)
        yield served


def quit_by_key(terminal: Terminal) -> None:
    terminal.press(QUIT)
    assert terminal.wait_for_the_end() == 0, terminal.shown()


def start_bare(path: Path) -> float:
    begun = time.monotonic()
    with opened([*PYTHON, path]) as terminal:
        drawn = terminal.wait_for_bytes(lambda raw: b"here I am" in raw)
        assert "here I am" in terminal.shown()
        quit_by_key(terminal)
    return drawn - begun


def start_ours(served: Served) -> tuple[float, float]:
    """Seconds to the frame with the last known values, and to the first live values of both tracks."""
    begun = time.monotonic()
    with opened([*COALMINE, "open"], env=served.environment) as terminal:
        drawn = terminal.wait_for_bytes(lambda raw: all(word in text_of(raw) for word in DRAWN))
        shown = terminal.shown()
        assert all(word in shown for word in DRAWN), shown
        while "stale" in terminal.wait_for("✓ Vercel", "✓ Prometheus"):
            terminal.read(1)
        live = time.monotonic()
        quit_by_key(terminal)
    return drawn - begun, live - begun


def test_the_release_screen_is_drawn_almost_as_soon_as_a_bare_app(
    world: Served, bare: Path, own_environment: Path
) -> None:
    (kept,) = (own_environment / "cache" / "coalmine" / "last-known").iterdir()
    of_old = kept.read_text()
    first_live = Pair("first live values of both tracks against a bare app (aim 3)")

    def measure() -> Pair:
        pair = Pair("start to the drawn release screen against a bare app")
        for turn in range(STARTS + 1):
            kept.write_text(of_old)  # always the same last known values, older with every turn
            nothing = start_bare(bare)
            drawn, live = start_ours(world)
            if turn:  # the first of each fills the caches of the machine
                pair.bare.append(nothing)
                pair.ours.append(drawn)
                first_live.bare.append(nothing)
                first_live.ours.append(live)
        return pair

    sys.stdout.write(f"\n{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}\n")
    at_most(FLOOR, measure, statistics.median)
    first_live.told(statistics.median)
