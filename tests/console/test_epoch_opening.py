"""What makes the evidence on a release start afresh, and what does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from console import events
from console.canary.stages import Advancement, Deployment, Release, ReleaseState, Stage
from console.epoch_opening import SETTLING_MS, opened
from console.ports import Activity
from tests.console.recorded import append, still_ledger
from tests.simulated import ORIGIN

STREAM = "release:dpl_c"
RELEASE = Release(
    ReleaseState.ACTIVE,
    Advancement.MANUAL,
    Deployment("dpl_b", ""),
    Deployment("dpl_c", ""),
    (Stage(0, 5, True, None, False), Stage(1, 100, False, None, True)),
    0,
    5.0,
    ORIGIN - 3_600_000,
    ORIGIN,
)


def seen(state: str, says: str = "moved", index: int = 0) -> events.ReleaseSeen:
    return events.ReleaseSeen.model_validate(
        {
            "canary_id": "dpl_c",
            "baseline_id": "dpl_b",
            "state": state,
            "stage_index": index,
            "percentage": 5,
            "says": says,
        }
    )


def test_a_stage_opens_none_and_a_release_taken_up_again_opens_one_once(tmp_path: Path) -> None:
    with still_ledger(tmp_path) as ledger:
        for index in (0, 1):
            append(ledger, seen("ACTIVE", index=index))
        assert opened(ledger.read(stream=STREAM), RELEASE, []) is None
        append(ledger, seen("ABORTED", "rolling release aborted from 5 %"))
        assert opened(ledger.read(stream=STREAM), RELEASE, []) is None
        append(ledger, seen("ACTIVE"), at=ORIGIN + 5)
        event = opened(ledger.read(stream=STREAM), RELEASE, [])
        assert event is not None
        assert (event.cause, event.since) == ("rollback", ORIGIN + 5)
        assert event.why == "rolling release aborted from 5 %, and taken up again"
        append(ledger, event)
        assert opened(ledger.read(stream=STREAM), RELEASE, []) is None
        append(ledger, seen("ABORTED", "rolling release aborted from 5 %"))
        append(ledger, seen("ACTIVE"), at=ORIGIN + 9)
        again = opened(ledger.read(stream=STREAM), RELEASE, [])
        assert again is not None
        assert again.since == ORIGIN + 9


def test_another_baseline_opens_one(tmp_path: Path) -> None:
    with still_ledger(tmp_path) as ledger:
        append(ledger, seen("ACTIVE"))
        event = opened(ledger.read(stream=STREAM), replace(RELEASE, baseline=Deployment("dpl_x", "")), [])
        assert event is not None
        assert (event.cause, event.why) == ("outside", "the baseline is another deployment: dpl_x")


@pytest.mark.parametrize(
    ("kind", "later", "opens"),
    [
        ("instant-rollback-created", SETTLING_MS + 1, True),
        ("edge-config-updated", SETTLING_MS + 1, True),
        ("aliases-assigned", 5_000, False),
        ("instant-rollback-created", -5_000, False),
        ("project-rolling-release-continued", SETTLING_MS + 1, False),
        ("deployment", SETTLING_MS + 1, False),
    ],
)
def test_what_somebody_does_outside_opens_one(tmp_path: Path, kind: str, later: int, opens: bool) -> None:
    with still_ledger(tmp_path) as ledger:
        append(ledger, seen("ACTIVE"))
        happened = Activity("a1", kind, RELEASE.started_at + later, "jo did it", "usr_jo")
        event = opened(ledger.read(stream=STREAM), RELEASE, [happened])
        assert (event is not None) == opens
        if event is not None:
            assert (event.cause, event.why, event.since) == ("outside", "jo did it", happened.at)
            append(ledger, event)
            assert opened(ledger.read(stream=STREAM), RELEASE, [happened]) is None
