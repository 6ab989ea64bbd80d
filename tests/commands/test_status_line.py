"""``status --line``: one line of at most 80 cells, without colour codes, that never shows old as new."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.canary.verdict import Word
from console.commands.status_line import WIDEST, status_line, width
from console.world import Banner, StageMark, World
from tests.commands.running import QUICK_JUDGE, Place
from tests.screens import worlds

SAYS = [
    (worlds.rollback, ["shop", "25 %", "▼ ROLL BACK"]),
    (worlds.holding, ["● HOLD"]),
    (worlds.complete, ["release complete"]),
    (worlds.aborted, ["release aborted"]),
    (worlds.no_release_ever, ["no release"]),
    (worlds.paused, ["paused"]),
]


@pytest.mark.parametrize(("make", "words"), SAYS, ids=lambda value: getattr(value, "__name__", ""))
def test_it_says_how_it_is(make: object, words: list[str]) -> None:
    line = status_line(make(), sound=True)  # type: ignore[operator]
    assert all(word in line for word in words), line


def test_what_is_old_or_rests_on_a_source_that_failed_is_no_data() -> None:
    promote = replace(worlds.healthy().verdict, word=Word.PROMOTE)  # type: ignore[type-var]
    world = replace(worlds.healthy(), verdict=promote)
    assert "✓ PROMOTE" in status_line(world, sound=True)
    assert "? NO DATA" in status_line(world, sound=False)
    later = status_line(replace(world, now=world.now + 3_600_000), sound=True)
    assert "25 %?" in later
    assert "? NO DATA" in later


def test_that_vercel_waits_for_somebody_is_said_once_it_has_waited_long() -> None:
    world = worlds.healthy()  # eleven minutes on its stage
    assert "  waits 11m" in status_line(world, sound=True)
    earlier = replace(world, marks=(StageMark(world.now - 9 * worlds.MINUTE, 25),))
    assert "waits" not in status_line(earlier, sound=True)
    assert "waits" not in status_line(worlds.automatic(), sound=True)


def test_banners_are_counted() -> None:
    world = replace(worlds.healthy(), banners=(Banner("warning", "a"), Banner("error", "b")))
    assert status_line(world, sound=True).endswith("  !2")
    assert "!" not in status_line(replace(world, banners=()), sound=True)


@given(st.text(max_size=200), st.integers(0, 10**6), st.sampled_from(["lost", "hostile", "healthy"]))
def test_whatever_it_is_called_the_line_is_one_short_harmless_line(
    name: str, banners: int, kind: str
) -> None:
    made: World = getattr(worlds, kind)()
    world = replace(made, project_label=name, banners=(Banner("info", "x"),) * (banners % 50))
    line = status_line(world, sound=True)
    assert width(line) <= WIDEST
    assert line.isprintable()
    assert "#" not in line


@pytest.mark.slow
def test_its_exit_code_is_that_of_status(here: Place) -> None:
    done = here.run("status", "--line", env=QUICK_JUDGE)
    assert (done.code, done.err, done.out.count("\n")) == (0, "", 1)
    assert done.out.startswith("shop  5 %  ✓ PROMOTE  ")
    assert here.run("status", "--line", "--json").code == 2
