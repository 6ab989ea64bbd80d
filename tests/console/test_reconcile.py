"""What the host's own words say about a call that got no answer."""

from __future__ import annotations

import pytest

from console.actions import Abort, Action, Advance, Complete
from console.canary.stages import Advancement, Deployment, Release, ReleaseState, Stage
from console.ports import AliasJob, Project
from console.reconcile import SETTLE_MS, what_happened
from console.situation import Situation

STAGES = tuple(Stage(i, p, True, None, p == 100) for i, p in enumerate((5, 25, 50, 100)))
AT = 1_800_000_000_000
ADVANCE = Advance("dpl_c", "dpl_b", 0, 1, 5, 25)
COMPLETE = Complete("dpl_c", "dpl_b", 0, 5)
ABORT = Abort("dpl_c", "dpl_b")


def release(state: str, index: int | None = 0, canary: str = "dpl_c") -> Release:
    active = state == "ACTIVE"
    return Release(
        ReleaseState(state),
        Advancement.MANUAL,
        Deployment("dpl_b", "b"),
        Deployment(canary, "c"),
        STAGES,
        index if active else None,
        STAGES[index or 0].percentage if active else None,
        AT - 60_000,
        AT,
    )


def job(status: str, at: int = AT, to: str = "dpl_b") -> AliasJob:
    return AliasJob("rollback", status, at, "dpl_c", to)  # type: ignore[arg-type]


def project(alias_job: AliasJob | None) -> Project:
    return Project("prj_1", "shop", "team_1", "dpl_b", True, alias_job, True)


@pytest.mark.parametrize(
    ("action", "seen", "alias_job", "soon", "late"),
    [
        (ADVANCE, release("ACTIVE", 1), None, "done", "done"),
        (ADVANCE, release("ACTIVE", 2), None, "done", "done"),
        (ADVANCE, release("ACTIVE", 0), None, None, "not_sent"),
        (ADVANCE, release("COMPLETE"), None, "done", "done"),
        (ADVANCE, release("ABORTED"), None, "unknown", "unknown"),
        (COMPLETE, release("ACTIVE", 3), None, None, "not_sent"),
        (COMPLETE, release("COMPLETE"), None, "done", "done"),
        (COMPLETE, release("ABORTED"), None, "unknown", "unknown"),
        (ABORT, release("ABORTED"), None, "done", "done"),
        (ABORT, release("COMPLETE"), None, "not_sent", "not_sent"),
        (ABORT, release("ACTIVE"), None, None, "not_sent"),
        (ABORT, release("ACTIVE"), job("in-progress"), None, None),
        (ABORT, release("ACTIVE"), job("pending"), None, None),
        (ABORT, release("ACTIVE"), job("failed"), "not_sent", "not_sent"),
        (ABORT, release("ACTIVE"), job("failed", AT - 10 * SETTLE_MS), None, "not_sent"),
        (ABORT, release("ACTIVE"), job("in-progress", to="dpl_other"), None, "not_sent"),
        (ADVANCE, release("ACTIVE", 1, canary="dpl_newer"), None, "unknown", "unknown"),
        (ABORT, None, None, "unknown", "unknown"),
    ],
)
def test_every_state_of_the_host(
    action: Action, seen: Release | None, alias_job: AliasJob | None, soon: str | None, late: str | None
) -> None:
    situation = Situation(seen, project(alias_job))
    early = what_happened(action, situation, AT, AT + 1_000)
    later = what_happened(action, situation, AT, AT + SETTLE_MS + 1)
    assert (early.outcome if early else None, later.outcome if later else None) == (soon, late)
    for found in (early, later):
        assert found is None or found.says
