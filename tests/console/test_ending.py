"""What became of a release that is over: told by the host's own words, and by who serves production since."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.canary.stages import ReleaseState
from console.ending import SETTLES_MS, UNDECIDED, Ending, How, Since, ending, last_word
from console.readings import Reading
from console.world import World
from tests.screens import worlds
from tests.screens.worlds import BASELINE, CANARY, NOW

ENDED = NOW - 5 * worlds.MINUTE


def over(state: ReleaseState, serving: str | None, read_at: int = NOW - 2_000) -> World:
    release, project = worlds.RELEASE, worlds.healthy().project.value
    assert project is not None
    return replace(
        worlds.healthy(),
        release=worlds.reading(replace(release, state=state, updated_at=ENDED, active_index=None)),
        project=Reading(replace(project, serving_id=serving), read_at, worlds.HOST),
    )


@pytest.mark.parametrize(
    ("state", "serving", "how", "since"),
    [
        (ReleaseState.COMPLETE, CANARY.id, "completed", ""),
        (ReleaseState.COMPLETE, BASELINE.id, "completed", "rolled back"),
        (ReleaseState.COMPLETE, "dpl_third", "completed", "replaced"),
        (ReleaseState.COMPLETE, None, "completed", ""),
        (ReleaseState.ABORTED, BASELINE.id, "aborted", ""),
        (ReleaseState.ABORTED, CANARY.id, "aborted", "promoted"),
        (ReleaseState.ABORTED, "dpl_third", "aborted", "replaced"),
    ],
)
def test_how_it_ended_and_what_came_after(
    state: ReleaseState, serving: str | None, how: How, since: Since
) -> None:
    assert ending(over(state, serving)) == Ending(how, ENDED, since)


def test_a_release_that_runs_has_no_ending() -> None:
    assert ending(worlds.healthy()) is None
    assert ending(worlds.no_release_ever()) is None


@pytest.mark.parametrize("read_at", [ENDED - 1, ENDED, ENDED + SETTLES_MS - 1])
def test_who_served_before_the_end_says_nothing_of_after(read_at: int) -> None:
    assert ending(over(ReleaseState.COMPLETE, BASELINE.id, read_at)) == Ending("completed", ENDED)


def test_the_last_word_waits_for_nothing_and_keeps_what_was_decided() -> None:
    verdict = worlds.holding().verdict
    assert verdict is not None
    kept, last = verdict.metrics, last_word(replace(verdict, eta_ms=60_000))
    assert last.eta_ms is None
    assert [one.state for one in last.metrics] == [one.state for one in kept]
    assert [one.sentence for one in last.metrics[:2]] == [one.sentence for one in kept[:2]]
    assert last.metrics[2].sentence == UNDECIDED
