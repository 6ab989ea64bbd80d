"""The project's rolling release configuration: both dialects in which it is written, and its rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from console.readings import Millis
from data.simulator.records import GateCheck, HostGate, Person, Project, TemplateStage
from data.simulator.refused import Refused

Number = Annotated[int, Field(strict=True)]
Switch = Annotated[bool, Field(strict=True)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _StageAsked(_Asked):
    target_percentage: Annotated[int, Field(alias="targetPercentage", strict=True, ge=0, le=100)]
    duration: Annotated[float, Field(gt=0, strict=True)] | None = None
    require_approval: Switch | None = Field(None, alias="requireApproval")
    linear_shift: Switch | None = Field(None, alias="linearShift")


class _CheckAsked(_Asked):
    type: Literal["error-rate-5xx"]
    min_sample_size: Annotated[Number, Field(ge=0)] = Field(100, alias="minSampleSize")
    ingest_watermark_seconds: Annotated[Number, Field(ge=0)] = Field(30, alias="ingestWatermarkSeconds")
    exclude_paths: tuple[str, ...] = Field((), alias="excludePaths")
    exclude_status_codes: tuple[int, ...] = Field((), alias="excludeStatusCodes")


class _GateAsked(_Asked):
    enabled: Switch
    action: Literal["pause", "rollback"]
    dry_run: Switch = Field(alias="dryRun")
    failure_threshold: Annotated[Number, Field(ge=1)] = Field(3, alias="failureThreshold")
    window_size: Annotated[Number, Field(ge=1)] = Field(5, alias="windowSize")
    checks: tuple[_CheckAsked, ...]


class _ConfigAsked(_Asked):
    enabled: Switch = True
    target: Literal["production"] = "production"
    advancement: Literal["automatic", "manual-approval"] | None = Field(None, alias="advancementType")
    stages: tuple[_StageAsked, ...] | None = None
    canary_response_header: Switch = Field(False, alias="canaryResponseHeader")
    gate: _GateAsked | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration as it will stand in the project."""

    stages: tuple[TemplateStage, ...]
    gate: HostGate | None
    canary_header: bool


def parse(sent: dict[str, Any]) -> Config | None:
    """The configuration in the body of a PATCH; ``None`` switches rolling releases off.

    One dialect says ``enabled`` and ``advancementType``, the other is the configuration as it is read.
    """
    try:
        asked = _ConfigAsked.model_validate(sent)
    except ValidationError as err:
        first = err.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the body"
        raise Refused(400, "bad_request", f"Invalid request: `{key}`: {first['msg']}.") from err
    if not asked.enabled:
        return None
    stages = asked.stages or ()
    _check_percentages([stage.target_percentage for stage in stages])
    last = len(stages) - 1
    approval = asked.advancement != "automatic"
    for place, stage in enumerate(stages[:-1]):
        if asked.advancement == "automatic" and stage.duration is None:
            raise Refused(400, "bad_request", f"Invalid request: `stages.{place}.duration` is required.")
        if asked.advancement == "manual-approval" and stage.duration is not None:
            raise Refused(400, "bad_request", f"Invalid request: `stages.{place}.duration` is not allowed.")
    return Config(
        tuple(_stage(stage, place == last, approval) for place, stage in enumerate(stages)),
        _gate(asked.gate),
        asked.canary_response_header,
    )


def configure(project: Project, config: Config | None, person: Person, at: Millis) -> None:
    """Replace the template. A release that runs has cloned the old one and keeps it."""
    if not project.account.has("slots"):
        raise Refused(403, "forbidden", "Rolling Releases are not available to this project.")
    if config is None:
        kind, verb = "project-rolling-release-disabled", "disabled rolling releases, serving"
        project.template, project.gate, project.canary_header = None, None, False
    else:
        enabled = project.template is None
        kind = f"project-rolling-release-{'enabled' if enabled else 'configured'}"
        verb = f"{'enabled' if enabled else 'configured'} rolling releases, serving"
        project.template, project.gate = config.stages, config.gate
        project.canary_header = config.canary_header
    project.note(kind, verb, project.deployments[project.serving_id], person, at)


def _check_percentages(percentages: list[int]) -> None:
    if not percentages or percentages[-1] != 100:
        raise Refused(400, "bad_request", "The last stage should have `targetPercentage` 100.")
    if percentages != sorted(set(percentages)):
        raise Refused(400, "bad_request", "`targetPercentage` should grow from stage to stage.")


def _stage(asked: _StageAsked, last: bool, approval: bool) -> TemplateStage:
    waits = asked.require_approval
    if waits is None:
        waits = approval and asked.duration is None and not last
    return TemplateStage(asked.target_percentage, waits, asked.duration, bool(asked.linear_shift))


def _gate(asked: _GateAsked | None) -> HostGate | None:
    if asked is None:
        return None
    checks = tuple(
        GateCheck(
            check.min_sample_size,
            check.ingest_watermark_seconds,
            check.exclude_paths,
            check.exclude_status_codes,
        )
        for check in asked.checks
    )
    return HostGate(
        asked.enabled, asked.action, asked.dry_run, checks, asked.failure_threshold, asked.window_size
    )
