"""Measurements of a release over time: read once, bounded by the time asked for, honest about holes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.canary.catalogue import ERROR_RATE
from console.canary.measures import Point, Ratio
from console.keeping import Line, Measured, dump, line_key, metric_key
from console.ports import Sample
from console.series import KEEP_MS, SMOOTH_MS, MeasuredSeries
from data.clock import ScaledClock
from data.sqlite.samples import SqliteSamples
from tests.simulated import ORIGIN

STEP = 15_000


@pytest.fixture
def samples(tmp_path: Path) -> Iterator[SqliteSamples]:
    with closing(store_in(tmp_path)) as store:
        yield store


def store_in(folder: Path) -> SqliteSamples:
    return SqliteSamples(folder / "samples.db", ScaledClock(ORIGIN, 1e-9))


def measured(samples: SqliteSamples, end: int, bad: float | None, deployment: str = "dpl_c") -> None:
    """One poll's measurement of 100 requests, or of nothing."""
    body = Measured(end - STEP, end, end, None if bad is None else Ratio(bad, 100))
    key = f"here/{metric_key(ERROR_RATE.id, deployment)}"
    samples.record([Sample(key, end, end, "prometheus", dump(Measured, body))])


def ends(series: MeasuredSeries, now: int) -> list[int]:
    return [one.end for one in series.of(ERROR_RATE, "dpl_c", now)]


def test_what_is_new_is_added_and_what_is_old_falls_off(samples: SqliteSamples) -> None:
    series = MeasuredSeries(samples, "here")
    moments = [ORIGIN + i * STEP for i in range(4)]
    for at in moments[:2]:
        measured(samples, at, 1)
    assert ends(series, moments[1]) == moments[:2]
    for at in moments[2:]:
        measured(samples, at, 1)
    assert ends(series, moments[3]) == moments
    assert ends(series, moments[1] + KEEP_MS) == moments[1:]
    assert ends(series, moments[3] + KEEP_MS + 1) == []


def test_nothing_after_the_time_that_is_looked_at(samples: SqliteSamples) -> None:
    series = MeasuredSeries(samples, "here")
    moments = [ORIGIN + i * STEP for i in range(4)]
    for at in moments:
        measured(samples, at, 1)
    assert ends(series, moments[3]) == moments
    assert ends(series, moments[1]) == moments[:2]
    assert ends(series, moments[2]) == moments[:3]


def test_a_clock_that_was_set_back_stops_nothing(samples: SqliteSamples) -> None:
    series = MeasuredSeries(samples, "here")
    measured(samples, ORIGIN + 3_600_000, 1)  # an hour ahead
    assert len(ends(series, ORIGIN + 3_600_000)) == 1
    measured(samples, ORIGIN, 1)
    measured(samples, ORIGIN + STEP, 1)
    assert ends(series, ORIGIN + STEP) == [ORIGIN, ORIGIN + STEP]


def test_polls_pair_the_tracks_and_show_the_missing_one(samples: SqliteSamples) -> None:
    series = MeasuredSeries(samples, "here")
    measured(samples, ORIGIN, 1)
    measured(samples, ORIGIN, 2, "dpl_b")
    measured(samples, ORIGIN + STEP, 3)
    both, alone = series.polls(ERROR_RATE, "dpl_b", "dpl_c", ORIGIN + STEP)
    assert (both.baseline, both.canary) == (Ratio(2, 100), Ratio(1, 100))
    assert (alone.baseline, alone.canary) == (None, Ratio(3, 100))


def test_the_line_is_smoothed_over_a_minute_and_a_hole_stays_a_hole(samples: SqliteSamples) -> None:
    series = MeasuredSeries(samples, "here")
    for i, bad in enumerate([8, 0, 0, 0, None, 4]):
        measured(samples, ORIGIN + i * STEP, bad)
    line = series.line(ERROR_RATE, "dpl_c", ORIGIN + 6 * STEP)
    assert [p.at for p in line] == [ORIGIN + i * STEP for i in (0, 1, 2, 3, 5)]
    assert [round(p.value, 2) for p in line] == [8.0, 4.0, 2.67, 2.0, 1.33]


def test_each_point_is_as_sure_as_what_was_counted_for_it(samples: SqliteSamples) -> None:
    series = MeasuredSeries(samples, "here")
    for i, bad in enumerate([2, 2, 2, None, 2]):
        measured(samples, ORIGIN + i * STEP, bad)
    line = series.line(ERROR_RATE, "dpl_c", ORIGIN + 5 * STEP)
    wide = [one.high - one.low for one in line if one.high is not None and one.low is not None]
    assert len(wide) == len(line) == 4
    assert all(one.low < one.value < one.high for one in line if one.low is not None and one.high is not None)
    assert wide[0] > wide[1] > wide[2]  # one poll of 100 requests, then two, then three
    assert wide[3] == pytest.approx(wide[2])  # the poll that is missing adds nothing


@settings(max_examples=15)
@given(
    st.lists(st.none() | st.integers(0, 100), min_size=1, max_size=12),
    st.integers(0, KEEP_MS + 200_000),
    st.data(),
)
def test_a_line_that_grew_is_the_line_read_at_once(
    bads: list[int | None], later: int, data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder, closing(store_in(Path(folder))) as samples:
        series = MeasuredSeries(samples, "here")
        for i, bad in enumerate(bads):
            measured(samples, ORIGIN + i * STEP, bad)
            if data.draw(st.booleans()):
                series.line(ERROR_RATE, "dpl_c", ORIGIN + i * STEP)
        now = ORIGIN + len(bads) * STEP + later
        assert series.line(ERROR_RATE, "dpl_c", now) == MeasuredSeries(samples, "here").line(
            ERROR_RATE, "dpl_c", now
        )


def test_what_is_older_than_the_plot_reaches_is_not_kept(samples: SqliteSamples) -> None:
    series = MeasuredSeries(samples, "here")
    moments = [ORIGIN + i * STEP for i in range(4)]
    for at in moments:
        measured(samples, at, 1)
    assert [one.at for one in series.line(ERROR_RATE, "dpl_c", moments[3])] == moments
    late = moments[1] + KEEP_MS - SMOOTH_MS
    assert [one.at for one in series.line(ERROR_RATE, "dpl_c", late)] == moments[1:]
    assert series.line(ERROR_RATE, "dpl_c", moments[3] + KEEP_MS - SMOOTH_MS + 1) == ()
    assert [one.at for one in series.line(ERROR_RATE, "dpl_c", moments[2])] == moments[:3]  # set back


def test_history_fills_only_where_nothing_was_measured(samples: SqliteSamples) -> None:
    series = MeasuredSeries(samples, "here")
    now = ORIGIN + 20 * 60_000
    history = Line(tuple(Point(ORIGIN + i * 60_000, 9.0) for i in range(20)))
    key = f"here/{line_key(ERROR_RATE.id, 'dpl_c')}"
    kept = Sample(key, now, now, "prometheus", dump(Line, history))
    for i in range(41):  # the last ten minutes were measured
        measured(samples, now - 600_000 + i * STEP, 1)
    line = series.line(ERROR_RATE, "dpl_c", now, kept)
    assert all(p.value == 9.0 and p.low is None for p in line if p.at < now - 600_000)
    assert all(p.value == 1.0 for p in line if p.at >= now - 600_000)
    assert [p.at for p in line] == sorted(p.at for p in line)
    assert len(line) == 10 + 41


def test_within_one_picture_each_series_is_read_once(samples: SqliteSamples) -> None:
    series = MeasuredSeries(samples, "here")
    measured(samples, ORIGIN, 1)
    series.begin()
    assert ends(series, ORIGIN + STEP) == [ORIGIN]
    measured(samples, ORIGIN + STEP, 1)
    assert ends(series, ORIGIN + STEP) == [ORIGIN], "one picture is of one moment"
    series.begin()
    assert ends(series, ORIGIN + STEP) == [ORIGIN, ORIGIN + STEP]


def test_only_what_has_something_new_is_read(samples: SqliteSamples, monkeypatch: pytest.MonkeyPatch) -> None:
    series, asked = MeasuredSeries(samples, "here"), list[str]()
    read = samples.series

    def counted(key: str, start: int, end: int) -> list[Sample]:
        asked.append(key)
        return read(key, start, end)

    monkeypatch.setattr(samples, "series", counted)
    now = ORIGIN + KEEP_MS - 1
    for new in (True, False, True, False):
        before = ends(MeasuredSeries(samples, "here"), now)
        if new:
            measured(samples, ORIGIN + len(before) * STEP, 1)
        every = ends(MeasuredSeries(samples, "here"), now)
        asked.clear()
        series.begin(samples.latest("here/"))
        assert (ends(series, now), len(every)) == (every, len(before) + new)
        assert list(series.of(ERROR_RATE, "dpl_other", now)) == []
        assert len(asked) == new


def test_the_newest_minute_is_counted_together(samples: SqliteSamples) -> None:
    series = MeasuredSeries(samples, "here")
    assert series.minute(ERROR_RATE, "dpl_c", ORIGIN) is None
    for place, bad in enumerate((1, 2, 4, None, 8, 16, None)):
        measured(samples, ORIGIN + place * STEP, bad)
    for _ in range(2):
        found = series.minute(ERROR_RATE, "dpl_c", ORIGIN + 6 * STEP)
        assert found is not None
        assert (found[0].end, found[1]) == (ORIGIN + 5 * STEP, Ratio(4 + 8 + 16, 300))
    measured(samples, ORIGIN + 7 * STEP, 32)
    found = series.minute(ERROR_RATE, "dpl_c", ORIGIN + 7 * STEP)
    assert found is not None
    assert found[1] == Ratio(8 + 16 + 32, 300)


def test_a_body_of_another_version_is_passed_over(samples: SqliteSamples) -> None:
    key = f"here/{metric_key(ERROR_RATE.id, 'dpl_c')}"
    samples.record([Sample(key, ORIGIN, ORIGIN, "prometheus", '{"of": "another version"}')])
    measured(samples, ORIGIN + STEP, 1)
    assert ends(MeasuredSeries(samples, "here"), ORIGIN + STEP) == [ORIGIN + STEP]
