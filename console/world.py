"""The world: an immutable picture of what is known now. Screens draw it and nothing else.

``world = f(ledger, samples, now)``: built by ``console.picture``, never edited.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from console.canary.stages import Deployment, Release
from console.canary.verdict import Verdict
from console.metric_sources import the_metrics
from console.readings import Millis, Problem, Reading, Rhythm

if TYPE_CHECKING:
    from console.alerts.model import Alerting
    from console.bake import Bake
    from console.canary.catalogue import Metric
    from console.canary.measures import Measure, Point
    from console.envelope import Recorded
    from console.flags.exposure import Exposures, Linked
    from console.host import Happened, Listed, Slots
    from console.ports import Account, Project, ReleaseTemplate
    from console.together import Together


class Mode(StrEnum):
    """What the console may do, as the status line says it."""

    DEMO = "demo"  # the built-in simulator; armed from the start
    READ_ONLY = "read-only"
    LIVE = "live"  # armed: keys change production


class SourceState(StrEnum):
    """State of one source of readings."""

    STARTING = "starting"
    OK = "ok"
    SLOW = "slow"
    FAILING = "failing"  # the newest attempts failed; values may still be recent
    LOST = "lost"
    OFF = "off"  # not configured


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How one source does. ``fresh_at``: when its newest good answer was true."""

    name: str
    title: str
    state: SourceState
    fresh_at: Millis | None
    rhythm: Rhythm
    problem: Problem | None = None
    retry_at: Millis | None = None
    latency_ms: int | None = None
    note: str = ""
    """What has to be known of its numbers: why it is this source, what it cannot see."""


@dataclass(frozen=True, slots=True)
class MetricView:
    """One metric of both tracks: newest measurements and the lines to plot (in the metric's unit)."""

    metric: Metric
    baseline: Reading[Measure]
    canary: Reading[Measure]
    baseline_line: tuple[Point, ...] = ()
    canary_line: tuple[Point, ...] = ()
    together: Together | None = None
    """Set where a source that tells no deployments apart stands in: then the metric is context."""
    instead: str = ""
    """What was measured last, where it only stands in for the metric: ``INP``."""


@dataclass(frozen=True, slots=True)
class EvidencePoint:
    """What the statistical judge had at one poll."""

    at: Millis
    evidence: float
    """log10 of the e-value that anything is worse, in the epoch of that poll."""
    line: float
    """The evidence from which on the release was rolled back then."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """log10 of each judged metric's own e-value, by id."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who uses this session, as the token's account and people.yaml say."""

    key: str
    name: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Armed:
    """This session may change production until ``until``."""

    person: str
    until: Millis
    reason: str


@dataclass(frozen=True, slots=True)
class Pending:
    """An action that was intended and whose outcome is not known (yet)."""

    action_id: str
    says: str
    person: str
    since: Millis
    unknown: bool
    """The request went out and no answer came; the host is being asked."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """A change freeze: who, when and why."""

    person: str
    reason: str
    since: Millis


@dataclass(frozen=True, slots=True)
class Banner:
    """A standing line above the screen that must not be missed."""

    level: str  # "info" | "warning" | "error"
    text: str
    commands: str = ""
    """The same with commands in place of keys, for who is not in the console; empty where it names none."""

    @property
    def outside(self) -> str:
        """What plain commands say."""
        return self.commands or self.text


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many requests wait for somebody."""

    approvals: int = 0
    """For approvals that are missing."""
    hands: int = 0
    """Approved, and for somebody who carries them out."""
    of_others: int = 0
    """Of those that miss approvals, how many somebody else than who is here has asked for."""
    reviews: int = 0
    """Whose broken glass somebody has to review."""

    reopened: int = 0
    """That were carried out, and are to be looked at again."""

    @property
    def all(self) -> int:
        return self.approvals + self.hands + self.reviews + self.reopened


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """An incident that goes on, in short."""

    id: str
    title: str
    severity: str
    """SEV1 to SEV4, or undetermined."""
    confirmed: bool
    """Whether a person has said that it is so bad."""
    state: str
    since: Millis
    """When it came to this state."""
    commander: str = ""
    acknowledge_by: Millis | None = None
    """Until when somebody has to take care of it; ``None`` where somebody does."""
    update_by: Millis | None = None
    """Until when everybody concerned has to hear how it stands; ``None`` where nothing is due."""


@dataclass(frozen=True, slots=True)
class StageMark:
    """When the release reached a percentage: the ┆ lines of the plots."""

    at: Millis
    percentage: int


@dataclass(frozen=True, slots=True)
class Unwatched:
    """A gap in watching while a release ran: nobody polled, or no source answered."""

    since: Millis
    until: Millis


@dataclass(frozen=True, slots=True)
class Seen:
    """How far this person's last console had seen the ledger, and until when it ran."""

    at: Millis
    seq: int


@dataclass(frozen=True, slots=True)
class World:
    """Everything a screen may show, at ``now``."""

    now: Millis
    mode: Mode
    project_label: str
    """The project's name, or what is known of it before the host answered."""
    ledger_place: str
    person: Reading[Person]
    armed: Armed | None
    account: Reading[Account]
    project: Reading[Project]
    release: Reading[Release]
    template: Reading[ReleaseTemplate]
    deployments: Mapping[str, Deployment] = field(default_factory=dict)
    """Details (commit, author) of deployments read so far, by id."""
    metrics: tuple[MetricView, ...] = ()
    """The headline of the catalogue."""
    all_metrics: tuple[MetricView, ...] = ()
    """Every metric of the catalogue that is measured; one that no track label splits has the
    same reading for both; one that cannot be measured has none, with the reason."""
    catalogue: tuple[Metric, ...] = ()
    """The metrics in force, measured or not; empty while the settings have not been read."""
    metrics_label: str = "deployment"
    """The label by which the metrics source tells deployments apart."""
    evidence: tuple[EvidencePoint, ...] = ()
    """The statistical judge's evidence over the last hour, oldest first."""
    marks: tuple[StageMark, ...] = ()
    unwatched: tuple[Unwatched, ...] = ()
    """The gaps in watching this release."""
    alerts: Reading[Alerting] = field(default_factory=lambda: Reading.missing("alertmanager"))
    """What an Alertmanager says is firing."""
    verdict: Verdict | None = None
    bake: Bake | None = None
    """Production against its own past, after it came to serve something else."""
    sources: tuple[SourceHealth, ...] = ()
    supplements: tuple[SourceHealth, ...] = ()
    """What stands in for the metrics source, and never decides anything."""
    recent: tuple[Recorded, ...] = ()
    """Newest events of the ledger, newest first."""
    ledger_size: int = 0
    pending: tuple[Pending, ...] = ()
    banners: tuple[Banner, ...] = ()
    candidates: Reading[Listed] = field(default_factory=lambda: Reading.missing("vercel"))
    """The newest production deployments: what could be released, promoted or rolled back to."""
    activity: Reading[Happened] = field(default_factory=lambda: Reading.missing("vercel"))
    slots: Reading[Slots] = field(default_factory=lambda: Reading.missing("vercel"))
    linked: tuple[Linked, ...] = ()
    """The flags that belong to a release, with their plan."""
    exposure: Reading[Exposures] = field(default_factory=lambda: Reading.missing("vercel"))
    """How many people have them; asked for only where there are any."""
    frozen: Frozen | None = None
    """The change freeze in force."""
    waiting: Waiting = Waiting()
    """The requests of this ledger that wait for a person."""
    incidents: tuple[OpenIncident, ...] = ()
    """Those that go on, the worst first."""
    speed: float = 1.0
    """How fast this world's clock runs (the demo may run faster than life)."""
    seen: Seen | None = None
    """Only of a world that an earlier console left behind."""
    first_values: bool = False
    """Both tracks have live values: the console has caught up with the world."""

    def rhythm(self, source: str) -> Rhythm:
        """The rhythm of the source called ``source``; a slow default when it is not known yet."""
        for health in (*self.sources, *self.supplements):
            if health.name == source:
                return health.rhythm
        return Rhythm.of(60_000)

    @property
    def metrics_source(self) -> SourceHealth | None:
        """The source that measures the tracks."""
        return the_metrics(self.sources)

    @property
    def metrics_rhythm(self) -> Rhythm:
        """Its rhythm; a slow default when there is none yet."""
        source = self.metrics_source
        return Rhythm.of(60_000) if source is None else source.rhythm

    @property
    def oldest_source(self) -> SourceHealth | None:
        """The configured source whose newest good answer is oldest (none yet counts as oldest)."""
        on = [health for health in self.sources if health.state is not SourceState.OFF]
        return min(on, key=lambda health: health.fresh_at or 0, default=None)
