"""A rolling release as Vercel describes it: two deployments, stages, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from console.readings import Millis


class ReleaseState(StrEnum):
    """Vercel's own words for the state of a rolling release."""

    ACTIVE = "ACTIVE"
    COMPLETE = "COMPLETE"
    ABORTED = "ABORTED"


class Advancement(StrEnum):
    """Who moves the release to its next stage."""

    MANUAL = "manual-approval"
    AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment; the commit's details are filled in when the deployment itself was read."""

    id: str
    url: str
    name: str = ""
    created_at: Millis | None = None
    ready_state: str = ""
    target: str | None = None
    commit_sha: str | None = None
    commit_message: str | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage; ``duration_s`` (seconds, as in the running release) is set where it advances by itself."""

    index: int
    percentage: int
    requires_approval: bool
    duration_s: int | None
    final: bool
    linear_shift: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """The newest rolling release of a project. It stays readable after it ended: look at ``state``."""

    state: ReleaseState
    advancement: Advancement
    baseline: Deployment | None
    canary: Deployment | None
    stages: tuple[Stage, ...]
    active_index: int | None
    percentage: float | None
    """Share of visitors the canary gets now, in percent; ``None`` when the release is over."""
    started_at: Millis
    updated_at: Millis
    paused: bool = False
    queued_deployment_id: str | None = None

    @property
    def active(self) -> bool:
        """Whether traffic is being split now."""
        return self.state is ReleaseState.ACTIVE

    @property
    def stage(self) -> Stage | None:
        """The stage the release stands on, if it is active."""
        return self._at(self.active_index)

    @property
    def next_stage(self) -> Stage | None:
        """The stage after the present one, if there is one and the release is active."""
        return None if self.active_index is None else self._at(self.active_index + 1)

    def _at(self, index: int | None) -> Stage | None:
        if not self.active or index is None:
            return None
        return next((stage for stage in self.stages if stage.index == index), None)
