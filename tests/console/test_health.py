"""What is kept of a source says how it does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.health import Source, aged, health_of
from console.outages import transition
from console.ports import Sample
from console.readings import Problem, Rhythm
from console.world import SourceHealth, SourceState
from tests.simulated import ORIGIN

RHYTHM = Rhythm.of(5_000)  # stale after 10 s, lost after 5 min
SOURCE = Source("vercel", "Vercel", "release", RHYTHM)
SILENT = Problem("timeout", "It did not answer.", "Wait.")
MINUTE = 60_000


def health(good_age: int | None, failing: bool, began: int) -> SourceHealth:
    good = failure = None
    if good_age is not None:
        at = ORIGIN - good_age
        good = Sample("release", at, at, "vercel", "{}")
    if failing:
        failure = Sample("release", ORIGIN, ORIGIN, "vercel", None, SILENT)
    return health_of(SOURCE, {"release": (good, failure)}, ORIGIN, ORIGIN - began)


@pytest.mark.parametrize(
    ("good_age", "failing", "began", "state"),
    [
        (None, False, 0, "starting"),
        (None, False, 11_000, "lost"),
        (None, True, 0, "lost"),
        (0, False, MINUTE, "ok"),
        (9_000, False, MINUTE, "ok"),
        (9_000, True, MINUTE, "failing"),
        (11_000, False, MINUTE, "failing"),
        (11_000, False, 1_000, "starting"),
        (11_000, True, 1_000, "failing"),
        (6 * MINUTE, True, MINUTE, "lost"),
        (6 * MINUTE, False, MINUTE, "lost"),
        (-60 * MINUTE, False, MINUTE, "failing"),  # our clock was set back: it says nothing about now
    ],
)
def test_the_state_of_a_source(good_age: int | None, failing: bool, began: int, state: str) -> None:
    assert health(good_age, failing, began).state.value == state


def test_a_source_that_is_not_configured_is_off_and_stays_so() -> None:
    off = health_of(replace(SOURCE, off=SILENT), {}, ORIGIN, ORIGIN)
    assert off.state is SourceState.OFF
    assert aged(off, ORIGIN + 60 * MINUTE) == off


def test_what_is_known_grows_old() -> None:
    fresh = health(0, False, MINUTE)
    assert aged(fresh, ORIGIN + 9_000).state is SourceState.OK
    assert aged(fresh, ORIGIN + 11_000).state is SourceState.FAILING
    assert aged(fresh, ORIGIN + 6 * MINUTE).state is SourceState.LOST


@pytest.mark.parametrize(
    ("now", "was_lost", "active", "recorded"),
    [
        (health(0, False, MINUTE), False, True, None),
        (health(0, True, MINUTE), False, True, None),
        (health(6 * MINUTE, True, MINUTE), False, True, "lost"),
        (health(6 * MINUTE, True, MINUTE), False, False, None),
        (health(6 * MINUTE, True, MINUTE), True, True, None),
        (health(None, True, MINUTE), False, True, "lost"),
        (health(None, False, MINUTE), False, True, None),  # the samples were lost, not the source
        (health(0, False, MINUTE), True, True, "back"),
        (health(0, False, MINUTE), True, False, "back"),
        (health(0, True, MINUTE), True, True, None),
        (health(None, False, 0), True, True, None),
    ],
)
def test_a_loss_is_recorded_while_a_release_runs_and_its_end_always(
    now: SourceHealth, was_lost: bool, active: bool, recorded: str | None
) -> None:
    event = transition(now, was_lost, active)
    assert (event.state if event else None) == recorded
