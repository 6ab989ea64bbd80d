"""What the host does with a release of its own accord, and what it waits for: in words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.canary.stages import Release
from console.readings import Millis
from console.world import World

if TYPE_CHECKING:
    from console.project import ReleaseTemplate

MINUTE: Millis = 60_000
WAITED_LONG_MIN = 10
"""Minutes after which a release that waits for an approval says so."""


def waits_for_approval(release: Release) -> bool:
    """Whether the stage it stands on ends only by somebody's approval."""
    return _ends_by_approval(release) and release.next_stage is not None and not release.paused


def moves_itself(release: Release) -> bool:
    """Whether the host moves it on when the stage's time is over, unless somebody is faster."""
    there = release.stage is not None and release.next_stage is not None and not release.paused
    return there and not _ends_by_approval(release)


def _ends_by_approval(release: Release) -> bool:
    stage = release.stage
    return stage is not None and (stage.requires_approval or stage.duration_s is None)


def waited_min(world: World) -> int | None:
    """For how many minutes the host has waited for an approval; ``None`` if it waits for none."""
    release = world.release.value
    if release is None or not waits_for_approval(release):
        return None
    entered = world.marks[-1].at if world.marks else release.updated_at
    return max(0, (world.now - entered) // MINUTE)


def gate_may(template: ReleaseTemplate) -> str:
    """What the host's own gate may do, after "it": ``may roll back by itself``."""
    if template.gate_dry_run:
        return "only reports"
    does = {"pause": "pause the release", "rollback": "roll back"}.get(template.gate_action or "", "act")
    return f"may {does} by itself"


def gate_words(template: ReleaseTemplate | None) -> str:
    """What the host's own gate looks at and does; empty where it is off or not known."""
    if template is None or not template.gate_enabled:
        return ""
    often = ""
    if template.gate_failure_threshold is not None and template.gate_window_size is not None:
        often = f" in {template.gate_failure_threshold} of {template.gate_window_size} looks"
    if template.gate_dry_run:
        does = "it only reports (dry run)"
    else:
        does = {"pause": "it pauses the release by itself", "rollback": "it rolls back by itself"}.get(
            template.gate_action or "", f"it does: {template.gate_action or 'what Vercel says'}"
        )
    return f"Vercel's gate is on: {does} where the canary has more 5xx than the baseline{often}"
