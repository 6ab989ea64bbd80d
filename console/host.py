"""What the host offers beyond the running release: candidates, start, configuration, promote, rollback.

Reads raise :class:`console.ports.SourceError`; effects are sent exactly once and raise the three
``Effect…`` exceptions of :mod:`console.ports`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from console.canary.stages import Deployment
from console.ports import Activity, ReleaseTemplate, TrafficRouter
from console.readings import Millis


@dataclass(frozen=True, slots=True)
class Candidate:
    """A deployment with what decides whether it can be released, promoted or rolled back to."""

    deployment: Deployment
    branch: str | None = None
    substate: Literal["STAGED", "ROLLING", "PROMOTED"] | None = None
    rollback_candidate: bool | None = None
    """Whether the host itself calls it usable for an instant rollback; ``None`` = it did not say."""
    checks_state: str | None = None
    checks_conclusion: str | None = None
    checks_alias_state: str | None = None
    """The gate of checks v2 on assigning domains: pending, succeeded, failed."""
    error: str | None = None
    creator: str | None = None
    """Who made the deployment, which need not be who wrote the commit."""
    source: str | None = None
    """What made it (``git``, ``cli``, ``redeploy``, …), as far as the host says."""
    building_at: Millis | None = None
    ready_at: Millis | None = None
    ended_at: Millis | None = None
    """When its build failed or was canceled."""
    inspector_url: str | None = None
    """Its page in the dashboard."""


@dataclass(frozen=True, slots=True)
class Detail:
    """One deployment with what only its own call says."""

    candidate: Candidate
    aliases: tuple[str, ...] = ()
    """The domains that the host says lead to it."""
    alias_problem: str | None = None
    """Why domains were not assigned."""
    state_reason: str | None = None
    """Why it is in its state, where the host says so."""
    in_queue: bool = False
    """Whether it waits for another build to end."""
    no_build: str | None = None
    """Why there was nothing to build here, if so: then there is no log either."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The newest production deployments, newest first."""

    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Happened:
    """The host's own activity list, oldest first."""

    entries: tuple[Activity, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a deployment (v1 or v2)."""

    id: str
    name: str
    status: str
    conclusion: str | None
    blocking: bool
    blocks: str | None = None
    """v2: what it holds back (``deployment-alias``, ``deployment-promotion``, …)."""
    url: str | None = None
    version: Literal[1, 2] = 1
    created_at: Millis | None = None
    completed_at: Millis | None = None
    says: str | None = None
    """What the check itself says of its end."""

    @property
    def red(self) -> bool:
        """Whether it stands in the way: failed, or not finished and blocking."""
        if self.conclusion in ("failed", "canceled", "timeout"):
            return True
        return self.blocking and self.conclusion not in ("succeeded", "neutral", "skipped")


@dataclass(frozen=True, slots=True)
class Slots:
    """How many projects of the account may still use rolling releases."""

    reason: Literal["available_slots", "no_available_slots", "unlimited_slots", "plan_not_supported"]
    available: int | None
    """``None`` = unlimited."""
    message: str = ""


@dataclass(frozen=True, slots=True)
class AliasMove:
    """One domain of a promote or rollback: what became of it."""

    alias: str
    status: Literal["completed", "in-progress", "pending", "failed"]


@dataclass(frozen=True, slots=True)
class BuildLine:
    """One line of a build's log."""

    at: Millis
    text: str
    error: bool = False


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable of the project, without its value: that is asked of nobody and kept nowhere."""

    key: str
    kind: str
    """``plain``, ``encrypted``, ``sensitive``, ``system``."""
    targets: tuple[str, ...]
    created_at: Millis | None
    updated_at: Millis | None
    branch: str | None = None
    """The Git branch whose previews alone get it."""


@dataclass(frozen=True, slots=True)
class Variables:
    """The project's own variables; ``whole``: whether the host listed all of them."""

    found: tuple[Variable, ...]
    whole: bool = True


class Host(TrafficRouter, Protocol):
    """The whole host."""

    async def candidates(self, *, target: str = "production", limit: int = 30) -> list[Candidate]:
        """Deployments of the project, newest first."""
        ...

    async def rollback_candidates(self, limit: int = 30) -> list[Candidate]:
        """Deployments that the host says an instant rollback may go to, newest first."""
        ...

    async def detail(self, deployment_id: str) -> Detail:
        """One deployment, also one that no list has."""
        ...

    async def checks(self, deployment_id: str) -> list[Check]:
        """Checks v1 and runs of checks v2 of one deployment."""
        ...

    async def slots(self) -> Slots: ...

    async def skew_protection_s(self) -> int | None:
        """How long (seconds) skew protection pins visitors; ``None`` = off or not said."""
        ...

    async def variables(self) -> Variables:
        """The project's environment variables as they are now, which only new builds get."""
        ...

    async def moving_aliases(self, deployment_id: str) -> list[str]:
        """The domains that would move if production were rolled back to this deployment."""
        ...

    async def alias_moves(
        self, kind: Literal["promote", "rollback"], failed_only: bool
    ) -> list[AliasMove]: ...

    async def serving(self, domain: str) -> str | None:
        """The id of the deployment that ``domain`` serves now: the ground truth."""
        ...

    def build_log(self, deployment_id: str, *, follow: bool) -> AsyncIterator[Sequence[BuildLine]]:
        """The build's log in batches, oldest first; with ``follow`` until the build ends.

        An empty batch: the host was asked, and nothing is new.
        """
        ...

    async def start(self, canary_id: str) -> None: ...

    async def configure(self, template: ReleaseTemplate | None) -> None:
        """Replace the project's rolling release configuration; ``None`` switches it off."""
        ...

    async def promote(self, deployment_id: str) -> Literal["accepted", "queued"]:
        """Make a deployment production. With rolling releases on this starts one."""
        ...

    async def rollback(self, deployment_id: str, reason: str) -> None:
        """Instant rollback: point the production domains at an earlier deployment."""
        ...
