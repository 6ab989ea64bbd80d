"""Answers about what the host offers beyond the running release; rules as in :mod:`data.vercel.models`."""

# ruff: noqa: N815 - the fields are named as Vercel names them

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, model_validator

from data.vercel.models import DeploymentAnswer, Ms, Name, Wire

Count = Annotated[int, Field(ge=0)]


# --- pages ----------------------------------------------------------------------------------------


class Pagination(Wire):
    """``next`` is opaque: it goes back as it came."""

    next: int | str | None = None


class Page(Wire):
    pagination: Pagination | None = None


# --- deployments that can be chosen ---------------------------------------------------------------


class Fault(Wire):
    code: str | None = None
    message: str | None = None


class AliasGate(Wire):
    state: str | None = None


class ListedChecks(Wire):
    deploymentAlias: AliasGate | None = Field(
        default=None, validation_alias=AliasChoices("deployment-alias", "deploymentAlias")
    )
    """The host writes it with a hyphen; its own client library renames it."""


class ListedDeployment(DeploymentAnswer):
    readyState: str | None = Field(default=None, validation_alias=AliasChoices("readyState", "state"))
    readySubstate: str | None = None
    isRollbackCandidate: bool | None = None
    softDeletedByRetention: bool | None = None
    checksState: str | None = None
    checksConclusion: str | None = None
    checks: ListedChecks | None = None
    errorCode: str | None = None
    errorMessage: str | None = None
    aliasError: Fault | None = None
    source: str | None = None
    inspectorUrl: str | None = None
    buildingAt: Ms | None = None
    ready: Ms | None = None


class DeploymentsAnswer(Page):
    deployments: list[ListedDeployment]


class FullDeployment(ListedDeployment):
    """What the call for one deployment says beyond its place in a list."""

    alias: list[str] | None = None
    aliasWarning: Fault | None = None
    readyStateReason: str | None = None
    isInConcurrentBuildsQueue: bool | None = None
    buildSkipped: bool | None = None
    prebuilt: bool | None = None
    buildErrorAt: Ms | None = None
    canceledAt: Ms | None = None


# --- checks -----------------------------------------------------------------------------------------


class CheckV1(Wire):
    id: Name
    name: str
    status: str
    conclusion: str | None = None
    blocking: bool
    detailsUrl: str | None = None
    createdAt: Ms | None = None
    completedAt: Ms | None = None


class ChecksAnswer(Wire):
    checks: list[CheckV1]


class CheckRun(Wire):
    id: Name
    name: str
    checkId: str | None = None
    status: str
    conclusion: str | None = None
    blocks: str | None = None
    externalUrl: str | None = None
    createdAt: Ms | None = None
    completedAt: Ms | None = None
    conclusionText: str | None = None


class CheckRunsAnswer(Wire):
    runs: list[CheckRun]


# --- the plan and the project -----------------------------------------------------------------------


class BillingAnswer(Wire):
    reason: Literal["available_slots", "no_available_slots", "unlimited_slots", "plan_not_supported"]
    availableSlots: Count | Literal["unlimited"] | None = None
    message: str = ""

    @model_validator(mode="after")
    def _number_where_one_is_meant(self) -> BillingAnswer:
        if self.reason == "available_slots" and not isinstance(self.availableSlots, int):
            raise ValueError("availableSlots should be a number where slots are available")
        return self


class SkewAnswer(Wire):
    skewProtectionMaxAge: Annotated[float, Field(ge=0)] | None = None
    """Seconds."""


# --- environment variables --------------------------------------------------------------------------


class EnvVariable(Wire):
    """One variable. What else stands in it (``value`` may hold a secret) is not read."""

    key: Name
    type: str
    target: list[str] | str | None = None
    gitBranch: str | None = None
    createdAt: Ms | None = None
    updatedAt: Ms | None = None


class EnvAnswer(Page):
    envs: list[EnvVariable]


# --- domains ----------------------------------------------------------------------------------------


class AliasAnswer(Wire):
    """One alias. What else stands in it (``protectionBypass`` holds secrets) is not read."""

    alias: Name
    deploymentId: Name | None


class AliasItem(Wire):
    alias: Name


class AliasesAnswer(Page):
    aliases: list[AliasItem]


class MoveItem(Wire):
    alias: Name | AliasItem
    status: Literal["completed", "in-progress", "pending", "failed"]

    @property
    def name(self) -> str:
        return self.alias if isinstance(self.alias, str) else self.alias.alias


class MovesAnswer(Page):
    aliases: list[MoveItem]


# --- the build's log --------------------------------------------------------------------------------


class LogLine(Wire):
    id: str | None = None
    serial: str | None = None
    text: str | None = None
    level: str | None = None
    created: Ms | None = None
    date: Ms | None = None


class LogItem(LogLine):
    """One event of a build: flat, or with its content in ``payload``."""

    type: str
    payload: LogLine | None = None

    @model_validator(mode="after")
    def _dated(self) -> LogItem:
        if self.line.text is not None and self.at is None:
            raise ValueError("an event with a text should have a date")
        return self

    @property
    def line(self) -> LogLine:
        return self if self.payload is None else self.payload

    @property
    def at(self) -> int | None:
        moments = (self.line.date, self.line.created, self.date, self.created)
        return next((at for at in moments if at is not None), None)


# --- configuration ----------------------------------------------------------------------------------


class ConfigDocument(Wire):
    """The configuration as it stands, with everything in it."""

    rollingRelease: dict[str, Any] | None
