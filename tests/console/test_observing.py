"""What changed on the host, in words, and whether it was one of us who changed it."""

from __future__ import annotations

from pathlib import Path

import pytest

from console import events
from console.actions import Abort, Advance, Complete
from console.canary.stages import Advancement, Deployment, Release, ReleaseState, Stage
from console.observing import change, dated, made_here
from tests.console.recorded import append, ended, intended, seen, still_ledger
from tests.simulated import ORIGIN

STAGES = tuple(Stage(i, p, True, None, p == 100) for i, p in enumerate((5, 25, 100)))
FIRST = Advance("dpl_c", "dpl_b", 0, 1, 5, 25)
LAST = Advance("dpl_c", "dpl_b", 1, 2, 25, 100)
COMPLETE, ABORT = Complete("dpl_c", "dpl_b", 0, 5), Abort("dpl_c", "dpl_b")


def release(state: str, index: int | None = None) -> Release:
    share = None if index is None else float(STAGES[index].percentage)
    return Release(
        ReleaseState(state),
        Advancement.MANUAL,
        Deployment("dpl_b", "b"),
        Deployment("dpl_c", "c"),
        STAGES,
        index,
        share,
        ORIGIN - 60_000,
        ORIGIN,
    )


@pytest.mark.parametrize(
    ("story", "now", "ours"),
    [
        ([intended(FIRST)], release("ACTIVE", 1), True),
        ([intended(FIRST), ended("unknown")], release("ACTIVE", 1), True),
        ([intended(FIRST), ended("done")], release("ACTIVE", 1), True),
        ([intended(FIRST), ended("refused")], release("ACTIVE", 1), False),
        ([intended(FIRST), ended("not_sent")], release("ACTIVE", 1), False),
        ([intended(FIRST)], release("ACTIVE", 2), False),
        ([intended(FIRST)], release("ABORTED"), False),
        ([intended(FIRST), ended("done"), seen("ACTIVE", 1, 25)], release("ABORTED"), False),
        ([intended(FIRST), ended("done"), seen("ACTIVE", 1, 25)], release("ACTIVE", 2), False),
        ([intended(FIRST)], release("COMPLETE"), False),
        ([intended(LAST)], release("COMPLETE"), True),
        ([intended(COMPLETE)], release("COMPLETE"), True),
        ([intended(COMPLETE)], release("ABORTED"), False),
        ([intended(ABORT)], release("ABORTED"), True),
        ([intended(ABORT), intended(COMPLETE, "a2"), ended("refused", "a2")], release("COMPLETE"), False),
        ([], release("ABORTED"), False),
    ],
)
def test_a_change_is_ours_only_if_our_action_makes_it(
    tmp_path: Path, story: list[events.Event], now: Release, ours: bool
) -> None:
    with still_ledger(tmp_path) as ledger:
        told = [append(ledger, event) for event in story]
        assert made_here(told, now, ORIGIN - 1) is ours
        assert made_here(told, now, ORIGIN) is False  # long ago


@pytest.mark.parametrize(
    ("before", "now", "says"),
    [
        (None, release("ACTIVE", 0), "rolling release first seen: running at 5 %"),
        (None, release("ABORTED"), "rolling release first seen: aborted"),
        (("ACTIVE", 0, 5), release("ACTIVE", 0), None),
        (("ACTIVE", 0, 5), release("ACTIVE", 1), "rolling release moved 5 % → 25 %"),
        (("ACTIVE", 1, 25), release("COMPLETE"), "rolling release completed from 25 % to 100 %"),
        (("ACTIVE", 1, 25), release("ABORTED"), "rolling release aborted from 25 %"),
        (("ABORTED", None, None), release("ABORTED"), None),
        (("ABORTED", None, None), release("ACTIVE", 0), "rolling release active again at 5 %"),
    ],
)
def test_a_change_in_words(
    before: tuple[str, int | None, int | None] | None, now: Release, says: str
) -> None:
    assert change(seen(*before) if before else None, now) == says


@pytest.mark.parametrize(
    ("before", "now", "at"),
    [
        (None, release("ABORTED"), ORIGIN + 90_000),  # it is seen now; that it ended was before
        (None, release("COMPLETE"), ORIGIN + 90_000),
        (None, release("ACTIVE", 0), ORIGIN - 60_000),
        (None, release("ACTIVE", 1), ORIGIN),
        (("ACTIVE", 0, 5), release("ABORTED"), ORIGIN),
    ],
)
def test_an_event_is_dated_by_when_it_happened(
    before: tuple[str, int | None, int | None] | None, now: Release, at: int
) -> None:
    assert dated(seen(*before) if before else None, now, ORIGIN + 90_000) == at
