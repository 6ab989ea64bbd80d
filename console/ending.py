"""What became of a release that is over. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from console.canary.stages import Release, ReleaseState
from console.canary.verdict import MetricState, Verdict
from console.readings import Millis
from console.world import World

How = Literal["completed", "aborted"]
Since = Literal["", "rolled back", "promoted", "replaced"]
SETTLES_MS: Millis = 60_000
"""For so long after the end the host may still name the deployment that served before."""
UNDECIDED = "not decided when the release ended"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a release ended, and what has happened to production after it."""

    how: How
    at: Millis
    since: Since = ""
    """The completed canary was rolled back, the aborted one promoted, or a third deployment replaced both."""

    @property
    def outcome(self) -> str:
        """Who serves production now, as a clause."""
        match self.how, self.since:
            case _, "rolled back":
                return "rolled back since: everyone has the baseline again"
            case _, "promoted":
                return "promoted since: the canary serves everyone"
            case _, "replaced":
                return "since then another deployment was put in production"
            case "completed", _:
                return "the canary serves everyone"
            case _:
                return "everyone has the baseline"


def ending(world: World) -> Ending | None:
    """How the newest release ended; ``None`` while it runs, or where there is none."""
    release = world.release.value
    if release is None or release.active:
        return None
    how: How = "completed" if release.state is ReleaseState.COMPLETE else "aborted"
    return Ending(how, release.updated_at, _since(release, how, world))


def _since(release: Release, how: How, world: World) -> Since:
    """Told by who serves production, once the host can be expected to know of the end."""
    project, read_at = world.project.value, world.project.at
    canary, baseline = release.canary, release.baseline
    if project is None or project.serving_id is None or canary is None or baseline is None:
        return ""
    if read_at is None or read_at < release.updated_at + SETTLES_MS:
        return ""
    if project.serving_id == (canary.id if how == "completed" else baseline.id):
        return ""
    if project.serving_id not in (canary.id, baseline.id):
        return "replaced"
    return "rolled back" if how == "completed" else "promoted"


def last_word(verdict: Verdict) -> Verdict:
    """The last verdict of a release that is over: what it still waited for, nobody waits for any more."""
    waited = (MetricState.WARMING_UP, MetricState.COLLECTING, MetricState.INCONCLUSIVE)
    metrics = tuple(
        replace(one, sentence=UNDECIDED, eta_ms=None) if one.state in waited else one
        for one in verdict.metrics
    )
    return replace(verdict, metrics=metrics, eta_ms=None)
