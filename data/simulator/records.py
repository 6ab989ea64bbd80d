"""What the simulated host keeps: people, deployments, domains, a rolling release, alias jobs, events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from console.readings import Millis
from data.simulator.account import Account

if TYPE_CHECKING:
    from data.simulator.edge_config import EdgeConfigs
    from data.simulator.flag_store import FlagStore


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the team."""

    id: str
    username: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Build:
    """What will become of a build that runs: decided when it begins, shown as the time comes."""

    seconds: float
    fails: bool
    person: Person
    """Who pushed it."""


@dataclass(slots=True)
class Deployment:
    """One build. ``number`` counts up with age and names its stream of random draws."""

    id: str
    number: int
    url: str
    sha: str
    branch: str
    message: str
    author: Person
    created_at: Millis
    ready_at: Millis | None
    target: Literal["production"] | None
    state: str
    substate: Literal["STAGED", "ROLLING", "PROMOTED"] | None
    source: str = "git"
    error: str | None = None
    aliased_at: Millis | None = None
    building_at: Millis | None = None
    ended_at: Millis | None = None
    """When its build ended, well or not."""
    build: Build | None = None
    """Its build while that has not ended."""

    @property
    def rollback_candidate(self) -> bool:
        """Whether it once held the production domains and is still there to go back to."""
        return self.state == "READY" and self.aliased_at is not None


@dataclass(slots=True)
class Domain:
    """A production domain: the share of visitors that come by it, and what it serves.

    ``split``: visitors of this domain are divided between the base and the canary of the release.
    """

    id: str
    name: str
    weight: float
    created_at: Millis
    updated_at: Millis
    deployment_id: str
    split: bool
    before_id: str | None = None
    """What it served until ``updated_at``, where the world's past needs it."""


@dataclass(frozen=True, slots=True)
class TemplateStage:
    """A stage of the project's template; ``minutes`` is set where releases advance by themselves."""

    percentage: int
    require_approval: bool
    minutes: float | None = None
    linear: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a running release; the template's minutes have become seconds."""

    index: int
    percentage: int
    require_approval: bool
    duration_s: int | None
    final: bool
    linear: bool = False


@dataclass(frozen=True, slots=True)
class GateCheck:
    """One check of the host's own gate. The defaults are the host's."""

    min_sample: int = 100
    watermark_s: int = 30
    exclude_paths: tuple[str, ...] = ()
    exclude_statuses: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class HostGate:
    """The host's own gate on the canary's 5xx rate, as it is configured."""

    enabled: bool
    action: Literal["pause", "rollback"]
    dry_run: bool
    checks: tuple[GateCheck, ...]
    failure_threshold: int = 3
    window_size: int = 5


@dataclass(slots=True)
class Release:
    """The newest rolling release, running or ended."""

    state: Literal["ACTIVE", "COMPLETE", "ABORTED"]
    advancement: Literal["automatic", "manual-approval"]
    base_id: str
    canary_id: str
    stages: tuple[Stage, ...]
    active_index: int
    started_at: Millis
    updated_at: Millis
    entered_at: Millis
    """When the present stage was entered."""
    from_percentage: float = 0.0
    """Share of visitors the canary had when the present stage was entered."""
    queued_id: str | None = None
    queued_by: Person | None = None
    paused_at: Millis | None = None
    held_ms: Millis = 0
    """How long the present stage has stood paused, before the pause that may be going on."""
    gate: HostGate | None = None
    gate_results: list[bool | None] = field(default_factory=list)
    """Newest last: ``True`` = failing, ``None`` = too few requests to say."""
    gate_tripped_at: Millis | None = None


@dataclass(slots=True)
class AliasJob:
    """A promote or rollback under way: the domains move one after the other."""

    kind: Literal["promote", "rollback"]
    requested_at: Millis
    from_id: str | None
    to_id: str
    from_release_canary_id: str | None
    domains: tuple[str, ...]
    moved: int = 0
    """How many of them have been tried."""
    started: bool = False
    done: bool = False
    failed: list[str] = field(default_factory=list)
    """Domains that did not move."""

    @property
    def status(self) -> Literal["pending", "in-progress", "succeeded", "failed"]:
        """The host's word for how far it is."""
        if self.done:
            return "failed" if self.failed else "succeeded"
        return "in-progress" if self.started else "pending"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the activity list."""

    id: str
    kind: str
    text: str
    at: Millis
    principal: Person
    deployment_id: str | None = None


@dataclass(frozen=True, slots=True)
class RollbackNote:
    """Why the project was rolled back."""

    at: Millis
    description: str
    person: Person


@dataclass(frozen=True, slots=True)
class ProjectCheck:
    """A check that runs on every production deployment; ``version`` is the interface it belongs to."""

    id: str
    name: str
    version: Literal[1, 2]
    blocks: Literal["deployment-alias", "deployment-promotion", "none"]
    seconds: float
    """How long a run takes after the build."""
    provider: str | None = None
    """The Git host that reports it; ``None`` = an integration."""


@dataclass(slots=True)
class Project:
    """The project and everything the host knows of it."""

    id: str
    name: str
    team_id: str
    team_slug: str
    team_name: str
    created_at: Millis
    people: tuple[Person, ...]
    deployments: dict[str, Deployment]
    domains: list[Domain]
    template: tuple[TemplateStage, ...] | None
    """``None`` = rolling releases are off."""
    serving_id: str
    """The deployment that is production, outside the split of a release."""
    flags: FlagStore
    stores: EdgeConfigs
    account: Account = field(default_factory=Account)
    gate: HostGate | None = None
    canary_header: bool = False
    checks: tuple[ProjectCheck, ...] = ()
    conclusions: dict[tuple[str, str], str] = field(default_factory=dict)
    """(deployment, check) → how the run ends, where it is not ``succeeded``."""
    stuck: dict[str, int] = field(default_factory=dict)
    """Part of a domain's name → how many of its next moves fail."""
    release: Release | None = None
    job: AliasJob | None = None
    previews_protected: bool = True
    """Whether a stranger is kept out of deployments that are not production."""
    auto_assign: bool = True
    auto_assign_changed_by: str | None = None
    rollback_note: RollbackNote | None = None
    events: list[Event] = field(default_factory=list)
    """Oldest first."""

    def stick(self, domain: str) -> bool:
        """Whether this move of ``domain`` fails; uses up one of the failures that wait for it."""
        part = next((part for part, left in self.stuck.items() if part in domain and left), None)
        if part is None:
            return False
        self.stuck[part] -= 1
        return True

    def note(
        self, kind: str, verb: str, deployment: Deployment, person: Person, at: Millis, tail: str = ""
    ) -> None:
        """Add a line to the activity list."""
        text = f"{person.name} {verb} {deployment.url}{tail} for {self.name}"
        self.events.append(Event(f"evt_{len(self.events):024d}", kind, text, at, person, deployment.id))

    def tell(self, kind: str, what: str, person: Person, at: Millis) -> None:
        """Add a line that is about no deployment to the activity list."""
        text = f"{person.name} {what} for {self.name}"
        self.events.append(Event(f"evt_{len(self.events):024d}", kind, text, at, person))

    def person(self, username: str) -> Person | None:
        """The member with that user name."""
        return next((p for p in self.people if p.username == username), None)
