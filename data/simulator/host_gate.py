"""The host's own gate: it compares the canary's 5xx rate with the base's and pauses or rolls back.

The threshold of the rate is nowhere public. Here an evaluation fails where the canary's share of 5xx answers
over the last minute is more than one percentage point above the base's.
"""

from __future__ import annotations

from typing import Literal, Protocol

from console.readings import Millis
from data.simulator import releases
from data.simulator.records import GateCheck, HostGate, Project, Release

EVERY_MS = 30_000
WINDOW_MS = 60_000
MARGIN = 0.01


class Counted(Protocol):
    """What the host has counted of a deployment's answers."""

    def __call__(
        self, deployment_id: str, start: Millis, end: Millis, check: GateCheck
    ) -> tuple[int, int]: ...


def made(mode: Literal["off", "pause", "rollback", "dry-run"]) -> HostGate | None:
    """The gate of an account that was made with one."""
    if mode == "off":
        return None
    action: Literal["pause", "rollback"] = "pause" if mode == "pause" else "rollback"
    return HostGate(True, action, mode == "dry-run", (GateCheck(),))


def evaluate(project: Project, counted: Counted, at: Millis) -> None:
    """One evaluation of the active release, and what follows from it."""
    release = releases.active(project)
    if release is None or release.gate is None or not release.gate.enabled or release.paused_at is not None:
        return
    gate = release.gate
    results = [_failing(release, check, counted, at) for check in gate.checks]
    if not results:
        return
    verdict = True if True in results else None if None in results else False
    release.gate_results = [*release.gate_results, verdict][-gate.window_size :]
    if release.gate_results.count(True) < gate.failure_threshold:
        return
    if release.gate_tripped_at is None:
        release.gate_tripped_at = at
    if gate.dry_run:
        return
    if gate.action == "pause":
        releases.pause(project, releases.SYSTEM, at)
    else:
        releases.rollback(project, release.base_id, "The release's gate failed", releases.SYSTEM, at)


def _failing(release: Release, check: GateCheck, counted: Counted, at: Millis) -> bool | None:
    end = at - check.watermark_s * 1000
    start = max(end - WINDOW_MS, release.started_at)
    requests, errors = counted(release.canary_id, start, end, check)
    if requests < check.min_sample or requests == 0:
        return None
    base_requests, base_errors = counted(release.base_id, start, end, check)
    base = base_errors / base_requests if base_requests else 0.0
    return errors / requests > base + MARGIN
