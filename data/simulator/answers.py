"""What the control interface takes and answers. Their JSON Schemas are part of the interface."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from data.simulator.account import Plan
from data.simulator.building import BUILD_S
from data.simulator.tokens import Rights

FaultKind = Literal["status", "delay", "drop", "garbage", "truncate"]
PortName = Literal["vercel", "metrics", "prometheus", "alertmanager"]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Ready(_Closed):
    """The one line that ``coalmine simulate`` prints when it serves."""

    vercel_url: str
    metrics_url: str
    prometheus_url: str
    alertmanager_url: str
    site_url: str
    token: str
    team_id: str
    project_id: str
    control_url: str
    now_ms: int
    """The world's time when the line was printed, in milliseconds since the epoch."""
    speed: float
    seed: int
    scenario: str
    plan: Plan
    without: list[str]
    """What the account has to do without; without ``prometheus`` nobody answers at the metrics' addresses."""


class RequestEntry(_Closed):
    """One request the simulator was asked."""

    at_ms: int
    port: PortName
    method: str
    path: str
    query: dict[str, str]
    status: int | None
    """``null``: no whole answer was sent, or it is still being worked on."""
    fault: FaultKind | None
    """The fault that spoiled the answer."""
    did: str | None
    """The change it made; ``null`` for none."""


class Requests(_Closed):
    """``GET requests``: every request so far, in the order of arrival."""

    dropped: int
    """How many of the oldest were forgotten."""
    requests: list[RequestEntry]


class Counts(_Closed):
    """Requests and 5xx answers the world itself counted."""

    requests: int
    errors: int


class TrackTruth(_Closed):
    """What is really true of one track."""

    deployment_id: str
    percentage: float
    """Share of visitors it really has, in percent."""
    request_rate: float
    """Requests a second to be expected now."""
    error_ratio: float
    """Chance that a request is answered 5xx now."""
    latency_p50_s: float
    latency_p95_s: float
    cold_share: float
    """Chance that a request meets a cold function now."""
    last_60_s: Counts
    last_300_s: Counts
    metrics: dict[str, float]
    """By the id in the console's catalogue what is true in the long run, in natural units: shares of 1,
    seconds, bytes, cores. Of ``new_errors``: how many types the track has that nobody had before."""
    cells: dict[str, dict[str, float]]
    """The same by cell, of the metrics that are taken apart."""


class ReleaseTruth(_Closed):
    state: Literal["ACTIVE", "COMPLETE", "ABORTED"]
    active_stage_index: int | None
    target_percentage: float | None
    base_id: str
    canary_id: str
    started_at_ms: int
    paused: bool
    queued_id: str | None
    gate_failing: list[bool | None]
    """The newest evaluations of the host's own gate, newest last; ``null`` = too few requests to say."""
    gate_tripped_at_ms: int | None


class Truth(_Closed):
    """``GET truth``: how the world really is now, whatever the metrics say."""

    now_ms: int
    seed: int
    speed: float
    scenario: str
    scenario_since_ms: int
    share_percent: float
    """Share of visitors that really reach the canary, in percent."""
    tracks: dict[Literal["canary", "baseline"], TrackTruth]
    shared: dict[str, float]
    """What is true of the metrics that no label splits."""
    effects: dict[str, float | None]
    """By metric how much worse or better the canary really is: its value divided by the baseline's. Of those
    that no label splits: the value divided by what it would be if the canary were as the baseline is.
    ``null`` where there is nothing to divide by."""
    domains: dict[str, str]
    """Domain → deployment it serves (outside the split of a release)."""
    serving_id: str
    release: ReleaseTruth | None
    visitors: int
    visitors_on_canary: int


class ScenarioRequest(_Closed):
    name: str


class ScenarioAnswer(_Closed):
    name: str
    title: str
    since_ms: int


class ClockRequest(_Closed):
    """Jump forward by at most six hours; an hour takes about a second of the machine's."""

    advance_s: Annotated[float, Field(ge=0, le=21_600)]


class ClockAnswer(_Closed):
    now_ms: int


class FaultRequest(_Closed):
    """The next ``times`` requests whose path contains ``path`` are answered badly.

    It holds for the host's port, the metrics and the query interface alike. ``seconds`` (of ``delay``) are
    real seconds, because they meet the client's timeouts. ``effect``: ``done`` = what was asked for happens
    and only the answer is spoilt; ``none`` = nothing happens. The default is ``none`` for ``status`` and
    ``done`` for the others. ``stuck`` is no bad answer: the next ``times`` moves of domains whose name
    contains ``path`` fail, so that a promote or rollback is done by half.
    """

    path: str
    kind: FaultKind | Literal["stuck"]
    times: Annotated[int, Field(ge=1, le=100_000)] = 1
    status: Annotated[int, Field(ge=400, le=599)] = 503
    seconds: Annotated[float, Field(gt=0, le=60)] = 2.0
    retry_after: Annotated[int, Field(ge=0)] | None = None
    method: str | None = None
    effect: Literal["done", "none"] | None = None


class FaultAnswer(_Closed):
    waiting: int
    """How many faults are waiting for a request, this one included."""


ActName = Literal[
    "advance",
    "complete",
    "abort",
    "start",
    "promote",
    "rollback",
    "configure",
    "pause",
    "continue",
    "deploy",
    "check",
    "issue_token",
    "revoke_token",
    "flag",
    "segment",
    "edge_config",
]


class ActRequest(_Closed):
    """Somebody else acts from the dashboard."""

    action: ActName
    next_stage_index: int | None = None
    canary_deployment_id: str | None = None
    baseline_deployment_id: str | None = None
    deployment_id: str | None = None
    person: str = "jo"
    description: str | None = None
    """Of a rollback or abort: why."""
    config: dict[str, Any] | None = None
    """Of ``configure``: the body of the host's PATCH; ``null`` switches rolling releases off."""
    message: str = "Fix the cart total"
    """Of ``deploy``: the commit's message."""
    branch: str | None = None
    target: Literal["production", "preview"] = "production"
    fails: bool = False
    """Of ``deploy``: the build fails."""
    build_s: Annotated[float, Field(gt=0, le=3_600)] = BUILD_S
    check: str | None = None
    """Of ``check``: name or id of the check whose run on ``deployment_id`` ends as ``conclusion``."""
    conclusion: Literal["succeeded", "failed", "neutral", "skipped", "canceled", "timeout"] = "failed"
    rights: Rights = "all"
    """Of ``issue_token``: what the new token of ``person`` may touch."""
    token: str | None = None
    """Of ``revoke_token``: which one; left out, the one that ``simulate`` printed."""
    name: str | None = None
    """Of ``flag``, ``segment`` and ``edge_config``: the key or id of the flag, segment or store."""
    change: dict[str, Any] | None = None
    """Of these: the body of the host's PATCH. Nobody's ETag is asked for, as from the dashboard."""


class ActAnswer(_Closed):
    did: str
    at_ms: int
    deployment_id: str | None = None
    """The deployment it was about; of ``deploy`` the new one."""
    token: str | None = None
    """Of ``issue_token``: the new one."""


class ControlError(_Closed):
    """Every refusal of the control interface (status 400 or 404)."""

    error: str


ALL: tuple[type[BaseModel], ...] = (
    Ready,
    Requests,
    Truth,
    ScenarioRequest,
    ScenarioAnswer,
    ClockRequest,
    ClockAnswer,
    FaultRequest,
    FaultAnswer,
    ActRequest,
    ActAnswer,
    ControlError,
)
