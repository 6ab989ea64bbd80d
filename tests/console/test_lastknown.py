"""What was known last: kept as text, read again with its age, and never trusted further than it goes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import lastknown, measured_last
from console.canary.measures import Point
from console.canary.verdict import Word
from console.places import mark_of
from console.plain import NotThat, made
from console.readings import Millis, Reading
from console.world import Mode, SourceHealth, SourceState, World
from data.keepsake import KEPT, Keepsake
from tests.screens import worlds

MINUTE: Millis = 60_000


def kept(world: World, later: Millis = 0) -> World:
    """``world`` as the next console sees it first, so much later."""
    text = lastknown.written(world)
    again = lastknown.read(text, world.now + later)
    assert again is not None
    assert again.metrics == ()
    return measured_last.added(again, text)


def bare(line: tuple[Point, ...]) -> tuple[Point, ...]:
    """``line`` without its intervals."""
    return tuple(Point(point.at, point.value) for point in line)


def test_what_was_known_comes_back_with_the_moment_it_was_true() -> None:
    world = worlds.healthy()
    again = kept(world)
    assert again.release == world.release
    assert again.metrics == tuple(
        replace(view, baseline_line=bare(view.baseline_line), canary_line=bare(view.canary_line))
        for view in world.metrics
    )
    assert again.deployments == world.deployments
    assert again.marks == world.marks
    assert again.verdict == world.verdict


def test_who_it_was_and_what_was_allowed_is_not_kept() -> None:
    again = kept(worlds.healthy())
    assert again.mode is Mode.READ_ONLY
    assert again.armed is None
    assert again.person.value is None
    assert again.pending == ()
    assert not again.first_values


def test_no_source_counts_as_heard_and_an_old_verdict_does_not_speak() -> None:
    world = worlds.healthy()
    again = kept(world, later=30 * MINUTE)
    assert {source.state for source in again.sources} <= {SourceState.STARTING, SourceState.OFF}
    assert again.verdict is not None
    assert again.verdict.word is Word.NO_DATA
    assert "the last word was promote" in again.verdict.reasons[0]


@given(st.data())
def test_no_damage_to_what_was_kept_makes_it_fail_or_lie(data: st.DataObject) -> None:
    whole = lastknown.written(worlds.healthy())
    at = data.draw(st.integers(0, len(whole)))
    broken = whole[:at] + data.draw(st.text(max_size=5)) + whole[data.draw(st.integers(at, len(whole))) :]
    again = lastknown.read(broken, 0)
    if again is not None:
        more = measured_last.added(again, broken)
        text = lastknown.written(more)
        assert lastknown.read(text, 0) == again
        assert measured_last.added(again, text) == more


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_other_json_is_nothing_known(value: object) -> None:
    assert lastknown.read(json.dumps(value), 0) is None


def test_a_value_of_another_form_is_refused() -> None:
    with pytest.raises(NotThat, match="SourceHealth"):
        made(SourceHealth, {"name": "vercel"})
    with pytest.raises(NotThat):
        made(Reading[int], {"value": "1", "at": None, "source": "s", "problem": None, "partial": False})
    assert made(
        Reading[int], {"value": 1, "at": None, "source": "s", "problem": None, "partial": False}
    ) == Reading(1, None, "s")


def test_a_keepsake_belongs_to_its_settings_and_to_this_user(tmp_path: Path) -> None:
    ours, theirs = Keepsake(tmp_path, "settings one"), Keepsake(tmp_path, "settings two")
    ours.write("what I knew")
    assert (ours.read(), theirs.read()) == ("what I knew", None)
    (path,) = (tmp_path / "last-known").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(b"\xff\xfe")
    assert ours.read() is None


def test_only_so_many_are_kept_and_no_place_is_no_failure(tmp_path: Path) -> None:
    for number in range(KEPT + 3):
        Keepsake(tmp_path, f"settings {number}").write("x")
    assert len(list((tmp_path / "last-known").iterdir())) == KEPT
    (tmp_path / "a file").write_text("")
    nowhere = Keepsake(tmp_path / "a file", "settings")
    nowhere.write("x")
    assert nowhere.read() is None


def test_another_setting_is_another_mark_and_no_secret_is_in_it(tmp_path: Path) -> None:
    file = tmp_path / "coalmine.toml"
    file.write_text("")
    base = {"COALMINE_VERCEL__PROJECT_ID": "prj_1", "COALMINE_VERCEL__TOKEN": "verysecret", "HOME": "/"}
    mark = mark_of(base, file)
    assert "verysecret" not in mark
    assert mark == mark_of({**base, "HOME": "/elsewhere"}, file)
    assert mark != mark_of({**base, "COALMINE_VERCEL__PROJECT_ID": "prj_2"}, file)
    assert mark != mark_of(base, None)
    file.write_text("[poll]\nrelease_s = 9\n")
    assert mark != mark_of(base, file)


def test_a_world_of_nothing_is_kept_as_such() -> None:
    nothing = lastknown.nothing_known(0, Mode.READ_ONLY, "prj_1", "/somewhere")
    assert kept(nothing) == replace(nothing, mode=Mode.READ_ONLY)
