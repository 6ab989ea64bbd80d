"""What Vercel's API answers, as far as Coalmine uses it: unknown fields pass, wrong types do not.

Field names are Vercel's own. Times are milliseconds since the epoch; the ``duration`` of a stage is
minutes in the project's configuration and seconds in a running release. Strings are kept as they came.
"""

# ruff: noqa: N815 - the fields are named as Vercel names them

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

Ms = Annotated[int, Field(ge=0, le=253_402_300_799_999)]
"""A moment up to the year 9999: what comes later cannot be shown as a date."""
Percent = Annotated[float, Field(ge=0, le=100)]
Name = Annotated[str, Field(min_length=1)]


class Wire(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, allow_inf_nan=False)


# --- who am I -------------------------------------------------------------------------------------


class User(Wire):
    id: Name
    username: str
    email: str | None = None
    limited: bool = False


class UserAnswer(Wire):
    user: User


# --- projects -------------------------------------------------------------------------------------


class Target(Wire):
    id: Name


class LastAliasRequest(Wire):
    type: Literal["promote", "rollback"]
    jobStatus: Literal["pending", "in-progress", "succeeded", "failed", "skipped"]
    requestedAt: Ms
    fromDeploymentId: str | None = None
    toDeploymentId: Name
    fromRollingReleaseId: str | None = None


class Domain(Wire):
    domain: str
    target: str | None = None
    deployment: Target | None = None
    redirect: str | None = None


class RollbackDescription(Wire):
    createdAt: Ms
    description: str = ""
    username: str | None = None


class GitLink(Wire):
    productionBranch: str | None = None


class Configured(Wire):
    """Only that there is one: its content is asked for where it is needed."""


class ProjectAnswer(Wire):
    id: Name
    name: str
    accountId: Name
    autoAssignCustomDomains: bool | None = None
    autoAssignCustomDomainsUpdatedBy: str | None = None
    rollbackDescription: RollbackDescription | None = None
    targets: dict[str, Target | None] | None = None
    lastAliasRequest: LastAliasRequest | None = None
    rollingRelease: Configured | None = None
    alias: list[Domain] | None = None
    link: GitLink | None = None


# --- deployments ----------------------------------------------------------------------------------


class Meta(Wire):
    """The Git keys of ``meta``: of each provider, and the generic ones."""

    githubCommitSha: str | None = None
    githubCommitMessage: str | None = None
    githubCommitAuthorName: str | None = None
    githubCommitAuthorLogin: str | None = None
    githubCommitRef: str | None = None
    gitlabCommitSha: str | None = None
    gitlabCommitMessage: str | None = None
    gitlabCommitAuthorName: str | None = None
    gitlabCommitAuthorLogin: str | None = None
    gitlabCommitRef: str | None = None
    bitbucketCommitSha: str | None = None
    bitbucketCommitMessage: str | None = None
    bitbucketCommitAuthorName: str | None = None
    bitbucketCommitAuthorLogin: str | None = None
    bitbucketCommitRef: str | None = None
    gitCommitSha: str | None = None
    gitCommitMessage: str | None = None
    gitCommitAuthorName: str | None = None
    gitCommitAuthorLogin: str | None = None
    gitCommitRef: str | None = None

    def first(self, ending: str) -> str | None:
        """The first of the providers' keys with that ending which holds something."""
        names = (f"{provider}{ending}" for provider in ("github", "gitlab", "bitbucket", "git"))
        return next((value for value in (getattr(self, name) for name in names) if value), None)


class GitSource(Wire):
    sha: str | None = None
    ref: str | None = None


class Creator(Wire):
    username: str | None = None


class DeploymentAnswer(Wire):
    """A deployment, as its own call and as a rolling release gives it."""

    id: Name = Field(validation_alias=AliasChoices("id", "uid"))
    url: str | None = None
    name: str | None = None
    createdAt: Ms | None = Field(default=None, validation_alias=AliasChoices("createdAt", "created"))
    readyState: str | None = None
    target: str | None = None
    meta: Meta | None = None
    gitSource: GitSource | None = None
    creator: Creator | None = None


# --- rolling releases -------------------------------------------------------------------------------


class RunningStage(Wire):
    index: Annotated[int, Field(ge=0)]
    targetPercentage: Percent
    isFinalStage: bool = False
    requireApproval: bool = False
    duration: Annotated[float, Field(ge=0)] | None = None
    linearShift: bool | None = None


class RollingRelease(Wire):
    state: Literal["ACTIVE", "COMPLETE", "ABORTED"]
    substate: str | None = None
    advancementType: Literal["automatic", "manual-approval"]
    currentDeployment: DeploymentAnswer | None = None
    canaryDeployment: DeploymentAnswer | None = None
    queuedDeploymentId: str | None = None
    stages: list[RunningStage]
    activeStage: RunningStage | None = None
    currentCanaryPercentage: Percent | None = None
    startedAt: Ms
    updatedAt: Ms


class ReleaseAnswer(Wire):
    """``null`` when nothing was released since the feature was switched on."""

    rollingRelease: RollingRelease | None


class ConfiguredStage(Wire):
    targetPercentage: Percent
    duration: Annotated[float, Field(ge=0)] | None = None
    requireApproval: bool | None = None


class Gate(Wire):
    enabled: bool = False
    action: str | None = None
    dryRun: bool = False
    failureThreshold: Annotated[int, Field(ge=0)] | None = None
    windowSize: Annotated[int, Field(ge=0)] | None = None


class ReleaseConfig(Wire):
    stages: list[ConfiguredStage] | None = None
    gate: Gate | None = None


class ConfigAnswer(Wire):
    rollingRelease: ReleaseConfig | None


# --- activity ---------------------------------------------------------------------------------------


class Event(Wire):
    id: Name
    type: str | None = None
    text: str = ""
    createdAt: Ms
    principalId: str | None = None


class EventsAnswer(Wire):
    events: list[Event]
