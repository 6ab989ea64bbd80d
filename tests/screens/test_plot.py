"""Plots: nice axes, gaps as gaps, two lines told apart without colour, and no work done twice."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.screen import ModalScreen

from console.canary.measures import Point
from console.plotted import segments
from console.world import StageMark
from screens import paint
from screens.paint import Line, span
from screens.present import clock
from screens.themes import fallback
from screens.widgets import plot_raster
from screens.widgets.building import Building
from screens.widgets.plot import Plot
from screens.widgets.plot_band import shaded, shading
from screens.widgets.plot_frame import BAND_ROOM, PlotData, frame, geometry, stretch
from screens.widgets.plot_scale import YScale, time_ticks, y_scale
from tests.console.consoles import until
from tests.screens import worlds
from tests.screens.worlds import MINUTE, NOW

SECOND = 1_000


def line(*values: float, step: int = 10 * SECOND) -> tuple[Point, ...]:
    return tuple(Point(NOW - (len(values) - 1 - i) * step, value) for i, value in enumerate(values))


def data(canary: tuple[Point, ...], baseline: tuple[Point, ...], unit: str = "%") -> PlotData:
    return PlotData("error rate", unit, canary, baseline, (), NOW)


def text(rows: list[Line]) -> list[str]:
    return [paint.plain(row) for row in rows]


# --- axes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("highest", "rows", "unit", "top", "step"),
    [
        (2.5, 13, "%", 3, 1),
        (430, 13, "ms", 500, 100),
        (250, 13, "req/s", 300, 100),
        (0, 5, "%", 1, 0.5),
        (0, 5, "ms", 100, 50),
        (float("nan"), 5, "req/s", 10, 5),
    ],
)
def test_the_value_axis_is_nice(highest: float, rows: int, unit: str, top: float, step: float) -> None:
    assert y_scale(highest, rows, unit) == YScale(top, step)


@given(st.floats(1e-6, 1e12), st.integers(2, 60))
def test_any_value_lies_on_the_axis_and_its_ticks_on_rows_of_their_own(highest: float, rows: int) -> None:
    scale = y_scale(highest, rows, "ms")
    assert highest <= scale.top * (1 + 1e-9)
    assert scale.top <= highest * 5.3
    places = [scale.row(tick, rows) for tick in scale.ticks]
    assert places[0] == rows - 1
    assert places[-1] == 0
    assert len(set(places)) == len(places)


@given(st.integers(0, 2 * 10**12), st.integers(1, 400 * 86_400_000), st.integers(1, 30))
def test_time_ticks_are_inside_the_span_and_no_more_than_asked(start: int, length: int, most: int) -> None:
    ticks = time_ticks(start, start + length, most)
    assert len(ticks) <= most
    assert all(start <= tick <= start + length for tick in ticks)


def test_time_ticks_stand_on_round_local_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kathmandu")  # 5:45 ahead
    time.tzset()
    ticks = time_ticks(NOW - 3 * 3_600_000, NOW, 3)
    assert ticks
    assert all(clock(tick).endswith(":00") for tick in ticks)


# --- the two lines -----------------------------------------------------------------------------


def test_a_silence_is_drawn_as_a_gap() -> None:
    points = line(*([1.0] * 60))
    broken = points[:20] + points[40:]
    assert [len(part) for part in segments(points)] == [60]
    assert [len(part) for part in segments(broken)] == [20, 20]
    rows = plot_raster.raster(broken, (), points[0].at, points[-1].at, YScale(2, 1), 60, 5)
    drawn = max(paint.plain(row) for row in rows)
    assert drawn[:18].strip()
    assert not drawn[22:38].strip(" \u2800")
    assert drawn[42:].strip()


def test_what_nobody_watched_is_a_hole_with_its_name() -> None:
    points = line(*([1.0] * 180))
    since, until = points[60].at, points[120].at
    shown = replace(data(points, points), gaps=((since, until),))
    geo = geometry(shown, 80, 10)
    assert geo is not None
    rows = plot_raster.raster(points, points, geo.start, geo.end, geo.scale, geo.canvas, geo.rows, shown.gaps)
    columns = geo.columns(since, until)
    inside = [paint.fit(row, geo.canvas) for row in rows]
    dots = ink([tuple(replace_text(row, columns.start + 1, columns.stop - 1)) for row in inside])
    assert 0 < dots < len(columns)  # told by the source afterwards: dots, of both tracks, and no line
    text_rows = drawn(shown, 80, 10)
    assert "╌ not watched ╌" in text_rows[-1]
    assert sum("·" in row for row in text_rows[1:-1]) >= 5
    hole = tuple(point for point in points if not since < point.at < until)
    empty = plot_raster.raster(hole, (), geo.start, geo.end, geo.scale, geo.canvas, geo.rows, shown.gaps)
    assert all(
        not "".join(p.text for p in paint.fit(row, geo.canvas))[columns.start + 1 : columns.stop - 1].strip(
            " \u2800"
        )
        for row in empty
    )


@given(st.integers(0, 1800), st.integers(1, 1800), st.integers(16, 120))
def test_a_gap_of_any_length_has_its_mark_and_fits(begin: int, length: int, cells: int) -> None:
    points = line(*([1.0] * 180))
    since = points[0].at + begin * SECOND
    until = since + length * SECOND
    shown = replace(data(points, ()), gaps=((since, until),))
    geo = geometry(shown, cells, 8)
    if geo is None:
        return
    rows = text(frame(shown, geo, None, None))
    assert all(len(row) <= cells for row in rows)
    assert ("╌" in rows[-1] or "not watched" in rows[-1]) == (since < geo.end and until > geo.start)


def replace_text(row: Line, start: int, stop: int) -> Line:
    """The cells of a row from ``start`` to before ``stop``."""
    return (span("".join(part.text for part in row)[start:stop]),)


@given(st.integers(0, 40 * MINUTE), st.integers(8, 100))
def test_a_new_point_moves_no_other_dot(later: int, canvas: int) -> None:
    """The time axis moves by whole cells, and a dot stands for the same time before and after."""
    oldest, newest = NOW - 25 * MINUTE, NOW
    start, end = stretch(oldest, newest, canvas)
    moved, moved_end = stretch(oldest + later, newest + later, canvas)
    dot = (end - start) // (2 * canvas - 1)
    assert end - start == moved_end - moved
    assert (moved - start) % (2 * dot) == 0
    assert start <= oldest
    assert newest <= end < newest + 2 * dot


def test_what_is_no_number_is_a_gap() -> None:
    points = line(1.0, math.nan, math.inf, -math.inf, 1.0, 1.0)
    assert [len(part) for part in segments(points)] == [1, 2]


def ink(rows: list[Line]) -> int:
    """How many braille dots are set."""
    chars = "".join(paint.plain(row) for row in rows)
    return sum((ord(char) - 0x2800).bit_count() for char in chars if "\u2800" <= char <= "\u28ff")


def test_the_baseline_is_dotted_and_the_canary_solid() -> None:
    flat = line(*([1.0] * 240))
    start, end = flat[0].at, flat[-1].at
    solid = plot_raster.raster(flat, (), start, end, YScale(2, 1), 40, 4)
    dotted = plot_raster.raster((), flat, start, end, YScale(2, 1), 40, 4)
    assert 76 <= ink(solid) <= 80
    assert 24 <= ink(dotted) <= 28
    assert {part.tone for row in solid for part in row if part.text.strip()} == {"canary"}
    assert {part.tone for row in dotted for part in row if part.text.strip()} == {"baseline"}


NASTY = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([1e308, -1e308, 5e-324, 0.0])
POINTS = st.lists(st.tuples(st.integers(0, 2**53), NASTY), max_size=40).map(
    lambda pairs: tuple(Point(at, value) for at, value in sorted(pairs))
)


@settings(max_examples=40)
@given(POINTS, POINTS, st.integers(1, 70), st.integers(1, 16))
@example((), (), 8, 2)
@example((Point(NOW, 1e308),), (Point(NOW, math.nan),), 40, 9)
@example((), (Point(0, math.nan),), 17, 4)
def test_no_data_breaks_the_rasteriser(
    canary: tuple[Point, ...], baseline: tuple[Point, ...], cells: int, rows: int
) -> None:
    """What plotext cannot bear ends the whole process, so this test is either green or gone."""
    shown = PlotData("m", "ms", canary, baseline, (StageMark(NOW, 25),), NOW)
    geo = geometry(shown, cells, rows)
    if geo is None:
        return
    raster = plot_raster.raster(canary, baseline, geo.start, geo.end, geo.scale, geo.canvas, geo.rows)
    assert len(raster) == geo.rows
    assert all(paint.width(row) <= geo.canvas for row in raster)
    drawn = frame(shown, geo, raster, span("⧗ stale 43 s"))
    assert len(drawn) == rows
    assert all(paint.width(row) <= cells for row in drawn)


def test_larger_than_plotext_allows_by_itself() -> None:
    rows = plot_raster.raster(line(*([1.0] * 240)), (), NOW - 2_390_000, NOW, YScale(2, 1), 190, 44)
    assert len(rows) == 44
    assert max(paint.width(row) for row in rows) == 190


# --- the bands ---------------------------------------------------------------------------------


def sure(values: float, low: float, high: float, number: int = 180) -> tuple[Point, ...]:
    """A flat line with a band."""
    return tuple(replace(point, low=low, high=high) for point in line(*([values] * number)))


def shades(shown: PlotData, cells: int, rows: int) -> list[str]:
    """The canvas as it is drawn, ``c`` where the canary's band lies and ``b`` where the baseline's does."""
    geo = geometry(shown, cells, rows)
    assert geo is not None
    lines = plot_raster.raster(
        shown.canary, shown.baseline, geo.start, geo.end, geo.scale, geo.canvas, geo.rows, shown.gaps
    )
    letters = {"canary-band": "c", "baseline-band": "b"}
    return [
        "".join(letters[part.tone] * len(part.text) if part.tone in letters else part.text for part in row)
        for row in shaded(lines, shading(shown, geo))
    ]


def test_a_band_lies_around_its_line_and_hides_nothing() -> None:
    shown = data(sure(2.0, 1.0, 2.9), sure(0.5, 0.1, 2.0))
    column = [row[25:26] for row in shades(shown, 60, 14)]
    above = next(index for index, cell in enumerate(column) if cell not in "cb \u2800")
    assert column[above - 1] == column[above + 1] == "c"
    geo = geometry(shown, 60, 14)
    assert geo is not None
    lines = plot_raster.raster(
        shown.canary, shown.baseline, geo.start, geo.end, geo.scale, geo.canvas, geo.rows
    )
    for before, after in zip(lines, shaded(lines, shading(shown, geo)), strict=True):
        was, now = (paint.plain(row).ljust(geo.canvas) for row in (before, after))
        assert [b for a, b in zip(was, now, strict=True) if a not in paint.BLANK] == [
            a for a in was if a not in paint.BLANK
        ]
        tones = {part.tone for part in after if part.text.strip(paint.BLANK + "░:")}
        assert tones <= {"canary", "baseline"}


def test_the_band_of_the_canary_lies_above_the_one_of_the_baseline() -> None:
    rows = shades(data(sure(2.0, 1.0, 2.9), sure(1.0, 0.1, 2.0)), 60, 16)
    column = "".join(row[25:26] for row in rows)
    assert "c" in column
    assert "b" in column
    assert "c" not in column[column.index("b") :]


def test_both_bands_are_told_apart_without_colour() -> None:
    rows = text(drawn_lines(data(sure(2.0, 1.0, 2.9), sure(1.0, 0.1, 2.0)), 60, 16))
    assert any("░░░" in row for row in rows)
    assert any(":::" in row for row in rows)
    assert not any("░" in row or ":::" in row for row in drawn(data(line(2.0, 2.0), line(1.0, 1.0)), 60, 16))


def test_there_is_no_band_where_polls_are_missing_or_nothing_was_counted() -> None:
    points = sure(2.0, 1.0, 2.9)
    uncounted = tuple(replace(point, low=None, high=None) for point in points[:60])
    shown = data((*uncounted, *points[60:100], *points[140:]), ())
    geo = geometry(shown, 80, 14)
    assert geo is not None
    bands = shading(shown, geo)
    having = {column for row in bands for column, tone in enumerate(row) if tone}
    for since, end, has in ((0, 58, False), (62, 98, True), (102, 138, False), (142, 178, True)):
        inside = set(geo.columns(points[since].at, points[end].at))
        assert inside <= having if has else not inside & having


def test_nobody_watched_and_there_is_no_band() -> None:
    points = sure(2.0, 1.0, 2.9)
    shown = replace(data(points, ()), gaps=((points[60].at, points[120].at),))
    geo = geometry(shown, 80, 14)
    assert geo is not None
    columns = geo.columns(points[60].at, points[120].at)
    for row in shading(shown, geo):
        assert not any(row[columns.start + 1 : columns.stop - 1])


def test_the_axis_makes_room_for_a_band_but_not_for_any() -> None:
    for high, top in ((2.6, 3.0), (1e6, 3.0), (math.inf, 3.0)):
        geo = geometry(data(sure(2.0, 1.0, high), ()), 60, 14)
        assert geo is not None
        assert geo.scale.top <= 2.0 * BAND_ROOM * 1.35
        assert geo.scale.top >= min(high, top)
    beyond = shades(data(sure(2.0, 1.0, math.inf), ()), 60, 14)
    assert beyond[0].count("c") >= 20  # to the upper edge: nobody knows how far


def test_a_band_narrower_than_a_cell_is_left_to_the_line() -> None:
    assert not any("c" in row for row in shades(data(sure(2.0, 1.95, 2.05), ()), 60, 8))


def test_marks_of_stages_stand_in_the_band() -> None:
    shown = replace(data(sure(2.0, 0.1, 2.9), ()), marks=(StageMark(NOW - 11 * MINUTE, 25),))
    rows = text(drawn_lines(shown, 60, 14))
    column = rows[-1].index("┆")
    marked = [row[column : column + 1] for row in rows[1:-1]]
    assert "░" not in marked
    assert marked.count("┆") >= 9


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 4_000), NASTY, NASTY, NASTY), max_size=30),
    st.integers(17, 70),
    st.integers(4, 16),
)
def test_no_band_breaks_a_plot(points: list[tuple[int, float, float, float]], cells: int, rows: int) -> None:
    canary = tuple(Point(at * SECOND, value, low, high) for at, value, low, high in sorted(points))
    shown = data(canary, canary[::2])
    geo = geometry(shown, cells, rows)
    if geo is not None:
        blank: list[Line] = [()] * geo.rows
        assert all(paint.width(row) in (0, geo.canvas) for row in shaded(blank, shading(shown, geo)))


# --- the frame ---------------------------------------------------------------------------------


def drawn(shown: PlotData, cells: int, rows: int) -> list[str]:
    return text(drawn_lines(shown, cells, rows))


def drawn_lines(shown: PlotData, cells: int, rows: int) -> list[Line]:
    geo = geometry(shown, cells, rows)
    assert geo is not None
    raster = plot_raster.raster(
        shown.canary, shown.baseline, geo.start, geo.end, geo.scale, geo.canvas, geo.rows, shown.gaps
    )
    return frame(shown, geo, shaded(raster, shading(shown, geo)), None)


def test_title_unit_axes_and_named_ends() -> None:
    rows = drawn(data(line(*([2.4] * 90)), line(*([0.5] * 90))), 60, 10)
    assert rows[0].startswith(" error rate  %")
    assert rows[1].startswith("   3 ┤")
    assert rows[-2].startswith("   0 ┤")
    assert [row for row in rows if row.endswith("● canary")]
    assert [row for row in rows if row.endswith("○ baseline")]
    assert "14:00" in rows[-1]


def test_ends_that_meet_stay_readable() -> None:
    same = drawn(data(line(*([1.0] * 90)), line(*([1.0] * 90))), 60, 10)
    assert sum("● canary" in row for row in same) == 1
    assert sum("○ baseline" in row for row in same) == 1
    narrow = drawn(data(line(*([1.0] * 90)), line(*([1.0] * 90))), 30, 10)
    assert [row for row in narrow if row.endswith("●○")]


def test_stages_are_marked_in_the_canvas_and_under_it() -> None:
    shown = replace(data(line(*([1.0] * 240)), ()), marks=(StageMark(NOW - 11 * MINUTE, 25),))
    rows = drawn(shown, 60, 10)
    assert "┆25%" in rows[-1]
    column = rows[-1].index("┆")
    assert sum(row[column : column + 1] == "┆" for row in rows[1:-1]) >= 6


def test_a_mark_outside_the_plot_is_not_drawn() -> None:
    shown = replace(data(line(1.0, 1.0), ()), marks=(StageMark(NOW - 86_400_000, 5),))
    assert not [row for row in drawn(shown, 60, 10) if "┆" in row]


def test_too_small_a_plot_is_none() -> None:
    assert geometry(data(line(1.0), ()), 15, 10) is None
    assert geometry(data(line(1.0), ()), 60, 3) is None


# --- the widget --------------------------------------------------------------------------------


class PlotApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Plot(id="plot")

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return fallback(self.current_theme)


async def test_lines_are_drawn_again_only_for_new_data_or_size() -> None:
    view = worlds.healthy().metrics[0]
    shown = PlotData("error rate", "%", view.canary_line, view.baseline_line, worlds.MARKS, NOW)
    app = PlotApp()
    async with app.run_test(size=(60, 12)) as pilot:
        plot = app.query_one(Plot)
        plot.show(shown, None)
        assert plot.wants_building()
        assert "┤" in plot.text
        assert not set(plot.text) & {chr(c) for c in range(0x2801, 0x2900)}
        plot.build()
        before = plot.text
        assert set(before) & {chr(c) for c in range(0x2801, 0x2900)}
        for age in range(5):
            plot.show(replace(shown), span(f"⧗ stale {age} s"))
            assert not plot.wants_building()
            plot.build()
        assert plot.built == 1
        assert "⧗ stale 4 s" in plot.text
        app.theme = "textual-light"
        await pilot.pause()
        assert plot.built == 1
        await pilot.resize_terminal(70, 14)
        await pilot.pause()
        assert plot.wants_building()
        plot.build()
        assert plot.built == 2
        plot.show(replace(shown, canary=shown.canary[:-1]), None)
        assert plot.wants_building()


class BoxApp(PlotApp):
    """A box of one plot, on a screen that others may come in front of."""

    def compose(self) -> ComposeResult:
        with Building():
            yield Plot(id="plot")


class Closing(ModalScreen[None]):
    """One that is about to close: what others want done after its next frame goes with it."""

    def _invoke_later(self, callback: object, sender: object) -> None: ...


async def test_a_screen_in_front_that_closes_takes_no_plot_with_it() -> None:
    plot_raster.load()
    app = BoxApp()
    async with app.run_test(size=(60, 12)) as pilot:
        plot, box = app.query_one(Plot), app.query_one(Building)
        await app.push_screen(Closing())
        plot.show(data(line(1.0, 2.0), ()), None)
        box.ask()
        await pilot.pause()
        await app.pop_screen()
        plot.show(data(line(1.0, 2.0, 3.0), ()), None)
        box.ask()
        await until(lambda: not plot.wants_building(), "the lines")


async def test_no_data_is_said_where_the_lines_would_be() -> None:
    app = PlotApp()
    async with app.run_test(size=(60, 12)):
        plot = app.query_one(Plot)
        plot.show(data((), ()), None)
        assert not plot.wants_building()
        assert "no data to plot yet" in plot.text


async def test_a_plot_that_cannot_be_drawn_says_so_and_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> list[Line]:
        raise ValueError("no")

    monkeypatch.setattr(plot_raster, "raster", broken)
    app = PlotApp()
    async with app.run_test(size=(60, 12)):
        plot = app.query_one(Plot)
        plot.show(data(line(1.0, 2.0), ()), None)
        plot.build()
        assert "! not drawn: ValueError" in plot.text
        assert not plot.wants_building()


def test_plotext_is_not_loaded_by_the_screens() -> None:
    code = "import sys, screens.app; sys.exit('plotext' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
