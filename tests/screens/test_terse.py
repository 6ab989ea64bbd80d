"""Few bytes: what is painted is what changed, and the terminal shows the same as by Textual's own way."""

from __future__ import annotations

import sys

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate
from textual.strip import Strip

from screens import paint
from screens.paint import TONES, Line, Span
from screens.terse import TerseUpdate, terse
from tests.terminal import Terminal, opened

CELLS, ROWS = 24, 3
PER_TICK = 20_000 / 60
"""Bytes: what 20 kB a minute leave for each second."""

STYLES = st.sampled_from(
    [
        None,
        Style.parse("#d6dadf on #14171b"),
        Style.parse("bold #56b4e9 on #14171b"),
        Style.parse("dim italic #8a939e on #14171b"),
        Style.parse("underline #e69f00 on #223344"),
        Style.parse("bold"),
        Style.parse("reverse"),
        Style.parse("on #14171b"),
        Style.parse("red link https://example.org"),
    ]
)
TEXT = st.text(st.sampled_from("ab ─◉━é"), min_size=1, max_size=8)
WIDE = st.text(st.sampled_from("ab ─漢字"), min_size=1, max_size=8)


def strip_of(parts: list[tuple[str, Style | None]]) -> Strip:
    return Strip([Segment(text, style) for text, style in parts]).adjust_cell_length(CELLS)


LINES = st.lists(
    st.lists(st.tuples(TEXT, STYLES), min_size=1, max_size=6).map(strip_of), min_size=ROWS, max_size=ROWS
)
SPANS = st.lists(
    st.tuples(st.integers(0, ROWS - 1), st.integers(0, CELLS - 1), st.integers(1, CELLS)),
    min_size=1,
    max_size=4,
    unique_by=lambda span: span[0],
).map(lambda found: [(y, x, min(x + size, CELLS)) for y, x, size in sorted(found)])


def update(lines: list[Strip], cuts: list[int], spans: list[tuple[int, int, int]]) -> ChopsUpdate:
    """The update that shows ``spans`` of ``lines``, each made of strips that meet at ``cuts``."""
    edges = sorted({0, *cuts, CELLS})
    chops = [dict(zip(edges, line.divide(edges[1:]), strict=False)) for line in lines]
    return ChopsUpdate(chops, spans, [edges[1:] for _ in lines])


def shown(before: list[Strip], change: ChopsUpdate) -> tuple[list[str], list[object]]:
    """The text, and every cell with its look, once ``change`` is painted over ``before``."""
    console = Console(color_system="truecolor", force_terminal=True, file=sys.stdout)
    screen = pyte.Screen(CELLS, ROWS)
    stream = pyte.Stream(screen)
    full = update(before, [], [(y, 0, CELLS) for y in range(ROWS)])
    for one in (full, change) if change.spans else (full,):
        stream.feed(one.render_segments(console).replace("\n", "\r\n"))
    return list(screen.display), [dict(screen.buffer[y]) for y in range(ROWS)]


@given(
    LINES,
    LINES,
    st.lists(st.integers(1, CELLS - 1), max_size=2),
    SPANS,
)
def test_the_terminal_shows_the_same(
    before: list[Strip],
    after: list[Strip],
    cuts: list[int],
    spans: list[tuple[int, int, int]],
) -> None:
    """Textual paints from the left edge of a strip, so what is left of the span must be there already."""
    mixed = [
        Strip.join([old.crop(0, first), new.crop(first, last), old.crop(last)])
        if (first := next((x for row, x, _ in spans if row == y), None)) is not None
        and (last := next(stop for row, _, stop in spans if row == y)) is not None
        else old
        for y, (old, new) in enumerate(zip(before, after, strict=True))
    ]
    theirs = update(mixed, cuts, spans)
    ours = terse(theirs)
    assert isinstance(ours, TerseUpdate)
    assert shown(before, ours) == shown(before, theirs)


def test_whatever_is_no_partial_update_stays_what_it_is() -> None:
    assert terse(None) is None
    ours = TerseUpdate([], [(0, 0, 1)], [])
    assert terse(ours) is ours


SPAN = st.builds(Span, WIDE, st.sampled_from(TONES), st.booleans())
ROW = st.lists(SPAN, max_size=5).map(tuple)


def cells(line: Line) -> list[tuple[str, str, bool]]:
    """One entry a cell; the second cell of a wide character is empty."""
    return [
        (part, one.tone, one.bold)
        for one in line
        for char in one.text
        for part in ((char, "") if paint.width((Span(char),)) == 2 else (char,))
    ]


@given(ROW, ROW)
def test_outside_the_runs_that_differ_two_lines_are_the_same(old: Line, new: Line) -> None:
    before, after = paint.fit(old, CELLS), paint.fit(new, CELLS)
    runs = paint.differing(before, after)
    assert runs == sorted(runs)
    painted = {at for start, end in runs for at in range(start, end)}
    was, now = cells(before), cells(after)
    assert all(was[at] == now[at] for at in range(CELLS) if at not in painted)
    assert (not runs) == (was == now)


@given(ROW, ROW)
def test_painting_the_runs_is_painting_the_line(old: Line, new: Line) -> None:
    """Also where characters take two cells."""
    looks = {
        (tone, bold): Style(color=f"color({number})", bgcolor="black", bold=bold)
        for number, tone in enumerate(TONES)
        for bold in (False, True)
    }
    before, after = (
        Strip([Segment(one.text, looks[one.tone, one.bold]) for one in paint.fit(line, CELLS)], CELLS)
        for line in (old, new)
    )
    runs = paint.differing(paint.fit(old, CELLS), paint.fit(new, CELLS))
    empty = Strip.blank(CELLS, Style())
    whole = update([after, empty, empty], [], [(0, 0, CELLS)])
    ours = TerseUpdate(whole.chops, [(0, start, end) for start, end in runs], whole.chop_ends)
    assert shown([before, empty, empty], ours) == shown([before, empty, empty], whole)


def test_two_figures_far_apart_are_two_runs() -> None:
    line = "age 4 s" + " " * 30 + "left 11:42"
    after = line.replace("4 s", "5 s").replace(":42", ":41")
    assert paint.differing((Span(line),), (Span(after),)) == [(4, 5), (46, 47)]


@pytest.mark.slow
@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (120, 34)])
def test_a_second_at_rest_costs_few_bytes(columns: int, lines: int) -> None:
    """On a real terminal whose clock the test moves: nothing pressed, nothing new but the ages."""
    command = [sys.executable, "-m", "tests.screens.pty_app", "ticking"]
    with opened(command, columns=columns, lines=lines) as terminal:
        terminal.wait_for("ROLL BACK", "○ b" if columns < 100 else "○ baseline", " 4 s")
        tick(terminal, 5)
        quiet(terminal)
        before = len(terminal.raw)
        for age in range(6, 16):
            tick(terminal, age)
        spent = (len(terminal.raw) - before) / 10
        assert spent <= PER_TICK, spent
        terminal.press("\x11")
        assert terminal.wait_for_the_end() == 0


def quiet(terminal: Terminal) -> None:
    """Wait until nothing of the start is still to come: a second in which nothing is written."""
    before = -1
    while before != len(terminal.raw):
        before = len(terminal.raw)
        terminal.read(1)


def tick(terminal: Terminal, age: int) -> None:
    """One second more; the status line then says ``age``."""
    terminal.press("\x14")
    terminal.wait_until(lambda: f" {age} s" in terminal.shown().splitlines()[0], f"{age} s")
