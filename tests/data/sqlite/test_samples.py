"""Samples: run-length rows, fences, retention, a size cap, and a file that may be lost."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.ports import Fenced, Sample, Samples, StoreUnusable
from console.readings import Problem
from data.sqlite.samples import SqliteSamples
from tests.ledgers import HandClock

DOWN = Problem("timeout", "Prometheus did not answer.", "Look at it.", retry_at=5)


def good(at: int, body: str = "1", key: str = "a/x") -> Sample:
    return Sample(key, at, at, "prometheus", body)


def failed(at: int, problem: Problem = DOWN, key: str = "a/x") -> Sample:
    return Sample(key, at, at, "prometheus", None, problem)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "samples.db"


@pytest.fixture
def samples(path: Path, clock: HandClock) -> Iterator[SqliteSamples]:
    with closing(SqliteSamples(path, clock)) as samples:
        yield samples


def rows(samples: SqliteSamples) -> int:
    with closing(sqlite3.connect(samples._path)) as other:
        return int(other.execute("SELECT count(*) FROM samples").fetchone()[0])


def size(path: Path) -> int:
    """Bytes on the disk: the file and its log (the -shm is memory that all processes share)."""
    return sum(
        Path(f"{path}{suffix}").stat().st_size for suffix in ("", "-wal") if Path(f"{path}{suffix}").exists()
    )


def test_what_was_recorded_is_read_back(samples: SqliteSamples) -> None:
    port: Samples = samples
    one = replace(good(5), problem=DOWN, partial=True, until=9)
    port.record([one])
    assert port.latest() == {"a/x": (one, None)}
    assert port.series("a/x", 4, 5) == [one]
    assert port.series("a/x", 5, 9) == []


def test_the_same_again_only_moves_until(samples: SqliteSamples) -> None:
    samples.record([good(1), good(2), good(3, key="a/y")])
    samples.record([good(4)])
    assert samples.latest()["a/x"] == (replace(good(1), until=4), None)
    assert rows(samples) == 2


@pytest.mark.parametrize(
    "other", [good(2, "2"), replace(good(2), partial=True), replace(good(2), source="other"), failed(2)]
)
def test_anything_else_is_a_row_of_its_own(samples: SqliteSamples, other: Sample) -> None:
    samples.record([good(1), other, good(3)])
    assert rows(samples) == 3


def test_a_failure_is_told_beside_the_last_good_body(samples: SqliteSamples) -> None:
    samples.record([good(1), failed(2), failed(3, replace(DOWN, retry_at=9))])
    last, failure = samples.latest()["a/x"]
    assert last == good(1)
    assert failure == replace(failed(2), until=3, problem=replace(DOWN, retry_at=9))
    samples.record([good(4)])
    assert samples.latest()["a/x"] == (good(4), None)


def test_failures_are_left_out_of_series(samples: SqliteSamples) -> None:
    samples.record([good(1), failed(2), good(3, "2"), good(5, "3", key="a/y")])
    assert samples.series("a/x", 0, 9) == [good(1), good(3, "2")]


def test_the_latest_of_a_prefix(samples: SqliteSamples) -> None:
    samples.record([good(1, key=key) for key in ("a", "a/", "a/x", "a/y", "a0", "b/x", "é/x")])
    assert list(samples.latest("a/")) == ["a/", "a/x", "a/y"]
    assert list(samples.latest("b")) == ["b/x"]
    assert list(samples.latest("é")) == ["é/x"]
    assert samples.latest("none") == {}
    assert len(samples.latest()) == 7


def test_as_of_a_moment(samples: SqliteSamples) -> None:
    samples.record([good(10), good(20), failed(30), good(40, "2")])
    assert samples.latest(at=9) == {}
    assert samples.latest(at=15) == {"a/x": (replace(good(10), until=15), None)}
    assert samples.latest(at=35) == {"a/x": (replace(good(10), until=20), failed(30))}
    assert samples.latest(at=40) == {"a/x": (good(40, "2"), None)}


def test_a_clock_that_was_ahead_does_not_hide_what_came_after(samples: SqliteSamples) -> None:
    samples.record([good(3_600_000, "ahead")])
    samples.record([good(5, "now")])
    samples.record([good(6, "now")])
    assert samples.latest()["a/x"][0] == replace(good(5, "now"), until=6)


BODIES = st.sampled_from(["1", "2", None])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("xyz"), BODIES), max_size=25), st.integers(0, 26))
def test_any_history_is_told_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[str, str | None]], at: int
) -> None:
    """Against the plain list of everything that was recorded, one step a millisecond."""
    polls = [good(t, body, key) if body else failed(t, key=key) for t, (key, body) in enumerate(history, 1)]
    with closing(SqliteSamples(tmp_path_factory.mktemp("any") / "s.db", HandClock())) as samples:
        for poll in polls:
            samples.record([poll])
        found = samples.latest(at=at)
        now = samples.latest()
    for key in "xyz":
        mine = [p for p in polls if p.key == key]
        for answer, seen in ((found.get(key), [p for p in mine if p.at <= at]), (now.get(key), mine)):
            if not seen:
                assert answer is None
                continue
            assert answer is not None
            bodies = [p for p in seen if p.body is not None]
            assert (answer[0].body if answer[0] else None) == (bodies[-1].body if bodies else None)
            assert (answer[1] is not None) == (seen[-1].body is None)


# --- fences ---


def test_a_late_writer_is_fenced_off_and_writes_nothing(
    path: Path, samples: SqliteSamples, clock: HandClock
) -> None:
    with closing(SqliteSamples(path, clock)) as other:
        samples.record([good(1)], fence=5)
        other.record([good(2, "2")], fence=6)
        with pytest.raises(Fenced):
            samples.record([good(3, "3")], fence=5)
        assert samples.latest()["a/x"] == (good(2, "2"), None)
        other.record([good(4, "4")], fence=6)
        samples.record([good(5, "5")])
    assert samples.latest()["a/x"] == (good(5, "5"), None)


# --- room ---


def test_pruned_by_age_of_the_last_confirmation(path: Path, clock: HandClock) -> None:
    with closing(SqliteSamples(path, clock, retention_ms=100)) as samples:
        samples.record([good(1, key="old"), good(1, key="held")])
        samples.record([good(150, key="held"), good(150, key="new")])
        assert samples.prune(200) == 1
        assert list(samples.latest()) == ["held", "new"]
        assert samples.prune(200) == 0


@pytest.mark.parametrize("body", [300, 3_000, 12_000])
def test_the_files_stay_under_the_cap_whatever_is_written(path: Path, clock: HandClock, body: int) -> None:
    cap = 600_000
    with closing(SqliteSamples(path, clock, max_bytes=cap)) as samples:
        most = written = at = 0
        while written < 4 * cap:
            batch = [good(at := at + 1, os.urandom(body // 2).hex(), f"k/{n}") for n in range(4)]
            samples.record(batch)
            written += 4 * body
            most = max(most, size(path))
        assert most <= cap
        assert [samples.latest()[s.key][0] for s in batch] == batch
        assert samples.latest()["k/0"][0] == batch[0]


def test_a_poll_larger_than_the_cap_is_refused_in_words(path: Path, clock: HandClock) -> None:
    with closing(SqliteSamples(path, clock, max_bytes=600_000)) as samples:
        samples.record([good(1)])
        with pytest.raises(StoreUnusable, match="too large to be kept"):
            samples.record([good(2, "é" * 200_000)])
        samples.record([good(3)])
        assert samples.latest()["a/x"][0] == replace(good(1), until=3)


def test_room_is_given_back(path: Path, clock: HandClock) -> None:
    with closing(SqliteSamples(path, clock, max_bytes=4_000_000, retention_ms=10)) as samples:
        for at in range(300):
            samples.record([good(at, os.urandom(2000).hex())])
        before = size(path)
        assert samples.prune(10_000) == 300
    assert size(path) < before / 2


def test_a_smaller_cap_takes_hold_of_a_larger_file(path: Path, clock: HandClock) -> None:
    with closing(SqliteSamples(path, clock)) as samples:
        for at in range(0, 600, 10):
            samples.record([good(at + n, os.urandom(2000).hex()) for n in range(10)])
    assert size(path) > 2_000_000
    with closing(SqliteSamples(path, clock, max_bytes=1_000_000)) as samples:
        samples.prune(600)
        samples.record([good(600, "newest")])
        assert samples.latest()["a/x"][0] == good(600, "newest")
    assert size(path) <= 1_000_000


def test_the_latest_does_not_cost_more_with_a_long_history(samples: SqliteSamples) -> None:
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    def cost(at: int, n: int) -> int:
        nonlocal steps
        samples.record([good(at + i, str(i), f"k/{i % 4}") for i in range(n)])
        steps = 0
        samples._store.reader.set_progress_handler(count, 10)
        samples.latest("k/")
        samples.latest("k/", at=at)
        samples.series("k/1", at, at + 10)
        return steps

    small = cost(1, 40)
    assert cost(100, 4000) <= small * 1.5


# --- loss ---


def test_a_damaged_file_is_moved_aside_and_begun_anew(path: Path, clock: HandClock) -> None:
    path.write_bytes(b"no database " * 500)
    with closing(SqliteSamples(path, clock)) as samples:
        assert samples.warning is not None
        assert "was damaged and has been begun anew; no decision is lost" in samples.warning.what
        samples.record([good(1)])
        assert samples.latest()["a/x"] == (good(1), None)
    assert Path(f"{path}.damaged-{clock.time}").read_bytes().startswith(b"no database")
    with closing(SqliteSamples(path, clock)) as samples:
        assert samples.warning is None


def test_a_file_that_is_damaged_while_in_use_is_begun_anew(path: Path, samples: SqliteSamples) -> None:
    for at in range(200):
        samples.record([good(at, "x" * 500 + str(at))])
    before = samples.data_version()
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with closing(sqlite3.connect(path)) as other:  # as any writer would, it makes readers look again
        other.execute("PRAGMA user_version=1")
    assert samples.latest() == {}
    assert samples.warning is not None
    samples.record([good(1)])
    assert samples.latest() == {"a/x": (good(1), None)}
    assert samples.data_version() != before


def test_a_file_that_was_deleted_is_begun_anew(path: Path, samples: SqliteSamples, clock: HandClock) -> None:
    samples.record([good(1)])
    for file in path.parent.iterdir():
        file.unlink()
    samples.record([good(2)])
    with closing(SqliteSamples(path, clock)) as other:
        assert other.latest() == {"a/x": (good(2), None)}


def test_a_newer_file_is_refused(path: Path, samples: SqliteSamples, clock: HandClock) -> None:
    samples.close()
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version=9")
    with pytest.raises(StoreUnusable, match="newer Coalmine"):
        SqliteSamples(path, clock)
    assert not list(path.parent.glob("*damaged*"))


def test_the_data_version_changes_with_every_write(
    path: Path, samples: SqliteSamples, clock: HandClock
) -> None:
    with closing(SqliteSamples(path, clock)) as other:
        seen = [samples.data_version()]
        for at, writer in enumerate((samples, other, samples), 1):
            writer.record([good(at)])
            seen.append(samples.data_version())
            assert samples.data_version() == seen[-1]
    assert len(set(seen)) == 4


def test_the_last_known_values_are_read_with_the_standard_library_alone(path: Path, clock: HandClock) -> None:
    """They are drawn before anything heavy is loaded."""
    with closing(SqliteSamples(path, clock)) as samples:
        samples.record([good(1)])
    script = (
        "import sys\n"
        "from data.sqlite.samples import SqliteSamples\n"
        "from data.clock import SystemClock\n"
        f"samples = SqliteSamples({str(path)!r}, SystemClock())\n"
        "assert samples.latest()['a/x'][0].body == '1'\n"
        "samples.close()\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert not {"sqlite_utils", "click", "pluggy", "pydantic"} & set(done.stdout.split())
